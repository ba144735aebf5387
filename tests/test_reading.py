"""Reads are noted beside the history, and status knows which blocks nobody reads."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tokenspace.memory import Block, Context, Draft, Space, backup, restore_backup, verify
from tokenspace.memory import noting as noting_module
from tokenspace.memory.finding import Findings
from tokenspace.memory.querying import Scope
from tokenspace.memory.refs import Point
from tokenspace.memory.store import writer
from tokenspace.memory.store.connector import Connection

from .support import ADA, BY, opened
from .test_database import query
from .test_migrations import make

MARKS = "SELECT b.uid FROM block_read r JOIN block b ON b.id = r.block_id"
Way = Callable[[Space], Awaitable[tuple[Block, Point] | Context | Findings]]


@dataclass
class Clock:
    """The time, as a test sets it: from a little after the file of the test is made."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        """Return it."""
        return self.at

    def days(self, days: float) -> None:
        """Let so many days go by."""
        self.at += timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    """The clock of the space."""
    return Clock()


async def made(space: Space, value: str, label: str = "notes") -> None:
    """Make a block, and do not look at it."""
    await space.create(Draft(uid=None, label=label, value=value), BY)


async def told(space: Space) -> dict[str, str]:
    """Return what status says of the blocks that it calls unread."""
    return {one.label: one.why for one in (await space.review.report()).unread}


def by_name(space: Space) -> Awaitable[tuple[Block, Point]]:
    """Read one block."""
    return space.read("notes")


def by_name_before(space: Space) -> Awaitable[tuple[Block, Point]]:
    """Read one block as it was."""
    return space.read("notes", "2")


def with_all(space: Space) -> Awaitable[Context]:
    """Read every block."""
    return space.context()


def by_words(space: Space) -> Awaitable[Findings]:
    """Find an entry of the block."""
    return space.search.find("kettle", Scope(), 5)


@pytest.mark.parametrize("way", [by_name, by_name_before, with_all, by_words])
async def test_a_block_is_unread_a_month_after_it_was_last_read(
    db: Path, clock: Clock, way: Way
) -> None:
    """In whichever process; one that was never read, a month after it was written."""
    async with opened(db, clock) as space:
        await made(space, "- The kettle leaks.\n")
        clock.days(29)
        assert await told(space) == {}
        clock.days(2)
        assert await told(space) == {"notes": "never read"}
        await way(space)
        assert await told(space) == {}
    clock.days(29)
    async with opened(db, clock) as space:
        assert await told(space) == {}
        clock.days(2)
        assert await told(space) == {"notes": "last read 31 days ago"}
        (one,) = (await space.review.report()).unread
        assert (one.days, one.shown) == (62, False)


async def test_a_text_is_unread_that_nobody_has_read_since_it_was_written(
    db: Path, clock: Clock
) -> None:
    """What was read was another one."""
    async with opened(db, clock) as space:
        await made(space, "- The kettle leaks.\n")
        await space.read("notes")
        clock.days(1)
        await space.rethink("notes", "- The kettle is mended.\n", BY)
        clock.days(31)
        assert await told(space) == {"notes": "not read since it was written"}


async def test_what_is_only_shown_with_all_others_is_told_where_others_are_asked_for(
    db: Path, clock: Clock
) -> None:
    """Some clients read everything each time, and nothing by its name: then it says nothing."""
    async with opened(db, clock) as space:
        await made(space, "- One.\n", label="one")
        await made(space, "- Two.\n", label="two")
        await made(space, "- Three.\n", label="three")
        clock.days(40)
        await space.context()
        assert await told(space) == {}
        await space.read("two")
        (one, three) = (await space.review.report()).unread
        assert (one.label, three.label, one.why) == ("one", "three", "only shown with all others")
        assert one.shown
        clock.days(1)
        await space.search.find("three", Scope(), 5)
        assert set(await told(space)) == {"one"}


async def test_a_file_that_noted_no_reads_until_now_says_nothing_for_a_month(db: Path) -> None:
    """Its blocks may have been read every day; and then only what is known."""
    make(db, 4)
    clock = Clock()
    async with opened(db, clock) as space:
        assert (await space.review.report()).unread == ()
        clock.days(29)
        assert await told(space) == {}
        await space.read("project")
        clock.days(2)
        since = "not read in the 31 days that reads have been noted"
        assert await told(space) == {"human": since, "drafts/old": since}


async def test_what_was_read_between_a_backup_and_its_return_is_not_known(
    db: Path, clock: Clock
) -> None:
    """So reads count anew from then; what is noted afterwards is kept like any other."""
    kept = db.with_name("kept.db")
    async with opened(db, clock) as space:
        await made(space, "- The kettle leaks.\n")
        clock.days(10)
        await space.read("notes")
    backup(db, kept)
    async with opened(db, clock) as space:
        clock.days(30)
        await space.read("notes")
    await asyncio.to_thread(restore_backup, kept, db, ADA, clock.at)
    async with opened(db, clock) as space:
        clock.days(29)
        assert await told(space) == {}
        clock.days(2)
        said = {"notes": "not read in the 31 days that reads have been noted"}
        assert await told(space) == said
        await space.read("notes")
        assert await told(space) == {}
    assert verify(db).findings == ()


async def test_reading_is_no_change(db: Path, clock: Clock) -> None:
    """No row of the history, no new number, no other version."""
    async with opened(db, clock) as space:
        await made(space, "- One.\n")
        before = [await space.head(), await space.changes(), (await space.read("notes"))[0]]
        await space.context()
        await space.noting.write()
        assert query(db, "SELECT count(*) FROM block_read") == [(4,)]
        assert [await space.head(), await space.changes(), (await space.read("notes"))[0]] == before
    assert verify(db).findings == ()


@pytest.mark.parametrize("way", ["delete", "forget", "erase"])
async def test_the_mark_goes_with_the_block(db: Path, clock: Clock, way: str) -> None:
    """In whichever way that goes; a read that is noted later makes no new one."""
    async with opened(db, clock) as space:
        await made(space, "- One.\n")
        (block, _), _ = await space.read("notes"), await space.context()
        await space.noting.write()
        assert (block.uid,) in query(db, MARKS)
        await space.read("notes")
        if way == "delete":
            await space.delete("notes", BY)
        elif way == "forget":
            await space.history.forget(BY, label="notes")
        else:
            await space.history.erase_block(BY, "notes")
        assert (block.uid,) not in query(db, MARKS)
        await space.noting.write()
        assert (block.uid,) not in query(db, MARKS)
        assert len(query(db, MARKS)) == 3
    assert verify(db).findings == ()


async def test_a_block_that_is_read_on_a_branch_is_read(db: Path, clock: Clock) -> None:
    """It is the same block, and somebody has asked for it."""
    async with opened(db, clock) as space:
        await made(space, "- One.\n")
        clock.days(40)
        await space.history.make_branch(BY, "try")
        await space.read("notes", branch="try")
        assert await told(space) == {}


async def test_a_read_within_the_hour_is_noted_once(db: Path, clock: Clock) -> None:
    """Nothing is written to the disk for the others."""
    async with opened(db, clock) as space:
        await space.read("human")
        await space.noting.write()
        with closing(Connection(db)) as other:
            seen = other.scalar("PRAGMA data_version")
            for minutes, is_written in ((59, False), (2, True)):
                clock.days(minutes / 24 / 60)
                await space.read("human")
                await space.noting.write()
                assert (other.scalar("PRAGMA data_version") != seen) is is_written


async def test_what_is_read_is_written_by_itself(
    db: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A while later, in the background; once for all that was read until then."""
    monkeypatch.setattr(noting_module, "PAUSE_S", 0.01)
    async with opened(db, clock) as space:
        for _ in range(2):
            await space.context()
        until = time.monotonic() + 10
        while not query(db, MARKS):
            assert time.monotonic() < until
            await asyncio.sleep(0.005)
        assert len(query(db, MARKS)) == 3


