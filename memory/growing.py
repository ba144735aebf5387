"""What a text from elsewhere says that the block which was made of it never said. Pure."""

from collections.abc import Iterable

from .align import is_entry
from .lines import split_lines
from .merge import Overlap, merge


def grown(now: str, past: Iterable[str], source: str) -> str | None:
    """Return `now` with what is new in `source`, each line where it stands there.

    New is a line that neither `now` nor any of the `past` texts has: what was taken out or
    rewritten here since does not come back. None where the source has no line of theirs: it is
    another.
    """
    known = {_key(line) for text in (now, *past) for line in split_lines(text) if is_entry(line)}
    lines = split_lines(source)
    said = [line for line in lines if is_entry(line)]
    if not any(_key(line) in known for line in said):
        return None
    if all(_key(line) in known for line in said):
        return now
    found = merge("".join(_without_news(lines, known)), source, now, _both)
    return found if isinstance(found, str) else None


def _without_news(lines: list[str], known: set[str]) -> Iterable[str]:
    """Yield the lines that are known, without the blank ones that follow a new one."""
    new = False
    for line in lines:
        if is_entry(line):
            new = _key(line) not in known
        if not new:
            yield line


def _both(overlap: Overlap) -> list[str]:
    """Return what stands, and after it what is new."""
    held = {*map(_key, overlap.base), *map(_key, overlap.theirs)}
    return [*overlap.theirs, *(line for line in overlap.mine if _key(line) not in held)]


def _key(line: str) -> str:
    return " ".join(line.split())
