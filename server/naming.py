"""`tokenspace checkpoint` and `tokenspace branch`: names for places and for lines of changes."""

import asyncio

from ..memory.model import MAIN
from ..memory.refs import Branch, Checkpoint
from . import shapes
from .call import Call, WrongUseError, by_whom
from .terminal import Cell, Column, plural


def checkpoint(call: Call) -> int:
    """Give a place a name, take one away, or list them all."""
    args = call.args
    if args.name is None and (args.delete or args.message is not None or args.at is not None):
        raise WrongUseError("say which checkpoint: give its NAME.")
    if args.delete and (args.message is not None or args.at is not None):
        raise WrongUseError("--delete goes with a NAME alone.")
    found = asyncio.run(_checkpoints(call))
    if args.json:
        call.answer(checkpoints=[shapes.checkpoint(known) for known in found])
    elif args.name is None:
        _list_checkpoints(call, found)
    elif args.delete:
        call.out.line(f"Checkpoint {args.name} is gone; what it named stays, in {call.place}.")
    else:
        made = found[0]
        size = f"{plural(made.blocks, 'block')}, {plural(made.chars, 'character')}"
        name = Cell(made.name, "bold")
        call.out.line("Checkpoint ", name, f" is {_at(made)}: {size}, in {call.place}.")
    return 0


def branch(call: Call) -> int:
    """Make a branch, end one, or list them all."""
    args = call.args
    if args.name is None and (args.delete or args.start is not None):
        raise WrongUseError("say which branch: give its NAME.")
    if args.delete and args.start is not None:
        raise WrongUseError("--delete goes with a NAME alone.")
    found = asyncio.run(_branches(call))
    if args.json:
        call.answer(branches=[shapes.branch(known) for known in found])
    elif args.name is None:
        _list_branches(call, found)
    elif args.delete:
        head = f"change {found[0].head}"
        call.out.line(f"Branch {args.name} has ended at {head}, in {call.place}.")
        call.out.line(f"What was done on it can still be read, with --at {found[0].head}.")
    else:
        made = found[0]
        start = _origin(made)
        call.out.line("Branch ", Cell(made.name, "bold"), f" begins at {start}, in {call.place}.")
        words = ("edit", "LABEL", "--branch", made.name)
        call.out.line("To write on it: ", Cell(call.command(*words), "bold"))
    return 0


async def _checkpoints(call: Call) -> list[Checkpoint]:
    args = call.args
    async with call.space() as space:
        history = space.history
        if args.name is None:
            return await history.checkpoints()
        if args.delete:
            known = await history.checkpoints()
            await history.drop_checkpoint(args.name)
            return [one for one in known if one.name == args.name]
        return [await history.checkpoint(call.intent(), args.name, args.message or "", args.at)]


async def _branches(call: Call) -> list[Branch]:
    args = call.args
    async with call.space() as space:
        history = space.history
        if args.name is None:
            return await history.branches()
        if args.delete:
            return [await history.delete_branch(args.name)]
        return [await history.make_branch(call.intent(), args.name, args.start)]


def _list_checkpoints(call: Call, found: list[Checkpoint]) -> None:
    call.name_space()
    columns = (
        Column("Name", "bold"),
        Column("Change", right=True),
        Column("Branch", "green"),
        Column("When"),
        Column("Who"),
        Column("Blocks", right=True),
        Column("Characters", right=True),
        Column("Made", "dim"),
        Column("Message", "italic", below=True),
    )
    mixed = any(known.point.branch != MAIN for known in found)
    rows: list[list[Cell | str]] = []
    for known in found:
        cells = (
            known.name,
            str(known.point.change),
            known.point.branch if mixed else "",
            call.out.when(known.at),
            by_whom(known.author),
            f"{known.blocks:,}",
            f"{known.chars:,}",
            "by itself" if known.automatic else "",
            known.message,
        )
        rows.append([Cell(text, "dim" if known.automatic else "") for text in cells])
    call.out.table(columns, rows)
    if not found:
        call.out.line(Cell("There are no checkpoints yet.", "dim"))


def _list_branches(call: Call, found: list[Branch]) -> None:
    call.name_space()
    columns = (
        Column("Branch", "bold green"),
        Column("From"),
        Column("Changes", right=True),
        Column("Head", right=True),
        Column("Blocks", right=True),
        Column("Made"),
        Column("Who"),
    )
    rows: list[list[Cell | str]] = [
        [
            known.name,
            _origin(known) if known.fork else "",
            f"{known.changes:,}",
            str(known.head),
            f"{known.blocks:,}",
            call.out.when(known.at),
            by_whom(known.author) if known.author else "",
        ]
        for known in found
    ]
    call.out.table(columns, rows)


def _at(known: Checkpoint) -> str:
    on = "" if known.point.branch == MAIN else f" on {known.point.branch}"
    return f"change {known.point.change}{on}"


def _origin(known: Branch) -> str:
    return f"change {known.fork.change} of {known.fork.branch}" if known.fork else "the beginning"
