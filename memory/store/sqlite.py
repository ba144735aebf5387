"""A space in one SQLite file: a writer with group commit, a few readers, and a watcher.

Work on the database is one function on one connection's thread, from BEGIN to COMMIT: awaiting
between them would let a cancelled caller leave a write lock behind. The watcher never writes;
`PRAGMA data_version` tells it of every other connection's commit.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio

from .connector import Connection
from .contract import Snapshot, Transaction
from .copying import remove_copies
from .database import is_busy, prepare, translated
from .objects import Objects
from .view import View
from .worker import Worker
from .writer import Writer, identity

T = TypeVar("T")

READERS = 2

_PURGE_S = 2.0
"""How long `purge` waits for other processes to finish what they read."""


class SqliteStore:
    """The `Store` over one SQLite file."""

    def __init__(self, path: Path, writer: Writer, watcher: Worker, readers: list[Worker]) -> None:
        self.path = path
        self._identity = identity(path)
        self._writer, self._watcher, self._readers = writer, watcher, readers
        self._next_reader = 0

    @classmethod
    async def open(cls, path: Path) -> "SqliteStore":
        """Open the file, making or migrating it where needed.

        Raises:
            TokenspaceError: as `database.prepare`.
        """
        format_number = await asyncio.to_thread(prepare, path)
        workers: list[Worker] = []
        try:
            for query_only in (False, *[True] * (READERS + 1)):
                worker = Worker(path, query_only=query_only)
                await worker
                workers.append(worker)
        except BaseException:
            with anyio.CancelScope(shield=True):
                for worker in workers:
                    await worker.close()
            raise
        return cls(path, Writer(path, format_number, workers[0]), workers[1], workers[2:])

    def is_current(self) -> bool:
        """Tell whether the file that is open is still the one at its path."""
        return identity(self.path) == self._identity

    async def read(self, work: Callable[[Snapshot], T]) -> T:
        """Return what `work` returns, run on a consistent view."""
        self._next_reader = (self._next_reader + 1) % len(self._readers)
        with translated(self.path):
            return await self._readers[self._next_reader].run(lambda db, o: _read(db, o, work))

    async def write(self, work: Callable[[Transaction], T], *, alone: bool = False) -> T:
        """Return what `work` returns once all it recorded is durable."""
        return await self._writer.write(work, alone=alone)

    async def pulse(self) -> int:
        """Return a number that is another one after any other connection has committed."""
        with translated(self.path):
            return await self._watcher.run(lambda db, _: int(db.scalar("PRAGMA data_version")))

    async def purge(self) -> bool:
        """Take what was erased off the disk as well; tell whether all of it is."""
        with translated(self.path):
            remove_copies(self.path)
        for reader in self._readers:
            await reader.run(lambda _, objects: objects.forget_cache())
        until = time.monotonic() + _PURGE_S
        for step in (_vacuumed, _checkpointed):
            while not await self._writer.between(step):
                if time.monotonic() > until:
                    return False
                await asyncio.sleep(random.uniform(0.01, 0.05))  # noqa: S311 - no secret
        return True

    async def close(self) -> None:
        """Finish queued writes, then close every connection."""
        for worker in (self._watcher, *self._readers):
            await worker.close()
        await self._writer.close()


def _vacuumed(db: Connection, objects: Objects) -> bool:
    """Write the file anew; tell whether no writer stood in the way.

    `secure_delete` clears what is deleted, but not what moving rows between pages left of them.
    """
    objects.forget_cache()
    try:
        db.script("VACUUM")
    except sqlite3.Error as error:
        if is_busy(error):
            return False
        raise
    return True


def _checkpointed(db: Connection, _: Objects) -> bool:
    """Move everything from the -wal to the file; tell whether no reader stood in the way."""
    return not db.scalar("PRAGMA wal_checkpoint(TRUNCATE)")


def _read(db: Connection, objects: Objects, work: Callable[[Snapshot], T]) -> T:
    db.execute("BEGIN")
    try:
        return work(View(db, objects))
    finally:
        db.rollback()
