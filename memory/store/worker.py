"""Connections that run whole functions: each on a thread of its own, and one on the caller's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from ..errors import CorruptError
from .connector import Connection
from .database import connect
from .objects import Objects

T = TypeVar("T")

CLOSED = "this space was closed meanwhile; the same call opens it again."


class Worker(aiosqlite.Connection):
    """One of a store's connections; `await` it to open it."""

    def __init__(self, path: Path, *, query_only: bool) -> None:
        super().__init__(lambda: cast(Any, connect(path, query_only=query_only)), 64)
        self._thread.name = f"tokenspace-{'reader' if query_only else 'writer'}"
        self._thread.daemon = True  # what was acknowledged is on disk: exit waits for nobody
        self._objects: Objects | None = None

    async def run(self, work: Callable[[Connection, Objects], T]) -> T:
        """Return what `work` returns; it runs after everything queued before it.

        Raises:
            CorruptError: the store was closed, because its file is no longer the one at its path.
        """
        if not self._running:
            raise CorruptError(CLOSED)
        return await self._execute(self._call, work)  # pyright: ignore[reportUnknownMemberType]

    def _call(self, work: Callable[[Connection, Objects], T]) -> T:
        db = cast(Connection, self._conn)
        self._objects = self._objects or Objects(db)
        return work(db, self._objects)


class Direct:
    """A connection that reads on the thread of whoever asks: the event loop's.

    For a few rows, which take some 50 microseconds; going to another thread and back takes ten
    times that while many ask.
    """

    def __init__(self, path: Path) -> None:
        self._db: Connection | None = connect(path, query_only=True)
        self._db.wait_for_locks(0)
        self._objects = Objects(self._db)

    def run(self, work: Callable[[Connection, Objects], T]) -> T:
        """Return what `work` returns; nothing else runs meanwhile.

        Raises:
            CorruptError: the store was closed, because its file is no longer the one at its path.
        """
        if self._db is None:
            raise CorruptError(CLOSED)
        return work(self._db, self._objects)

    def forget_cache(self) -> None:
        """Drop the texts in memory."""
        self._objects.forget_cache()

    def close(self) -> None:
        """Close the connection; doing it twice is allowed."""
        if self._db is not None:
            self._db.close()
            self._db = None
