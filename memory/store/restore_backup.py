"""Bringing a backup back, also while servers have the space open, and losing nothing silently."""

from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from ..errors import CorruptError, InvalidError
from ..model import MAIN, Author, Intent
from .backup import require_space
from .connector import Connection
from .copying import DAMAGED, REPLACED, beside, copied, put_in_place
from .database import (
    connect,
    format_of,
    look_at,
    migrations,
    patiently,
    prepare,
    translated,
)
from .header import unusable
from .objects import Objects
from .rows import moment
from .transaction import WriteView
from .verify import verify

_WAIT_FOR_LOCK_S = 10.0
_MARGIN = 100_000
"""Ids that others may give out between the look at theirs and the lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredBackup:
    """What bringing a backup back did.

    Attributes:
        change: Number of the change that records it, above all that were there.
        newest: Number of the newest change that the backup had, 0 for none.
        at: When that one was made, UTC; None for none.
        dropped: How many changes of what was replaced are no longer in the history.
        dropped_newest: Number of the newest of those, 0 for none.
        kept: Where a copy of what was replaced is; None if nothing was there.
        damaged: What was replaced could not be read; `dropped` and `erased_since` do not know it.
        erased_since: It had erasures that the backup has not: erased text may be back.
    """

    change: int
    newest: int
    at: datetime | None
    dropped: int = 0
    dropped_newest: int = 0
    kept: Path | None = None
    damaged: bool = False
    erased_since: bool = False


def restore_backup(
    backup: Path, path: Path, author: Author, at: datetime, *, force: bool = False
) -> RestoredBackup:
    """Make the space at `path` what it was in a backup, as a change on top of that.

    What was there stays beside it as `<name>.replaced.bak` (or `.replaced-2.bak` and so on). It is
    written over in place, in one transaction, so that servers go on with it. Where it cannot be
    read, it is moved aside as `<name>.damaged.bak` instead; a server then opens the file anew.

    Args:
        backup: A file that `backup` made, or any other that is a whole space.
        path: The space; it may be missing or damaged.
        author: Who asks for it.
        at: Now, UTC.
        force: Take a backup of another space, which replaces this one.

    Raises:
        NotFoundError, CorruptError: the backup is missing, damaged, or no space.
        CorruptError: what is at `path` is another program's, or newer than this one.
        InvalidError: the backup is of another space, or is the file itself.
        LockedError: others write for too long.
    """
    _require_apart(backup, path)
    with translated(path), _private_copy(backup, path) as copy:
        old = _opened(path)
        if old is None:
            return _swapped(copy, path, DAMAGED, _finished(copy, author, at, None))
        with closing(old):
            with closing(look_at(copy)) as new:
                same = _space(old) == _space(new)
            if same:
                return _written_over(copy, old, path, author, at)
            if not force:
                raise InvalidError(
                    f"{backup} is a backup of another space than {path}; nothing was changed. It "
                    "replaces it only by force."
                )
            made = _finished(copy, author, at, old)
        return _swapped(copy, path, REPLACED, made)


def _require_apart(backup: Path, path: Path) -> None:
    """Refuse a backup that is not whole, or is itself what it shall replace."""
    if path.is_dir():
        raise InvalidError(f"{path} is a folder; give the path of the space's file.")
    require_space(backup)
    if path.exists() and path.samefile(backup):
        raise InvalidError(f"{path} is the space itself; give a backup of it.")
    findings = verify(backup).findings
    if findings:
        raise CorruptError(
            f"{backup} is damaged ({findings[0].rstrip('.')}); nothing was changed. Take another "
            "backup."
        )


@contextmanager
def _private_copy(backup: Path, path: Path) -> Generator[Path]:
    """Yield a copy of a backup beside `path`, brought up to date; nothing is left of it."""
    with closing(look_at(backup)) as source, copied(source, path) as copy:
        try:
            prepare(copy)
            yield copy
        finally:
            for left in ("-wal", "-shm", *(f".format{n}.bak" for n, _, _ in migrations())):
                beside(copy, left).unlink(missing_ok=True)


def _opened(path: Path) -> Connection | None:
    """Return a connection to what is at `path`; None where nothing is, or nothing whole."""
    if unusable(path):
        return None
    db = None
    try:
        with translated(path):
            if format_of(path):
                db = connect(path)
                if db.scalar("PRAGMA integrity_check(1)") == "ok":
                    return db
    except CorruptError as error:
        if error.__cause__ is None:  # another program's, or a newer one's: it is not ours to move
            raise
    if db is not None:
        db.close()
    return None


def _written_over(
    copy: Path, old: Connection, path: Path, author: Author, at: datetime
) -> RestoredBackup:
    """Make the file a copy of the backup, in one transaction that its other users just see."""
    _give_new_ids(copy, old)
    with closing(connect(copy)) as new, closing(connect(path)) as target, ExitStack() as lock:
        take_over = patiently(lambda: lock.enter_context(target.replacing(new)), _WAIT_FOR_LOCK_S)
        kept = _free(path, REPLACED)
        with copied(old, kept) as finished:
            put_in_place(finished, kept)
        made = _recorded(new, author, at, old)
        take_over()
    return replace(made, kept=kept)


def _swapped(copy: Path, path: Path, ending: str, made: RestoredBackup) -> RestoredBackup:
    """Move aside what is there, with the files that belong to it, and give the copy its name."""
    kept = _free(path, ending)
    if not any(beside(path, file).exists() for file in ("", "-wal", "-shm")):
        put_in_place(copy, path)
        return made
    for file in ("", "-wal", "-shm"):
        if beside(path, file).exists():
            beside(path, file).replace(beside(kept, file))
    put_in_place(copy, path)
    return replace(made, kept=kept if kept.exists() else None, damaged=ending == DAMAGED)


def _free(path: Path, ending: str) -> Path:
    """Return a name that no copy has: what was kept before may stand nowhere else."""
    word = ending.removesuffix(".bak")
    names = (f"{word}{f'-{n}' if n > 1 else ''}.bak" for n in count(1))
    places = (beside(path, name) for name in names)
    return next(
        place
        for place in places
        if not any(beside(place, file).exists() for file in ("", "-wal", "-shm"))
    )


def _give_new_ids(copy: Path, old: Connection) -> None:
    """Give the backup's texts ids that the live file never gave out, and all else from now on.

    Processes that have it open remember texts by id; names of passages are not used twice.
    """
    with closing(Connection(copy)) as new:
        low, high = new.all("SELECT min(id), max(id) FROM object")[0]
        given = old.scalar("SELECT max(seq) FROM sqlite_sequence WHERE name = 'object'") or 0
        if low is None:
            low = high = 0
        shift = max(given + _MARGIN - low + 1, high - low + 1)
        new.execute("BEGIN IMMEDIATE")
        for sql in (
            "UPDATE object SET id = id + ?1, base_id = base_id + ?1",
            "UPDATE block_version SET object_id = object_id + ?1",
            "UPDATE passage_version SET object_id = object_id + ?1",
            "UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = 'object'",
        ):
            new.execute(sql, (shift,))
        for row in old.all("SELECT name, seq FROM sqlite_sequence"):
            name, seq = row["name"], row["seq"]
            if new.scalar("SELECT 1 FROM sqlite_sequence WHERE name = ?", name):
                sql = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1"
            else:  # the backup never had any
                sql = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)"
            new.execute(sql, (name, seq))
        new.commit()


def _finished(copy: Path, author: Author, at: datetime, old: Connection | None) -> RestoredBackup:
    with closing(connect(copy)) as new:
        return _recorded(new, author, at, old)


def _recorded(
    new: Connection, author: Author, at: datetime, old: Connection | None
) -> RestoredBackup:
    """Record in the backup's copy that it was brought back, above every number that was used."""
    row = new.one("SELECT number, at FROM change ORDER BY number DESC LIMIT 1")
    made_at = moment(row["at"]) if row else None
    reason = f"backup of {made_at:%Y-%m-%d %H:%M:%S} UTC" if made_at else "backup of an empty space"
    replaced = _changes(old)
    gone = sorted(replaced - _changes(new))
    new.execute("BEGIN IMMEDIATE")
    change = WriteView(new, Objects(new)).record(
        MAIN,
        Intent(author=author, tool="restore-backup", reason=reason),
        at,
        [],
        above=max(replaced, default=(0, b""))[0],
    )
    new.commit()
    return RestoredBackup(
        change=change.number,
        newest=row["number"] if row else 0,
        at=made_at,
        dropped=len(gone),
        dropped_newest=gone[-1][0] if gone else 0,
        erased_since=bool(_erased(old) - _erased(new)),
    )


def _changes(db: Connection | None) -> set[tuple[int, bytes]]:
    rows = db.all("SELECT number, hash FROM change") if db else ()
    return {(row["number"], bytes(row["hash"])) for row in rows}


def _erased(db: Connection | None) -> set[tuple[int, bytes]]:
    if db is None or not db.scalar("SELECT 1 FROM sqlite_schema WHERE name = 'retraction'"):
        return set()  # a file of format 1 has erased nothing
    rows = db.all("SELECT change, was FROM retraction WHERE kind = 'entry'")
    return {(row["change"], bytes(row["was"])) for row in rows}


def _space(db: Connection) -> list[object]:
    """Return what tells a space from every other."""
    keys = "SELECT value FROM meta WHERE key IN ('file_uid', 'hash_key') ORDER BY key"
    return [row["value"] for row in db.all(keys)]
