"""Forgetting from the present: a block, or one entry wherever it stands. History keeps it."""

from dataclasses import replace

from .errors import NoMatchError
from .lines import split_lines
from .model import Block, Draft, normal_label
from .naming import essence
from .nearest import nearest_line
from .transact import Write, Written, draft_of


def forget_entry(write: Write, entry: str, label: str | None) -> Written:
    """Take an entry out of a block, or out of every block that has it.

    An entry is a whole line; bullets, spacing, capitals and final punctuation do not count. One
    that the newest change has taken out already is forgotten already.

    Raises:
        NoMatchError: no line is that entry; the message shows the nearest.
        NotFoundError: there is no such block.
        ReadOnlyError: only a person may change a block that has it.
    """
    tx = write.tx
    blocks = [write.require(label)] if label is not None else tx.blocks(write.branch)
    pairs: list[tuple[Block | None, Draft]] = []
    for block in blocks:
        value = _without(block.value, entry)
        if value != block.value:
            pairs.append((write.writable(block), replace(draft_of(block), value=value)))
    if not pairs:
        done = [block for block in blocks if _just_forgotten(write, block, entry)]
        if done:
            return write.record([(block, draft_of(block)) for block in done])
        raise NoMatchError(_nowhere(blocks, entry, label))
    return write.record(pairs)


def _just_forgotten(write: Write, block: Block, entry: str) -> bool:
    before = write.previous(block)
    return before is not None and before.value != block.value == _without(before.value, entry)


def _without(value: str, entry: str) -> str:
    wanted = essence(entry)
    return "".join(line for line in split_lines(value) if not wanted or essence(line) != wanted)


def _nowhere(blocks: list[Block], entry: str, label: str | None) -> str:
    where = f"block {normal_label(label)}" if label is not None else "memory"
    near = [(block, found) for block in blocks if (found := nearest_line(entry, block.value))]
    if not near:
        return f"no line of {where} is that entry, or like it."
    shown = "; ".join(f"{block.label}, line {n}: {text[:200]}" for block, (n, text) in near[:3])
    return f"no line of {where} is that entry; give the whole line. Nearest: {shown}"
