"""Entries that a new text may contradict or repeat, as an answer names them."""

import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from support import opened
from surface import client, said

from tokenspace.memory.rivals import Rival
from tokenspace.server.surface import rivals

SAMPLES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "contradictions.json").read_text("utf-8")
)
NAMED = re.compile(r"^line (\d+) of (\S+) (may say otherwise|may say the same|is like it):", re.M)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a new space."""
    async with client(tmp_path / "memory.db") as connected:
        yield connected


def named(answer: str) -> list[tuple[int, str]]:
    """Return the lines that an answer names, in its order, and their blocks."""
    return [(int(line), label) for line, label, _ in NAMED.findall(answer)]


async def filled(memory: Client) -> None:
    """Make a block of each topic's facts."""
    for number, topic in enumerate(SAMPLES["topics"]):
        text = "".join(f"- {fact}\n" for fact in topic["facts"])
        await said(memory, "memory_rethink", label=f"topic{number}", new_memory=text)


async def test_the_line_that_a_new_fact_contradicts_is_named_first(memory: Client) -> None:
    """In at least 95 of 100, by words alone: 30 facts in three blocks, and one change to each."""
    await filled(memory)
    right = 0
    for number, topic in enumerate(SAMPLES["topics"]):
        for change, line in topic["changes"]:
            label = f"topic{number}"
            answer = await said(memory, "memory_insert", label=label, new_string=f"- {change}")
            right += named(answer)[:1] == [(line, label)]
            await said(memory, "memory_replace", label=label, old_string=change, new_string="")
    assert right >= 0.95 * 30


async def test_what_is_new_is_answered_without_a_word_of_others(memory: Client) -> None:
    """An unrelated fact is hardly ever like another by chance: once in ten, at most."""
    await filled(memory)
    alarms: list[str] = []
    for fact in SAMPLES["unrelated"]:
        answer = await said(memory, "memory_insert", label="topic1", new_string=f"- {fact}")
        alarms += [fact] if "If so" in answer else []
    assert len(alarms) <= 1, alarms


async def test_the_answer_says_what_differs_and_what_to_do(memory: Client) -> None:
    """The line, its number, the words that differ; the line that was just added is not named."""
    await said(memory, "memory_insert", label="human", new_string="- City: Paris\n- Likes jazz.")
    answer = await said(memory, "memory_insert", label="human", new_string="- City: Rome")
    assert "line 1 of human may say otherwise: 1→City: Paris · Paris / Rome\n" in answer
    assert "If so: memory_replace it with what holds now, and remove the line just added." in answer
    assert named(answer) == [(1, "human")]


async def test_a_line_that_is_there_already_is_named_as_the_same(memory: Client) -> None:
    """In its own block and in others; also where the old text ends without a line ending."""
    await said(memory, "memory_rethink", label="human", new_memory="Ada works at Initech.")
    answer = await said(memory, "memory_insert", label="human", new_string="Ada works at Initech.")
    assert "line 1 of human may say the same: 1→Ada works at Initech." in answer
    answer = await said(
        memory, "memory_insert", label="project", new_string="* Ada works at Initech"
    )
    assert named(answer) == [(1, "human"), (2, "human")]


async def test_a_block_that_is_made_is_compared_with_the_others(memory: Client) -> None:
    """By memory_create and by memory_rethink; several new entries are told apart."""
    text = "- The deploy runs on Fridays at 15:00.\n- Ada's editor is Emacs.\n"
    await said(memory, "memory_create", label="one", description="x", value=text)
    other = "- The deploy runs on Mondays at 15:00.\n- Ada's editor is Vim.\n"
    for made in (
        await said(memory, "memory_create", label="two", description="x", value=other),
        await said(memory, "memory_rethink", label="three", new_memory=other),
    ):
        assert (1, "one") in named(made)
        assert (2, "one") in named(made)
        assert "as to 'The deploy runs on Mondays at 15:00.'" in made
    again = await said(memory, "memory_rethink", label="three", new_memory=other + "- More.\n")
    assert named(again) == []


async def test_a_passage_is_told_what_says_otherwise_apart_from_what_says_the_same(
    memory: Client,
) -> None:
    """Passages and lines of blocks; a line is told of passages as well."""
    first = "The lease ends in May. Notice is three months."
    await said(memory, "memory_archive", text=first)
    answer = await said(memory, "memory_archive", text=first.replace("May", "June"))
    assert "p1 may say otherwise: →The lease ends in May. · May / June" in answer
    assert "If so: correct it with its id, rather than keep both." in answer
    assert "perhaps the same" not in answer
    answer = await said(memory, "memory_archive", text=first.replace("Notice is", "Notice:"))
    assert "perhaps the same" in answer
    answer = await said(
        memory, "memory_insert", label="human", new_string="- The lease ends in July."
    )
    assert "p1 may say otherwise" in answer
    assert "memory_archive(id='p" in answer


async def test_what_was_said_already_is_not_said_again(memory: Client) -> None:
    """A call that is repeated under its key, and one that changes nothing, name nobody."""
    await said(memory, "memory_insert", label="human", new_string="- City: Paris")
    arguments = {"label": "human", "new_string": "- City: Rome"}
    key: Any = {"tokenspace/idempotency-key": "k"}
    first = await memory.call_tool("memory_insert", arguments, meta=key)
    assert "otherwise" in str(first.content)
    again = await memory.call_tool("memory_insert", arguments, meta=key)
    assert "otherwise" not in str(again.content)


def test_all_of_it_stays_short_and_on_lines_of_its_own() -> None:
    """A thousand bytes, however long the entries; what cannot be printed is written out."""
    found = [
        Rival(
            new="n" * 900,
            place="b" * 120,
            line=number,
            entry="é\x1b\n\u2028" * 300,
            kind="contradicts",
            differs=(("a" * 500, "b" * 500),) * 9,
            score=1.0,
        )
        for number in range(1, 6)
    ]
    told = rivals.rows(found)
    assert len("\n".join(told).encode()) <= rivals.MOST_BYTES
    assert told[-1].startswith("If so: ")
    assert all(row.isprintable() for row in told)
    assert rivals.rows([]) == []


async def test_a_failure_to_compare_is_logged_and_fails_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was written stands; here its branch is gone meanwhile."""
    async with opened(tmp_path / "memory.db") as space:
        with caplog.at_level(logging.ERROR):
            assert await rivals.superseded(space, "gone", "human", "- City: Rome", ()) == []
    assert "nothing was compared with what was written to human" in caplog.text
