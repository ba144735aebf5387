"""A space in one SQLite file: a writer with group commit, a few readers, and a watcher.

Rule 1: work on the database is one function on one connection's thread, from BEGIN to COMMIT.
        Awaiting between them would let a cancelled caller leave a write lock behind.
Rule 2: an answer leaves only after COMMIT with `synchronous = FULL`: acknowledged is durable.
Rule 3: the watcher never writes; `PRAGMA data_version` tells it of every other connection's commit.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from ..errors import LockedError
from .connector import Connection
from .contract import Snapshot, Transaction
from .database import connect, is_busy, prepare, translated
from .objects import Objects
from .transaction import WriteView
from .view import View

T = TypeVar("T")

READERS = 2
BATCH = 64
"""Most writes that share one commit."""

WAIT_FOR_LOCK_S = 3.0
"""How long a write waits for other processes; with everything else it ends within 4 seconds."""


class _Thread(aiosqlite.Connection):
    """A connection on a thread of its own that runs whole functions."""

    def __init__(self, path: Path, *, query_only: bool) -> None:
        super().__init__(lambda: cast(Any, connect(path, query_only=query_only)), 64)
        self._thread.name = f"tokenspace-{'reader' if query_only else 'writer'}"
        self._thread.daemon = True  # what was acknowledged is on disk: exit waits for nobody
        self._objects: Objects | None = None

    async def run(self, work: Callable[[Connection, Objects], T]) -> T:
        """Return what `work` returns; it runs after everything queued before it."""
        return await self._execute(self._call, work)  # pyright: ignore[reportUnknownMemberType]

    def _call(self, work: Callable[[Connection, Objects], T]) -> T:
        db = cast(Connection, self._conn)
        self._objects = self._objects or Objects(db)
        return work(db, self._objects)


class _Job:
    """A write that waits for its place in a commit."""

    def __init__(self, work: Callable[[Transaction], Any]) -> None:
        self.work = work
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.outcome: tuple[Any, Exception | None] = (None, None)

    def resolve(self) -> None:
        """Hand the outcome of a commit to the caller, if it still waits."""
        value, error = self.outcome
        if self.answer.done():
            return
        if error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(value)


class SqliteStore:
    """The `Store` over one SQLite file."""

    def __init__(self, path: Path, writer: _Thread, watcher: _Thread, readers: list[_Thread]):
        self.path = path
        self._writer, self._watcher, self._readers = writer, watcher, readers
        self._queue: list[_Job] = []
        self._committing: asyncio.Task[None] | None = None
        self._next_reader = 0

    @classmethod
    async def open(cls, path: Path) -> "SqliteStore":
        """Open the file, making or migrating it where needed.

        Raises:
            TokenspaceError: as `database.prepare`.
        """
        await asyncio.to_thread(prepare, path)
        threads: list[_Thread] = []
        try:
            for query_only in (False, *[True] * (READERS + 1)):
                thread = _Thread(path, query_only=query_only)
                await thread
                threads.append(thread)
        except BaseException:
            for thread in threads:
                await thread.close()
            raise
        return cls(path, threads[0], threads[1], threads[2:])

    async def read(self, work: Callable[[Snapshot], T]) -> T:
        """Return what `work` returns, run on a consistent view."""
        self._next_reader = (self._next_reader + 1) % len(self._readers)
        with translated(self.path):
            return await self._readers[self._next_reader].run(lambda db, o: _read(db, o, work))

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Return what `work` returns once all it recorded is durable."""
        job = _Job(work)
        self._queue.append(job)
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._drain())
        return await job.answer

    async def pulse(self) -> int:
        """Return a number that is another one after any other connection has committed."""
        with translated(self.path):
            return await self._watcher.run(lambda db, _: int(db.scalar("PRAGMA data_version")))

    async def close(self) -> None:
        """Finish queued writes, then close every connection."""
        if self._committing is not None:
            await asyncio.wait([self._committing])
        for thread in (self._watcher, *self._readers, self._writer):
            await thread.close()

    async def _drain(self) -> None:
        """Commit what is queued, a batch at a time, until nothing is left."""
        while self._queue:
            batch, self._queue = self._queue[:BATCH], self._queue[BATCH:]
            await self._settle(batch)
            for job in batch:
                job.resolve()

    async def _settle(self, batch: list[_Job]) -> None:
        """Give every job of a batch its outcome; one that spoils the commit fails alone."""
        try:
            with translated(self.path):
                await self._commit(batch)
        except Exception as error:  # the waiting callers get it
            if len(batch) > 1 and not isinstance(error, LockedError):
                for job in batch:
                    await self._settle([job])
            else:
                for job in batch:
                    job.outcome = (None, error)

    async def _commit(self, batch: list[_Job]) -> None:
        """Run a batch in one transaction; wait, with jitter, while others hold the lock."""
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_FOR_LOCK_S
        pause_s = 0.0003
        while True:
            try:
                return await self._writer.run(lambda db, objects: _commit(db, objects, batch))
            except sqlite3.Error as error:
                if not is_busy(error) or loop.time() > until:
                    raise
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - not a secret
            pause_s = min(pause_s * 2, 0.003)


def _read(db: Connection, objects: Objects, work: Callable[[Snapshot], T]) -> T:
    db.execute("BEGIN")
    try:
        return work(View(db, objects))
    finally:
        db.rollback()


def _commit(db: Connection, objects: Objects, batch: list[_Job]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for job in batch:
            if not job.answer.cancelled():  # its caller has gone: nobody was promised anything
                _run(db, objects, job)
        db.commit()
    except BaseException:
        objects.forget_cache()
        db.rollback()
        raise


def _run(db: Connection, objects: Objects, job: _Job) -> None:
    """Run one job in a savepoint; what its work refuses is its own outcome, not the batch's."""
    db.execute("SAVEPOINT job")
    try:
        job.outcome = (job.work(WriteView(db, objects)), None)
    except sqlite3.Error:  # full disk, damage: the whole commit is in doubt
        raise
    except Exception as error:  # the waiting caller gets it
        db.execute("ROLLBACK TO job")
        objects.forget_cache()
        job.outcome = (None, error)
    db.execute("RELEASE job")
