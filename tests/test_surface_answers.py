"""What a tool says of a write: the place, what is lost, what could go, and how to read it back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from surface import client, refused, said


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a new space."""
    async with client(tmp_path / "memory.db") as connected:
        yield connected


async def test_a_rewrite_is_answered_with_what_it_lost(memory: Client) -> None:
    """Entries of the old text that the new one lacks are listed, with where to find them."""
    await said(memory, "memory_rethink", label="human", new_memory="- Ada\n- Rome\n- tea\n")
    old = (await said(memory, "memory_read", label="human")).split(" ")[0].split("@")[1]
    answer = await said(memory, "memory_rethink", label="human", new_memory="* ada\n* coffee\n")
    assert "kept 1 of 3 entries" in answer
    assert "line 2 unaccounted: Rome\nline 3 unaccounted: tea" in answer
    assert f"memory_read(label='human', at='{old}')" in answer
    assert "2→- Rome" in await said(memory, "memory_read", label="human", at=old)


async def test_a_single_entry_that_a_rewrite_loses_is_named(memory: Client) -> None:
    """In a patch too; a line that memory_replace rewrites is no loss, two that vanish are."""
    await said(memory, "memory_rethink", label="human", new_memory="Ada\nRome\ntea\ncake\n")
    answer = await said(memory, "memory_rethink", label="human", new_memory="Ada\nRome\ntea\n")
    assert "kept 3 of 4 entries" in answer
    assert "\nline 4 unaccounted: cake\n" in answer
    patch = "*** Update Block: human\n-tea\n+mate\n"
    assert "\nline 3 unaccounted: tea\n" in await said(memory, "memory_patch", patch=patch)
    answer = await said(
        memory, "memory_replace", label="human", old_string="mate", new_string="cacao"
    )
    assert "unaccounted" not in answer
    answer = await said(
        memory, "memory_replace", label="human", old_string="Rome\ncacao\n", new_string=""
    )
    assert "line 2 unaccounted: Rome\nline 3 unaccounted: cacao" in answer
    answer = await said(memory, "memory_rethink", label="human", new_memory="Eve")
    assert "kept 0 of 1 entry. Not" in answer


async def test_a_line_of_a_value_stays_one_line_of_the_answer(memory: Client) -> None:
    """Only a line feed ends a line: nothing in a value can pose as a line of ours."""
    odd = "a\u2028space x\x85space y\x0bspace z\rspace w"
    answer = await said(memory, "memory_insert", label="human", new_string=odd + "\nb\n")
    assert f"\n1→{odd}\n2→b\n" in answer
    answer = await said(memory, "memory_rethink", label="human", new_memory="b\n")
    assert "\nline 1 unaccounted: a space x space y space z space w\n" in answer
    described = await said(
        memory, "memory_describe", label="human", description="a\nspace\u2028x", tags=["a\nb"]
    )
    assert "\nabout: a space x\ntags: a b\nspace memory" in described


async def test_an_over_full_block_is_kept_and_says_what_could_go(memory: Client) -> None:
    """The limit is a budget: the edit stands, marked, with the longest lines named."""
    await said(memory, "memory_create", label="small", description="d", limit=20)
    answer = await said(memory, "memory_insert", label="small", new_string="x" * 30 + "\nshort")
    assert "16 characters over its limit" in answer
    assert "line 1 (31)" in answer
    assert 'over_limit="true"' in await said(memory, "memory_read")


async def test_only_a_new_text_is_told_what_could_go(memory: Client) -> None:
    """A description or a label is not the reason why a block is over its limit."""
    await said(memory, "memory_create", label="small", description="d", limit=1, value="ab")
    answer = await said(memory, "memory_insert", label="small", new_string="c")
    assert "saved, but 3 characters over its limit" in answer
    answer = await said(memory, "memory_replace", label="small", old_string="b\nc", new_string="b")
    assert "saved, but 1 character over its limit" in answer
    answer = await said(memory, "memory_describe", label="small", description="e", tags=["x", "y"])
    assert "described (change 5) · 2 of 1 characters, 1 over" in answer
    assert "\nabout: e\ntags: x, y\nspace" in answer
    assert "saved" not in answer
    answer = await said(memory, "memory_rename", label="small", new_label="tiny")
    assert "renamed from small" in answer
    assert "saved" not in answer


