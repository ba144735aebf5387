"""A space in one SQLite file: a writer with group commit, two readers, and a watcher.

One reader has a thread of its own; the other answers brief questions on the event loop's.

Work on the database is one function on one connection's thread, from BEGIN to COMMIT: awaiting
between them would let a cancelled caller leave a write lock behind. The watcher never writes;
`PRAGMA data_version` tells it of every other connection's commit.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import anyio

from .connector import Connection
from .contract import Transaction
from .copying import remove_copies
from .database import is_busy, prepare, translated
from .objects import Objects
from .searching import SearchView
from .snapshot import Searcher, Snapshot
from .traces import merge_words
from .vectors import Vectors
from .view import View
from .vocabulary import Vocabulary
from .worker import Direct, Worker
from .writer import Writer, identity

T = TypeVar("T")

SEARCH_CACHE_KB = 32 * 1024
"""Most memory for pages that the connection which searches keeps: it reads hundreds at random."""

_PURGE_S = 2.0
"""How long `purge` waits for other processes to finish what they read."""


class SqliteStore:
    """The `Store` over one SQLite file."""

    def __init__(
        self, path: Path, writer: Writer, watcher: Worker, reader: Worker, direct: Direct
    ) -> None:
        self.path = path
        self._direct = direct
        self._identity = identity(path)
        self._writer, self._watcher, self._reader = writer, watcher, reader
        self._searcher: asyncio.Future[Worker] | None = None
        self._vocabulary, self._vectors = Vocabulary(), Vectors()

    @classmethod
    async def open(cls, path: Path, *, make: bool = True) -> "SqliteStore":
        """Open the file, making (unless `make` forbids it) or migrating it where needed.

        Raises:
            TokenspaceError: as `database.prepare`.
        """
        format_number = await asyncio.to_thread(prepare, path, make=make)
        workers: list[Worker] = []
        try:
            for query_only in (False, True, True):
                worker = Worker(path, query_only=query_only)
                await worker
                workers.append(worker)
            direct = await asyncio.to_thread(Direct, path)
        except BaseException:
            with anyio.CancelScope(shield=True):
                for worker in workers:
                    await worker.close()
            raise
        writing, watcher, reader = workers
        return cls(path, Writer(path, format_number, writing), watcher, reader, direct)

    def is_current(self) -> bool:
        """Tell whether the file that is open is still the one at its path."""
        return identity(self.path) == self._identity

    async def read(self, work: Callable[[Snapshot], T], *, brief: Hashable | None = None) -> T:
        """Return what `work` returns, run on a consistent view; `brief` work right here."""
        if brief is not None:
            try:
                return self._direct.run(
                    brief, lambda db, o: _within_read(db, lambda: work(View(db, o)))
                )
            except sqlite3.Error as error:
                if not is_busy(error):
                    with translated(self.path):
                        raise
        with translated(self.path):
            return await self._reader.run(lambda db, o: _within_read(db, lambda: work(View(db, o))))

    async def search(self, work: Callable[[Searcher], T]) -> T:
        """Return what `work` returns, run beside other reads on a connection of its own."""
        with translated(self.path):
            worker = await self._search_worker()
            return await worker.run(
                lambda db, o: _within_read(
                    db, lambda: work(SearchView(db, o, self._vocabulary, self._vectors))
                )
            )

    async def _search_worker(self) -> Worker:
        """Return the connection that searches; the first to ask opens it."""
        opening = self._searcher
        if opening is None or (opening.done() and opening.exception() is not None):
            opening = self._searcher = asyncio.ensure_future(_opened(self.path))
        return await asyncio.shield(opening)

    def _searching(self) -> list[Worker]:
        """Return the connection that searches, if it is open."""
        opening = self._searcher
        if opening is None or not opening.done() or opening.exception() is not None:
            return []
        return [opening.result()]

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
        self._direct.forget_cache()
        for reader in (self._reader, await self._search_worker()):
            await reader.run(lambda _, objects: objects.forget_cache())
        until = time.monotonic() + _PURGE_S
        for step in (_vacuumed, _checkpointed):
            while not await self._writer.between(step):
                if time.monotonic() > until:
                    return False
                await asyncio.sleep(random.uniform(0.01, 0.05))  # noqa: S311 - no secret
        return True

    async def rest(self) -> None:
        """Let go of what is in memory only to be quick; it comes back with use."""
        self._direct.rest()
        with translated(self.path):
            for worker in (self._reader, *self._searching()):
                await worker.run(_rested)
            await self._writer.between(_rested)

    async def close(self) -> None:
        """Finish queued writes, then close every connection."""
        self._direct.close()
        for worker in (self._watcher, self._reader):
            await worker.close()
        if self._searcher is not None:
            with suppress(sqlite3.Error):  # it may never have opened
                await (await self._searcher).close()
        await self._writer.close()


def _rested(db: Connection, objects: Objects) -> None:
    objects.forget_cache()
    db.script("PRAGMA shrink_memory")


def _vacuumed(db: Connection, objects: Objects) -> bool:
    """Write the file anew; tell whether no writer stood in the way.

    `secure_delete` clears what is deleted, but not what moving rows between pages left of them, nor
    the words of what search no longer finds.
    """
    objects.forget_cache()
    try:
        merge_words(db, "doc_text", "past_text")
        db.script("VACUUM")
    except sqlite3.Error as error:
        if is_busy(error):
            return False
        raise
    return True


def _checkpointed(db: Connection, _: Objects) -> bool:
    """Move everything from the -wal to the file; tell whether no reader stood in the way."""
    return not db.scalar("PRAGMA wal_checkpoint(TRUNCATE)")


async def _opened(path: Path) -> Worker:
    def made_ready(db: Connection, _: Objects) -> None:
        db.script(f"PRAGMA cache_size = -{SEARCH_CACHE_KB}")

    worker = Worker(path, query_only=True)
    await worker
    await worker.run(made_ready)
    return worker


def _within_read(db: Connection, work: Callable[[], T]) -> T:
    db.execute("BEGIN")
    try:
        return work()
    finally:
        db.rollback()
