"""The nearest vectors: in SQL and by sign bits alike, whatever becomes of the docs meanwhile."""

import asyncio
import math
import random
from array import array
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from embedding import NEEDS_MODEL, POSIX_ONLY, embedding, floats, shared
from meaning import BY, file, opened

from tokenspace.memory import Space
from tokenspace.memory.finding import Made, Serving
from tokenspace.memory.querying import Scope
from tokenspace.memory.store import SqliteStore, backup, restore_backup, sqlite, vectors
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.store.vectors import Vectors

pytest.importorskip("numpy", reason="needs the extra `semantic`")

DIM = 128
DOCS = 240
HASH = "0" * 64
DATA = Path(__file__).with_name("data") / "recall"


class Seen:
    """A file with made-up vectors, searched in SQL by one store and by sign bits by another."""

    def __init__(self, space: Space, in_sql: SqliteStore, by_bits: SqliteStore) -> None:
        self.space, self.stores = space, (in_sql, by_bits)
        self._chance = random.Random(1)  # noqa: S311 - no secret
        self.query = unit([self._chance.gauss(0, 1) for _ in range(DIM)])

    async def file(self, count: int, *, near: bool = False, tag: str = "") -> list[str]:
        """File passages and give them vectors; `near`: that point the query's way."""
        names = [f"{tag} passage {self._chance.random()}" for _ in range(count)]
        tags = (tag,) if tag else ()
        found = await asyncio.gather(*(file(self.space, name, tags=tags) for name in names))
        await self.keep(near=near)
        return [name for (name,) in found]

    async def keep(self, *, near: bool = False) -> None:
        """Give every doc in the queue a vector."""
        store = self.stores[0]
        queued = await store.search(lambda view: view.queued(1_000_000))
        made = [
            Made(doc.seq, self._direction(near=near), self._chance.uniform(0.95, 1))
            for doc in queued
        ]
        serving = await store.write(lambda tx: tx.use_model("", "made up", HASH, DIM))
        await store.write(lambda tx: tx.keep_vectors(serving.id, made))
        assert await store.write(lambda tx: tx.promote(serving.id))

    def _direction(self, *, near: bool) -> bytes:
        pull = self._chance.uniform(40, 60) if near else self._chance.uniform(-20, 20)
        parts = [pull * aim + self._chance.gauss(0, 1) for aim in floats(self.query)]
        scale = 127 / max(map(abs, parts))
        return array("b", (round(part * scale) for part in parts)).tobytes()

    async def compared(self, scope: Scope | None = None, also: tuple[int, ...] = ()) -> list[int]:
        """Return the docs nearest to the query, after checking that both stores find them."""
        found = [await nearest(store, self.query, scope, also) for store in self.stores]
        exact = truth(self.stores[0].path, self.query)
        for scores in found:
            assert scores == pytest.approx({n: exact[n] for n in scores}, abs=0.01)
        ranked = [sorted(scores, key=lambda n, s=scores: -s[n])[:10] for scores in found]
        assert overlap(*ranked) >= min(9, len(ranked[0]))
        if scope is None:
            assert overlap(ranked[1], sorted(exact, key=lambda n: -exact[n])[:10]) >= 9
        return ranked[1]


def unit(parts: list[float]) -> bytes:
    """Return a question's vector."""
    length = math.hypot(*parts)
    return array("f", (part / length for part in parts)).tobytes()


def overlap(one: list[int], other: list[int]) -> int:
    """Return how many two rankings share."""
    return len(set(one) & set(other))


async def nearest(
    store: SqliteStore, query: bytes, scope: Scope | None = None, also: tuple[int, ...] = ()
) -> dict[int, float]:
    """Return what a store finds nearest."""
    serving = await store.search(lambda view: view.serving())
    assert serving is not None
    known: Serving = serving
    return await store.search(lambda view: view.by_vector(known, query, scope or Scope(), also))


def truth(path: Path, query: bytes) -> dict[int, float]:
    """Return every doc's score, computed one number at a time."""
    wanted = floats(query)
    found: dict[int, float] = {}
    with closing(Connection(path, readonly=True)) as db:
        for row in db.all("SELECT doc_id, i8, norm FROM embedding"):
            parts = array("b", row["i8"])
            dot = sum(a * b for a, b in zip(parts, wanted, strict=True))
            found[row["doc_id"]] = row["norm"] * dot / math.hypot(*parts)
    return found


def docs(path: Path) -> dict[str, int]:
    """Return the passages' docs by the passages' names."""
    with closing(Connection(path, readonly=True)) as db:
        rows = db.all("SELECT id, item_id FROM doc WHERE kind = 2")
        return {f"p{row['item_id']}": row["id"] for row in rows}


@asynccontextmanager
async def stores(db: Path) -> AsyncGenerator[tuple[SqliteStore, SqliteStore]]:
    """Open a file twice: one store compares in SQL, the other by sign bits."""
    in_sql = await SqliteStore.open(db)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "Vectors", partial(Vectors, small=0))
        by_bits = await SqliteStore.open(db)
    yield in_sql, by_bits
    await in_sql.close()
    await by_bits.close()


