"""What is said of entries that a new text may contradict or repeat: advice, never in the way."""

import logging
from collections.abc import Collection, Sequence

from ...memory import Block, Space, Written
from ...memory.lines import changed_lines, content, split_lines
from ...memory.rivals import Rival
from ..terminal import one_line, printable

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000
"""Most bytes of UTF-8 that all of it takes in an answer."""

_SAYS = {
    "contradicts": "may say otherwise",
    "repeats": "may say the same",
    "near": "is like it",
}
_ENTRY_CHARS = 120
_NEW_CHARS = 40
_WORDS_CHARS = 40  # of what differs, on each side
_DIFFERENCES = 3


async def beside(space: Space, done: Written, text: str) -> list[str]:
    """Return what to say of the entries that a write of `text` into a block may supersede."""
    step = done.steps[0] if done.steps else None
    if done.change is None or done.repeated or step is None or step.after is None:
        return []
    before, after = step.before.value if step.before else "", step.after
    lines = _written(before, after.value, text)
    found = await superseded(space, done.point.branch, after.label, text, lines, after)
    return rows(found)


async def superseded(
    space: Space,
    branch: str,
    label: str,
    text: str,
    apart: Collection[int | str],
    own: Block | None = None,
) -> list[Rival]:
    """Return what `Review.superseded` finds; nothing where it fails: what was written stands."""
    try:
        return await space.review.superseded(branch, label, text, apart, own)
    except Exception:
        logger.exception("nothing was compared with what was written to %s", label or "the archive")
        return []


def rows(found: Sequence[Rival], *, filed: bool = False) -> list[str]:
    """Return lines for a model: each entry, and what to do where it is superseded.

    `filed`: what was written is a passage, else lines of a block.
    """
    if not found:
        return []
    several = filed or len({rival.new for rival in found}) > 1
    told = [_row(rival, several) for rival in found]
    advice = _advice(found[0], filed=filed)
    while len(told) > 1 and len("\n".join((*told, advice)).encode()) > MOST_BYTES:
        told.pop()
    return [*told, advice]


def _row(rival: Rival, several: bool) -> str:
    where = f"line {rival.line} of {rival.place}" if rival.line else rival.place
    entry = f"{rival.line or ''}→{_short(rival.entry, _ENTRY_CHARS)}"
    parts = [f"{where} {_SAYS[rival.kind]}: {entry}"]
    pairs = rival.differs[:_DIFFERENCES] if rival.kind != "repeats" else ()
    differs = (f"{_side(old)} / {_side(new)}" for old, new in pairs)
    parts += [told] if (told := ", ".join(differs)) else []
    parts += [f"as to {_short(rival.new, _NEW_CHARS)!r}"] if several else []
    return " · ".join(parts)


def _side(words: str) -> str:
    return _short(words, _WORDS_CHARS) or "(nothing)"


def _advice(first: Rival, *, filed: bool) -> str:
    """Say how an entry that is out of date is put right."""
    if filed:
        way = "memory_replace it" if first.line else "correct it with its id"
        return f"If so: {way}, rather than keep both."
    if first.line:
        return "If so: memory_replace it with what holds now, and remove the line just added."
    return f"If so: memory_archive(id={first.place!r}, text=…) corrects it."


def _short(text: str, most: int) -> str:
    line = printable(one_line(text[: 4 * most]))
    return line if len(line) <= most else line[:most].rstrip() + "…"


def _written(before: str, after: str, text: str) -> frozenset[int]:
    """Return the lines, from 1, that stand in a block because `text` was written to it."""
    old, new = (
        value if value.endswith("\n") or not value else value + "\n" for value in (before, after)
    )
    start, end = changed_lines(old, new)
    sent = {content(line).strip() for line in split_lines(text)}
    there = split_lines(new)[start:end]
    return frozenset(n for n, line in enumerate(there, start + 1) if content(line).strip() in sent)
