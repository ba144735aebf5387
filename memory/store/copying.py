"""Consistent copies of a space's file, and names that appear whole or not at all."""

import glob
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import CorruptError
from .connector import Connection

REPLACED, DAMAGED = ".replaced.bak", ".damaged.bak"
"""Endings of what a restored backup replaced: whole, or moved aside as it was."""


@contextmanager
def copied(connection: Connection, target: Path) -> Generator[Path]:
    """Yield a copy of what is committed now, on disk and checked, under a private name.

    It lies beside `target`, so that the caller can give it that name with `put_in_place`; else it
    is removed. Others may write meanwhile. The connection must not be `query_only`, because SQLite
    counts the copy as a write.

    Raises:
        CorruptError: what was copied is damaged.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    unfinished.unlink(missing_ok=True)
    try:
        make_private(unfinished)
        connection.execute("VACUUM INTO ?", (str(unfinished),))
        _sync(unfinished)
        copy = Connection(unfinished, readonly=True, immutable=True)
        try:
            damage = copy.scalar("PRAGMA quick_check(1)")
        finally:
            copy.close()
        if damage != "ok":
            raise CorruptError(f"a copy for {target} came out damaged ({damage}); it was removed.")
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


def put_in_place(finished: Path, target: Path) -> None:
    """Give a finished file its name; what had the name before is replaced in the same moment."""
    finished.replace(target)
    with suppress(PermissionError):  # Windows opens no folder
        _sync(target.parent)


def make_private(path: Path) -> None:
    """Make an empty file that only its owner can read; SQLite's files beside it take after it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def beside(path: Path, ending: str) -> Path:
    """Return the file that has this name with an ending more: `-wal`, `.replaced.bak`."""
    return path.with_name(path.name + ending)


def size_on_disk(path: Path) -> int:
    """Return the bytes of a file with what waits in its -wal."""
    return sum(part.stat().st_size for part in (path, beside(path, "-wal")) if part.exists())


def copies_of(path: Path) -> list[Path]:
    """Return what this program left beside a file: copies of what it was, finished or not."""
    patterns = ("format*.bak", "replaced*.bak*", "damaged*.bak*", "*.tmp*")
    found = (path.parent.glob(f"{glob.escape(path.name)}.{pattern}") for pattern in patterns)
    return sorted({file for files in found for file in files})


def remove_copies(path: Path) -> None:
    """Remove the copies that this program left beside a file."""
    for file in copies_of(path):
        file.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until what was written to a file, or named in a folder, is on disk."""
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
