"""The arguments of each command but `serve`. Nothing is imported here but argparse."""

import argparse
from collections.abc import Callable

_PLACE = (
    "A PLACE in history is a change's number, a version, a checkpoint, a branch (what it has now), "
    "or a time: 2026-11-20, '2026-11-20 14:30', '2 hours ago'."
)

_DIGITS = 18  # more cannot be the number of anything
_DAYS_DIGITS = 5  # more would lie before the calendar begins


def add(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments that this command has for itself."""
    _OWN[name](parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON, for programs")


def _blocks(parser: argparse.ArgumentParser) -> None:
    _add_branch(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    _add_label(parser)
    _add_place(parser, "--at", "as it was there")
    _add_branch(parser)


def _edit(parser: argparse.ArgumentParser) -> None:
    _add_label(parser)
    parser.add_argument("--create", action="store_true", help="make the block if there is none")
    parser.add_argument(
        "--file", metavar="FILE", help="take the text from this file, - for standard input"
    )
    _add_reason(parser)
    _add_branch(parser)
    about = parser.add_argument_group("what is said about it (the editor stays closed)")
    about.add_argument("--description", metavar="TEXT", help="what belongs into the block")
    about.add_argument("--limit", metavar="N", type=_positive, help="soft limit in characters")
    writable = about.add_mutually_exclusive_group()
    writable.add_argument(
        "--read-only", action="store_true", default=None, help="assistants may not change it"
    )
    writable.add_argument(
        "--writable", dest="read_only", action="store_false", default=None, help="they may"
    )
    about.add_argument(
        "--tag",
        dest="tags",
        metavar="T",
        action="append",
        help="its tags, in place of those it has; repeat for several, empty for none",
    )


def _log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", nargs="?", help="only changes of this block")
    parser.add_argument(
        "-n", dest="number", metavar="N", type=_positive, default=20, help="at most N (20)"
    )
    parser.add_argument("--before", metavar="CHANGE", type=_positive, help="only those before it")
    _add_branch(parser)


def _diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", nargs="?", help="only this block")
    _add_place(parser, "--from", "from there (before the last change)", dest="start")
    _add_place(parser, "--to", "to there (now)", dest="end")
    parser.add_argument(
        "--entries", action="store_true", help="what became of each line, moves among them"
    )
    _add_branch(parser)


def _blame(parser: argparse.ArgumentParser) -> None:
    _add_label(parser)
    _add_place(parser, "--at", "as it was there")
    _add_branch(parser)


def _restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", nargs="?", help="only this block")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--to", metavar="PLACE", help="back to what was there")
    which.add_argument(
        "--undo", metavar="CHANGE", type=_positive, help="take back this change and nothing else"
    )
    parser.epilog = _PLACE
    _add_reason(parser)
    _add_branch(parser)


def _checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="the name; without one, list all")
    parser.add_argument("-m", dest="message", metavar="MESSAGE", help="what it is for")
    _add_place(parser, "--at", "what to name (now)")
    parser.add_argument("--delete", action="store_true", help="take the name away")
    _add_branch(parser)


def _branch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="the name; without one, list all")
    _add_place(parser, "--from", "where it begins (now)", dest="start")
    parser.add_argument("--delete", action="store_true", help="end it; its changes stay")
    _add_branch(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="BRANCH", help="the branch that is merged")
    parser.add_argument("--into", dest="branch", metavar="NAME", help="the one it goes into (main)")
    parser.add_argument(
        "--resolve",
        metavar="ID=WHAT",
        type=_resolution,
        action="append",
        default=[],
        help="decide a conflict: ours, theirs, both, or the text to put there",
    )
    rest = parser.add_mutually_exclusive_group()
    for side in ("ours", "theirs"):
        rest.add_argument(
            f"--{side}",
            dest="rest",
            action="store_const",
            const=side,
            help=f"decide all other conflicts for {side}",
        )
    _add_reason(parser)


def _forget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", nargs="?", help="this block, or only in it")
    parser.add_argument(
        "--entry",
        metavar="TEXT",
        help="an entry (a whole line) and not a block; with --erase, any text; - reads it from "
        "standard input: a secret that is typed into a command stays in the shell's history",
    )
    parser.add_argument(
        "--erase",
        action="store_true",
        help="from every version on every branch and from the disk, for good",
    )
    _add_yes(parser)
    _add_reason(parser)
    _add_branch(parser)


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(branch=None)


def _backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the new file, or the folder it goes into")
    parser.set_defaults(branch=None)


def _restore_backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the backup")
    parser.add_argument(
        "--force", action="store_true", help="also a backup of another memory, in place of this one"
    )
    _add_yes(parser)
    parser.set_defaults(branch=None)


def _gc(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep-days",
        metavar="N",
        type=_days,
        help="let go of versions that are older than N days, but for the last of each day and all "
        "that branches, checkpoints and merges need (every version is kept)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.set_defaults(branch=None)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.af", help="the Agent File")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    _add_reason(parser)
    _add_branch(parser)


def _add_label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", help="the block's label")


def _add_place(
    parser: argparse.ArgumentParser, flag: str, told: str, dest: str | None = None
) -> None:
    dest = dest or flag.removeprefix("--")
    parser.add_argument(flag, dest=dest, metavar="PLACE", help=told)
    parser.epilog = _PLACE


def _add_reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the history")


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask first")


def _add_branch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--branch", metavar="NAME", help="on this branch (main)")


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return number


def _days(text: str) -> int:
    if not (text.isdecimal() and len(text) <= _DAYS_DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return int(text)


def _resolution(text: str) -> tuple[str, str]:
    conflict, found, what = text.partition("=")
    if not conflict or not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not ID=WHAT, for example 3f9a1c=theirs")
    return conflict, what


_OWN: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "blocks": _blocks,
    "show": _show,
    "edit": _edit,
    "log": _log,
    "diff": _diff,
    "blame": _blame,
    "restore": _restore,
    "checkpoint": _checkpoint,
    "branch": _branch,
    "merge": _merge,
    "forget": _forget,
    "verify": _verify,
    "backup": _backup,
    "restore-backup": _restore_backup,
    "gc": _gc,
    "import": _import,
}
