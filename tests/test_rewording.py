"""Entries that a rewrite says in other words: no losses, where the model is at hand."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from embedding import NEEDS_MODEL, POSIX_ONLY, embedding, shared
from meaning import BY, Counted, opened

from tokenspace.memory import Space
from tokenspace.memory.losses import lost
from tokenspace.memory.store import SqliteStore

pytestmark = [NEEDS_MODEL, POSIX_ONLY]

BEFORE = "- She likes to go running before breakfast\n- The cellar floods when it rains\n"
AFTER = "- Enjoys jogging early in the morning\n- Tabs are wider than spaces\n"


@pytest.fixture
async def embedder() -> AsyncGenerator[Counted]:
    """The model, in the worker that all tests share; it is not loaded yet for this one."""
    async with embedding(shared()) as made:
        yield Counted(made)


async def rewritten(space: Space, db: Path) -> tuple[list[str], list[str]]:
    """Rewrite a block; return what the answer calls lost, and what is noted as missing."""
    await space.rethink("human", BEFORE, BY)
    done = await space.rethink("human", AFTER, BY)
    (found,) = done.ledgers
    assert found is not None
    store = await SqliteStore.open(db)
    noted = await store.read(lambda view: lost(view, "main"))
    await store.close()
    return [account.entry for account in found.losses], [one.entry for one in noted]


async def test_what_is_said_in_other_words_is_kept(db: Path, embedder: Counted) -> None:
    """What nothing says is lost all the same."""
    await embedder.model()
    async with opened(db, embedder) as space:
        lost_, noted = await rewritten(space, db)
    assert lost_ == ["The cellar floods when it rains"]
    assert noted == ["- The cellar floods when it rains"]


async def test_a_model_that_is_not_loaded_is_not_waited_for(db: Path, embedder: Counted) -> None:
    """The rewrite is compared by words; nothing is sent."""
    async with opened(db, embedder) as space:
        lost_, noted = await rewritten(space, db)
    assert len(lost_) == len(noted) == 2
    assert embedder.sent == 0


async def test_a_model_that_hangs_holds_up_no_answer(
    db: Path, embedder: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while the rewrite goes by words."""
    monkeypatch.setattr("tokenspace.memory.rewording.PATIENCE_S", 0.05)
    await embedder.model()
    embedder.going.clear()
    async with opened(db, embedder) as space:
        lost_, _ = await rewritten(space, db)
    assert len(lost_) == 2


async def test_a_new_block_has_nothing_to_compare(db: Path, embedder: Counted) -> None:
    """The model is not asked."""
    await embedder.model()
    async with opened(db, embedder) as space:
        done = await space.rethink("new", AFTER, BY)
    assert done.change is not None
    assert embedder.sent == 0
