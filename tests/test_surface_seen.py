"""Nothing is overwritten unseen: what a write is made from, where it names no version."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from surface import client, refused, said, text, value

Pair = tuple[Client, Client]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    """Two clients of one space, whose block `topic` the first has written and both have read."""
    db = tmp_path / "memory.db"
    async with client(db) as one, client(db) as two:
        await said(one, "memory_rethink", label="topic", new_memory="a\nb\nc")
        await said(two, "memory_read")
        yield one, two


async def current(memory: Client) -> str:
    """Return the text of `topic` as a client with no session of its own would find it."""
    found = await memory.call_tool("memory_read", {"label": "topic", "at": "99"})
    assert found.is_error
    newest = text(found).split("newest is ")[1].rstrip(".")
    shown = await said(memory, "memory_read", label="topic", at=newest)
    rows = [row.partition("→") for row in shown.split("\n")]
    return "\n".join(line for number, arrow, line in rows if arrow and number.isdecimal())


async def test_nothing_is_overwritten_unseen(pair: Pair) -> None:
    """A write that names no version counts as made from what this client was last shown."""
    one, two = pair
    await said(one, "memory_replace", label="topic", old_string="b", new_string="B")
    answer = await refused(two, "memory_rethink", label="topic", new_memory="a\nmine\nc")
    assert "has changed since version" in answer
    assert "2→B" in answer
    answer = await refused(two, "memory_replace", label="topic", old_string="a\nb", new_string="x")
    assert answer.endswith("There it now reads:\n1→a\n2→B\n3→c")
    answer = await said(two, "memory_rethink", label="topic", new_memory="a\nb\nc\nd")
    assert "on top of what was changed" in answer
    assert await value(two, "topic") == "a\nB\nc\nd"
    answer = await refused(one, "memory_delete", label="topic")
    assert "read it again before you delete it" in answer


async def test_line_numbers_mean_the_text_that_was_read(pair: Pair) -> None:
    """An insert after line 2 goes after that line, wherever others have moved it to."""
    one, two = pair
    await said(one, "memory_insert", label="topic", new_string="top", insert_line=0)
    await said(two, "memory_insert", label="topic", new_string="after b", insert_line=2)
    assert await value(two, "topic") == "top\na\nb\nafter b\nc"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("memory_insert", {"label": "topic", "new_string": "mine"}),
        ("memory_replace", {"label": "topic", "old_string": "c", "new_string": "mine"}),
        ("memory_patch", {"patch": "*** Update Block: topic\n c\n+mine\n"}),
        ("memory_rethink", {"label": "topic", "new_memory": "a\nb\nc\nmine"}),
    ],
)
async def test_a_merged_write_does_not_show_what_others_did(
    pair: Pair, tool: str, arguments: dict[str, Any]
) -> None:
    """Its answer shows one place only: the whole block must be read before it is rewritten."""
    one, two = pair
    await said(one, "memory_insert", label="topic", new_string="theirs", insert_line=0)
    assert "on top of what was changed" in await said(two, tool, **arguments)
    for call, more in (
        ("memory_rethink", {"new_memory": "a\nb\nc\nmine\nmore"}),
        ("memory_delete", {}),
    ):
        answer = await refused(two, call, label="topic", **more)
        assert answer == (
            "Block topic has text that you have not been shown whole; read it first: "
            "memory_read(label='topic'), and pass the version that it shows as expected_version."
        )
    assert (await current(two)).startswith("theirs\na\nb\n")
    await said(two, "memory_read", label="topic")
    await said(two, "memory_rethink", label="topic", new_memory="mine")
    assert await value(two, "topic") == "mine"


async def test_own_edits_of_a_seen_text_leave_it_seen(pair: Pair) -> None:
    """One reading is enough for any number of edits, as long as nobody else writes."""
    _, two = pair
    await said(two, "memory_insert", label="topic", new_string="d")
    await said(two, "memory_replace", label="topic", old_string="b", new_string="B")
    await said(two, "memory_describe", label="topic", description="letters")
    await said(two, "memory_rename", label="topic", new_label="letters")
    await said(two, "memory_rethink", label="letters", new_memory="z")
    await said(two, "memory_rethink", label="letters", new_memory="y")
    assert await value(two, "letters") == "y"


async def test_a_part_that_was_read_is_not_the_whole(pair: Pair) -> None:
    """Lines count as that version's, but a rewrite is still made from what was read whole."""
    one, two = pair
    await said(one, "memory_insert", label="topic", new_string="top\ntop 2", insert_line=0)
    assert "3→a" in await said(two, "memory_read", label="topic", lines="3")
    await said(two, "memory_insert", label="topic", new_string="after a", insert_line=3)
    assert await current(two) == "top\ntop 2\na\nafter a\nb\nc"
    assert "read it first" in await refused(two, "memory_delete", label="topic")
    await said(two, "memory_read", label="topic", lines="1-6")
    await said(two, "memory_delete", label="topic")


