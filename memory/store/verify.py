"""Is a space's file whole, and is its history the one that was recorded? Looks, changes nothing."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import TokenspaceError
from .checks import Checks
from .connector import Connection
from .copying import beside, copied, size_on_disk
from .database import format_of, look_at, migrations, prepare, translated
from .header import suspicious, unusable
from .index_checks import IndexChecks
from .objects import Objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `verify` found.

    Attributes:
        findings: A sentence for each thing that is wrong; empty: the file is whole.
        changes: How many there are, on all branches; like the others, 0 where it cannot be read.
        versions: States of blocks after a change, without deletions.
        texts: Different texts that are kept.
        blocks: Blocks that there are or were.
        passages: Passages and episodes that there are or were.
        branches: Branches, deleted ones included.
        bytes: Size of the file, with what waits in its -wal.
    """

    findings: tuple[str, ...]
    changes: int = 0
    versions: int = 0
    texts: int = 0
    blocks: int = 0
    passages: int = 0
    branches: int = 0
    bytes: int = 0


_COUNTS = {
    "changes": "SELECT count(*) FROM change",
    "versions": "SELECT count(*) FROM block_version WHERE version IS NOT NULL",
    "texts": "SELECT count(*) FROM object",
    "blocks": "SELECT count(*) FROM block",
    "passages": "SELECT count(*) FROM passage",
    "branches": "SELECT count(*) FROM branch",
}


def verify(path: Path) -> Report:
    """Return whether a file is whole; damage is a finding, never an exception.

    Reads every text once: some seconds for 100,000 versions. Others may use the file meanwhile.
    """
    try:
        with translated(path):
            why = unusable(path)
            if why is not None:
                return Report(findings=(why,))
            live = beside(path, "-wal").exists()
            findings = list(suspicious(path))
    except TokenspaceError as error:
        return Report(findings=(str(error),))
    report = _verified(path, findings)
    if report.findings and not live and beside(path, "-wal").exists():
        return verify(path)  # somebody opened it meanwhile; unlocked reading may have seen halves
    return report


def _verified(path: Path, findings: list[str]) -> Report:
    try:
        with translated(path):
            have = format_of(path)
            if 0 < have < migrations()[-1][0]:
                return _verified_older(path, findings)
            db = look_at(path)
    except TokenspaceError as error:
        return Report(findings=(*findings, str(error)), bytes=size_on_disk(path))
    try:
        if have == 0:
            findings.append(f"{path} holds no space yet.")
        else:
            db.execute("BEGIN")
            findings += _checked(db)
        counts = {name: _count(db, sql) for name, sql in _COUNTS.items()}
    finally:
        db.close()
    return Report(findings=tuple(findings), bytes=size_on_disk(path), **counts)


def _verified_older(path: Path, findings: list[str]) -> Report:
    """Check a copy that is brought up to date: the checks know the newest format only."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / path.name
        db = look_at(path)
        try:
            with copied(db, target) as copy:
                copy.rename(target)
        finally:
            db.close()
        prepare(target)
        return _verified(target, findings)


def _checked(db: Connection) -> Iterator[str]:
    """Yield what every check finds; one that cannot go on does not keep the next from starting."""
    try:
        objects = Objects(db)
        checks, search = Checks(db, objects), IndexChecks(db, objects)
    except (sqlite3.Error, TypeError):
        yield "the key of this space's hashes cannot be read: nothing can be checked against them."
        return
    yield from _told("pages", checks.pages)
    yield from _told("references between tables", checks.references)
    yield from _told("the chain of changes", checks.chain)
    yield from _told("texts", checks.texts)
    yield from _told("versions", checks.named_texts)
    yield from _told("what is said of blocks and passages", checks.abouts)
    yield from _told("the current state of each branch", checks.heads)
    yield from _told("branches", checks.branch_ends)
    yield from _told("checkpoints", checks.named_changes)
    yield from _told("the archive", checks.passages)
    yield from _told("what search looks through", search.docs)
    yield from _told("the words of what search looks through", search.words)
    yield from _told("vectors", search.vectors)


def _told(what: str, check: Callable[[], Iterator[str]]) -> Iterator[str]:
    try:
        yield from check()
    except Exception as error:  # a damaged row may be anything, and trip any of this
        yield f"{what} could not be checked to the end: {error}."


def _count(db: Connection, sql: str) -> int:
    try:
        return int(db.scalar(sql))
    except sqlite3.Error:
        return 0
