"""Making vectors: each once, of what stands now, by one process at a time, whatever fails."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from embedding import NEEDS_MODEL, POSIX_ONLY, Place, cosine, embedding, shared, signed
from meaning import (
    BY,
    COLOURS,
    HUES,
    Counted,
    Interrupted,
    Overtaken,
    at_work,
    best,
    by_words,
    file,
    notes,
    now,
    opened,
    rows,
    until,
    whole,
)

from tokenspace.memory import indexing
from tokenspace.memory.embedding import (
    Absent,
    EmbeddingError,
    Source,
    Vector,
    find,
)
from tokenspace.memory.errors import StorageFullError
from tokenspace.memory.store import SqliteStore, verify
from tokenspace.memory.store.connector import Connection

from .test_disk import small_disk

pytestmark = [NEEDS_MODEL, POSIX_ONLY]
MENDED = " run `tokenspace setup`."


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(indexing, "PAUSE_S", 0.05)
    monkeypatch.setattr(indexing, "FAILED_PAUSE_S", 0.05)


@pytest.fixture
async def embedder() -> AsyncGenerator[Counted]:
    """The model, in the worker that all tests share."""
    async with embedding(shared()) as made:
        await made.model()
        yield Counted(made)


def kept(path: Path) -> dict[int, list[int]]:
    """Return the direction of each passage's vector, by the passage's number."""
    sql = "SELECT d.item_id, e.i8 FROM embedding e JOIN doc d ON d.id = e.doc_id WHERE d.kind = 2"
    with closing(Connection(path, readonly=True)) as db:
        return {row["item_id"]: signed(Vector(row["i8"], 1)) for row in db.all(sql)}


async def leave_lease(path: Path, began: datetime, ends: datetime) -> None:
    """Take the work as a process does that then dies."""
    store = await SqliteStore.open(path)
    assert await store.write(lambda tx: tx.take_lease(indexing.LEASE, "dead", began, ends))
    await store.close()


def fill(ballast: Path) -> None:
    """Fill a disk."""
    with suppress(OSError), ballast.open("wb", buffering=0) as written:
        while True:
            written.write(bytes(4_096))


def lease_until(path: Path) -> int:
    """Return until when somebody has the work, 0 where nobody has."""
    with closing(Connection(path, readonly=True)) as db:
        return int(db.scalar("SELECT until FROM lease") or 0)


async def test_two_processes_share_the_work_and_do_none_of_it_twice(
    db: Path, embedder: Counted
) -> None:
    """Each doc gets one vector, whoever makes it; both then find by meaning."""
    async with embedding(shared()) as another:
        other = Counted(another)
        async with opened(db, embedder) as one, opened(db, other) as two:
            async with at_work(one, two):
                for n, space in enumerate((one, two, one, two)):
                    await file(space, *notes(20, first=20 * n))
                await file(two, COLOURS)
                await whole(db)
            found = rows(db)
            assert embedder.sent + other.sent == found.given == found.vectors == 81
            assert found.leases == 0
            for space in (one, two):
                assert (await best(space, HUES)).text == COLOURS


async def test_the_work_of_one_that_died_is_taken_over_when_its_lease_runs_out(
    db: Path, embedder: Counted
) -> None:
    """And not before; what a clock that was put back left behind binds nobody."""
    began = now()
    moment = [began]
    async with opened(db, embedder, lambda: moment[0]) as space:
        await file(space, *notes(3))
        await leave_lease(db, began, began + timedelta(seconds=20))
        async with aclosing(space.indexer.drain()) as steps:
            assert [(await anext(steps)).busy for _ in range(3)] == [True] * 3
        assert embedder.sent == 0
        moment[0] = began + timedelta(seconds=20)
        async with at_work(space):
            await whole(db)
        await leave_lease(db, began, began + timedelta(hours=3))
        await file(space, "one more")
        async with at_work(space):
            await whole(db)
        assert rows(db).given == 4


async def test_a_batch_that_takes_longer_than_the_lease_is_not_taken_over(
    db: Path, embedder: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is alive keeps the work, so that a slow machine makes each vector once, too."""
    monkeypatch.setattr(indexing, "LEASE_S", 0.5)
    async with embedding(shared()) as another:
        other = Counted(another)
        async with opened(db, embedder) as one, opened(db, other) as two:
            await file(one, *notes(3))
            embedder.going.clear()
            async with at_work(one):
                await until(lambda: embedder.sent == 3)
                async with at_work(two):
                    first = lease_until(db)
                    await until(lambda: lease_until(db) > first + 1_000_000)
                    embedder.going.set()
                    await whole(db)
            assert (embedder.sent, other.sent, rows(db).given) == (3, 0, 3)


async def test_nothing_that_was_kept_is_made_again_after_a_restart(
    db: Path, embedder: Counted
) -> None:
    """Of an indexing that was stopped in its middle, the next one does the rest."""
    count = 2 * indexing.BATCH + 5
    async with opened(db, embedder) as space:
        await file(space, *notes(count))
        async with aclosing(space.indexer.drain()) as steps:
            assert [(await anext(steps)).queued for _ in range(2)] == [count, count - 32]
        assert rows(db).leases == 0
    async with embedding(shared()) as another:
        other = Counted(another)
        async with opened(db, other) as space, at_work(space):
            await whole(db)
        assert embedder.sent + other.sent == count == rows(db).given


