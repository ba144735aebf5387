"""The command line: what can be asked, and `main`, which hands it on.

`serve` is what a client starts and waits for, so the way to it imports nothing but argparse:
the help's formatter, the settings and the domain are imported where they are needed.
"""

import argparse
import sys
from typing import NoReturn

_EPILOG = """\
examples:
  tokenspace                         serve this folder's memory to an MCP client
  tokenspace blocks                  what is remembered, block by block
  tokenspace show human | less       one block's text, exactly
  tokenspace edit project            change it in your editor
  tokenspace search deploy day       find something, by words and by meaning
  tokenspace archive notes.txt       keep a text that is found when it matters
  tokenspace log -n 5                the newest changes, with author and reason
  tokenspace diff                    what the last change did
  tokenspace restore --undo 7        take back change 7 and nothing else
  tokenspace forget --entry 'x y'    forget an entry; with --erase, for good
  tokenspace backup FILE             a copy of everything
  tokenspace import agent.af         take in the memory of a Letta agent

Which memory: --db or --project; else the folder that the client names; else the project of the
working directory; else your personal one. Settings can also stand in the environment
(TOKENSPACE_DB, TOKENSPACE_PROJECT, ...) and in your config.toml; a flag wins over both.
"""


_COMMANDS = {  # name -> its line in the list of commands, its own description
    "serve": (
        "serve the memory over stdio to an MCP client (the default)",
        "Serve the memory over stdio, as an MCP client starts it.",
    ),
    "blocks": (
        "list the blocks",
        "List the blocks: version, characters of their limit, tags, description.",
    ),
    "show": (
        "show one block, passage or episode",
        (
            "Show a block, or a passage (p12) or episode (e12) where no block is called so. Into a "
            "pipe or a file goes its text, byte for byte."
        ),
    ),
    "edit": (
        "change a block in your editor",
        (
            "Change a block in $VISUAL or $EDITOR, or from a file. What others wrote meanwhile is "
            "merged; where that cannot be, nothing is saved and your text is kept. You may edit "
            "read-only blocks; assistants may not."
        ),
    ),
    "search": (
        "find something, by words and by meaning",
        (
            "Find what answers a question best: entries of blocks, passages, episodes; with --in "
            "history also what blocks no longer have. Without a question, the newest. The exit "
            "code is 1 where nothing is found."
        ),
    ),
    "archive": (
        "file a text as a passage, correct one, or list them",
        (
            "File a text, from a file or standard input, as a passage: it stands in no context, "
            "and is found by search. With --id, correct one. Without a text, list the newest."
        ),
    ),
    "index": (
        "make the vectors that search by meaning needs",
        (
            "Make all vectors that are missing. A server does that by itself while it runs; where "
            "another process is at it, this one only looks on."
        ),
    ),
    "consolidate": (
        "tidy memory on a branch: begin, look, finish, abandon",
        (
            "Begin a consolidation, show its work order, merge what was done if nothing is lost, "
            "or abandon it. Where finish is refused, nothing is merged, and the exit code is 1."
        ),
    ),
    "outcome": ("tell how a task went", "Tell how a task went with the memory that it had."),
    "outcomes": (
        "show how tasks went, and which change made them go worse",
        "Show losses over changes, and the change that is suspected. With --csv, numbers alone.",
    ),
    "status": ("show how memory stands", "Show how memory stands, and what is worth doing next."),
    "sleep": (
        "have a model tidy memory, with nobody there",
        (
            "Have a model of your choice consolidate memory, on a branch that is merged only if "
            "nothing is lost. What it reads goes to the model's provider. Where a run does not "
            "finish, nothing is merged, and the exit code is 1."
        ),
    ),
    "log": (
        "list the newest changes",
        (
            "List the newest changes of a branch and of what it came from: when, who, with which "
            "tool, what and why."
        ),
    ),
    "diff": (
        "show what differs between two places in history",
        (
            "Show what differs between two places in history; without any, what the last change "
            "did. Into a pipe goes a unified diff; what it says of a block, memory_patch can apply."
        ),
    ),
    "blame": (
        "show which change each line of a block came with",
        "Show which change each line of a block came with, when that was, and who made it.",
    ),
    "restore": (
        "go back to a place in history, or take back one change",
        (
            "Bring one block, or everything, back to a place in history, or take back what one "
            "change did. This makes a change of its own, so that it can be taken back too."
        ),
    ),
    "checkpoint": (
        "name a place in history, or list the names",
        (
            "Give a place in history a name; without one, list all. Those called before-… were "
            "made by themselves, before a restore or a merge."
        ),
    ),
    "branch": (
        "make a branch, or list them",
        (
            "Make a branch: a second line of changes, written with --branch NAME, that nobody else "
            "sees until it is merged. Without a name, list all."
        ),
    ),
    "merge": (
        "merge a branch into another",
        (
            "Merge what is new on a branch into main, or into another. Where both changed the "
            "same place, nothing is written until --resolve (or --ours, --theirs) decides it."
        ),
    ),
    "forget": (
        "forget a block, an entry or a passage, or erase it for good",
        (
            "Take a block, a passage, or an entry wherever it stands, out of the present; the past "
            "keeps it. With --erase, take a block, a passage, or a text wherever it stands, out of "
            "every version on every branch and off the disk. That cannot be undone. Your backups "
            "are not touched."
        ),
    ),
    "verify": (
        "check whether the file is whole, and its history as it was recorded",
        (
            "Check whether the file is whole, and its history the one that was recorded. Others "
            "may use it meanwhile. The exit code is 1 where something is wrong."
        ),
    ),
    "backup": (
        "copy everything into a new file",
        (
            "Copy everything, history included, into a new file, also while others write. What "
            "is erased later stays in it."
        ),
    ),
    "restore-backup": (
        "bring a backup back",
        (
            "Make everything what it was in a backup, also while assistants are connected. A copy "
            "of what was there is kept beside the file."
        ),
    ),
    "gc": (
        "give back room, and let go of old versions if asked",
        (
            "Remove texts that nothing refers to, and make the file smaller. With --keep-days, let "
            "go of the texts of old versions too; that cannot be undone. What is there now is "
            "never touched."
        ),
    ),
    "setup": (
        "install what search by meaning needs, and fetch its model",
        (
            "Install what search by meaning needs (about 1.4 GB, without CUDA), fetch its model, "
            "and try it. Where all is there, nothing is changed. Memory stays on this machine."
        ),
    ),
    "import": (
        "take in a Letta Agent File",
        (
            "Take in the memory blocks of a Letta Agent File (.af). Nothing that is here is "
            "overwritten: a block whose label is taken comes in as AGENT/LABEL. Secrets are "
            "dropped. Doing it twice changes nothing."
        ),
    ),
}


