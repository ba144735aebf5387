"""A backup is whole whatever else goes on."""

import stat
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tokenspace.memory.errors import CorruptError, ExistsError, NotFoundError
from tokenspace.memory.store import SqliteStore, backup, verify
from tokenspace.memory.store.connector import Connection

from .histories import History, bytes_beside, every_state, names_beside, short_history, value
from .support import opened, put
from .test_database import other_program
from .test_processes import start


@pytest.fixture
async def live(db: Path) -> AsyncGenerator[History]:
    """A space that is open, with a few changes."""
    history = await short_history(db)
    yield history
    await history.store.close()


@pytest.fixture
def kept(db: Path) -> Path:
    """Where a backup goes."""
    return db.with_name("kept.db")


def log(path: Path) -> list[tuple[object, ...]]:
    """Return number and hash of every change, also while others open and close the file."""
    db = Connection(path, busy_ms=10_000)
    try:
        return [(*row,) for row in db.all("SELECT number, hash FROM change ORDER BY number")]
    finally:
        db.close()


def mode(path: Path) -> int:
    """Return who may read and write a file."""
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_backup_is_the_whole_space_in_one_private_file(
    live: History, db: Path, kept: Path
) -> None:
    """Also what was written a moment ago and stands only in the -wal."""
    assert backup(db, kept) == len(bytes_beside(db)["kept.db"])
    assert verify(kept).findings == ()
    assert mode(kept) == 0o600
    assert names_beside(db) == ["kept.db", "memory.db", "memory.db-shm", "memory.db-wal"]
    copy = await SqliteStore.open(kept)
    assert await every_state(copy) == await every_state(live.store)
    await copy.close()


async def test_a_backup_is_a_moment_of_what_others_write(db: Path) -> None:
    """Another process makes hundreds of changes meanwhile: each copy is whole, and a prefix."""
    async with opened(db) as space:
        await put(space, "start\n", "log")
    lengths: list[int] = []
    with ExitStack() as stack:
        process = start(stack, "write", db, "p", "log", 300)
        assert process.stdout is not None
        for line in process.stdout:
            if line == "ready\n" or line.endswith("9\n"):
                copy = db.with_name(f"copy{len(lengths)}.db")
                backup(db, copy)
                assert verify(copy).findings == ()
                changes = log(copy)
                lengths.append(len(changes))
                assert changes == log(db)[: len(changes)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


async def test_a_backup_overwrites_nothing_and_needs_a_space(live: History, db: Path) -> None:
    """Each refusal says what to do, and leaves nothing behind."""
    assert await value(live.store)
    folder = db.parent
    other_program(folder / "other.db")
    (folder / "empty.db").touch()
    before = names_beside(db)
    for source, target, error, why in (
        (db, folder / "empty.db", ExistsError, "is there already; give the backup another name"),
        (db, folder / "no" / "x.db", NotFoundError, "no does not exist; create it first"),
        (folder / "no.db", folder / "x.db", NotFoundError, "does not exist"),
        (folder / "empty.db", folder / "x.db", NotFoundError, "is empty"),
        (folder / "other.db", folder / "x.db", CorruptError, "database of another program"),
    ):
        with pytest.raises(error, match=why):
            backup(source, target)
    assert names_beside(db) == before
