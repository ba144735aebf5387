"""What search looks through follows every edit of a block, however it is edited."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory import Space
from tokenspace.memory.querying import Scope
from tokenspace.memory.store import verify
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.terms import PARAGRAPH_CHARS

from .support import BY, opened

PARAGRAPH = "It was a long day. " * (PARAGRAPH_CHARS // 19 + 1)
lines = st.sampled_from(["a", "- b", "c d", "# One", "## Two", "", "---", PARAGRAPH])
texts = st.lists(lines, max_size=7).map("\n".join)
labels = st.sampled_from(["x", "y"])


def past(db: Path) -> list[str]:
    """Return the entries that were taken out, oldest first."""
    with closing(Connection(db, readonly=True)) as file:
        return [row["text"] for row in file.all("SELECT text FROM past ORDER BY id")]


@settings(max_examples=25)
@given(st.lists(st.tuples(labels, texts), min_size=1, max_size=12))
def test_any_edits_leave_search_with_what_there_is(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, str]]
) -> None:
    """Every entry once under its heading, nothing else; `verify` compares them all."""
    db = tmp_path_factory.mktemp("index") / "memory.db"

    async def scenario() -> None:
        async with opened(db) as space:
            for label, text in script:
                await space.rethink(label, text, BY)
                assert not (await space.search.find("", Scope(), 1)).why

    asyncio.run(scenario())
    assert verify(db).findings == ()


async def test_only_what_no_longer_stands_is_past(space: Space, db: Path) -> None:
    """Not what moved, nor one of several that are the same."""
    await space.rethink("x", "a\nb\nb\nc\n", BY)
    await space.rethink("x", "b\na\nc\n", BY)
    assert past(db) == []
    await space.rethink("x", "# Head\nb\na\n", BY)
    assert past(db) == ["c"]
    await space.rename("x", "y", BY)
    assert past(db) == ["c"]
    await space.rethink("y", "", BY)
    assert past(db) == ["c", "# Head", "b", "a"]


async def test_an_edit_of_a_long_block_writes_only_its_place(space: Space, db: Path) -> None:
    """The other entries keep their docs, and so their vectors."""
    await space.rethink("x", "".join(f"- fact {n}\n" for n in range(50)), BY)

    def docs() -> dict[str, int]:
        with closing(Connection(db, readonly=True)) as file:
            return {row["text"]: row["id"] for row in file.all("SELECT text, id FROM doc")}

    before = docs()
    await space.replace("x", "fact 7\n", "fact seven\n", BY)
    after = docs()
    assert {text for text, _ in before.items() ^ after.items()} == {"- fact 7", "- fact seven"}
