"""What is asked of a store while it is being closed."""

import asyncio
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import CorruptError
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.store.objects import Objects
from tokenspace.memory.store.worker import CLOSED, Worker

from .support import BY, opened


def looked(db: Connection, _: Objects) -> None:
    """Read something."""
    db.scalar("SELECT 1")


async def test_what_comes_behind_the_end_of_a_connection_is_refused_in_words(db: Path) -> None:
    """It is not run on a connection that is gone by then."""
    async with opened(db):
        worker = Worker(db, query_only=True)
        await worker
        closing = asyncio.create_task(worker.close())
        await asyncio.sleep(0)
        assert not closing.done()
        with pytest.raises(CorruptError, match=CLOSED):
            await worker.run(looked)
        await closing


async def test_who_goes_on_writing_does_not_keep_a_space_open(space: Space) -> None:
    """What was asked for before is done; the others are told that it is closed."""
    before = asyncio.create_task(space.insert("human", "likes tea", -1, BY))
    await asyncio.sleep(0)
    closing = asyncio.create_task(space.close())

    async def go_on(line: str) -> None:
        while True:
            await space.insert("human", line, -1, BY)

    async with asyncio.timeout(10):
        writers = [go_on(f"line {number}") for number in range(8)]
        ended = await asyncio.gather(*writers, return_exceptions=True)
        await closing
    assert {str(error) for error in ended} == {CLOSED}
    assert (await before).change is not None
