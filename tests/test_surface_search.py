"""Search as a client meets it: what it looks through, how it is filtered, what an answer holds."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from surface import client, refused, said


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a space with something of everything in it."""
    async with client(tmp_path / "memory.db") as connected:
        await said(
            connected,
            "memory_insert",
            label="project",
            new_string="# Deploys\n- We deploy on Mondays\n- Prices are in cents",
        )
        await said(
            connected, "memory_replace", label="project", old_string="Mondays", new_string="Fridays"
        )
        for text, tags, day in (
            ("Ada moved the deploy because of the outage.", ["ops", "Ada"], "2026-03-10"),
            ("The outage was a full disk on db-7.", ["ops"], "2026-03-09T23:30-02:00"),
            ("Ada drinks tea.", ["ada"], "2026-04-01"),
        ):
            await said(
                connected, "memory_archive", text=text, tags=tags, valid_from=day, source="notes"
            )
        await said(connected, "memory_episode", text="Deploy failed twice.", task="release")
        yield connected


async def hits(memory: Client, query: str, **arguments: Any) -> list[str]:
    """Return the names of what a search finds, best first."""
    result = await memory.call_tool("memory_search", {"query": query, **arguments})
    assert not result.is_error, result
    assert result.meta is not None
    return [hit["id"] for hit in result.meta["tokenspace/hits"]]


async def test_it_looks_at_all_that_holds_now(memory: Client) -> None:
    """Blocks by entry, archive and episodes; the past only when it is named."""
    assert {"project", "p1", "e4"} <= set(await hits(memory, "deploy"))
    assert set(await hits(memory, "deploy", **{"in": ["blocks"]})) == {"project"}
    assert "Mondays" not in await said(memory, "memory_search", query="Mondays")
    answer = await said(memory, "memory_search", query="Mondays", **{"in": ["history"]})
    assert "taken out by change 3\n→ - We deploy on Mondays" in answer


async def test_what_stands_again_is_not_past(memory: Client) -> None:
    """An entry that was brought back is found among blocks."""
    await said(memory, "memory_restore", undo=3)
    assert await hits(memory, "Mondays", **{"in": ["history"]}) == []
    assert "project" in await hits(memory, "Mondays")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"tags": ["OPS"]}, {"p1", "p2"}),
        ({"tags": ["ops", "ada"]}, {"p1", "p2", "p3"}),
        ({"tags": ["ops", "ada"], "match": "all"}, {"p1"}),
        ({"tags": ["nothing"]}, set[str]()),
        ({"source": "notes"}, {"p1", "p2", "p3"}),
        ({"since": "2026-03-10", "until": "2026-03-10"}, {"p1", "p2"}),
        ({"since": "2026-03-09-02:00", "until": "2026-03-09-02:00"}, {"p1", "p2"}),
        ({"until": "2026-03-09"}, set[str]()),
        ({"since": "2026-04", "until": "2026-04"}, {"p3"}),
        ({"since": "2026-03-10T00:30Z", "until": "2026-03"}, {"p2"}),
    ],
)
async def test_filters_hold_for_questions_and_for_lists(
    memory: Client, arguments: dict[str, object], found: set[str]
) -> None:
    """Tags in any case; a day, month or year is meant whole, in UTC or the zone that it names."""
    archived = {"in": ["archive"], **arguments}
    assert set(await hits(memory, "", **archived)) == found
    assert set(await hits(memory, "Ada outage tea", **archived)) == found


async def test_without_a_question_the_newest_come_first(memory: Client) -> None:
    """By when things began to hold, page by page."""
    assert await hits(memory, "", **{"in": ["archive"]}) == ["p3", "p2", "p1"]
    assert await hits(memory, "", limit=1, offset=1, **{"in": ["archive"]}) == ["p2"]
    answer = await said(memory, "memory_search", query=" ", limit=1)
    assert "newest first" in answer
    assert "more: offset=1" in answer


async def test_pages_hold_everything_once(memory: Client) -> None:
    """What a page leaves out is on the next; an answer is small however much is asked for."""
    for n in range(60):
        await said(memory, "memory_archive", text=f"Note {n}: the deploy went well. " + "x" * 400)
    seen: list[str] = []
    offset = 0
    while True:
        arguments: dict[str, Any] = {"query": "deploy", "limit": 50, "offset": offset}
        answer = await said(memory, "memory_search", **arguments)
        assert len(answer.encode()) <= 4_096
        seen += await hits(memory, **arguments)
        if "more: offset=" not in answer:
            break
        offset = int(answer.rpartition("more: offset=")[2].split()[0])
    assert len(seen) == len([name for name in seen if name == "project"]) + len(set(seen)) - 1
    assert {f"p{n}" for n in range(5, 65)} <= set(seen)


async def test_a_snippet_shows_the_place_that_answers(memory: Client) -> None:
    """Of a long text, what is around the words of the question."""
    filler = "Nothing of note happened that day. " * 60
    await said(memory, "memory_archive", text=f"{filler}The vault code is 7731.{filler}")
    answer = await said(memory, "memory_search", query="vault code")
    (line,) = [line for line in answer.split("\n") if "vault" in line]
    assert line.startswith("→ …")
    assert line.endswith("…")
    assert len(line) < 450


async def test_words_alone_say_so_and_what_mends_it(memory: Client) -> None:
    """One line, in the answer itself; programs read the mode."""
    result = await memory.call_tool("memory_search", {"query": "deploy"})
    assert result.meta is not None
    assert result.meta["tokenspace/mode"] == "lexical"
    answer = await said(memory, "memory_search", query="deploy")
    assert "by words only: " in answer
    assert "by words only: " in await said(memory, "memory_status")


@pytest.mark.parametrize(
    "query",
    ['"', "a OR", "NEAR(", "body:x", "^x*", "-", "who are you", "'; DROP TABLE doc; --", "%", "🙂",
     "x" * 9_000, "deploy " * 2_000, "٣", "ǅ", "\u200b", "a\nb"],
)  # fmt: skip
async def test_any_text_may_be_asked(memory: Client, query: str) -> None:
    """What is asked is words, never the syntax of an index."""
    await said(memory, "memory_search", query=query)


async def test_what_is_no_place_or_time_is_refused(memory: Client) -> None:
    """With what can be given."""
    assert "'blocks', 'archive'" in await refused(
        memory, "memory_search", query="x", **{"in": ["diary"]}
    )
    assert "is not a time" in await refused(memory, "memory_search", query="x", since="someday")
    assert "must be 50 or less" in await refused(memory, "memory_search", query="x", limit=99)
    answer = await refused(memory, "memory_search", query="x", offset=10**12)
    assert "'offset' must be 1000000 or less" in answer


async def test_a_block_that_is_renamed_or_deleted_is_found_as_it_is_now(memory: Client) -> None:
    """Its entries move with it; of a deleted one only the past knows."""
    await said(memory, "memory_rename", label="project", new_label="work")
    assert await hits(memory, "cents") == ["work"]
    await said(memory, "memory_delete", label="work")
    assert await hits(memory, "cents") == []
    assert await hits(memory, "cents", **{"in": ["history"]}) == ["work"]
    await said(memory, "memory_restore", undo=9)
    assert await hits(memory, "cents") == ["work"]


async def test_a_branch_is_found_when_it_is_merged(memory: Client) -> None:
    """Search looks at main."""
    await said(memory, "memory_branch", name="try")
    await said(memory, "memory_insert", label="human", new_string="Likes quokkas", branch="try")
    assert await hits(memory, "quokkas") == []
    await said(memory, "memory_merge", branch="try")
    assert await hits(memory, "quokkas") == ["human"]
