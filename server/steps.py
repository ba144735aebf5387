"""What was done to a block, from what it was to what it is: in a word, in lines, as a patch."""

from collections.abc import Iterator
from typing import NamedTuple

from ..memory import BlockInfo, Step
from ..memory.align import hunks
from ..memory.diff import unified
from ..memory.lines import split_lines
from ..memory.model import DEFAULT_LIMIT


class Said(NamedTuple):
    """Something that is said about a block, before and after."""

    what: str
    before: str
    after: str


def label(step: Step) -> str:
    """Return the label that the block has, or had last."""
    block = step.after or step.before
    return block.label if block else ""


def action(step: Step) -> str:
    """Return what became of the block."""
    if step.before is None:
        return "created"
    if step.after is None:
        return "deleted"
    if step.before.value != step.after.value:
        return "edited"
    return "renamed" if step.before.label != step.after.label else "described"


def tally(step: Step) -> tuple[int, int]:
    """Return how many lines were added and removed."""
    found = hunks(
        *(split_lines(block.value if block else "") for block in (step.before, step.after))
    )
    return sum(len(hunk.lines) for hunk in found), sum(hunk.end - hunk.start for hunk in found)


def patch(step: Step) -> list[str]:
    """Return the lines of a unified diff of the block; none where only what is said differs.

    They can be applied as a patch. Which changes the two are from stands behind a tab, where
    unified diffs have their times.
    """
    before, after = step.before, step.after
    if before and after and (before.value, before.label) == (after.value, after.label):
        return []
    rows = unified(before.value if before else "", after.value if after else "")
    return [f"--- {_named(before)}", f"+++ {_named(after)}", *rows]


def said(step: Step) -> Iterator[Said]:
    """Yield what is said about the block and differs; of a new block, what is said at all."""
    if step.after is None:
        return
    if step.before and step.before.label != step.after.label:
        yield Said("label", step.before.label, step.after.label)
    old, new = _facts(step.before), _facts(step.after)
    for what in dict.fromkeys((*old, *new)):
        sides = old.get(what, ""), new.get(what, "")
        if sides[0] != sides[1]:
            yield Said(what, *sides)


def _named(block: BlockInfo | None) -> str:
    return f"{block.label}@{block.short}\tchange {block.change}" if block else "/dev/null"


def _facts(block: BlockInfo | None) -> dict[str, str]:
    """Return what is said about a block, in words; no block is one of which nothing is said."""
    if block is None:
        return {"limit": f"{DEFAULT_LIMIT:,}", "read-only": "no"}
    return {
        "description": block.description,
        "limit": f"{block.limit:,}",
        "read-only": "yes" if block.read_only else "no",
        "tags": ", ".join(block.tags),
        **{f"metadata {key}": text for key, text in block.metadata.items()},
    }
