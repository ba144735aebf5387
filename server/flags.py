"""Flags that several commands have, and what their values must be. Imports argparse alone."""

import argparse

PLACE = (
    "A PLACE in history is a change's number, a version, a checkpoint, a branch (what it has now), "
    "or a time: 2026-11-20, '2026-11-20 14:30', '2 hours ago'."
)

TIME = (
    "A TIME is 2026-11-20 (all of that day), 2026-11, 2026, '2026-11-20 14:30' (UTC), 'yesterday' "
    "or '2 weeks ago'."
)

PLACES = ("blocks", "archive", "episodes", "history")
"""Where a search can look."""

_DIGITS = 18  # more cannot be the number of anything
_DAYS_DIGITS = 5  # more would lie before the calendar begins


def add_label(parser: argparse.ArgumentParser) -> None:
    """Add the label of a block."""
    parser.add_argument("label", metavar="LABEL", help="the block's label")


def add_place(
    parser: argparse.ArgumentParser, flag: str, told: str, dest: str | None = None
) -> None:
    """Add a flag that names a place in history."""
    dest = dest or flag.removeprefix("--")
    parser.add_argument(flag, dest=dest, metavar="PLACE", help=told)
    parser.epilog = PLACE


def add_time(parser: argparse.ArgumentParser, flag: str, told: str) -> None:
    """Add a flag that names a time."""
    parser.add_argument(flag, metavar="TIME", help=told)
    parser.epilog = TIME


def add_tags(parser: argparse.ArgumentParser, told: str) -> None:
    """Add a flag for tags."""
    parser.add_argument("--tag", dest="tags", metavar="T", action="append", help=told)


def add_reason(parser: argparse.ArgumentParser) -> None:
    """Add why something is done."""
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the history")


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the consent that is else asked for."""
    parser.add_argument("--yes", action="store_true", help="do not ask first")


def add_branch(parser: argparse.ArgumentParser) -> None:
    """Add the branch that a command is about."""
    parser.add_argument("--branch", metavar="NAME", help="on this branch (main)")


def positive(text: str) -> int:
    """Return a number from 1."""
    number = int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return number


def days(text: str) -> int:
    """Return a number of days."""
    if not (text.isdecimal() and len(text) <= _DAYS_DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return int(text)


def places(text: str) -> list[str]:
    """Return the places to look in, of which a comma stands between several."""
    named = [name.strip() for name in text.split(",") if name.strip()]
    for name in named:
        if name not in PLACES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(PLACES)}")
    return named


def resolution(text: str) -> tuple[str, str]:
    """Return which conflict is decided, and how."""
    conflict, found, what = text.partition("=")
    if not conflict or not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not ID=WHAT, for example 3f9a1c=theirs")
    return conflict, what
