"""Letting go of what passages were, and of what search remembers of the past."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from tokenspace.memory.errors import LetGoError
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import Snapshot, SqliteStore, collect, retention, verify

from .histories import History
from .support import NOW
from .test_database import query


@pytest.fixture
async def history(db: Path) -> AsyncGenerator[History]:
    """A passage that is written twice a day for three days, and one that is deleted."""
    made = History(await SqliteStore.open(db))
    await made.write("a", "one\n")
    await made.file("kept as it is", source="book")
    await made.file("gone at last\n" * 9, tags=("t",))
    for day in range(3):
        for hour in range(2):
            made.now = NOW + timedelta(days=day, hours=hour)
            await made.file(f"day {day}, hour {hour}\n" * 9, 1, source=f"book {day}")
            await made.write("a", f"day {day}, hour {hour}\n")
    made.now += timedelta(hours=1)
    await made.file(None, 2)
    yield made
    await made.store.close()


async def readable(store: SqliteStore, passage: int) -> set[int]:
    """Return the changes after which a passage was there and can still be read."""

    def look(view: Snapshot) -> set[int]:
        found: set[int] = set()
        for number in range(1, view.newest() + 1):
            try:
                state = view.passage(passage, number)
            except LetGoError:
                continue
            found |= {state.change} if state else set()
        return found

    return await store.read(look)


async def test_passages_are_kept_for_ever_where_nothing_else_is_said(
    history: History, db: Path
) -> None:
    """Texts that only the archive has are of use to somebody, and so is what is said of them."""
    abouts = query(db, "SELECT count(*) FROM about")
    done = collect(db, None, history.now + timedelta(days=999))
    assert (done.versions, done.texts) == (0, 0)
    assert await readable(history.store, 1) == {2, 4, 6, 8, 10, 12, 14}
    assert await readable(history.store, 2) == {3}
    assert query(db, "SELECT count(*) FROM about") == abouts
    assert query(db, "SELECT count(*) FROM past") == [(6,)]
    assert verify(db).findings == ()


async def test_old_versions_of_passages_go_as_those_of_blocks_do(
    history: History, db: Path
) -> None:
    """But for each day's last, what a checkpoint sees, and what is there now."""
    dry = collect(db, 0, history.now + timedelta(days=1), dry_run=True)
    done = collect(db, 0, history.now + timedelta(days=1))
    assert (done.versions, done.texts) == (dry.versions, dry.texts)
    assert await readable(history.store, 1) == {6, 10, 14}
    assert await readable(history.store, 2) == {3}  # the last of its day
    with pytest.raises(LetGoError, match=r"the text of p1 as of change 4 was let go by"):
        await history.store.read(lambda v: v.passage(1, 5))
    assert verify(db).findings == ()
    again = collect(db, 0, history.now + timedelta(days=1))
    assert (again.versions, again.texts) == (0, 0)


async def test_what_a_checkpoint_sees_of_the_archive_stays(db: Path) -> None:
    """A passage that was deleted since included."""
    history = History(await SqliteStore.open(db))
    await history.file("first")
    await history.checkpoint("here")
    await history.file("second", 1)
    await history.file("third", 1)
    await history.file(None, 1)
    collect(db, 0, history.now + timedelta(days=1))
    assert await readable(history.store, 1) == {1, 3}
    assert verify(db).findings == ()
    await history.store.close()


async def test_a_text_that_a_block_has_too_stays(history: History, db: Path) -> None:
    """And the other way round."""
    await history.write("b", "kept as it is")
    collect(db, 0, history.now + timedelta(days=1))
    assert 2 in await readable(history.store, 1)
    block = await history.store.read(lambda v: v.block(MAIN, "b"))
    assert block is not None
    assert block.value == "kept as it is"


async def test_search_forgets_what_is_so_long_past(
    history: History, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries with their words, in however many transactions; younger ones stay."""
    monkeypatch.setattr(retention, "_PAST_BATCH", 1)
    collect(db, 1, history.now)
    left = [("day 1, hour 1",), ("day 2, hour 0",)]
    assert query(db, "SELECT text FROM past ORDER BY id") == left
    assert query(db, "SELECT count(*) FROM past_text WHERE past_text MATCH 'day'") == [(2,)]
    assert "our" in str(query(db, "SELECT block FROM past_text_data"))
    assert verify(db).findings == ()
    collect(db, 0, history.now + timedelta(hours=1))
    assert query(db, "SELECT count(*) FROM past_text WHERE past_text MATCH 'day'") == [(0,)]
    assert "our" not in str(query(db, "SELECT block FROM past_text_data"))
    assert verify(db).findings == ()


async def test_a_work_that_nobody_does_any_more_is_forgotten(history: History, db: Path) -> None:
    """A lease that has not run out stays."""
    now, hour = history.now, timedelta(hours=1)
    await history.store.write(lambda tx: tx.take_lease("old", "x", now, now + hour))
    await history.store.write(lambda tx: tx.take_lease("new", "x", now, now + 3 * hour))
    collect(db, None, now + 2 * hour)
    assert query(db, "SELECT name FROM lease") == [("new",)]
