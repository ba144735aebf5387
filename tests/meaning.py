"""Spaces that search by meaning, with the real model: what the tests of indexing share."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from embedding import PATIENCE_S, Place

from tokenspace.memory import Author, Intent, Space
from tokenspace.memory.embedders import Embedders
from tokenspace.memory.embedding import Embedder, Model, State, Vector
from tokenspace.memory.finding import Find, Made
from tokenspace.memory.passages import PassageDraft
from tokenspace.memory.querying import Scope
from tokenspace.memory.store import SqliteStore
from tokenspace.memory.store.connector import Connection

BY = Intent(author=Author(user="ada"), tool="test")

COLOURS = "Is colour-blind: red and green lines in charts look the same to her"
HUES = "Which hues should I avoid in a diagram for her?"
"""A question that only the meaning answers with `COLOURS`: they share no word that counts."""


class Counted:
    """The real embedder; counts what is sent through it, and can be held before it hands over."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.sent = 0
        self.going = asyncio.Event()
        self.going.set()

    @property
    def state(self) -> State:
        """How it is."""
        return self._inner.state

    async def look(self) -> State:
        """Look for the model."""
        return await self._inner.look()

    async def model(self) -> Model:
        """Return the model."""
        return await self._inner.model()

    async def query(self, text: str, patience_s: float) -> bytes:
        """Return a query's vector."""
        return await self._inner.query(text, patience_s)

    async def passages(self, texts: Sequence[tuple[str, str]]) -> list[Vector]:
        """Return vectors; they are made, and counted, before it may be held."""
        made = await self._inner.passages(texts)
        self.sent += len(texts)
        await self.going.wait()
        return made

    def warm(self) -> None:
        """Begin starting."""
        self._inner.warm()

    async def close(self) -> None:
        """Let go of the worker."""
        await self._inner.close()


class Interrupted(Counted):
    """An embedder whose space is closed while it looks for its model."""

    space: Space

    async def look(self) -> State:
        """Look for the model; by then the space is closed."""
        state = await super().look()
        await self.space.close()
        return state


class Overtaken(Counted):
    """The real embedder, of a space that another model takes over while a question is embedded."""

    def __init__(self, inner: Embedder, store: SqliteStore) -> None:
        super().__init__(inner)
        self._store = store

    async def query(self, text: str, patience_s: float) -> bytes:
        """Return the vector; by then another process has made all vectors anew."""
        vector = await super().query(text, patience_s)
        other = await self._store.write(lambda tx: tx.use_model("x", "x", "f" * 64, 384))
        queued = await self._store.search(lambda view: view.queued(100))
        made = [Made(doc.seq, bytes(383) + b"\1", 1.0) for doc in queued]
        await self._store.write(lambda tx: tx.keep_vectors(other.id, made))
        assert await self._store.write(lambda tx: tx.promote(other.id))
        return vector


@dataclass(frozen=True, slots=True)
class Rows:
    """What a space's file says of its vectors; `given` is how many were ever written to it."""

    docs: int
    vectors: int
    given: int
    queued: int
    models: int
    leases: int


def rows(path: Path) -> Rows:
    """Count."""
    counted = ("doc", "embedding", "embed_queue", "model", "lease")
    with closing(Connection(path, readonly=True, busy_ms=5_000)) as db:
        docs, vectors, queued, models, leases = (
            int(db.scalar(f"SELECT count(*) FROM {table}"))  # noqa: S608 - names of our own
            for table in counted
        )
        given = db.scalar("SELECT seq FROM sqlite_sequence WHERE name = 'embedding'")
        return Rows(docs, vectors, int(given or 0), queued, models, leases)


def is_whole(path: Path) -> bool:
    """Tell whether every doc has its vector, of one model."""
    found = rows(path)
    return found.queued == 0 and found.vectors == found.docs and found.models == 1


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@asynccontextmanager
async def opened(
    path: Path, embedder: Embedder, clock: Callable[[], datetime] = now
) -> AsyncGenerator[Space]:
    """Open a space whose vectors an embedder makes, and close both."""
    space = await Space.open(path, now=clock, embedders=Embedders("", lambda _: embedder))
    try:
        yield space
    finally:
        await space.close()


@asynccontextmanager
async def at_work(*spaces: Space) -> AsyncGenerator[None]:
    """Let spaces make their vectors meanwhile."""
    async with anyio.create_task_group() as tasks:
        for space in spaces:
            tasks.start_soon(space.indexer.run)
        yield
        tasks.cancel_scope.cancel()


async def file(space: Space, *texts: str, **fields: Any) -> list[str]:
    """File passages and return their names."""
    names = list[str]()
    for text in texts:
        draft = PassageDraft(id=None, kind="passage", text=text, **fields)
        done = await space.archive.file(draft, BY)
        assert done.passage is not None
        names.append(done.passage.name)
    return names


def notes(count: int, first: int = 0) -> list[str]:
    """Return short texts, no two of them the same."""
    return [f"Note {n}: release {n % 7} went out on day {n}" for n in range(first, first + count)]


async def until(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        await asyncio.sleep(0.02)


async def whole(path: Path) -> None:
    """Wait until every doc has its vector."""
    await until(lambda: is_whole(path))


async def best(space: Space, question: str) -> Find:
    """Return what answers a question best; the search must go by meaning."""
    findings = await space.search.find(question, Scope(), 5)
    assert (findings.mode, findings.why) == ("hybrid", "")
    return findings.finds[0]


async def by_words(space: Space, question: str) -> str:
    """Return why a search went by words only; it must have."""
    findings = await space.search.find(question, Scope(), 5)
    assert findings.mode == "lexical"
    return findings.why


class RuntimePlace(Place):
    """What a server with this `XDG_RUNTIME_DIR` shares with others."""

    def __init__(self) -> None:
        super().__init__()
        self.runtime = self.folder
        self.folder = self.runtime / "tokenspace"

    def end(self) -> None:
        """End the workers and remove both folders."""
        super().end()
        self.runtime.rmdir()