class _Parser(argparse.ArgumentParser):
    """A parser that loads its formatter when there is help to write, and complains in one line."""

    def format_help(self) -> str:
        from rich_argparse import RawDescriptionRichHelpFormatter, RichHelpFormatter

        drawn = "\n" in (self.epilog or "")
        formatter = RawDescriptionRichHelpFormatter if drawn else RichHelpFormatter
        formatter.group_name_formatter = str.capitalize
        self.formatter_class = formatter
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        from .terminal import complain

        complain(f"{message} (see `{self.prog} --help`)")
        raise SystemExit(2)


def main(argv: list[str] | None = None) -> int:
    """Run the program and return its exit code: 0, 1 for a refusal, 2 for wrong use."""
    try:
        words = sys.argv[1:] if argv is None else argv
        args = _parser(words).parse_args(words)
    except SystemExit as end:  # help was written, or a complaint
        return end.code if isinstance(end.code, int) else 0
    if args.version:
        from importlib.metadata import version

        sys.stdout.write(f"tokenspace {version('tokenspace')}\n")
        return 0
    if args.command in (None, "serve"):
        from .stdio import serve

        return serve(args)
    from .commands import run

    return run(args)


def _parser(words: list[str]) -> argparse.ArgumentParser:
    """Return the parser; a command that `words` do not name gets no arguments, to save time."""
    parser = _Parser(
        prog="tokenspace",
        description="Versioned memory for AI assistants, over MCP.",
        epilog=_EPILOG,
        allow_abbrev=False,
        formatter_class=_plain,
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    _add_common(parser, default=None)
    _add_profile(parser, default=None)
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", prog="tokenspace"
    )
    for name, (line, description) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=line,
            description=description,
            allow_abbrev=False,
            formatter_class=_plain,
        )
        if name not in words:
            continue
        if name == "serve":
            _add_profile(command, default=argparse.SUPPRESS)
        else:
            from .options import add

            add(name, command)
        # Given before the command, a flag counts as well: absent here, it leaves that alone.
        _add_common(command, default=argparse.SUPPRESS)
    return parser


def _plain(prog: str) -> argparse.HelpFormatter:
    """Return what argparse checks arguments with; its width is given, so that none is looked up."""
    return argparse.HelpFormatter(prog, width=100)


def _add_common(parser: argparse.ArgumentParser, default: str | None) -> None:
    group = parser.add_argument_group("which memory, and who")
    group.add_argument("--db", metavar="FILE", default=default, help="this database file")
    group.add_argument("--project", metavar="DIR", default=default, help="this project's memory")
    group.add_argument("--user", metavar="NAME", default=default, help="your name, for the history")
    group.add_argument(
        "--log-level",
        metavar="LEVEL",
        type=str.upper,
        default=default,
        help="what goes to stderr: debug, info, warning or error",
    )


def _add_profile(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--profile", metavar="NAME", default=default, help="tools a client sees: core or full"
    )
