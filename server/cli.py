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
  tokenspace log -n 5                the newest changes, with author and reason
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
        "show one block",
        "Show a block. Into a pipe or a file goes its text, byte for byte.",
    ),
    "edit": (
        "change a block in your editor",
        (
            "Change a block in $VISUAL or $EDITOR, or from a file. What others wrote meanwhile is "
            "merged; where that cannot be, nothing is saved and your text is kept. You may edit "
            "read-only blocks; assistants may not."
        ),
    ),
    "log": (
        "list the newest changes",
        "List the newest changes: when, who, with which tool, what and why.",
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

        formatter = RawDescriptionRichHelpFormatter if self.epilog else RichHelpFormatter
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
        _add_own(name, command)
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


def _add_own(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments that only this command has."""
    if name == "serve":
        _add_profile(parser, default=argparse.SUPPRESS)
        return
    if name == "show":
        parser.add_argument("label", metavar="LABEL", help="the block's label")
        parser.add_argument(
            "--at", metavar="PLACE", help="as it was: a version, or a change's number"
        )
    elif name == "log":
        parser.add_argument("label", metavar="LABEL", nargs="?", help="only changes of this block")
        parser.add_argument(
            "-n", dest="number", metavar="N", type=_positive, default=20, help="at most N (20)"
        )
    elif name == "edit":
        _add_edit(parser)
    elif name == "import":
        parser.add_argument("file", metavar="FILE.af", help="the Agent File")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the history")
    parser.add_argument("--json", action="store_true", help="answer as JSON, for programs")


def _add_edit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", help="the block's label")
    parser.add_argument("--create", action="store_true", help="make the block if there is none")
    parser.add_argument(
        "--file", metavar="FILE", help="take the text from this file, - for standard input"
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the history")
    about = parser.add_argument_group("what is said about it (the editor stays closed)")
    about.add_argument("--description", metavar="TEXT", help="what belongs into the block")
    about.add_argument("--limit", metavar="N", type=_positive, help="soft limit in characters")
    writable = about.add_mutually_exclusive_group()
    writable.add_argument(
        "--read-only", action="store_true", default=None, help="assistants may not change it"
    )
    writable.add_argument(
        "--writable", dest="read_only", action="store_false", default=None, help="they may"
    )
    about.add_argument(
        "--tag",
        dest="tags",
        metavar="T",
        action="append",
        help="its tags, in place of those it has; repeat for several, empty for none",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)
