"""How what is found and filed is shown: one line of facts, one of text that cannot pose as ours."""

from ...memory.finding import Find
from ...memory.passages import Passage
from ...memory.render import one_line
from ...memory.snippets import snippet
from .answers import clipped

QUOTE = "→ "
"""What every line of text that is not ours begins with."""


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
    return f"{clipped(' · '.join(facts))}\n{QUOTE}{snippet(find.text, wanted, most)}"


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
        rows.append(clipped(f"source: {one_line(passage.source)}"))
    if passage.tags:
        rows.append(clipped(f"tags: {one_line(', '.join(passage.tags))}"))
    if beside:
        rows.append(f"beside it: {', '.join(beside)}")
    rest = passage.text[offset:]
    part = rest.encode()[:most].decode(errors="ignore")
    rows += [QUOTE + line for line in part.split("\n")]
    if len(part) < len(rest):
        rows.append(f"… {len(rest) - len(part):,} more characters: offset={offset + len(part)}")
    return "\n".join(rows)
