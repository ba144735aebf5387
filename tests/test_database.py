"""Opening a file: what is not ours stays untouched, what is older is brought up to date safely."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import (
    CorruptError,
    InvalidError,
    NotFoundError,
)
from tokenspace.memory.store import database
from tokenspace.memory.store.connector import Connection

from .support import BY, opened, put, refusal, text
from .test_processes import start

NOW_AT = database.migrations()[-1][0]
NEXT = (NOW_AT + 1, "more.sql", "CREATE TABLE more (x INTEGER) STRICT;")
COPY = f"memory.db.format{NOW_AT}.bak"


def state(path: Path) -> dict[str, bytes]:
    """Return every file beside `path`, itself included, with its bytes."""
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of one statement on a file."""
    db = Connection(path)
    try:
        return [tuple(row) for row in db.all(sql)]
    finally:
        db.close()


def other_program(path: Path) -> None:
    """Make a database that is not ours."""
    query(path, "CREATE TABLE bookmarks (url TEXT)")


def newer_program(path: Path) -> None:
    """Make a file as a later version of this program would."""
    database.prepare(path)
    query(path, "PRAGMA user_version = 99")


def foreign_with_our_version(path: Path) -> None:
    """Make a database of another program that happens to be at format 1."""
    other_program(path)
    query(path, "PRAGMA user_version = 1")


def damaged_header(path: Path) -> None:
    """Make a space whose first page is gone."""
    database.prepare(path)
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


UNUSABLE: list[tuple[Callable[[Path], object], str]] = [
    (lambda p: p.write_text("# Notes\n", encoding="utf-8"), "is not a tokenspace database"),
    (lambda p: p.write_bytes(b"xy"), "is not a tokenspace database"),
    (lambda p: p.write_bytes(os.urandom(100_000)), "is not a tokenspace database"),
    (lambda p: p.write_bytes(b"SQLite format 3\0"), "is not a tokenspace database"),
    (damaged_header, "is not a tokenspace database"),
    (other_program, "is a database of another program"),
    (foreign_with_our_version, "is a database of another program"),
    (newer_program, f"was written by a newer tokenspace (format 99, this one reads {NOW_AT})"),
]


@pytest.mark.parametrize(("make", "why"), UNUSABLE)
def test_a_file_that_cannot_be_used_is_left_untouched(
    db: Path, make: Callable[[Path], object], why: str
) -> None:
    """Not a byte of it, nor a file beside it; the refusal says so."""
    make(db)
    before = state(db)
    with pytest.raises(CorruptError) as refused:
        asyncio.run(Space.open(db))
    assert f"memory.db {why}" in str(refused.value)
    assert "it was left untouched." in str(refused.value)
    assert state(db) == before


async def test_an_empty_file_becomes_a_space(empty: Path) -> None:
    """As made by a shell's redirection or a temporary-file function."""
    async with opened(empty) as space:
        assert len(await space.infos()) == 3


async def test_a_missing_folder_is_named(db: Path) -> None:
    """It is not made: a mistyped path would become a place where memory is lost."""
    refused = await refusal(Space.open(db.parent / "nowhere" / "memory.db"))
    assert isinstance(refused, NotFoundError)
    assert "nowhere does not exist; create it, or give another database." in str(refused)
    assert state(db) == {}


async def test_a_folder_is_no_database(db: Path) -> None:
    """The likely mistake is to give the folder that the file shall be in."""
    refused = await refusal(Space.open(db.parent))
    assert isinstance(refused, InvalidError)
    assert str(refused).endswith("is a folder; give the path of a file, there or elsewhere.")
    assert state(db) == {}


def test_a_damaged_file_is_called_damaged(db: Path) -> None:
    """Reading says so, and nothing that could still be saved is overwritten."""
    database.prepare(db)
    whole = db.read_bytes()
    db.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    before = state(db)
    with pytest.raises(CorruptError) as refused:
        asyncio.run(Space.open(db))
    assert "is damaged (" in str(refused.value)
    assert "it was left as it is. Restore a backup of it." in str(refused.value)
    assert state(db) == before


