"""Connections that run whole functions: each on a thread of its own, and one on the caller's."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from ..errors import CorruptError
from .connector import Connection
from .database import connect
from .objects import Objects

T = TypeVar("T")

KNOWN = 8
"""Answers that are kept; each may be a block of 256 KiB, in each of many spaces."""
CLOSED = "this space was closed meanwhile; the same call opens it again."


class Worker(aiosqlite.Connection):
    """One of a store's connections; `await` it to open it."""

    def __init__(self, path: Path, *, query_only: bool) -> None:
        super().__init__(lambda: cast(Any, connect(path, query_only=query_only)), 64)
        self._thread.name = f"tokenspace-{'reader' if query_only else 'writer'}"
        self._thread.daemon = True  # what was acknowledged is on disk: exit waits for nobody
        self._objects: Objects | None = None
        self._is_closed = False

    async def close(self) -> None:
        """Close it after what is queued; what comes later is refused."""
        self._is_closed = True
        await super().close()

    async def run(self, work: Callable[[Connection, Objects], T]) -> T:
        """Return what `work` returns; it runs after everything queued before it.

        Raises:
            CorruptError: the store was closed, because its file is no longer the one at its path.
        """
        if self._is_closed or not self._running:
            raise CorruptError(CLOSED)
        return await self._execute(self._call, work)  # pyright: ignore[reportUnknownMemberType]

    def _call(self, work: Callable[[Connection, Objects], T]) -> T:
        db = cast(Connection, self._conn)
        self._objects = self._objects or Objects(db)
        return work(db, self._objects)


class Direct:
    """A connection that reads on the thread of whoever asks: the event loop's.

    For a few rows, which take some 50 microseconds; going to another thread and back takes ten
    times that while many ask. What was answered is kept until anybody commits: to see that nobody
    has takes 5.
    """

    def __init__(self, path: Path) -> None:
        self._db: Connection | None = connect(path, query_only=True)
        self._db.wait_for_locks(0)
        self._objects = Objects(self._db)
        self._pulse: int | None = None
        self._known: dict[Hashable, Any] = {}
        """What was answered since anybody has committed something, by its name."""

    def run(self, name: Hashable, work: Callable[[Connection, Objects], T]) -> T:
        """Return what `work` returns, or has returned under its name; nothing else runs meanwhile.

        Raises:
            CorruptError: the store was closed, because its file is no longer the one at its path.
        """
        if self._db is None:
            raise CorruptError(CLOSED)
        pulse = self._db.scalar("PRAGMA data_version")
        if pulse != self._pulse:
            self._pulse = pulse
            self._known.clear()
        elif name in self._known:
            return self._known[name]
        found = work(self._db, self._objects)
        if len(self._known) >= KNOWN:
            del self._known[next(iter(self._known))]
        self._known[name] = found
        return found

    def forget_cache(self) -> None:
        """Drop what is in memory."""
        self._objects.forget_cache()
        self._known.clear()

    def rest(self) -> None:
        """Let go of what is in memory only to be quick."""
        self.forget_cache()
        if self._db is not None:
            self._db.script("PRAGMA shrink_memory")

    def close(self) -> None:
        """Close the connection; doing it twice is allowed."""
        if self._db is not None:
            self._db.close()
            self._db = None
