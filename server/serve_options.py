"""The flags of `tokenspace serve` for a team: its endpoint, and a bridge to one.

Imports argparse alone.
"""

import argparse

TRANSPORTS = ("stdio", "http", "sse")


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    """Add which transport, and what an endpoint needs to know."""
    group = parser.add_argument_group("a team's endpoint")
    group.add_argument(
        "--transport",
        choices=TRANSPORTS,
        default="stdio",
        help="stdio, or an endpoint, which serves streamable HTTP and SSE alike",
    )
    group.add_argument(
        "--http",
        dest="transport",
        action="store_const",
        const="http",
        default=argparse.SUPPRESS,
        help="the same as --transport http",
    )
    for flag, metavar, told in (
        ("--data", "DIR", "the folder of its spaces and tokens"),
        ("--host", "ADDRESS", "where it listens (127.0.0.1)"),
        ("--port", "N", "on which port (8765)"),
        ("--public-url", "URL", "its address as clients write it"),
        ("--tls-cert", "FILE", "its certificate"),
        ("--tls-key", "FILE", "the certificate's key"),
        ("--proxy", "ADDRESSES", "of a proxy in front that encrypts"),
        ("--issuer", "URL", "who else makes access tokens (OAuth 2.1)"),
    ):
        group.add_argument(flag, metavar=metavar, help=told)


def add_remote(parser: argparse.ArgumentParser) -> None:
    """Add the endpoint that a bridge leads to; its token never stands on a command line."""
    group = parser.add_argument_group(
        "a bridge to a team's endpoint", "Its token stands in TOKENSPACE_TOKEN, or in a file."
    )
    for flag, metavar, told in (
        ("--remote", "URL", "hand everything on to this endpoint"),
        ("--space", "NAME", "the space there; else the one named after the project"),
        ("--token-file", "FILE", "the file that holds the token"),
    ):
        group.add_argument(flag, metavar=metavar, help=told)
