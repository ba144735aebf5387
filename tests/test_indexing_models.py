"""Models that change, vanish, hang or die while a space's vectors are made and searched."""

import os
import shutil
import signal
import time
from collections.abc import Generator
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path

import pytest
from embedding import (
    NEEDS_MODEL,
    PATIENCE_S,
    POSIX_ONLY,
    Place,
    cosine,
    embedding,
    floats,
    linked_model,
    shared,
    signed,
)
from meaning import (
    BY,
    COLOURS,
    HUES,
    Counted,
    at_work,
    best,
    by_words,
    file,
    notes,
    opened,
    rows,
    until,
    whole,
)

from tokenspace.memory import Space, indexing
from tokenspace.memory.embedders import Embedders
from tokenspace.memory.embedding import Absent, Options, Source, Vector, find
from tokenspace.memory.querying import Scope
from tokenspace.memory.store import SqliteStore
from tokenspace.memory.store.connector import Connection

pytestmark = [NEEDS_MODEL, POSIX_ONLY, pytest.mark.slow]
MENDED = " run `tokenspace setup`."


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(indexing, "PAUSE_S", 0.05)
    monkeypatch.setattr(indexing, "FAILED_PAUSE_S", 0.05)


@pytest.fixture
def place() -> Generator[Place]:
    """A folder for workers that a test may harm."""
    made = Place()
    yield made
    made.end()


def scores(path: Path, query: bytes) -> dict[str, dict[int, float]]:
    """Return what each doc's vector scores for a query, by the hash of the model that made it."""
    sql = "SELECT m.hash, e.doc_id, e.i8, e.norm FROM embedding e JOIN model m ON m.id = e.model_id"
    found: dict[str, dict[int, float]] = {}
    with closing(Connection(path, readonly=True)) as db:
        for row in db.all(sql):
            near = cosine(floats(query), signed(Vector(row["i8"], 1)))
            found.setdefault(row["hash"], {})[row["doc_id"]] = row["norm"] * near
    return found


async def test_the_old_vectors_serve_until_all_the_new_ones_are_made(
    db: Path, place: Place
) -> None:
    """Two models' vectors are never compared; what is filed meanwhile is found by its words."""
    told = partial(find, passage_prefix="tell: ")
    async with embedding(shared()) as old, embedding(place, source=told) as new:
        before, after = await old.model(), await new.model()
        assert before.hash != after.hash
        async with opened(db, Counted(old)) as space, at_work(space):
            await file(space, COLOURS, *notes(60))
            await whole(db)
    async with embedding(shared()) as old, embedding(place, source=told) as new:
        embedders = Embedders("told", {"told": new, "": old}.__getitem__)
        space = await Space.open(db, embedders=embedders)
        store = await SqliteStore.open(db)
        async with aclosing(space.indexer.drain()) as steps:
            states = [await anext(steps) for _ in range(2)]
            assert states[1].serving is not None
            assert states[1].coming is not None
            assert (states[1].serving.hash, states[1].coming.hash) == (before.hash, after.hash)
            await best(space, HUES)  # the first one starts the other model
            await old.model()
            assert (await best(space, HUES)).text == COLOURS
            query = await old.query(HUES, PATIENCE_S)
            both, serving = scores(db, query), states[1].serving
            near = await store.search(lambda v: v.by_vector(serving, query, Scope(), ()))
            assert near == pytest.approx(both[before.hash], abs=0.01)
            made = both[after.hash]
            assert len(made) == indexing.BATCH
            assert made != pytest.approx({n: near[n] for n in made}, abs=0.01)
            await file(space, "The zeppelin left at noon")
            assert (await best(space, "zeppelin")).text == "The zeppelin left at noon"
            last = [state async for state in steps][-1]
        assert last.serving is not None
        assert (last.serving.hash, last.coming, last.queued) == (after.hash, None, 0)
        assert (rows(db).models, rows(db).vectors) == (1, 62)
        assert (await best(space, HUES)).text == COLOURS
        await store.close()
        await space.close()


async def test_a_model_that_vanished_or_is_damaged_is_taken_up_when_it_is_mended(
    db: Path, place: Place, tmp_path: Path
) -> None:
    """Meanwhile searches go by words and say what to do; no restart is needed."""
    folder, away = linked_model(tmp_path / "mine"), tmp_path / "away"
    source = partial(find, str(folder))
    async with (
        embedding(shared()) as same,  # the folder's name makes no other model of it
        opened(db, same) as space,
        at_work(space),
    ):
        await file(space, COLOURS, *notes(3))
        await whole(db)
    shutil.move(folder, away)
    async with (
        embedding(place, Options(pause_s=0), source) as embedder,
        opened(db, embedder) as space,
        at_work(space),
    ):
        await file(space, "filed without a model")
        why = await by_words(space, HUES)
        assert why.startswith(f"the setting model names {folder}, and there is no such")
        assert why.endswith(MENDED)
        shutil.copytree(away, folder, symlinks=True)
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors").write_bytes(b"damaged")
        await until(lambda: embedder.state.phase == "failed")
        assert (await space.search.how()).startswith("by words only: ")
        assert embedder.state.why.endswith(MENDED)
        assert (rows(db).vectors, rows(db).queued) == (4, 1)
        shutil.rmtree(folder)
        shutil.move(away, folder)
        await whole(db)
        assert (await best(space, HUES)).text == COLOURS
        assert rows(db).given == 5


async def test_another_model_in_the_same_folder_is_noticed_without_a_write(
    db: Path, place: Place
) -> None:
    """All vectors are made anew by the same process once its worker runs the new files."""
    replaced = [False]

    def look() -> Source | Absent:
        return find(passage_prefix="tell: ") if replaced[0] else find()

    async with (
        embedding(place, source=look) as embedder,
        opened(db, embedder) as space,
        at_work(space),
    ):
        await file(space, COLOURS, *notes(3))
        await whole(db)
        first = await embedder.model()
        replaced[0] = True
        assert embedder.state.pid is not None
        os.kill(embedder.state.pid, signal.SIGKILL)
        await until(lambda: embedder.state.phase != "ready")
        assert (await embedder.model()).hash != first.hash
        await until(lambda: rows(db).given == 8)
        await whole(db)
        assert (await best(space, HUES)).text == COLOURS


async def test_a_worker_that_is_killed_or_hangs_costs_no_vector_and_no_patience(
    db: Path, place: Place
) -> None:
    """Indexing goes on with another worker; a search waits about a second, and goes by words."""
    async with (
        embedding(place) as embedder,
        opened(db, embedder) as space,
        at_work(space),
    ):
        await file(space, COLOURS, *notes(200))
        await until(lambda: rows(db).vectors > 0)
        first = embedder.state.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert rows(db).queued > 0
        await whole(db)
        assert rows(db).given == 201
        second = embedder.state.pid
        assert second not in (None, first)
        os.kill(second or 0, signal.SIGSTOP)
        try:
            began = time.monotonic()
            why = await by_words(space, "colour-blind")
            assert time.monotonic() - began < 2
            assert why == "the embedding model is busy; try again later."
            began = time.monotonic()
            await space.archive.update("p1", BY, text=f"{COLOURS}.")
            assert [find.name for find in await space.search.near(COLOURS, "")] == ["p1"]
            assert time.monotonic() - began < 1
        finally:
            os.kill(second or 0, signal.SIGCONT)
        await whole(db)
        assert (await best(space, HUES)).name == "p1"
