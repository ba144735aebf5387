"""The arguments of the commands that look after a memory's file. Imports argparse alone."""

import argparse

from .flags import add_yes, days


def add_index(parser: argparse.ArgumentParser) -> None:
    """Add how vectors are made."""
    parser.add_argument(
        "--watch", action="store_true", help="only look on while another process makes them"
    )
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="first make anew all that search looks through; nobody can write meanwhile",
    )
    parser.set_defaults(branch=None)


def add_backup(parser: argparse.ArgumentParser) -> None:
    """Add where a backup goes."""
    parser.add_argument("file", metavar="FILE", help="the new file, or the folder it goes into")
    parser.set_defaults(branch=None)


def add_restore_backup(parser: argparse.ArgumentParser) -> None:
    """Add which backup is brought back."""
    parser.add_argument("file", metavar="FILE", help="the backup")
    parser.add_argument(
        "--force", action="store_true", help="also a backup of another memory, in place of this one"
    )
    add_yes(parser)
    parser.set_defaults(branch=None)


def add_gc(parser: argparse.ArgumentParser) -> None:
    """Add what is let go."""
    parser.add_argument(
        "--keep-days",
        metavar="N",
        type=days,
        help="let go of versions that are older than N days, but for the last of each day and all "
        "that branches, checkpoints and merges need (every version is kept)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.set_defaults(branch=None)


def add_setup(parser: argparse.ArgumentParser) -> None:
    """Add which model is fetched."""
    parser.add_argument(
        "--model", metavar="NAME", default="", help="of the Hugging Face hub, or a folder (MiniLM)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.set_defaults(branch=None)
