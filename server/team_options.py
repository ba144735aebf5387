"""The arguments of `tokenspace token` and `tokenspace spaces`. Nothing heavy is imported here."""

import argparse

from .flags import add_yes
from .roles import Role

TOKEN_ACTIONS = ("list", "create", "revoke")
SPACE_ACTIONS = ("list", "create", "archive", "delete")
ROLES = tuple(map(str, Role))

_TIMES = (
    "A TIME is 2027-01-31 (to the end of that day, UTC), '2027-01-31 14:30' (UTC), or how long: "
    "'90 days', '6 months', '12 hours'. Whoever has the token can do what it allows until it has "
    "expired or is revoked."
)


def add_token(parser: argparse.ArgumentParser) -> None:
    """Add what `tokenspace token` can be asked."""
    _add_action(parser, TOKEN_ACTIONS, "create a token, revoke one, or list all (default)")
    parser.add_argument(
        "which", metavar="ID", nargs="?", help="the token that is revoked: its id, or whose it is"
    )
    parser.add_argument(
        "--space", metavar="SPACE", help="the space that it is for, '*' for all (create, revoke)"
    )
    made = parser.add_argument_group("create")
    made.add_argument("--name", metavar="NAME", help="whose it is: changes are signed with it")
    made.add_argument(
        "--role", choices=ROLES, help="what they may do (writer); admin also erases and restores"
    )
    made.add_argument("--expires", metavar="TIME", help="when it ends (never)")
    made.add_argument(
        "--public-url", metavar="URL", help="the endpoint's address, for the entry that is shown"
    )
    parser.epilog = _TIMES
    _add_data(parser)


def add_spaces(parser: argparse.ArgumentParser) -> None:
    """Add what `tokenspace spaces` can be asked."""
    _add_action(parser, SPACE_ACTIONS, "create, archive or delete a space, or list all (default)")
    parser.add_argument("name", metavar="NAME", nargs="?", help="the space")
    add_yes(parser)
    _add_data(parser)


def _add_action(parser: argparse.ArgumentParser, actions: tuple[str, ...], told: str) -> None:
    parser.add_argument(
        "action", metavar="ACTION", nargs="?", choices=actions, default=actions[0], help=told
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", metavar="DIR", help="the folder of the endpoint's spaces and tokens"
    )
    parser.set_defaults(branch=None)
