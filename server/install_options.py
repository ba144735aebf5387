"""The arguments of `tokenspace install`. Imports argparse alone."""

import argparse

_EPILOG = """\
clients: claude-desktop, claude-code, cursor, vscode, windsurf, zed, junie, codex, gemini, copilot,
opencode, qwen, cline, cline-vscode, continue. Without one, those that are here are offered.

For a person, --project DIR and --db FILE name the memory that the client gets; for a project
(--scope project), --project DIR is the project. Nothing secret is written into a client's file: a
team's token stays in TOKENSPACE_TOKEN, or in the file that you name. Another run keeps the flags
that an entry of ours has, but for those that you give anew.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add what `tokenspace install` can be asked."""
    parser.epilog = _EPILOG
    parser.add_argument("clients", metavar="CLIENT", nargs="*", help="which, one or several")
    parser.add_argument(
        "--scope",
        choices=("user", "project"),
        default="user",
        help="for you in all projects (default), or in the project's own file",
    )
    parser.add_argument("--uninstall", action="store_true", help="take out what was put in")
    parser.add_argument(
        "--rules",
        action="store_true",
        help="also ten lines that tell models to use it, in AGENTS.md, CLAUDE.md or GEMINI.md",
    )
    parser.add_argument("--dry-run", action="store_true", help="only show it, as a diff")
    parser.add_argument(
        "--name", metavar="NAME", default="tokenspace", help="the entry's name (tokenspace)"
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="tools that the client sees: core, full or anthropic",
    )
    parser.add_argument(
        "--program",
        metavar="FILE",
        help="the program that clients start (the one that runs now); a bare name stays a name",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also beside or in place of another entry, and without the flags of that one; with "
        "--uninstall also rules that another client reads",
    )
    team = parser.add_argument_group("a team's endpoint")
    team.add_argument("--url", metavar="URL", help="its address, as https://HOST/p/SPACE/mcp")
    team.add_argument(
        "--bridge", action="store_true", help="through `tokenspace serve --remote`, over stdio"
    )
    team.add_argument("--token-file", metavar="FILE", help="what holds the token, for the bridge")
    team.add_argument(
        "--save-token", action="store_true", help="write TOKENSPACE_TOKEN to that file"
    )
    team.add_argument("--no-token", action="store_true", help="the endpoint wants none")
    parser.set_defaults(branch=None)
