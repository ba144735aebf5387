"""The arguments of `tokenspace hook`. Nothing heavy is imported here."""

import argparse

from .events import DRAIN, EVENTS
from .hosts import TITLES
from .plugin import PLUGIN


def add(parser: argparse.ArgumentParser) -> None:
    """Add what a hook can be told."""
    parser.add_argument(
        "event",
        metavar="EVENT",
        nargs="?",
        help=f"{', '.join(EVENTS)}, or the host's own name for it (what standard input says); "
        f"{DRAIN} files the sessions that wait as episodes now; {PLUGIN} says in which folder the "
        "plugin for Claude Code, Codex and Copilot CLI lies",
    )
    parser.add_argument(
        "--host",
        metavar="NAME",
        help=f"who reads the answer, where that is not seen: {', '.join(TITLES)}",
    )
    parser.set_defaults(branch=None)
