"""The SQLite store, held to the contract, and what only a file of SQLite has."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tokenspace.memory.errors import CorruptError, LockedError
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore, sqlite
from tokenspace.memory.store.connector import Connection

from .store_contract import Opener, StoreContract, appending, block, draft, made, recording
from .store_contract_past import PastContract


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


async def test_a_writer_that_waits_too_long_says_so(
    opener: Opener, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that holds the lock is named as the reason; later the same call works."""
    store = await opener()
    await made(store, "a")
    monkeypatch.setattr(sqlite, "WAIT_FOR_LOCK_S", 0.01)
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
    """Versions that resemble each other are packed against one another."""
    store = await opener()
    text = "\n".join(f"{n}: {n * 7919 % 1009} is a fact worth keeping" for n in range(100))
    uid = (await made(store, "a", text)).uid
    for n in range(400):
        await store.write(recording(draft("a", f"{text}\nedit {n}", uid)))
    await store.close()
    file = Connection(db)
    size = int(file.scalar("PRAGMA page_count")) * int(file.scalar("PRAGMA page_size"))
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
