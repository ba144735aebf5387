"""How what is found and filed is shown: lines of facts, and text that cannot pose as one of ours.

Control characters, and whatever else some reader takes for the end of a line, are written out.
"""

import re

from ...memory.finding import Find
from ...memory.passages import Passage
from ...memory.render import one_line
from ...memory.snippets import snippet
from ..terminal import printable
from .answers import clipped

QUOTE = "→ "
"""What every line of text that is not ours begins with."""

_PIECE = re.compile(r"\r\n|.", re.DOTALL)  # of a text; no page ends within one
_DIGITS = 16  # bytes by which the numbers at the end of a page may be longer


def quoted(text: str) -> str:
    """Return a text with each line of it marked, and whatever cannot be printed written out."""
    return QUOTE + printable(text).replace("\n", "\n" + QUOTE)


def one_hit(find: Find, wanted: frozenset[str], most: int) -> str:
    """Return a find: what it is, how well it answers, and the part of it that does."""
    scored = f"{find.name} {find.score:.2f}" if find.score else find.name
    facts = [scored, find.place, f"{find.at:%Y-%m-%d}"]
    if find.until is not None:
        facts.append(f"until {find.until:%Y-%m-%d}")
    if find.gone is not None:
        facts.append(f"taken out by change {find.gone}")
    if find.source:
        facts.append(one_line(find.source))
    if find.tags:
        facts.append(one_line(", ".join(find.tags)))
    told = printable(clipped(" · ".join(facts)))
    return f"{told}\n{quoted(snippet(find.text, wanted, most))}"


def whole(passage: Passage, beside: list[str], offset: int, most: int) -> str:
    """Return a passage with all that is known of it; of its text, at most `most` bytes."""
    facts = [
        f"{passage.name}@{passage.version[:8]}",
        passage.kind,
        f"filed {passage.created:%Y-%m-%d %H:%M}Z",
        f"change {passage.change}",
    ]
    times = (("from", passage.valid_from), ("until", passage.valid_until))
    facts += [f"valid {word} {at:%Y-%m-%d %H:%M}Z" for word, at in times if at is not None]
    rows = [" · ".join(facts)]
    if passage.source:
        rows.append(printable(clipped(f"source: {one_line(passage.source)}")))
    if passage.tags:
        rows.append(printable(clipped(f"tags: {one_line(', '.join(passage.tags))}")))
    if beside:
        rows.append(f"beside it: {', '.join(beside)}")
    rest = passage.text[offset:]
    part = rest.encode()[:most].decode(errors="ignore")
    rows.append(quoted(part))
    if len(part) < len(rest):
        rows.append(f"… {len(rest) - len(part):,} more characters: offset={offset + len(part)}")
    return "\n".join(rows)


def page(passage: Passage, beside: list[str], offset: int, most: int) -> str:
    """Return the same in at most `most` bytes altogether: as much of its text as there is room."""
    room = most - len(whole(passage, beside, offset, 0).encode()) - _DIGITS
    size, used = 0, 0
    for piece in _PIECE.finditer(passage.text, offset, offset + max(room, 1)):
        used += len(quoted(piece[0]).encode()) - len(QUOTE.encode())
        if size and used > room:  # a page without anything would never come to an end
            break
        size += len(piece[0].encode())
    return whole(passage, beside, offset, size)
