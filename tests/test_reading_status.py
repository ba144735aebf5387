"""What memory_status, its resource and `tokenspace status` say of blocks that nobody reads."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mcp import Client
from mcp_types import TextResourceContents

from tokenspace.memory import Draft
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.store.rows import stamp

from .shell import Shell, parsed, text
from .support import BY, opened
from .surface import client, said, value

HEADING = "that nobody has asked for in a month:"


async def grown_old(db: Path, *labels: str) -> None:
    """Make a space whose blocks were written 40 days ago, where reads are noted for 50."""
    then = datetime.now(UTC) - timedelta(days=40, minutes=1)
    async with opened(db, lambda: then) as space:
        for label in labels:
            await space.create(Draft(uid=None, label=label, value=f"- Of {label}.\n"), BY)
    file = Connection(db)
    file.execute("UPDATE migration SET at = ?", (stamp(then - timedelta(days=10)),))
    file.close()


async def resource(memory: Client, uri: str) -> str:
    """Return the text of a resource."""
    (content,) = (await memory.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_status_names_what_was_never_read_and_what_to_do(db: Path) -> None:
    """Where stale things stand, in the tool and the resource; what is next is a call."""
    await grown_old(db, "drafts/old", "notes")
    async with client(db) as memory:
        answer = await said(memory, "memory_status")
        assert f"2 blocks {HEADING}\n" in answer
        assert "  never read: drafts/old (written 40 days ago)\n" in answer
        assert answer == await resource(memory, "memory://status")
        (step,) = answer.split("\nnext:\n")[1].splitlines()[:-1]
        assert step.startswith("  memory_read(label='drafts/old'): never read; keep it, or move")
        await said(memory, "memory_read", label="drafts/old")
        assert f"1 block {HEADING}\n  never read: notes (" in await said(memory, "memory_status")


@pytest.mark.parametrize(
    "way", ["label", "lines", "everything", "context", "block", "search", "prompt"]
)
async def test_whatever_shows_a_text_is_a_read(db: Path, way: str) -> None:
    """It counts at once, and for the next server too."""
    await grown_old(db, "notes")
    async with client(db) as memory:
        if way == "label":
            await said(memory, "memory_read", label="NOTES")
        elif way == "lines":
            await said(memory, "memory_read", label="notes", lines="1")
        elif way == "everything":
            await said(memory, "memory_read")
        elif way == "context":
            await resource(memory, "memory://context")
        elif way == "block":
            await value(memory, "notes")
        elif way == "search":
            assert "notes" in await said(memory, "memory_search", query="of notes")
        else:
            await memory.get_prompt("recall")
        assert HEADING not in await said(memory, "memory_status")
    async with client(db) as memory:
        assert HEADING not in await said(memory, "memory_status")


async def test_a_list_of_blocks_is_no_read(db: Path) -> None:
    """It has no texts; nor has the history."""
    await grown_old(db, "notes")
    async with client(db) as memory:
        await memory.list_resources()
        for uri in ("memory://blocks", "memory://changes", "memory://blocks/notes/history"):
            await resource(memory, uri)
        await said(memory, "memory_search", query="something else entirely")
        assert "never read: notes (" in await said(memory, "memory_status")


async def test_many_unread_blocks_stay_within_the_screen(db: Path) -> None:
    """They are counted; three are named."""
    await grown_old(db, *(f"{'long' * 20}{n}" for n in range(30)))
    async with client(db) as memory:
        answer = await said(memory, "memory_status")
    assert f"30 blocks {HEADING}\n" in answer
    assert answer.count("never read: ") == 3
    assert answer.count("\n") < 40


async def test_what_is_only_shown_is_told_and_left_alone(db: Path) -> None:
    """It may be there to be shown; nothing is to be done about it."""
    await grown_old(db, "one", "two")
    async with client(db) as memory:
        await said(memory, "memory_read")
        await said(memory, "memory_read", label="one")
        answer = await said(memory, "memory_status")
    assert f"1 block {HEADING}\n  only shown with all others: two (written 40 " in answer
    assert "next: nothing needs care." in answer


def test_a_person_sees_it_too_and_their_reads_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command to type, and as JSON; `show` and `search` read."""
    shell = Shell(tmp_path, monkeypatch)
    monkeypatch.setenv("TOKENSPACE_MODEL", "none")
    asyncio.run(grown_old(shell.db, "drafts/old", "notes", "plan"))

    def unread() -> list[str]:
        return [one["label"] for one in parsed(shell("status", "--json"))["unread"]]

    told = text(shell("status"))
    assert f"3 blocks {HEADING}\n" in told
    assert f"  tokenspace show drafts/old --db {shell.db}: never read; keep it" in told
    first = parsed(shell("status", "--json"))["unread"][0]
    assert (first["label"], first["why"], first["shown"]) == ("drafts/old", "never read", False)
    assert first["written"].endswith("Z")
    assert text(shell("show", "drafts/old")) == "- Of drafts/old.\n"
    assert unread() == ["notes", "plan"]
    assert "notes" in text(shell("search", "notes"))
    assert unread() == ["plan"]
    for command in ("blocks", "log"):
        assert "plan" in text(shell(command))
    assert unread() == ["plan"]