def test_only_the_owner_can_read_a_space(db: Path) -> None:
    """The file, and those that SQLite keeps beside it while it is open."""
    before = os.umask(0o022)
    try:
        database.prepare(db)
        connection = database.connect(db)
        connection.execute("INSERT INTO block (uid) VALUES ('x')")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in db.parent.iterdir()}
        connection.close()
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["memory.db", "memory.db-wal", "memory.db-shm"], 0o600)


@pytest.fixture
def empty(db: Path) -> Path:
    """A file without a byte."""
    db.touch()
    return db


async def older(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a space as this program made it, and bring the program one migration further."""
    async with opened(path) as space:
        await put(space, "old text")
    first = database.migrations()
    monkeypatch.setattr(database, "migrations", lambda: [*first, NEXT])


async def test_an_older_file_is_migrated_after_a_backup(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is whole and of the old format; the file has the new one, and its record."""
    await older(db, monkeypatch)
    async with opened(db) as space:
        assert await text(space) == "old text"
        await space.rethink("notes", "new text", BY)
    backup = db.with_name(COPY)
    assert sorted(state(db)) == ["memory.db", COPY]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert query(db, "SELECT version, name FROM migration")[-1] == NEXT[:2]
    assert query(db, "PRAGMA user_version") == [(NEXT[0],)]
    assert query(backup, "PRAGMA user_version") == [(NOW_AT,)]
    monkeypatch.undo()
    async with opened(backup) as space:
        assert await text(space) == "old text"


async def test_a_migration_that_fails_changes_nothing(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is one transaction: the older program can go on with the file."""
    await older(db, monkeypatch)
    before = query(db, "SELECT sql FROM sqlite_schema")
    steps = [*database.migrations()[:-1], (NEXT[0], "bad.sql", f"{NEXT[2]} SELECT no_such();")]
    monkeypatch.setattr(database, "migrations", lambda: steps)
    with pytest.raises(Exception, match="no such function"):
        await Space.open(db)
    assert query(db, "PRAGMA user_version") == [(NOW_AT,)]
    assert query(db, "SELECT sql FROM sqlite_schema") == before
    monkeypatch.undo()
    async with opened(db) as space:
        assert await text(space) == "old text"


async def test_a_migrated_file_equals_a_new_one(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way a file came to its format, its tables are the same."""
    await older(db, monkeypatch)
    new = db.with_name("new.db")
    for path in (db, new):
        async with opened(path):
            pass
    tables = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    assert query(db, tables) == query(new, tables)


async def test_an_older_program_refuses_what_a_newer_one_migrated(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would write what the newer one does not expect."""
    await older(db, monkeypatch)
    async with opened(db):
        pass
    monkeypatch.undo()
    refused = await refusal(Space.open(db))
    assert f"was written by a newer tokenspace (format {NEXT[0]}, this one reads {NOW_AT})" in str(
        refused
    )


def test_processes_that_open_a_new_file_at_once_make_it_once(db: Path) -> None:
    """One makes it, the others find it made; the default blocks are there once."""
    with ExitStack() as stack:
        processes = [start(stack, "open", db) for _ in range(6)]
        answers = [process.communicate(timeout=60)[0] for process in processes]
    assert answers == ["1\n"] * 6
    assert query(db, "SELECT count(*) FROM migration") == [(NOW_AT,)]
    assert query(db, "SELECT count(*), count(DISTINCT value) FROM meta") == [(3, 3)]


MIGRATE = """
import sys
from pathlib import Path
from tokenspace.memory.store import database
first = database.migrations()
more = (len(first) + 1, "more.sql", "CREATE TABLE more (x INTEGER)")
database.migrations = lambda: [*first, more]
sys.stdin.readline()
database.prepare(Path(sys.argv[1]))
"""


def test_processes_that_migrate_at_once_do_it_once(db: Path) -> None:
    """A second run of a migration would fail; there is one record and one backup."""
    database.prepare(db)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen([sys.executable, "-c", MIGRATE, str(db)], stdin=subprocess.PIPE)
            )
            for _ in range(5)
        ]
        for process in processes:
            process.communicate(b"\n", timeout=60)
        assert [process.returncode for process in processes] == [0] * 5
    assert query(db, "SELECT version FROM migration") == [(n,) for n in range(1, NEXT[0] + 1)]
    assert sorted(state(db)) == ["memory.db", COPY]
    assert query(db.with_name(COPY), "PRAGMA user_version") == [(NOW_AT,)]
