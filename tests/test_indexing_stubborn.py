"""Making vectors where something stands in the way: it waits, and nothing else does."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from embedding import NEEDS_MODEL, POSIX_ONLY, embedding, shared
from meaning import (
    BY,
    COLOURS,
    HUES,
    Counted,
    at_work,
    best,
    file,
    notes,
    opened,
    rows,
    until,
    whole,
)

from tokenspace.memory import Space, indexing
from tokenspace.memory.embedders import Embedders
from tokenspace.memory.embedding import (
    EmbeddingError,
    Model,
    State,
    Vector,
    WorkerEmbedder,
    find,
)
from tokenspace.memory.querying import Scope
from tokenspace.memory.store.connector import Connection

pytestmark = [NEEDS_MODEL, POSIX_ONLY, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(indexing, "PAUSE_S", 0.02)
    monkeypatch.setattr(indexing, "FAILED_PAUSE_S", 0.02)
    monkeypatch.setattr(indexing, "LEASE_S", 0.5)


@pytest.fixture
async def embedder() -> AsyncGenerator[Counted]:
    """The model, in the worker that all tests share."""
    async with embedding(shared()) as made:
        await made.model()
        yield Counted(made)


class Choking(Counted):
    """The real embedder, but for one text that it cannot take."""

    bad = "the text that ends it"
    mended = False

    async def passages(self, texts: Sequence[tuple[str, str]]) -> list[Vector]:
        """Return vectors, unless that text is among the texts."""
        if not self.mended and any(own == self.bad for own, _ in texts):
            raise EmbeddingError("the embedding worker ended 3 times at this request.")
        return await super().passages(texts)


class Renamed(Counted):
    """The real embedder under another hash, as one of another process's settings would be."""

    @property
    def state(self) -> State:
        """How it is."""
        found = super().state
        return State(phase=found.phase, model=found.model and _renamed(found.model))

    async def model(self) -> Model:
        """Return the model."""
        return _renamed(await super().model())


def serving(path: Path) -> str:
    """Return the hash of the model that is searched by."""
    with closing(Connection(path, readonly=True, busy_ms=5_000)) as db:
        return str(db.scalar("SELECT hash FROM model WHERE serving = 1"))


def _renamed(model: Model) -> Model:
    return Model(name="another", hash="a" * 64, dim=model.dim, device=model.device)


async def test_a_text_that_fails_waits_until_the_others_are_done(
    db: Path, embedder: Counted
) -> None:
    """It is found by halving, put at the end of the queue, and made as soon as that works."""
    choking = Choking(embedder)
    async with opened(db, choking) as space:
        await file(space, *notes(5), Choking.bad, *notes(40, first=5), COLOURS)
        async with at_work(space):
            await until(lambda: rows(db).queued == 1)
            assert (await best(space, HUES)).text == COLOURS
            choking.mended = True
            await whole(db)


async def test_a_damaged_passage_keeps_no_other_from_being_found(
    db: Path, embedder: Counted
) -> None:
    """Searches leave it out, it waits for no vector, and its neighbours can be filed and go."""
    async with opened(db, embedder) as space:
        await file(space, "zebra crossing", *notes(3), COLOURS, source="s")
    with closing(Connection(db)) as file_:
        file_.execute("UPDATE object SET data = x'ff' WHERE id = (SELECT min(object_id) "
                      "FROM passage_version)")  # fmt: skip
    async with opened(db, embedder) as space, at_work(space):
        await until(lambda: rows(db).queued == 0)
        assert rows(db).vectors == rows(db).docs - 1
        assert (await best(space, HUES)).text == COLOURS
        assert len((await space.search.find("", Scope(), 9)).finds) == 4
        await space.archive.remove("p2", BY)
        await space.archive.remove("p1", BY)
        assert len((await space.search.find("", Scope(), 9)).finds) == 3


async def test_two_processes_of_other_settings_do_not_take_turns(
    db: Path, embedder: Counted
) -> None:
    """The last that came wins; the other leaves it at that, and both go on finding."""
    async with opened(db, embedder) as one, at_work(one):
        await file(one, *notes(3), COLOURS)
        await whole(db)
        async with opened(db, Renamed(embedder)) as two, at_work(two):
            await until(lambda: serving(db) == "a" * 64)
            await whole(db)
            given = rows(db).given
            for n in range(5):
                await file(one, f"one more, {n}")
                await whole(db)
            assert (serving(db), rows(db).given) == ("a" * 64, given + 5)
            assert (await best(two, HUES)).text == COLOURS


async def test_a_setting_that_names_nothing_leaves_the_old_vectors_at_work(
    db: Path, embedder: Counted
) -> None:
    """Their model is still there; with `none` nobody asks it."""
    async with opened(db, embedder) as space, at_work(space):
        await file(space, *notes(3), COLOURS)
        await whole(db)

    async def searched(spec: str) -> str:
        embedders = Embedders(
            spec, lambda named: WorkerEmbedder(lambda: find(named)) if named else embedder
        )
        space = await Space.open(db, embedders=embedders)
        found = await space.search.find(HUES, Scope(), 1)
        await space.close()
        return found.mode

    assert await searched("/no/such/folder") == "hybrid"
    assert await searched("none") == "lexical"