async def test_a_deletion_says_how_to_read_it_back(memory: Client) -> None:
    """With the very call; a second deletion names the label, a reading tells what happened."""
    await said(memory, "memory_create", label="topic", description="d", value="text")
    answer = await said(memory, "memory_delete", label="topic")
    call = answer.split("memory_read(label='topic', at='")[1].split("'")[0]
    assert "1→text" in await said(memory, "memory_read", label="topic", at=call)
    answer = await said(memory, "memory_delete", label="topic")
    assert answer.startswith("nothing to do: topic is deleted already.\nspace ")
    patch = "*** Delete Block: topic\n"
    assert "is gone already" in await said(memory, "memory_patch", patch=patch)
    answer = await refused(memory, "memory_read", label="topic")
    assert answer.startswith("Block topic was deleted in change 3 by ada · mcp")
    assert answer.endswith("it is still readable: memory_read(label='topic', at='2').")
    assert "1→text" in await said(memory, "memory_read", label="topic", at="2")


async def test_undoing_in_the_archive_says_what_it_did_there(memory: Client) -> None:
    """By the passages' names, as no block reads otherwise."""
    await said(memory, "memory_archive", text="Rent is 900.")
    for undone, did in ((2, "deleted"), (3, "filed")):
        answer = await said(memory, "memory_restore", undo=undone)
        assert answer.startswith(f"p1 {did} (change {undone + 1})\n")
        assert f"memory_restore(undo={undone + 1})" in answer
    await said(memory, "memory_archive", id="p1", text="Rent is 950.")
    answer = await said(memory, "memory_restore", undo=5)
    assert answer.startswith("p1 edited (change 6)\n")


async def test_a_collapse_is_said_in_the_first_line(memory: Client) -> None:
    """A rewrite that keeps under a third of the entries was perhaps not meant."""
    lines = "\n".join(f"- fact number {n}" for n in range(20, 29))
    await said(memory, "memory_rethink", label="human", new_memory=lines)
    answer = await said(memory, "memory_rethink", label="human", new_memory="- fact number 20")
    assert answer.startswith("collapse: 1 of 9 entries are left · human@")


async def test_losses_are_confirmed_or_put_back_by_one_call(memory: Client) -> None:
    """With drop, now or later; or all that a change lost at once."""
    await said(memory, "memory_rethink", label="human", new_memory="- has a cat\n- lives in Rome\n")
    answer = await said(memory, "memory_rethink", label="human", new_memory="- has a cat\n")
    assert "drop=[…]" in answer
    number = answer.split("(change ")[1].split(")")[0]
    back = await said(memory, "memory_restore", lost=number)
    assert "2→- lives in Rome" in back
    again = {"label": "human", "new_memory": "- has a cat\n"}
    assert "Rome" not in await said(memory, "memory_rethink", drop=["lives in Rome"], **again)
    await said(memory, "memory_restore", undo=int(number) + 2)
    assert "unaccounted" in await said(memory, "memory_rethink", **again)
    answer = await said(memory, "memory_rethink", drop=["*"], **again)
    assert "noted that it may go: - lives in Rome" in answer


async def test_a_new_block_names_the_one_that_was_perhaps_meant(memory: Client) -> None:
    """A slip in the label must not split a topic; a part of a topic is no slip."""
    answer = await said(memory, "memory_rethink", label="brand/new", new_memory="x")
    assert "made a new block" not in answer
    answer = await said(memory, "memory_rethink", label="brand-new", new_memory="x")
    assert "\nmade a new block; nearest existing: 'brand/new'\n" in answer
    answer = await said(memory, "memory_rethink", label="project/tests", new_memory="x")
    assert "made a new block" not in answer
    answer = await said(memory, "memory_rethink", label="brand-new", new_memory="y")
    assert "made a new block" not in answer


async def test_a_cursor_of_any_length_is_answered(memory: Client) -> None:
    """Five thousand digits are no number that this server gave."""
    with pytest.raises(MCPError, match="the cursor is not one that this server gave"):
        await memory.list_resources(cursor="9" * 5_000)


async def test_every_answer_is_short_unless_a_long_one_was_asked_for(memory: Client) -> None:
    """At most 4 KB, however large the edit."""
    lines = "\n".join(f"line {n} " + "x" * 400 for n in range(250))
    for tool, key in (("memory_rethink", "new_memory"), ("memory_insert", "new_string")):
        answer = await said(memory, tool, **{"label": "human", key: lines})
        assert len(answer.encode()) <= 4_096
    answer = await said(memory, "memory_rethink", label="human", new_memory="gone")
    assert len(answer.encode()) <= 4_096
    answer = await said(memory, "memory_read", label="human", at="2", lines="10-12")
    assert answer.count("\n") < 10