@pytest.mark.parametrize("trouble", ["locked", "removed"])
async def test_a_mark_that_cannot_be_written_spoils_nothing(
    db: Path,
    clock: Clock,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The read was answered already; a debug log says it, and the next try writes it too."""
    monkeypatch.setattr(writer, "WAIT_FOR_LOCK_S", 0.01)
    caplog.set_level(logging.DEBUG, "tokenspace.memory.noting")
    space = await Space.open(db, now=clock)
    with closing(Connection(db)) as other:
        if trouble == "locked":
            other.execute("BEGIN IMMEDIATE")
        else:
            os.unlink(db)  # noqa: PTH108
        assert (await space.read("human"))[0].label == "human"
        await space.noting.write()
        assert len((await space.context()).blocks) == 3
        await space.noting.write()
        if trouble == "locked":
            assert query(db, MARKS) == []
            other.rollback()
    await space.close()
    if trouble == "locked":
        asked = query(db, "SELECT count(*) FROM block_read WHERE asked_at AND shown_at")
        assert (asked, len(query(db, MARKS))) == ([(1,)], 3)
    else:
        assert db.name not in os.listdir(db.parent)  # noqa: PTH208
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in said] == ["DEBUG"] * (2 if trouble == "locked" else 3)
    assert all(text.startswith("what was read is not noted: ") for _, text in said)
