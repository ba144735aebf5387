"""Opening a space's file: is it ours, is it current, may we write it; and bringing it up to date.

Rule 1: a file that is foreign, damaged or newer is refused before a byte of it is touched.
Rule 2: each migration is one transaction that also writes its record.
Rule 3: an older file is copied beside itself before the first migration.
"""

import os
import secrets
import sqlite3
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TypeVar

from ..errors import (
    CorruptError,
    InvalidError,
    LockedError,
    NewerError,
    NotFoundError,
    ReadOnlyError,
    StorageFullError,
    TokenspaceError,
)
from .connector import Connection
from .copying import beside, copied, make_private, put_in_place
from .objects import Objects
from .reindexing import reindex

T = TypeVar("T")

APPLICATION_ID = 0x544F4B53  # "TOKS"
BUSY_MS = 250
"""How long SQLite itself waits for a lock; its back-off starves, so longer waits are ours."""

READING_CACHE_KB = 2_048
"""Pages that a connection keeps that only reads: the system's own cache is behind it."""

_SETTINGS = (
    "PRAGMA synchronous = FULL",  # an acknowledged write survives a power cut
    "PRAGMA fullfsync = ON",  # macOS: a plain fsync does not reach the disk there
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8192",
)


_WRITE_FAILED = (778, 1034, 1290, 1546, 4874)
"""SQLITE_IOERR_ WRITE, FSYNC, DIR_FSYNC, TRUNCATE, SHMSIZE: what a full disk also looks like."""


