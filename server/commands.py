"""The commands of the command line, and what becomes of their failures."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable

from ..config.locate import locate
from ..config.settings import Settings, SettingsError, load
from ..memory import BlockInfo, Change, TokenspaceError
from ..memory.model import SHORT_VERSION, Filed, Touched
from . import shapes
from .call import Call, RefusedError, WrongUseError
from .comparing import blame, diff
from .consolidating import consolidate
from .editing import edit
from .exporting import export
from .filing import archive
from .finding import search
from .forgetting import forget
from .history import merge, restore
from .hook.command import hook
from .importing import import_file
from .indexing import index
from .install.command import InstallCommand, install
from .naming import branch, checkpoint
from .outcomes import outcome, outcomes
from .semantic import set_up
from .showing import show
from .sleep import sleep
from .status import status
from .team import Team, TeamCommand, require_own_flags
from .team_spaces import spaces
from .team_tokens import token
from .terminal import Cell, Column, complain
from .upkeep import bring_back, check, collect_garbage, make_backup

REFUSED, WRONG_USE, INTERRUPTED = 1, 2, 130
"""Exit codes; the last is what shells give to a program that Ctrl-C ended."""

_NAMED = 3  # blocks and passages of one change that are named on a terminal

Command = Callable[[Call], int]


def run(args: argparse.Namespace) -> int:
    """Run the command that `args` name and return its exit code."""
    try:
        return _run(args)
    except (SettingsError, WrongUseError) as error:
        _explain(error)
        return WRONG_USE
    except UnicodeEncodeError as error:  # a word of the command, in another encoding
        complain(f"{error.object[:80]!r} is not UTF-8 text.")
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
    keys = ("db", "project", "user", "log_level", "data", "public_url")
    given = {key: getattr(args, key, None) for key in keys}
    # What is wrong with the settings is what `doctor` tells, and so it loads them itself.
    settings = Settings() if args.command == "doctor" else load(given)
    logging.basicConfig(stream=sys.stderr, level=settings.log_level)
    if args.command in TEAM_COMMANDS:
        require_own_flags(args)
        code = TEAM_COMMANDS[args.command](Team(args, settings))
    elif args.command in MACHINE_COMMANDS:
        code = MACHINE_COMMANDS[args.command](args, settings)
    else:
        code = COMMANDS[args.command](Call(args, settings, locate(settings)))
    sys.stdout.flush()
    return code


def blocks(call: Call) -> int:
    """List the blocks."""

    async def work() -> list[BlockInfo]:
        async with call.space() as space:
            return await space.infos(call.branch)

    infos = asyncio.run(work())
    if call.args.json:
        call.answer(blocks=[shapes.facts(info) for info in infos])
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
    if not infos:
        call.out.line(Cell("There are no blocks.", "dim"))
    return 0


def log(call: Call) -> int:
    """List the newest changes, of the space or of one block."""
    args = call.args

    async def work() -> list[Change]:
        async with call.space() as space:
            return await space.changes(
                args.label, before=args.before, limit=args.number + 1, branch=call.branch
            )

    found = asyncio.run(work())
    changes, more = found[: args.number], len(found) > args.number
    if args.json:
        call.answer(changes=[shapes.change(c) for c in changes], more=more)
        return 0
    call.name_space()
    columns = (
        Column("Change", "bold", right=True),
        Column("Branch", "green"),
        Column("When"),
        Column("With"),
        Column("Who"),
        Column("Why", "italic", below=True),
        Column("What", "cyan", below=True),
    )
    call.out.table(columns, _change_rows(call, changes))
    if not changes:
        call.out.line(Cell("There are none.", "dim"))
    if more:
        call.out.line(Cell(f"There are older ones: -n {args.number * 2}", "dim"))
    return 0


def doctor(args: argparse.Namespace, _: Settings) -> int:
    """Tell what keeps a client from its memory."""
    from .doctor.command import doctor as look  # no other command needs what it imports

    return look(args)


def _block_row(call: Call, info: BlockInfo) -> list[Cell | str]:
    over = info.chars - info.limit
    size = f"{info.chars:,}/{info.limit:,}"
    marks = ["read-only"] if info.read_only else []
    marks += [f"{over:,} over"] if over > 0 else []
    return [
        info.label,
        info.short,
        Cell(size, "bold red" if over > 0 else ""),
        call.out.when(info.at),
        Cell(", ".join(marks), "bold red" if over > 0 else ""),
        ", ".join(info.tags),
        info.description,
    ]


def _change_rows(call: Call, changes: list[Change]) -> list[list[Cell | str]]:
    """Return a row a change; the branch stands there where they are not all of this one."""
    mixed = any(change.branch != call.branch for change in changes)
    return [
        [
            str(change.number),
            change.branch if mixed else "",
            call.out.when(change.at),
            change.tool,
            str(change.author),
            change.reason,
            ", ".join(_what(call, change)),
        ]
        for change in changes
    ]


def _what(call: Call, change: Change) -> list[str]:
    what = [*map(_did, change.blocks), *map(_shelved, change.passages)]
    if call.out.is_terminal and len(what) > _NAMED + 1:
        what[_NAMED:] = [f"and {len(what) - _NAMED} more"]
    return what if change.merged is None else [f"merge of change {change.merged}", *what]


def _did(touched: Touched) -> str:
    if touched.action == "renamed":
        return f"renamed {touched.old_label} to {touched.label}"
    version = "" if touched.action == "described" else (touched.version or "")[:SHORT_VERSION]
    was = f" (was {touched.old_label})" if touched.old_label else ""
    return f"{touched.action} {touched.label}{version and '@'}{version}{was}"


def _shelved(filed: Filed) -> str:
    version = (filed.version or "")[:SHORT_VERSION] if filed.action != "described" else ""
    return f"{filed.action} {filed.name}{version and '@'}{version}"


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
    "diff": diff,
    "blame": blame,
    "edit": edit,
    "restore": restore,
    "checkpoint": checkpoint,
    "branch": branch,
    "merge": merge,
    "forget": forget,
    "search": search,
    "archive": archive,
    "index": index,
    "consolidate": consolidate,
    "outcome": outcome,
    "outcomes": outcomes,
    "status": status,
    "sleep": sleep,
    "verify": check,
    "backup": make_backup,
    "restore-backup": bring_back,
    "gc": collect_garbage,
    "setup": set_up,
    "import": import_file,
    "export": export,
    "hook": hook,
}

TEAM_COMMANDS: dict[str, TeamCommand] = {"token": token, "spaces": spaces}
"""Those about a team's endpoint, which has many memories."""

MACHINE_COMMANDS: dict[str, InstallCommand] = {"install": install, "doctor": doctor}
"""Those about the clients of this machine, whichever memory they have."""
