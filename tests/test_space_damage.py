"""A file that is damaged in one place: the rest of memory is there, and what is not says so."""

from pathlib import Path

import pytest

from tokenspace.memory.errors import CorruptError
from tokenspace.memory.store.connector import Connection

from .support import BY, opened, put, refusal, text
from .surface import client, refused, said


@pytest.fixture
async def damaged(db: Path) -> Path:
    """A space with two blocks, of which the text of `lost` is not what was put there."""
    async with opened(db) as space:
        await put(space, "kept\n", "kept")
        await put(space, "was here\n", "lost")
        await space.insert("lost", "and more\n", -1, BY)
    file = Connection(db)
    file.script("UPDATE object SET data = zeroblob(9) WHERE chars = 18")
    file.close()
    return db


async def test_everything_else_is_read(damaged: Path) -> None:
    """Among all blocks, the damaged one is named; older versions of it are still there."""
    async with opened(damaged) as space:
        context = await space.context()
        assert [b.label for b in context.blocks] == ["human", "persona", "project", "kept"]
        assert [b.label for b in context.damaged] == ["lost"]
        assert await text(space, "lost", "3") == "was here\n"
        await space.insert("kept", "more", -1, BY)
        refused = await refusal(space.read("lost"))
    assert isinstance(refused, CorruptError)
    assert "`tokenspace verify`" in str(refused)


async def test_others_are_rewritten_and_what_they_lose_is_known(damaged: Path) -> None:
    """The damaged one is left out of what is compared."""
    async with opened(damaged) as space:
        await space.rethink("kept", "- has two cats\n", BY, drop=["kept"])
        await space.rethink("kept", "", BY)
        assert [one.entry for one in (await space.review.report()).losses] == ["- has two cats"]


async def test_it_can_go_back_to_a_version_that_is_whole(damaged: Path) -> None:
    """No backup is needed for that; and then everything is read again."""
    async with opened(damaged) as space:
        await space.history.restore(BY, "3", "lost")
        assert await text(space, "lost") == "was here\n"
        assert (await space.context()).damaged == ()


async def test_a_model_is_told_what_it_does_not_see(damaged: Path) -> None:
    """It stands in its place among the others, with what a person can do."""
    async with client(damaged) as memory:
        shown = await said(memory, "memory_read")
        assert "kept" in shown
        assert '<block label="lost" damaged="true">' in shown
        assert "is damaged" in await refused(memory, "memory_read", label="lost")
