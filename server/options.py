"""The arguments of each command but `serve`. Nothing heavy is imported here."""

import argparse
from collections.abc import Callable

from .doctor.options import add as add_doctor
from .exchange_options import add_export, add_import
from .flags import (
    PLACE,
    add_branch,
    add_label,
    add_place,
    add_reason,
    add_tags,
    add_time,
    add_yes,
    places,
    positive,
    resolution,
)
from .hook.options import add as add_hook
from .install_options import add as add_install
from .order_options import add as add_consolidate
from .outcome_options import add_outcome, add_outcomes
from .sleeping.options import add as add_sleep
from .team_options import add_spaces, add_token
from .upkeep_options import add_backup, add_gc, add_index, add_restore_backup, add_setup


def add(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments that this command has for itself."""
    _OWN[name](parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON, for programs")


def _blocks(parser: argparse.ArgumentParser) -> None:
    add_branch(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "label", metavar="LABEL", help="the block's label, or a passage (p12) or episode (e12)"
    )
    add_place(parser, "--at", "as it was there")
    add_branch(parser)


def _edit(parser: argparse.ArgumentParser) -> None:
    add_label(parser)
    parser.add_argument("--create", action="store_true", help="make the block if there is none")
    parser.add_argument(
        "--file", metavar="FILE", help="take the text from this file, - for standard input"
    )
    add_reason(parser)
    add_branch(parser)
    about = parser.add_argument_group("what is said about it (the editor stays closed)")
    about.add_argument("--description", metavar="TEXT", help="what belongs into the block")
    about.add_argument("--limit", metavar="N", type=positive, help="soft limit in characters")
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
        "-n", dest="number", metavar="N", type=positive, default=20, help="at most N (20)"
    )
    parser.add_argument("--before", metavar="CHANGE", type=positive, help="only those before it")
    add_branch(parser)


def _diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", nargs="?", help="only this block")
    add_place(parser, "--from", "from there (before the last change)", dest="start")
    add_place(parser, "--to", "to there (now)", dest="end")
    parser.add_argument(
        "--entries", action="store_true", help="what became of each line, moves among them"
    )
    add_branch(parser)


def _blame(parser: argparse.ArgumentParser) -> None:
    add_label(parser)
    add_place(parser, "--at", "as it was there")
    add_branch(parser)


def _restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", nargs="?", help="only this block")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--to", metavar="PLACE", help="back to what was there")
    which.add_argument(
        "--undo", metavar="CHANGE", type=positive, help="take back this change and nothing else"
    )
    which.add_argument(
        "--lost", metavar="CHANGE", type=positive, help="put back what this change left out"
    )
    parser.epilog = PLACE
    add_reason(parser)
    add_branch(parser)


def _checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="the name; without one, list all")
    parser.add_argument("-m", dest="message", metavar="MESSAGE", help="what it is for")
    add_place(parser, "--at", "what to name (now)")
    parser.add_argument("--delete", action="store_true", help="take the name away")
    add_branch(parser)


def _branch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="the name; without one, list all")
    add_place(parser, "--from", "where it begins (now)", dest="start")
    parser.add_argument("--delete", action="store_true", help="end it; its changes stay")
    add_branch(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="BRANCH", help="the branch that is merged")
    parser.add_argument("--into", dest="branch", metavar="NAME", help="the one it goes into (main)")
    parser.add_argument(
        "--resolve",
        metavar="ID=WHAT",
        type=resolution,
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
    add_reason(parser)


def _forget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", nargs="?", help="this block, or only in it")
    parser.add_argument(
        "--entry",
        metavar="TEXT",
        help="an entry (a whole line) and not a block; with --erase, any text; - reads it from "
        "standard input: a secret that is typed into a command stays in the shell's history",
    )
    parser.add_argument("--passage", metavar="ID", help="a passage (p12) or episode (e12)")
    parser.add_argument(
        "--erase",
        action="store_true",
        help="from every version on every branch and from the disk, for good",
    )
    add_yes(parser)
    add_reason(parser)
    add_branch(parser)


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="a question, words, or a name; none: the newest"
    )
    parser.add_argument(
        "--in",
        dest="places",
        metavar="WHERE",
        type=places,
        action="extend",
        help="blocks, archive, episodes or history (what blocks no longer have); repeat, or put "
        "commas between several (all but history)",
    )
    add_tags(parser, "only what has this tag, or of several one; repeat for several")
    parser.add_argument("--all-tags", action="store_true", help="only what has all the tags")
    parser.add_argument("--source", metavar="S", help="only what is from there")
    add_time(parser, "--since", "only what is from then on")
    add_time(parser, "--until", "only what is up to then")
    parser.add_argument(
        "-n", dest="number", metavar="N", type=positive, default=10, help="at most N (10)"
    )
    parser.set_defaults(branch=None)


def _archive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="the text, - for standard input; without it the newest passages are listed",
    )
    parser.add_argument(
        "--id", metavar="ID", help="correct this passage (p12); an empty text takes it out"
    )
    add_tags(parser, "its tags; repeat for several, empty for none")
    parser.add_argument("--source", metavar="S", help="where it is from")
    add_time(parser, "--valid-from", "what it says holds from then on")
    add_time(parser, "--valid-until", "and up to then")
    add_reason(parser)
    listed = parser.add_argument_group("the list")
    listed.add_argument("--episodes", action="store_true", help="of episodes, not passages")
    listed.add_argument("-n", dest="number", metavar="N", type=positive, help="at most N (20)")
    parser.set_defaults(branch=None)


def _without_own(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(branch=None)


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
    "search": _search,
    "archive": _archive,
    "index": add_index,
    "consolidate": add_consolidate,
    "outcome": add_outcome,
    "outcomes": add_outcomes,
    "status": _without_own,
    "sleep": add_sleep,
    "verify": _without_own,
    "backup": add_backup,
    "restore-backup": add_restore_backup,
    "gc": add_gc,
    "setup": add_setup,
    "import": add_import,
    "export": add_export,
    "hook": add_hook,
    "install": add_install,
    "doctor": add_doctor,
    "token": add_token,
    "spaces": add_spaces,
}
