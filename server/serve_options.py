"""The flags of `tokenspace serve` for a team: its endpoint, and a bridge to one.

Imports argparse alone.
"""

import argparse

TRANSPORTS = ("stdio", "http", "sse")
_ENDPOINT = (
    ("--data", "DIR", "the folder of its spaces and tokens"),
    ("--host", "ADDRESS", "where it listens (127.0.0.1)"),
    ("--port", "N", "on which port (8765)"),
    ("--public-url", "URL", "its address as clients write it"),
    ("--tls-cert", "FILE", "its certificate"),
    ("--tls-key", "FILE", "the certificate's key"),
    ("--proxy", "ADDRESSES", "of a proxy in front that encrypts"),
    ("--issuer", "URL", "who else makes access tokens (OAuth 2.1)"),
)
_REMOTE = (
    ("--remote", "URL", "hand everything on to this endpoint"),
    ("--space", "NAME", "the space there; else the one named after the project"),
    ("--token-file", "FILE", "the file that holds the token"),
)


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    """Add which transport, and what an endpoint needs to know."""
    parser.set_defaults(transport="stdio")
    group = parser.add_argument_group("a team's endpoint")
    which = group.add_mutually_exclusive_group()
    which.add_argument(
        "--transport",
        choices=TRANSPORTS,
        default=argparse.SUPPRESS,
        help="stdio, or an endpoint, which serves streamable HTTP and SSE alike",
    )
    which.add_argument(
        "--http",
        dest="transport",
        action="store_const",
        const="http",
        default=argparse.SUPPRESS,
        help="the same as --transport http",
    )
    for flag, metavar, told in _ENDPOINT:
        group.add_argument(flag, metavar=metavar, help=told)


def add_remote(parser: argparse.ArgumentParser) -> None:
    """Add the endpoint that a bridge leads to; its token never stands on a command line."""
    group = parser.add_argument_group(
        "a bridge to a team's endpoint", "Its token stands in TOKENSPACE_TOKEN, or in a file."
    )
    for flag, metavar, told in _REMOTE:
        group.add_argument(flag, metavar=metavar, help=told)


def misplaced(args: argparse.Namespace) -> str | None:
    """Return in a sentence which flag would do nothing here; None where all have a meaning."""
    endpoint = _first(args, *(flag for flag, _, _ in _ENDPOINT))
    remote = _first(args, *(flag for flag, _, _ in _REMOTE))
    if args.transport == "stdio" and endpoint:
        return f"{endpoint} is for a team's endpoint; give --http as well, or leave it out."
    if args.transport != "stdio" and (one := _first(args, "--db", "--project")):
        return f"{one} names one memory; an endpoint has many: give their folder with --data."
    if remote and args.remote is None:
        return f"{remote} is for a bridge to an endpoint: it goes with --remote."
    return None


def _first(args: argparse.Namespace, *flags: str) -> str | None:
    """Return the first of these flags that was given."""
    given = (flag for flag in flags if getattr(args, flag[2:].replace("-", "_")) is not None)
    return next(given, None)
