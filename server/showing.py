"""`tokenspace show`: a block, or a passage or episode where no block is called so, whole."""

import asyncio

from ..memory import Block, Space
from ..memory.errors import NotFoundError
from ..memory.model import SHORT_VERSION
from ..memory.passages import Passage, is_passage_name
from ..memory.render import budget, length
from . import archive_shapes, passages, shapes
from .call import Call
from .terminal import Cell, one_line


def show(call: Call) -> int:
    """Show a block or a passage; into a pipe goes its text and nothing else."""

    async def work() -> Block | tuple[Passage, list[str]]:
        async with call.space() as space:
            return await _found(call, space)

    found = asyncio.run(work())
    block, passage = (found, None) if isinstance(found, Block) else (None, found[0])
    if call.args.json:
        call.answer(
            block=shapes.block(block) if block else None,
            passage=archive_shapes.passage(passage) if passage else None,
        )
    elif not call.out.is_terminal:
        call.out.exact(block.value if block else passage.text if passage else "")
    elif isinstance(found, Block):
        _tell_block(call, found)
    else:
        _tell_passage(call, *found)
    return 0


async def _found(call: Call, space: Space) -> Block | tuple[Passage, list[str]]:
    args = call.args
    try:
        return (await space.read(args.label, args.at, call.branch))[0]
    except NotFoundError:
        if args.branch is not None or not is_passage_name(args.label):
            raise  # on a branch are blocks alone
    return await passages.read(space, args.label, args.at)


def _tell_block(call: Call, block: Block) -> None:
    call.name_space()
    size = Cell(budget(block), "red" if block.chars > block.limit else "")
    facts = f"changed {call.out.when(block.at)} (change {block.change})"
    marks = " · read-only" if block.read_only else ""
    tags = f" · tags: {', '.join(block.tags)}" if block.tags else ""
    call.out.line(
        Cell(block.label, "bold cyan"),
        Cell(f"@{block.short}", "dim"),
        " · ",
        size,
        Cell(marks, "yellow"),
        f"{tags} · {facts}",
    )
    if block.description:
        call.out.line(Cell(block.description, "italic"))
    call.out.line()
    call.out.line(block.value if block.value else Cell("(empty)", "dim"))


def _tell_passage(call: Call, passage: Passage, beside: list[str]) -> None:
    call.name_space()
    filed = f"filed {call.out.when(passage.created)}"
    changed = f"changed {call.out.when(passage.at)} (change {passage.change})"
    call.out.line(
        Cell(passage.name, "bold cyan"),
        Cell(f"@{passage.version[:SHORT_VERSION]}", "dim"),
        f" · {passage.kind} · {length(passage.text)} · {filed} · {changed}",
    )
    times = (("from", passage.valid_from), ("until", passage.valid_until))
    said = (
        ("valid", ", ".join(f"{word} {at:%Y-%m-%d %H:%M}Z" for word, at in times if at)),
        ("source", passage.source),
        ("tags", ", ".join(passage.tags)),
        ("beside it", ", ".join(beside)),
    )
    for what, told in said:
        if told:
            call.out.line(Cell(f"{what}: {one_line(told)}", "italic"))
    call.out.line()
    call.out.line(passage.text)
