"""The SQLite store, held to the contract, and what only a file of SQLite has."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from tokenspace.memory.errors import CorruptError, LockedError
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore, verify, writer
from tokenspace.memory.store.connector import Connection

from .store_contract import Opener, StoreContract, appending, block, draft, made, recording
from .store_contract_archive import ArchiveContract
from .store_contract_branches import BranchContract
from .store_contract_learned import LearnedContract
from .store_contract_past import PastContract
from .support import ADA, BY


@pytest.fixture
async def opener(db: Path) -> AsyncGenerator[Opener]:
    """Open one file as often as asked; close everything at the end."""
    opened: list[SqliteStore] = []

    async def open_it() -> SqliteStore:
        opened.append(await SqliteStore.open(db))
        return opened[-1]

    yield open_it
    for store in opened:
        await store.close()


class TestSqliteStore(StoreContract):
    """The first half of the contract."""


class TestSqlitePast(PastContract):
    """The second half."""


class TestSqliteBranches(BranchContract):
    """Branches and checkpoints."""


class TestSqliteArchive(ArchiveContract):
    """Passages and episodes."""


class TestSqliteLearned(LearnedContract):
    """The same of what was learned."""


async def test_a_writer_that_waits_too_long_says_so(
    opener: Opener, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that holds the lock is named as the reason; later the same call works."""
    store = await opener()
    await made(store, "a")
    monkeypatch.setattr(writer, "WAIT_FOR_LOCK_S", 0.01)
    other = Connection(db)
    other.execute("BEGIN IMMEDIATE")
    refused = await asyncio.gather(
        *(store.write(appending("a", f"{n}")) for n in range(3)), return_exceptions=True
    )
    assert [type(error) for error in refused] == [LockedError] * 3
    assert str(refused[0]).endswith(
        "memory.db is being written by another process for too long; try the same call again."
    )
    assert await store.read(lambda v: v.head(MAIN)) == 1
    other.rollback()
    other.close()
    await store.write(appending("a", "x"))
    assert (await block(store, "a")).value == "x"


async def test_a_writer_waits_for_others_to_finish(opener: Opener, db: Path) -> None:
    """A lock that is let go in time is no error."""
    store = await opener()
    await made(store, "a")
    other = Connection(db)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.write(appending("a", "x")))
    for _ in range(3):
        await store.read(lambda v: v.head(MAIN))
    assert not waiting.done()
    other.rollback()
    other.close()
    await waiting
    assert (await block(store, "a")).value == "x"


async def test_history_takes_far_less_room_than_its_texts(opener: Opener, db: Path) -> None:
    """Versions that resemble each other are packed against one another; search's share counts."""
    store = await opener()
    text = "\n".join(f"{n}: {n * 7919 % 1009} is a fact worth keeping" for n in range(100))
    uid = (await made(store, "a", text)).uid
    file = Connection(db)
    before = int(file.scalar("PRAGMA page_count"))
    for n in range(400):
        await store.write(recording(draft("a", f"{text}\nedit {n}", uid)))
    await store.close()
    size = (int(file.scalar("PRAGMA page_count")) - before) * int(file.scalar("PRAGMA page_size"))
    file.close()
    assert size < 0.25 * 400 * len(text)


async def test_a_text_that_is_damaged_in_the_file_is_called_damaged(
    opener: Opener, db: Path
) -> None:
    """Neither a wrong text nor an internal error comes of it."""
    store = await opener()
    await made(store, "a", "text " * 100)
    await store.close()
    other = Connection(db)
    for damage in (b"\xff\xff\xff", b"\x4a\x04", bytes(9)):
        other.execute("UPDATE object SET data = ?", (damage,))
        with pytest.raises(CorruptError, match="a text in this space's file is damaged"):
            await block(await opener(), "a")
    other.close()


async def test_each_write_waits_no_longer_than_it_may(
    opener: Opener, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that comes while others wait for the lock has its own time, not theirs on top."""
    store = await opener()
    await made(store, "a")
    monkeypatch.setattr(writer, "WAIT_FOR_LOCK_S", 60.0)
    other = Connection(db)
    other.execute("BEGIN IMMEDIATE")
    patient = asyncio.create_task(store.write(appending("a", "patient")))
    await store.read(lambda v: v.head(MAIN))
    monkeypatch.setattr(writer, "WAIT_FOR_LOCK_S", 0.01)
    with pytest.raises(LockedError), anyio.fail_after(30):
        await store.write(appending("a", "hasty"))
    assert not patient.done()
    other.rollback()
    other.close()
    await patient
    assert (await block(store, "a")).value == "patient"


async def test_nothing_is_written_to_a_file_that_is_gone(opener: Opener, db: Path) -> None:
    """Removed or replaced while it was open: refused, never acknowledged into nothing."""
    store = await opener()
    await made(store, "a")
    assert store.is_current()
    for beside in db.parent.glob("memory.db*"):
        beside.unlink()
    assert not store.is_current()
    with pytest.raises(CorruptError, match="was removed or replaced while it was open"):
        await store.write(appending("a", "x"))
    new = await opener()
    with pytest.raises(CorruptError, match="was removed or replaced"):
        await store.write(appending("a", "x"))
    assert await new.read(lambda v: v.head(MAIN)) == 0


async def test_nothing_is_written_to_a_file_that_a_newer_program_upgraded(
    opener: Opener, db: Path
) -> None:
    """It would not know what to keep; it says to restart."""
    store = await opener()
    await made(store, "a")
    newer = Connection(db)
    newer.script("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(CorruptError, match=r"upgraded by a newer tokenspace \(format 99\)"):
        await store.write(appending("a", "x"))


TAMPERING = [
    "UPDATE change SET reason = 'other' WHERE number = 2",
    "UPDATE change SET author_id = author_id + 1 WHERE number = 2",
    "UPDATE change SET at = at + 1 WHERE number = 2",
    "UPDATE change SET request_id = 'k' WHERE number = 2",
    "UPDATE block_version SET label = 'b' WHERE change = 2",
    "UPDATE block_version SET version = zeroblob(16) WHERE change = 2",
    "UPDATE about SET hash = zeroblob(16)",
    "DELETE FROM block_version WHERE change = 2",
]


@pytest.mark.parametrize("sql", TAMPERING)
async def test_a_changed_history_is_noticed(opener: Opener, db: Path, sql: str) -> None:
    """The chain of hashes names the change that was tampered with."""
    store = await opener()
    for n, name in enumerate("abc"):
        by = replace(BY, author=replace(ADA, user=name), reason=f"because {n}")
        await store.write(recording(draft(name, name), draft(name + "2", "x"), by=by))
    assert verify(db).findings == ()
    other = Connection(db)
    other.script("PRAGMA foreign_keys = OFF")
    other.execute(sql)
    other.close()
    assert any(re.search(r"change:? 2\b|changes: 1, 2\b", found) for found in verify(db).findings)
