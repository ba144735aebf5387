"""Three-way merge of a text by lines: what two hands did to one base, without losing either."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from .lines import newline, split_lines

_FINE_LINES = 2_000
"""Above this many differing lines on a side they count as one hunk: matching is quadratic."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `[start, end)` of the base became `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """A place that both sides changed, in lines; `line` counts from 1 in the current text."""

    line: int
    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


def hunks(base: list[str], new: list[str]) -> list[Hunk]:
    """Return what turns `base` into `new`, first to last, none touching the next."""
    start = 0
    while start < min(len(base), len(new)) and base[start] == new[start]:
        start += 1
    tail = 0
    while tail < min(len(base), len(new)) - start and base[-1 - tail] == new[-1 - tail]:
        tail += 1
    old, fresh = base[start : len(base) - tail], new[start : len(new) - tail]
    if len(old) > _FINE_LINES or len(fresh) > _FINE_LINES:
        return [Hunk(start, len(base) - tail, tuple(fresh))]
    matcher = SequenceMatcher(None, old, fresh, autojunk=False)
    return [
        Hunk(start + a, start + b, tuple(fresh[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def merge(base: str, mine: str, theirs: str) -> str | list[Overlap]:
    """Return `theirs` with what `mine` did to `base`, or the places where both did something.

    Both inserting at one place do not overlap: theirs comes first. Both doing the same is done
    once. `merge(b, m, b) == m` and `merge(b, b, t) == t`.
    """
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    ending = newline(theirs)
    rows, end = _terminated(base, ending)
    mine_rows, mine_end = _terminated(mine, ending)
    their_rows, their_end = _terminated(theirs, ending)
    ours, others = hunks(rows, mine_rows), hunks(rows, their_rows)
    overlaps = [_overlap(rows, m, t, others) for m in ours for t in others if _clash(m, t)]
    if overlaps:
        return overlaps
    merged = "".join(_applied(rows, ours, others))
    final = mine_end if mine_end != end else their_end
    if final or not merged:
        return merged
    return merged.removesuffix(ending if merged.endswith(ending) else "\n")


def _terminated(text: str, ending: str) -> tuple[list[str], bool]:
    """Return lines that all end in a newline, and whether the last one did before.

    Without this, appending to a text with no final newline would count as changing its last line.
    """
    lines = split_lines(text)
    if lines and not lines[-1].endswith("\n"):
        return [*lines[:-1], lines[-1] + ending], False
    return lines, True


def _clash(mine: Hunk, theirs: Hunk) -> bool:
    """Tell whether two different hunks touch the same lines of the base."""
    if mine == theirs:
        return False
    if mine.start == mine.end or theirs.start == theirs.end:
        return mine.start < theirs.start < mine.end or theirs.start < mine.start < theirs.end
    return mine.start < theirs.end and theirs.start < mine.end


def _overlap(rows: list[str], mine: Hunk, theirs: Hunk, others: list[Hunk]) -> Overlap:
    """Describe a clash; its line is where `theirs` stands in the current text."""
    before = (h for h in others if h != theirs and h.end <= theirs.start)
    grown = sum(len(h.lines) - (h.end - h.start) for h in before)
    low, high = min(mine.start, theirs.start), max(mine.end, theirs.end)
    return Overlap(theirs.start + grown + 1, tuple(rows[low:high]), mine.lines, theirs.lines)


def _applied(rows: list[str], mine: list[Hunk], theirs: list[Hunk]) -> list[str]:
    """Return the base with both sides' hunks; at one place theirs comes first."""
    ordered = sorted(
        {*((h, 0) for h in theirs), *((h, 1) for h in mine if h not in theirs)},
        key=lambda pair: (pair[0].start, pair[0].end, pair[1]),
    )
    out: list[str] = []
    at = 0
    for hunk, _ in ordered:
        out += rows[at : hunk.start]
        out += hunk.lines
        at = max(at, hunk.end)
    return out + rows[at:]