@pytest.fixture
async def seen(db: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Seen]:
    """A space with made-up vectors; few of them are looked at closely."""
    monkeypatch.setattr(vectors, "CANDIDATES", 80)
    monkeypatch.setattr(vectors, "NEAREST", 20)
    monkeypatch.setattr(vectors, "_FILTERED", 10)
    space = await Space.open(db)
    async with stores(db) as both:
        made = Seen(space, *both)
        await made.file(DOCS // 2, tag="even")
        await made.file(DOCS // 2, tag="odd")
        await made.compared()
        yield made
    await space.close()


async def test_filters_and_docs_that_words_found_count_in_both(seen: Seen, db: Path) -> None:
    """A narrow filter is compared in full; what is asked for besides is scored wherever it is."""
    by_name = docs(db)
    even = {doc for name, doc in by_name.items() if int(name[1:]) <= DOCS // 2}
    assert set(await seen.compared(Scope(tags=("even",)))) <= even
    assert await seen.compared(Scope(tags=("none",))) == []
    few = await seen.file(5, tag="few")
    assert set(await seen.compared(Scope(tags=("few",)))) == {docs(db)[name] for name in few}
    exact = truth(db, seen.query)
    last = min(exact, key=lambda n: exact[n])
    for store in seen.stores:
        assert last not in await nearest(store, seen.query)
        found = await nearest(store, seen.query, also=(last, 1_000_000))
        assert found[last] == pytest.approx(exact[last], abs=0.01)
        assert 1_000_000 not in found


async def test_docs_that_were_deleted_stand_in_nobodys_way(seen: Seen) -> None:
    """More than are ever looked at closely, all nearer than what is left."""
    names = await seen.file(150, near=True)
    at = docs(seen.stores[0].path)
    assert set(await nearest(seen.stores[1], seen.query)) <= {at[name] for name in names}
    for name in names:
        await seen.space.archive.remove(name, BY)
    assert len(await seen.compared()) == 10


async def test_vectors_that_are_made_anew_are_found_as_they_are_now(seen: Seen, db: Path) -> None:
    """The nearest become others, and others become the nearest."""
    close = await seen.file(80, near=True)
    at = docs(db)
    assert set(await seen.compared()) <= {at[name] for name in close}
    for name in close:
        await seen.space.archive.update(name, BY, text=f"{name} is another now")
    await seen.keep()
    assert set(await seen.compared()) - {at[name] for name in close}
    for n in range(1, 70):
        await seen.space.archive.update(f"p{n}", BY, text=f"p{n} comes near")
    await seen.keep(near=True)
    assert set(await seen.compared()) <= {at[f"p{n}"] for n in range(1, 70)}


def restored(db: Path) -> None:
    """Bring back a backup that has other vectors under the same ids of docs."""
    restore_backup(db.with_name("kept.db"), db, BY.author, datetime.now(UTC))


def vacuumed(db: Path) -> None:
    """Write the file anew."""
    with closing(Connection(db, busy_ms=5_000)) as other:
        other.script("VACUUM")


@pytest.mark.parametrize("what", [restored, vacuumed])
async def test_another_content_of_the_file_is_searched_as_it_is(
    seen: Seen, db: Path, what: Callable[[Path], None]
) -> None:
    """By processes that had the signs of what stood there before, and that follow what comes."""
    backup(db, db.with_name("kept.db"))
    for n in range(1, 90):  # more than are looked at closely
        await seen.space.archive.update(f"p{n}", BY, text=f"p{n} comes near")
    await seen.keep(near=True)
    before = set(await seen.compared())
    await asyncio.to_thread(what, db)
    after = set(await seen.compared())
    assert (after == before) is (what is vacuumed)
    names = await seen.file(20, near=True)
    assert set(await seen.compared()) & {docs(db)[name] for name in names}


@pytest.mark.slow
@NEEDS_MODEL
@POSIX_ONLY
async def test_real_vectors_rank_as_the_models_own_numbers_do(db: Path) -> None:
    """Recall of the best ten is at least 99 in 100, for 500 texts and 110 questions."""
    lines = (DATA / "memory.txt").read_text("utf-8").splitlines()
    texts = [line for line in lines if line and not line.startswith("#")]
    texts += [f"{text} (as of {2_000 + n})" for n, text in enumerate(texts)]
    texts = texts[:500]
    asked = [
        row.split("\t")[0] for row in (DATA / "paraphrases.tsv").read_text("utf-8").split("\n")
    ]
    async with embedding(shared()) as embedder:
        await embedder.model()
        async with opened(db, embedder) as space:
            await file(space, *texts)
            async for _ in space.indexer.drain():
                pass
            exact = [floats(await embedder.query(text, 60)) for text in texts]
        by_name = docs(db)
        ids = [by_name[f"p{n + 1}"] for n in range(len(texts))]
        found = {"sql": 0, "bits": 0}
        async with stores(db) as both:
            for question in filter(None, asked):
                query = await embedder.query(question, 60)
                wanted = floats(query)
                scores = {
                    doc: sum(a * b for a, b in zip(parts, wanted, strict=True))
                    for doc, parts in zip(ids, exact, strict=True)
                }
                best = sorted(ids, key=lambda n, s=scores: -s[n])[:10]
                for name, store in zip(found, both, strict=True):
                    near = await nearest(store, query)
                    assert {n: near[n] for n in best} == pytest.approx(
                        {n: scores[n] for n in best}, abs=0.01
                    )
                    found[name] += overlap(sorted(near, key=lambda n, s=near: -s[n])[:10], best)
        most = 10 * len([question for question in asked if question])
        assert min(found.values()) >= 0.99 * most, found
