"""The commands of the command line, and what becomes of their failures."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from ..config.locate import locate
from ..config.settings import SettingsError, load
from ..memory import BlockInfo, Change, TokenspaceError
from ..memory.render import budget
from . import shapes
from .call import Call, RefusedError
from .editing import edit
from .importing import import_file
from .terminal import Cell, Column, ago, complain

REFUSED, WRONG_USE, INTERRUPTED = 1, 2, 130
"""Exit codes; the last is what shells give to a program that Ctrl-C ended."""

_NAMED = 3  # blocks of one change that are named on a terminal

Command = Callable[[Call], int]


def run(args: argparse.Namespace) -> int:
    """Run the command that `args` name and return its exit code."""
    try:
        return _run(args)
    except SettingsError as error:
        _explain(error)
        return WRONG_USE
    except BrokenPipeError:  # the reader has seen enough, as in `| head`
        _give_up_output()
        return 0
    except (TokenspaceError, RefusedError) as error:
        _explain(error)
        return REFUSED
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        complain(f"{named}{error.strerror or error}.")
        return REFUSED
    except KeyboardInterrupt as error:
        for note in _notes(error):
            complain(note)
        return INTERRUPTED


def _run(args: argparse.Namespace) -> int:
    keys = ("db", "project", "user", "log_level")
    settings = load({key: getattr(args, key) for key in keys})
    logging.basicConfig(stream=sys.stderr, level=settings.log_level)
    code = COMMANDS[args.command](Call(args, settings, locate(settings)))
    sys.stdout.flush()
    return code


def blocks(call: Call) -> int:
    """List the blocks."""

    async def work() -> list[BlockInfo]:
        async with call.space() as space:
            return await space.infos()

    infos = asyncio.run(work())
    if call.args.json:
        shape = {"space": shapes.space(call.place), "blocks": [shapes.block(i) for i in infos]}
        call.out.exact(shapes.dumps(shape))
        return 0
    call.name_space()
    columns = (
        Column("Block", "bold cyan"),
        Column("Version", "dim"),
        Column("Characters", right=True),
        Column("Changed"),
        Column("Marks", "yellow"),
        Column("Tags", "magenta"),
        Column("About", "dim", below=True),
    )
    call.out.table(columns, [_block_row(call, info) for info in infos])
    return 0


def show(call: Call) -> int:
    """Show a block; into a pipe, its value and nothing else."""
    args = call.args

    async def work() -> tuple[shapes.Block, int]:
        async with call.space() as space:
            return await space.read(args.label, args.at)

    block, _ = asyncio.run(work())
    if args.json:
        shape = {"space": shapes.space(call.place), "block": shapes.block(block)}
        call.out.exact(shapes.dumps(shape))
    elif not call.out.is_terminal:
        call.out.exact(block.value)
    else:
        call.name_space()
        size = Cell(budget(block), "red" if block.chars > block.limit else "")
        facts = f"changed {ago(block.at, datetime.now(UTC))} (change {block.change})"
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
    return 0


def log(call: Call) -> int:
    """List the newest changes, of the space or of one block."""
    args = call.args

    async def work() -> list[Change]:
        async with call.space() as space:
            return await space.changes(args.label, limit=args.number + 1)

    found = asyncio.run(work())
    changes, more = found[: args.number], len(found) > args.number
    if args.json:
        shape = {"changes": [shapes.change(c) for c in changes], "more": more}
        call.out.exact(shapes.dumps({"space": shapes.space(call.place), **shape}))
        return 0
    call.name_space()
    columns = (
        Column("Change", "bold", right=True),
        Column("When"),
        Column("With"),
        Column("Who"),
        Column("Why", "italic", below=True),
        Column("What", "cyan", below=True),
    )
    call.out.table(columns, [_change_row(call, change) for change in changes])
    if more:
        call.out.line(Cell(f"There are older ones: -n {args.number * 2}", "dim"))
    return 0


def _block_row(call: Call, info: BlockInfo) -> list[Cell | str]:
    over = info.chars - info.limit
    size = f"{info.chars:,}/{info.limit:,}"
    marks = ["read-only"] if info.read_only else []
    marks += [f"{over:,} over"] if over > 0 else []
    return [
        info.label,
        info.short,
        Cell(size, "bold red" if over > 0 else ""),
        _when(call, info.at),
        Cell(", ".join(marks), "bold red" if over > 0 else ""),
        ", ".join(info.tags),
        info.description,
    ]


def _change_row(call: Call, change: Change) -> list[Cell | str]:
    what = [
        f"{touched.action} {touched.label}"
        + (f"@{touched.version[:8]}" if touched.version and touched.action != "described" else "")
        for touched in change.blocks
    ]
    if call.out.is_terminal and len(what) > _NAMED + 1:
        what[_NAMED:] = [f"and {len(what) - _NAMED} more"]
    return [
        str(change.number),
        _when(call, change.at),
        change.tool,
        str(change.author),
        change.reason,
        ", ".join(what),
    ]


def _when(call: Call, at: datetime) -> str:
    """Return a time: relative for a person, exact for what reads a pipe."""
    if call.out.is_terminal:
        return ago(at, datetime.now(UTC))
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _explain(error: Exception) -> None:
    complain("\n".join((str(error), *_notes(error))))


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def _give_up_output() -> None:
    """Point standard output at nothing, so that closing it at exit does not fail again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


COMMANDS: dict[str, Command] = {
    "blocks": blocks,
    "show": show,
    "log": log,
    "edit": edit,
    "import": import_file,
}
