"""The arguments of `tokenspace doctor`. Imports argparse alone."""

import argparse

_EPILOG = """\
Without an argument: every client of this machine that has tokenspace, for you and in this folder's
project, and the memory that each gets. With a CLIENT (as for `tokenspace install`): only that one,
with all that was looked at.
With a URL: a team's endpoint, asked as clients ask it.

Nothing is changed. Only tokenspace itself is started; an entry that starts anything else, or what
a project may bring, is shown and left alone.

The exit code is 0 where nothing is broken, 1 where something is, and 2 where the words cannot be
meant. --json: a list of what was looked at; each thing has client, check, state (ok, note, warn or
fail), says and mend.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add what `tokenspace doctor` can be asked."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "what", metavar="CLIENT|URL", nargs="?", help="a client, or the address of an endpoint"
    )
    team = parser.add_argument_group(
        "a team's endpoint",
        "A token is sent where you name its file for it; the one in TOKENSPACE_TOKEN only where an "
        "entry of your own leads to that endpoint already.",
    )
    team.add_argument("--space", metavar="NAME", help="the space there")
    team.add_argument("--token-file", metavar="FILE", help="the file that holds the token")
    parser.set_defaults(branch=None)
