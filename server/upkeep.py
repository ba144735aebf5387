"""Looking after a space's file: is it whole, a copy, the copy brought back, room given back.

These work on the file itself, and the first and the third also where no space can be opened.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from ..memory import Collected, Report, RestoredBackup, backup, collect, restore_backup, verify
from ..memory.errors import InvalidError, NotFoundError
from . import shapes
from .asking import confirm
from .call import Call, RefusedError
from .terminal import Cell, one_line, plural

_SHOWN = 100  # findings of a damaged file
_FINDING_CHARS = 1_000  # of each; it may quote what was tampered with

_COUNTED = {
    "changes": "change",
    "versions": "version",
    "texts": "text",
    "blocks": "block",
    "passages": "passage",
    "branches": "branch",
}


def check(call: Call) -> int:
    """Tell whether the file is whole, and its history the one that was recorded."""
    path = call.place.path
    if not (path.exists() or path.with_name(path.name + "-wal").exists()):
        call.require_space()
    report = verify(path)
    if call.args.json:
        call.answer(branch=None, **shapes.report(report))
    elif report.findings:
        _tell_findings(call, report)
    else:
        counts = (plural(getattr(report, name), noun) for name, noun in _COUNTED.items())
        size = plural(report.bytes, "byte")
        call.out.line(Cell(f"{call.place} is whole", "green"), f": {', '.join(counts)}; {size}.")
    if report.findings:
        raise RefusedError(f"{call.place} is not whole: {plural(len(report.findings), 'finding')}.")
    return 0


def _tell_findings(call: Call, report: Report) -> None:
    """Tell what is wrong, and what can be done."""
    call.name_space()
    for finding in report.findings[:_SHOWN]:
        told = one_line(finding)
        if len(told) > _FINDING_CHARS:
            told = told[:_FINDING_CHARS] + " …"
        call.out.line(Cell("- ", "red"), told)
    if len(report.findings) > _SHOWN:
        more = plural(len(report.findings) - _SHOWN, "more finding")
        call.out.line(Cell(f"… {more}: --json has all", "dim"))
    call.out.line(
        "To bring back a backup: ",
        Cell(call.command("restore-backup", "FILE"), "bold"),
        ". What is left of this file is then kept beside it.",
    )


def make_backup(call: Call) -> int:
    """Copy the space into a new file, or under a name of its own into a folder."""
    call.require_space()
    target = Path(call.args.file).absolute()
    if target.is_dir():
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        target /= f"{call.place.name}-{stamp}.db"
    elif call.args.file.endswith(("/", os.sep)):
        raise NotFoundError(f"there is no folder {target}; create it first.")
    size = backup(call.place.path, target)
    if call.args.json:
        call.answer(branch=None, path=str(target), bytes=size)
    else:
        call.out.line(f"Backed up {call.place} to {target}: {plural(size, 'byte')}.")
        words = ("restore-backup", str(target))
        call.out.line("To bring it back: ", Cell(call.command(*words), "bold"))
    return 0


def bring_back(call: Call) -> int:
    """Make the space what it was in a backup."""
    args, path = call.args, call.place.path
    source = Path(args.file).absolute()
    if not source.is_file():
        raise NotFoundError(f"there is no file {source}; give the path of a backup.")
    if path.exists():
        confirm(call, f"This replaces {call.place} by {source}; a copy of what it is now is kept.")
    call.place.make_folder()
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder {path.parent}; create it first.")
    try:
        done = restore_backup(
            source, path, call.intent().author, datetime.now(UTC), force=args.force
        )
    except InvalidError as error:
        if path.is_file() and not path.samefile(source):
            error.add_note("With --force it does.")
        raise
    if args.json:
        call.answer(branch=None, **shapes.restored_backup(done))
    else:
        _tell_restored(call, done)
    return 0


def _tell_restored(call: Call, done: RestoredBackup) -> None:
    """Tell what the space is now, what is missing from it, and the way back."""
    made = f"change {done.newest}, made {call.out.when(done.at)}" if done.at else "an empty space"
    call.out.line(f"Brought {call.place} back to {made}, as change {done.change}.")
    if done.damaged and done.kept:
        call.out.line("What was there could not be read; which changes it had is not known.")
    elif done.dropped:
        newest = "the newest is " if done.dropped > 1 else ""
        gone = f"{plural(done.dropped, 'change')} ({newest}number {done.dropped_newest})"
        call.out.line(f"No longer in the history: {gone}.")
    if done.kept:
        call.out.line(f"What was there is kept as {done.kept}")
        if not verify(done.kept).findings:
            words = ("restore-backup", str(done.kept.absolute()), *["--force"] * call.args.force)
            call.out.line("To go back to it: ", Cell(call.command(*words), "bold"))
    if done.erased_since:
        call.out.line(
            Cell("Text that was erased since may be back", "yellow"),
            ", and is in the backup. To erase it again: ",
            Cell(call.command("forget", "--erase", "--entry", "-"), "bold"),
        )


def collect_garbage(call: Call) -> int:
    """Let go of old texts, and give the room back that they took."""
    args = call.args
    call.require_space()
    done = collect(call.place.path, args.keep_days, datetime.now(UTC), dry_run=args.dry_run)
    if args.json:
        call.answer(branch=None, dry_run=args.dry_run, **shapes.collected(done))
    else:
        _tell_collected(call, done)
    return 0


def _tell_collected(call: Call, done: Collected) -> None:
    """Tell what went, or would go, and how much room that gives."""
    what = f"{plural(done.texts, 'text')} of {plural(done.versions, 'version')}"
    if call.args.dry_run:
        told = f"Dry run, nothing was changed. It would let go of {what}, in {call.place}"
        call.out.line(f"{told}; the file takes {plural(done.bytes_before, 'byte')}.")
        return
    room = f"{plural(done.bytes_before, 'byte')} before, {plural(done.bytes_after, 'byte')} now"
    told = f"Let go of {what}" if done.texts else "There was nothing to let go of"
    call.out.line(f"{told}, in {call.place}: {room}.")
    if done.versions:
        call.out.line("They stay in the history by name; their text can no longer be read.")
    if done.pending:
        later = f": {done.pending}. Run this again then."
        call.out.line(Cell("Not yet done", "yellow"), later)
    elif done.texts and not done.vacuumed:
        call.out.line("The room is free in the file, and used before it grows.")
