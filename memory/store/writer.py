"""Writes of this process, one commit at a time: those that wait at the same moment share one.

Rule 1: an answer leaves only after COMMIT with `synchronous = FULL`: acknowledged is durable.
Rule 2: what one write refuses is its own affair; one that spoils the commit fails alone.
Rule 3: nothing is written to a file that is no longer the one at the path, or that a newer
        program has upgraded since it was opened.
"""

import asyncio
import os
import random
import sqlite3
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from ..errors import CorruptError, LockedError
from .connector import Connection
from .contract import Transaction
from .database import translated
from .erase import EraseView
from .objects import Objects
from .worker import CLOSED, Worker

T = TypeVar("T")

BATCH = 64
"""Most writes that share one commit."""

WAIT_FOR_LOCK_S = 3.0
"""How long a write waits for other processes; with everything else it ends within 4 seconds."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.0003, 0.003


class _Job:
    """A write that waits for its place in a commit."""

    def __init__(self, work: Callable[[Transaction], Any], *, alone: bool) -> None:
        loop = asyncio.get_running_loop()
        self.work = work
        self.alone = alone
        self.answer: asyncio.Future[Any] = loop.create_future()
        self.until = loop.time() + WAIT_FOR_LOCK_S
        self.outcome: tuple[Any, Exception | None] = (None, None)

    def resolve(self) -> None:
        """Hand the outcome to the caller, if it still waits."""
        value, error = self.outcome
        if self.answer.done():
            return
        if error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(value)


class Writer:
    """The queue in front of a store's one writing connection."""

    def __init__(self, path: Path, format_number: int, worker: Worker) -> None:
        self._path = path
        self._format = format_number
        self._worker = worker
        self._identity = identity(path)
        self._queue: list[_Job] = []
        self._one_by_one = 0  # jobs at the head of the queue that shared a commit which failed
        self._draining: asyncio.Task[None] | None = None
        self._is_closed = False

    async def write(self, work: Callable[[Transaction], T], *, alone: bool = False) -> T:
        """Return what `work` returns once all it recorded is durable; `alone` in its commit.

        Raises:
            CorruptError: the store was closed.
        """
        if self._is_closed:
            raise CorruptError(CLOSED)
        job = _Job(work, alone=alone)
        self._queue.append(job)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await job.answer

    async def between(self, work: Callable[[Connection, Objects], T]) -> T:
        """Return what `work` returns, run between two commits and in no transaction."""
        with translated(self._path):
            return await self._worker.run(work)

    async def close(self) -> None:
        """Finish what is queued, then let go of the connection; what comes later is refused."""
        self._is_closed = True
        if self._draining is not None:
            await asyncio.wait([self._draining])
        await self._worker.close()

    async def _drain(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while self._queue:
            batch = self._next()
            try:
                with translated(self._path):
                    await self._worker.run(self._work(batch))
            except LockedError as error:
                self._expire(error)
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            except Exception as error:  # the waiting callers get it
                if len(batch) > 1:
                    self._one_by_one = len(batch)
                    continue
                batch[0].outcome = (None, error)
            pause_s = _FIRST_PAUSE_S
            self._settle(batch)

    def _next(self) -> list[_Job]:
        """Return the jobs at the head of the queue that may share a commit."""
        if self._one_by_one or self._queue[0].alone:
            return self._queue[:1]
        return list(takewhile(lambda job: not job.alone, self._queue[:BATCH]))

    def _work(self, batch: list[_Job]) -> Callable[[Connection, Objects], None]:
        return lambda db, objects: self._commit(db, objects, batch)

    def _settle(self, batch: list[_Job]) -> None:
        """Take a batch off the queue and answer its callers."""
        self._queue = self._queue[len(batch) :]
        self._one_by_one = max(0, self._one_by_one - len(batch))
        for job in batch:
            job.resolve()

    def _expire(self, error: LockedError) -> None:
        """Refuse those that have waited for the lock as long as they may."""
        now = asyncio.get_running_loop().time()
        for job in [job for job in self._queue if job.until < now]:
            self._queue.remove(job)
            job.outcome = (None, error)
            job.resolve()

    def _commit(self, db: Connection, objects: Objects, batch: list[_Job]) -> None:
        """Run a batch in one transaction, on the writer's thread."""
        db.run("BEGIN IMMEDIATE")
        try:
            self._check_file(db)
            for job in batch:
                if not job.answer.cancelled():  # its caller has gone: nobody was promised anything
                    _run(db, objects, job, alone=len(batch) == 1)
            db.commit()
        except BaseException:
            objects.forget_cache()
            db.rollback()
            raise

    def _check_file(self, db: Connection) -> None:
        if identity(self._path) != self._identity:
            raise CorruptError(
                f"{self._path} was removed or replaced while it was open; nothing was written. "
                "The next call opens what is there now."
            )
        found = int(db.scalar("PRAGMA user_version"))
        if found != self._format:
            raise CorruptError(
                f"{self._path} was upgraded by a newer tokenspace (format {found}) while this one "
                "had it open; nothing was written. Restart this server with the newer version."
            )


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another at the same path; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - on the way of every write, and faster
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _run(db: Connection, objects: Objects, job: _Job, *, alone: bool) -> None:
    """Run one job, in a savepoint if it shares the transaction.

    SQLite keeps what a savepoint would restore in a list in memory, which it walks through at each
    statement: work on a hundred thousand rows needs a transaction of its own.
    """
    if not alone:
        db.run("SAVEPOINT job")
    try:
        job.outcome = (job.work(EraseView(db, objects)), None)
    except sqlite3.Error:  # full disk, damage: the whole commit is in doubt
        raise
    except Exception as error:  # the waiting caller gets it
        if alone:
            db.rollback()
        else:
            db.run("ROLLBACK TO job")
        objects.forget_cache()
        job.outcome = (None, error)
    if not alone:
        db.run("RELEASE job")