async def test_what_is_edited_or_deleted_meanwhile_keeps_no_vector_of_what_it_was(
    db: Path, embedder: Counted
) -> None:
    """The edited one stays in the queue, and gets the vector of its new text."""
    async with opened(db, embedder) as space:
        names = await file(space, *notes(4))
        embedder.going.clear()
        async with at_work(space):
            await until(lambda: embedder.sent == 4)
            await space.archive.update(names[0], BY, text=COLOURS)
            await space.archive.remove(names[1], BY)
            await space.archive.remove(names[2], BY)
            embedder.going.set()
            await whole(db)
        assert embedder.sent == 5
        assert rows(db).given == 2  # of p4, and then of p1
        vectors = kept(db)
        assert set(vectors) == {1, 4}
        (new,) = await embedder.passages([(COLOURS, "")])
        assert cosine(vectors[1], signed(new)) > 0.999


async def test_without_a_model_words_are_searched_until_there_is_one(
    db: Path, embedder: Counted
) -> None:
    """Each answer says why and what mends it; what was filed before gets its vectors then."""
    absent = [True]

    def look() -> Source | Absent:
        return find("/no/such/folder") if absent[0] else find()

    async with (
        embedding(shared(), source=look) as made,
        opened(db, made) as space,
        at_work(space),
    ):
        await file(space, COLOURS, *notes(3))
        why = await by_words(space, HUES)
        assert why.startswith("the setting model names /no/such/folder, and there is no such")
        assert why.endswith(MENDED)
        assert await space.search.how() == f"by words only: {why}"
        assert (rows(db).vectors, rows(db).queued, rows(db).models) == (0, 4, 0)
        absent[0] = False
        await whole(db)
        assert (await best(space, HUES)).text == COLOURS


async def test_a_full_disk_refuses_writes_and_vectors_wait_for_room(
    embedder: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    """The indexing outlives it; passages that were acknowledged all get their vector."""
    with small_disk("8m") as disk:
        db, ballast = disk / "memory.db", disk / "ballast"
        async with opened(db, embedder) as space:
            await file(space, *notes(40))
            fill(ballast)
            async with at_work(space):
                await until(lambda: "no vectors are made: the disk" in caplog.text)
                with pytest.raises(StorageFullError, match="is full"):
                    await file(space, *(os.urandom(1_500).hex() for _ in range(100)))
                assert rows(db).queued > 0
                ballast.unlink()
                await whole(db)
                await file(space, COLOURS)
                await whole(db)
                assert (await best(space, HUES)).text == COLOURS
        assert rows(db).vectors >= 41
        assert verify(db).findings == ()


async def test_a_space_that_is_closed_in_mid_batch_starts_no_other_worker(
    db: Path, embedder: Counted
) -> None:
    """Its indexing ends by itself, and what it had begun is another's to do."""
    async with opened(db, embedder) as space:
        await file(space, *notes(200))
        indexing_ = asyncio.create_task(space.indexer.run())
        await until(lambda: rows(db).vectors > 0)
        asked = asyncio.create_task(embedder.passages([(COLOURS, "")]))
        await asyncio.sleep(0)
        await space.close()
        with pytest.raises(EmbeddingError, match="the embedder was closed"):
            await asked
        os.replace(db, db.with_suffix(".gone"))  # noqa: PTH105 - blocks for no time that counts
        await asyncio.wait_for(indexing_, 10)
        assert embedder.state.phase == "idle"


async def test_a_space_that_is_closed_before_a_batch_starts_no_worker(db: Path) -> None:
    """Nobody would let go of it."""
    async with embedding(shared()) as idle:
        model = Interrupted(idle)
        async with opened(db, model) as model.space:
            await file(model.space, COLOURS)
            await asyncio.wait_for(model.space.indexer.run(), 10)
            assert model.state.phase == "idle"


async def test_who_waits_for_a_start_is_told_when_it_is_closed(db: Path) -> None:
    """A sentence, not a cancellation: that would end the task that asked."""
    place = Place()
    try:
        async with embedding(place) as starting:
            async with opened(db, starting):
                asked = asyncio.create_task(starting.model())
                await until(lambda: starting.state.phase == "starting")
            with pytest.raises(EmbeddingError, match="the embedder was closed"):
                await asked
    finally:
        place.end()


async def test_a_model_that_is_replaced_while_a_question_is_asked_scores_nothing(
    db: Path, embedder: Counted
) -> None:
    """The question's vector is the old one's: the search goes by words, and says so."""
    async with opened(db, embedder) as space, at_work(space):
        await file(space, COLOURS, *notes(3))
        await whole(db)
    async with embedding(shared()) as model:
        await model.model()
        store = await SqliteStore.open(db)
        async with opened(db, Overtaken(model, store)) as space:
            assert (await by_words(space, HUES)).startswith("the vectors are being made anew")
        await store.close()
