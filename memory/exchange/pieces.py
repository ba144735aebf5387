"""Long prose in pieces that are found well: cut at headings and between paragraphs. Pure."""

import re
from collections.abc import Iterator

from ..lines import content, split_lines
from ..model import MAX_BLOCK_BYTES
from ..passages import READ_CHARS

_HEADING = re.compile(r"#{1,6}\s")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_MOST_CHARS = MAX_BLOCK_BYTES // 4  # so many characters have room, whatever they are


def pieces(text: str, size: int = READ_CHARS) -> list[str]:
    """Return a text as pieces of about `size` characters at most, in their order.

    Only blank lines between them are left out. A paragraph is never cut, nor is code in a fence,
    unless it is too large for a passage.
    """
    found: list[str] = []
    for part in _parts(text):
        heads = _HEADING.match(part) is not None
        if found and not heads and len(found[-1]) + len(part) <= size:
            found[-1] += part
        elif found and heads and _is_heading(found[-1]):
            found[-1] += part  # a title alone says nothing
        else:
            found.append(part)
    bare = (_bare(piece) for piece in found)
    return [cut for piece in bare if piece for cut in _cut(piece)]


def _parts(text: str) -> Iterator[str]:
    """Yield paragraphs with the blank lines after them; joined they are the text again."""
    part, fence, blank = "", "", False
    for line in split_lines(text):
        mark = _FENCE.match(line)
        starts = not fence and (_HEADING.match(line) or (blank and line.strip()))
        if part and starts:
            yield part
            part = ""
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        part += line
        blank = not line.strip()
    if part:
        yield part


def _is_heading(part: str) -> bool:
    lines = [line for line in split_lines(part) if line.strip()]
    return all(_HEADING.match(line) for line in lines)


def _bare(piece: str) -> str:
    """Return a piece without the blank lines around it; what stands before its words stays."""
    lines = split_lines(piece)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "".join([*lines[:-1], content(lines[-1])]) if lines else ""


def _cut(piece: str) -> list[str]:
    starts = range(0, len(piece), _MOST_CHARS)
    return [cut for cut in (piece[at : at + _MOST_CHARS] for at in starts) if cut.strip()]
