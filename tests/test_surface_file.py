"""What becomes of a server whose file is removed or replaced under it."""

from pathlib import Path

import pytest
from surface import ERAS, Era, client, said, value


def remove(folder: Path, pattern: str) -> None:
    """Remove files under the server's feet."""
    for file in folder.glob(pattern):
        file.unlink()


@pytest.mark.parametrize("era", ERAS)
async def test_a_removed_file_is_made_anew_and_nothing_is_lost_silently(
    tmp_path: Path, era: Era
) -> None:
    """`git clean` takes the folder away: what is acknowledged next is on disk again."""
    db = tmp_path / "memory.db"
    async with client(db, era) as memory:
        await said(memory, "memory_insert", label="human", new_string="before")
        remove(tmp_path, "memory.db*")
        await said(memory, "memory_insert", label="human", new_string="after")
        assert await value(memory, "human") == "after"
        async with client(db, era) as other:
            assert await value(other, "human") == "after"


async def test_a_replaced_file_is_the_one_that_is_read(tmp_path: Path) -> None:
    """Whoever puts another space at the path finds that one served."""
    here, there = tmp_path / "memory.db", tmp_path / "other.db"
    async with client(there) as other:
        await said(other, "memory_insert", label="human", new_string="the other space")
    async with client(here) as memory:
        await said(memory, "memory_insert", label="human", new_string="this space")
        remove(tmp_path, "memory.db-*")
        there.replace(here)
        assert await value(memory, "human") == "the other space"
        await said(memory, "memory_insert", label="human", new_string="and more")
        assert await value(memory, "human") == "the other space\nand more"
