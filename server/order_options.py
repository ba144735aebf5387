"""The arguments of `tokenspace consolidate`. Nothing heavy is imported here."""

import argparse

from .flags import add_reason, positive, resolution

ACTIONS = ("status", "start", "finish", "abandon")


def add(parser: argparse.ArgumentParser) -> None:
    """Add what consolidation can be asked."""
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=ACTIONS,
        default=ACTIONS[0],
        help="start a run or go on with it, finish (merge) or abandon it, or its status (default)",
    )
    order = parser.add_argument_group("the work order")
    order.add_argument("--label", metavar="LABEL", help="only this block")
    order.add_argument("--focus", metavar="TEXT", default="", help="what to look at most")
    order.add_argument(
        "--budget", metavar="TOKENS", type=positive, help="that all blocks should have together"
    )
    ending = parser.add_argument_group("finish")
    ending.add_argument(
        "--drop",
        metavar="ENTRY",
        action="append",
        default=[],
        help="an entry that may go: its text, its beginning, or LABEL:LINE; repeat for several",
    )
    ending.add_argument(
        "--resolve",
        metavar="ID=WHAT",
        type=resolution,
        action="append",
        default=[],
        help="decide a conflict with what main has become, as in merge",
    )
    add_reason(parser)
    parser.set_defaults(branch=None)