@cache
def migrations() -> tuple[tuple[int, str, str], ...]:
    """Return the migrations of this program: version, file name, SQL; in order."""
    folder = resources.files("tokenspace.memory.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple((int(f.name[:4]), f.name, f.read_text(encoding="utf-8")) for f in files)


def connect(path: Path, *, query_only: bool = False) -> Connection:
    """Return a connection to a file that `prepare` has passed."""
    with translated(path):
        connection = Connection(path, create=False, busy_ms=BUSY_MS)
        try:
            patiently(lambda: _use_wal(connection, path))
            for setting in _SETTINGS:
                patiently(lambda sql=setting: connection.script(sql))
            if query_only:
                connection.script("PRAGMA query_only = ON")
                connection.script(f"PRAGMA cache_size = -{READING_CACHE_KB}")
        except BaseException:
            connection.close()
            raise
        return connection


def _use_wal(connection: Connection, path: Path) -> None:
    mode = connection.scalar("PRAGMA journal_mode = WAL")
    if mode != "wal":
        raise InvalidError(
            f"{path} lies on a file system without shared memory (a network drive?), where several "
            "processes cannot write one database; keep it on a local disk."
        )


def prepare(path: Path, *, make: bool = True) -> int:
    """Make the file if there is none (unless `make` forbids it), check it, migrate an older one.

    Returns the format that it then has: the number of our newest migration.

    Safe to call from several processes at once: one migrates, the others find it done.

    Raises:
        NotFoundError: its folder is missing, or it is and shall not be made.
        InvalidError: it is a folder itself.
        CorruptError: it is not a space, is damaged, or is newer than this program.
        ReadOnlyError, StorageFullError, LockedError: it cannot be written.
    """
    if not path.parent.is_dir():
        raise NotFoundError(
            f"the folder {path.parent} does not exist; create it, or give another database."
        )
    if path.is_dir():
        raise InvalidError(f"{path} is a folder; give the path of a file, there or elsewhere.")
    with translated(path):
        steps = migrations()
        newest = steps[-1][0]
        if path.exists() and path.stat().st_size:
            have = format_of(path)
            if have == newest:
                _check_writable(path)
                return newest
            if have:
                _copy_beside(path, have)
        if make:
            make_private(path)
        elif not path.exists():
            raise NotFoundError(f"there is no file {path}.")
        connection = connect(path)
        try:
            _migrate(connection, steps)
        finally:
            connection.close()
        return newest


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Turn the engine's errors on `path` into ours, which say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except OSError as error:
        raise ReadOnlyError(f"cannot use {path}: {error.strerror or error}.") from error


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether another connection holds the lock."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED


def _explained(error: sqlite3.Error, path: Path) -> TokenspaceError:
    code = getattr(error, "sqlite_errorcode", 0)
    if is_busy(error):
        return LockedError(
            f"{path} is being written by another process for too long; try the same call again."
        )
    if code & 0xFF == 13 or code in _WRITE_FAILED:  # SQLITE_FULL
        return StorageFullError(
            f"the disk that holds {path} is full or cannot be written; nothing of this edit was "
            "kept. Free some space and try again."
        )
    if code & 0xFF in (8, 3):  # SQLITE_READONLY, SQLITE_PERM
        return ReadOnlyError(f"{path} cannot be written: {error}. Check its permissions.")
    if code & 0xFF == 14:  # SQLITE_CANTOPEN
        return ReadOnlyError(
            f"{path} cannot be opened; check that the file and its folder are yours to write."
        )
    if code & 0xFF == 26:  # SQLITE_NOTADB
        return CorruptError(
            f"{path} is not a tokenspace database; it was left untouched. Give another path."
        )
    if code & 0xFF == 11:  # SQLITE_CORRUPT
        return CorruptError(
            f"{path} is damaged ({error}); it was left as it is. Restore a backup of it. (Was it "
            "replaced while a server ran? Then the -wal and -shm beside it are the old file's: "
            "stop the servers and move those two away.)"
        )
    if code & 0xFF == 10:  # SQLITE_IOERR
        return CorruptError(f"{path} cannot be read ({error}); check the file and its disk.")
    return CorruptError(f"{path} cannot be used: {error}.")


def look_at(path: Path) -> Connection:
    """Return a connection that leaves a file as it is, and no trace beside one that is closed."""
    live = beside(path, "-wal").exists()
    return Connection(path, readonly=True, immutable=not live, busy_ms=2_000)


def format_of(path: Path) -> int:
    """Return the file's format, 0 of an empty one, looked up without leaving a trace beside it.

    Raises:
        CorruptError: it is another program's.
        NewerError: it is newer than this program.
    """
    newest = migrations()[-1][0]
    connection = look_at(path)
    try:
        have = int(connection.scalar("PRAGMA user_version"))
        ours = connection.scalar("PRAGMA application_id") == APPLICATION_ID
        tables = connection.scalar("SELECT count(*) FROM sqlite_schema")
    finally:
        connection.close()
    if not ours and (have or tables):
        raise CorruptError(
            f"{path} is a database of another program; it was left untouched. Give another path."
        )
    if have > newest:
        raise NewerError(
            f"{path} was written by a newer tokenspace (format {have}, this one reads {newest}); "
            "it was left untouched. Upgrade tokenspace."
        )
    return have


def _check_writable(path: Path) -> None:
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise ReadOnlyError(
            f"{path} cannot be written; check that the file and its folder are yours to write."
        )


def _migrate(connection: Connection, steps: Sequence[tuple[int, str, str]]) -> None:
    for version, name, sql in steps:
        patiently(lambda: connection.execute("BEGIN EXCLUSIVE"))
        try:
            if int(connection.scalar("PRAGMA user_version")) < version:
                connection.script(sql)
                now = time.time_ns() // 1_000
                connection.execute("INSERT INTO migration VALUES (?, ?, ?)", (version, name, now))
                if version == 1:
                    _stamp(connection, now)
                if version == 3:
                    reindex(connection, Objects(connection))
                connection.script(f"PRAGMA user_version = {version}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise


def patiently(step: Callable[[], T], patience_s: float = 30.0) -> T:
    """Return what a step returns; wait where another process holds the lock that it needs."""
    until = time.monotonic() + patience_s
    while True:
        try:
            return step()
        except sqlite3.Error as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _stamp(connection: Connection, now: int) -> None:
    connection.script(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.many(
        "INSERT INTO meta VALUES (?, ?)",
        [
            ("file_uid", str(uuid.uuid4())),
            ("hash_key", secrets.token_bytes(32)),
            ("created_at", now),
        ],
    )
    connection.execute("INSERT INTO branch (id, name, created_at) VALUES (1, 'main', ?)", (now,))


def _copy_beside(path: Path, version: int) -> None:
    """Keep a consistent copy of an older file as `<name>.format<N>.bak`, the newest of them."""
    target = beside(path, f".format{version}.bak")
    connection = connect(path)  # not query_only: SQLite counts the copy as a write
    try:
        with copied(connection, target) as copy:
            if connection.scalar("PRAGMA user_version") == version:  # nobody has migrated it since
                put_in_place(copy, target)
    finally:
        connection.close()
