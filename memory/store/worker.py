"""A connection on a thread of its own, which runs whole functions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from ..errors import CorruptError
from .connector import Connection
from .database import connect
from .objects import Objects

T = TypeVar("T")


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
            raise CorruptError("this space was closed meanwhile; the same call opens it again.")
        return await self._execute(self._call, work)  # pyright: ignore[reportUnknownMemberType]

    def _call(self, work: Callable[[Connection, Objects], T]) -> T:
        db = cast(Connection, self._conn)
        self._objects = self._objects or Objects(db)
        return work(db, self._objects)