async def test_a_rewrite_after_a_part_was_read_keeps_what_others_did(pair: Pair) -> None:
    """The three-way merge takes the version that was read whole as its base."""
    one, two = pair
    await said(one, "memory_insert", label="topic", new_string="theirs", insert_line=0)
    await said(two, "memory_read", label="topic", lines="4")
    await said(two, "memory_rethink", label="topic", new_memory="a\nb\nC")
    assert await current(two) == "theirs\na\nb\nC"


async def test_a_block_that_was_cut_in_the_context_is_not_seen(tmp_path: Path) -> None:
    """What a read of everything leaves out cannot be rewritten; what follows an empty one can."""
    db = tmp_path / "memory.db"
    async with client(db) as one, client(db) as two:
        await said(one, "memory_insert", label="human", new_string="short")
        await said(one, "memory_insert", label="persona", new_string="x\n" * 40_000)
        assert "more lines: memory_read(label='persona')" in await said(two, "memory_read")
        await two.read_resource("memory://context")
        await two.get_prompt("recall")
        answer = await refused(two, "memory_rethink", label="persona", new_memory="y")
        assert "read it first" in answer
        await said(two, "memory_rethink", label="human", new_memory="y")
        await said(two, "memory_rethink", label="project", new_memory="y")


async def test_a_block_that_was_never_shown_is_not_rewritten(pair: Pair, tmp_path: Path) -> None:
    """Unless it is empty, or the version that is rewritten is named."""
    async with client(tmp_path / "memory.db") as new:
        patch = "*** Delete Block: topic\n"
        for tool, arguments in (
            ("memory_rethink", {"label": "topic", "new_memory": "x"}),
            ("memory_delete", {"label": "topic"}),
            ("memory_patch", {"patch": patch}),
        ):
            assert "read it first" in await refused(new, tool, **arguments)
        await said(new, "memory_rethink", label="human", new_memory="x")
        shown = await said(pair[0], "memory_read", label="topic")
        version = shown.split(" ")[0].split("@")[1]
        await said(new, "memory_rethink", label="topic", new_memory="x", expected_version=version)
        assert await value(pair[1], "topic") == "x"


async def test_a_deleted_block_can_be_made_anew(pair: Pair) -> None:
    """Another's deletion is told once; then the label is free. One's own is known."""
    one, two = pair
    await said(one, "memory_delete", label="topic")
    answer = await refused(two, "memory_rethink", label="topic", new_memory="x")
    assert "Block topic was deleted in change 3 by ada" in answer
    assert answer.endswith("To make a new one, call again without a version.")
    assert "created (change 4)" in await said(two, "memory_rethink", label="topic", new_memory="x")
    await said(two, "memory_patch", patch="*** Update Block: topic\n*** Move to: else\n")
    assert "created" in await said(two, "memory_rethink", label="topic", new_memory="y")
    await said(two, "memory_patch", patch="*** Delete Block: topic\n")
    assert "created" in await said(two, "memory_rethink", label="topic", new_memory="z")


async def test_another_block_under_the_label_is_not_taken_for_the_one_read(pair: Pair) -> None:
    """The refusal says so with versions as they are shown, and a reading mends it."""
    one, two = pair
    await said(one, "memory_delete", label="topic")
    await said(one, "memory_create", label="topic", description="d", value="other")
    answer = await refused(two, "memory_rethink", label="topic", new_memory="x")
    assert "was replaced by another block since you read it" in answer
    assert not any(len(word.strip(".,;")) > 20 for word in answer.split())
    await said(two, "memory_read", label="topic")
    await said(two, "memory_rethink", label="topic", new_memory="x")
