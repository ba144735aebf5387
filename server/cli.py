"""The command line: what can be asked, and `main`, which hands it on.

`serve` is what a client starts and waits for, so the way to it imports nothing but argparse:
the help's formatter, the settings and the domain are imported where they are needed.
"""

import argparse
import sys
from typing import NoReturn

from .command_texts import COMMANDS

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
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["hook"] and not {"drain", "-h", "--help"} & set(words):
        from .hook.start import run as run_hook  # before all that could refuse its words

        return run_hook(words[1:])
    try:
        args = _parser(words).parse_args(words)
    except SystemExit as end:  # help was written, or a complaint
        return end.code if isinstance(end.code, int) else 0
    if args.version:
        from importlib.metadata import version

        sys.stdout.write(f"tokenspace {version('tokenspace')}\n")
        return 0
    try:
        return _serve(args) if args.command in (None, "serve") else _run(args)
    except KeyboardInterrupt:  # while all that is needed is imported
        return 130


def _serve(args: argparse.Namespace) -> int:
    if args.command is None:
        from .stdio import serve

        return serve(args)
    from .serve_options import misplaced

    if wrong := misplaced(args):
        from .terminal import complain

        complain(wrong)
        return 2
    if args.remote is not None:
        from .remote.start import serve as serve_remote

        return serve_remote(args)
    if args.transport != "stdio":
        from .endpoint.start import serve as serve_endpoint

        return serve_endpoint(args)
    from .stdio import serve

    return serve(args)


def _run(args: argparse.Namespace) -> int:
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
    for name, (line, description) in COMMANDS.items():
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
            from .serve_options import add_endpoint, add_remote

            _add_profile(command, default=argparse.SUPPRESS)
            add_endpoint(command)
            add_remote(command)
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
        "--profile",
        metavar="NAME",
        default=default,
        help="tools a client sees: core, full or anthropic",
    )
