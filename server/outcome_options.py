"""The arguments of `tokenspace outcome` and `tokenspace outcomes`. Imports argparse alone."""

import argparse

from .flags import positive


def add_outcome(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command that tells one."""
    parser.add_argument("task", metavar="TASK", help="what it is called, the same each time")
    parser.add_argument("score", metavar="SCORE", type=score, help="0 (failed) to 1 (went well)")
    parser.add_argument("rationale", metavar="RATIONALE", nargs="?", default="", help="why")
    parser.add_argument("--model", metavar="NAME", default="", help="which model did the task")
    parser.add_argument(
        "--receipt",
        metavar="R",
        help="which memory it had, as the read of it says: main.12 (what is there now)",
    )
    parser.set_defaults(branch=None)


def add_outcomes(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command that shows them."""
    parser.add_argument("--task", metavar="T", help="only of this task")
    parser.add_argument("--model", metavar="M", help="only of this model")
    parser.add_argument("--by", choices=("task", "model"), help="a curve for each of these")
    parser.add_argument(
        "-n", dest="number", metavar="N", type=positive, default=20, help="at most N changes (20)"
    )
    parser.add_argument(
        "--csv", action="store_true", help="the numbers of all changes as CSV, and nothing else"
    )
    parser.set_defaults(branch=None)


def score(text: str) -> float:
    """Return a score."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:  # nor what is not a number at all
        raise argparse.ArgumentTypeError(f"{text!r} is not a score from 0 to 1")
    return found
