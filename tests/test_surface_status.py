"""memory_status: how memory stands, on one screen, and what is worth doing next."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mcp import Client
from mcp_types import TextResourceContents
from support import because, opened
from surface import client, refused, said

from tokenspace.server.next_steps import WITH_CORE_TOOLS, WITH_TOOLS
from tokenspace.server.surface.answers import ANSWER_BYTES


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a new space."""
    async with client(tmp_path / "memory.db") as connected:
        yield connected


def section(answer: str, beginning: str) -> list[str]:
    """Return the lines that stand indented under the line that begins so."""
    rows = answer.split("\n")
    start = next(at for at, row in enumerate(rows) if row.startswith(beginning)) + 1
    ends = (at for at in range(start, len(rows)) if not rows[at].startswith("  "))
    return [row.strip() for row in rows[start : next(ends)]]


async def test_a_new_space_is_told_in_a_few_lines(memory: Client) -> None:
    """Sections stand there only where there is something; the space and how it was found is."""
    answer = await said(memory, "memory_status")
    assert answer.startswith("3 blocks, ≈0 tokens in every context, of 6,000\n")
    assert "archive: 0 passages, 0 episodes\n" in answer
    assert "search: by words only: " in answer
    assert section(answer, "next:") == [
        "memory_insert(label='human', new_string=…): begin with what you know of the person"
    ]
    assert answer.endswith("\nspace memory (named by --db)")
    assert answer.count("\n") < 8


async def test_nothing_to_do_is_said_too(memory: Client) -> None:
    """One entry, in order."""
    await said(memory, "memory_insert", label="human", new_string="- Likes jazz.")
    assert "next: nothing needs care.\n" in await said(memory, "memory_status")


async def test_clashes_are_named_with_their_lines_and_what_settles_them(memory: Client) -> None:
    """Contradictions, repeats; the call reads the line, and works as it stands."""
    await said(memory, "memory_insert", label="human", new_string="- Rent is 900 euros a month.")
    text = "- Rent is 950 euros a month.\n- Ada's editor is Emacs.\n* Ada's editor is Emacs\n"
    await said(memory, "memory_insert", label="project", new_string=text)
    answer = await said(memory, "memory_status")
    (clash,) = section(answer, "1 pair of entries may contradict each other:")
    assert "human 1→Rent is 900 euros a month." in clash
    assert "project 1→Rent is 950 euros a month." in clash
    (same,) = section(answer, "1 pair of entries may say the same:")
    assert "project 2→" in same
    settle, keep = section(answer, "next:")
    found = re.match(
        r"memory_read\(label='(\w+)', lines='(\d+)'\), then memory_replace the", settle
    )
    assert found, settle
    assert "1→- Rent is 9" in await said(memory, "memory_read", label=found[1], lines=found[2])
    assert "old_string" not in settle + keep
    assert keep.endswith("keep one")


async def test_what_is_too_long_is_named_with_what_shortens_it(memory: Client) -> None:
    """A block over its limit; a context over its budget."""
    await said(memory, "memory_insert", label="project", new_string="- x\n" * 1_300)
    answer = await said(memory, "memory_status")
    assert "  project ≈1,445 (5,200 of 5,000 characters) · 200 over its limit\n" in answer
    assert any(
        step.startswith("memory_rethink(label='project'") for step in section(answer, "next")
    )
    await said(memory, "memory_describe", label="project", limit=100_000)
    await said(memory, "memory_insert", label="project", new_string="- y\n" * 5_000)
    answer = await said(memory, "memory_status")
    assert re.search(r"≈[\d,]+ tokens in every context, of 6,000, [\d,]+ over\n", answer)
    assert any(step.startswith("memory_archive") for step in section(answer, "next:"))


async def test_what_a_rewrite_lost_is_named_until_it_is_put_back(memory: Client) -> None:
    """With the change, and the call that brings it back."""
    await said(
        memory, "memory_insert", label="human", new_string="- Allergic to nuts.\n- Likes tea."
    )
    await said(memory, "memory_rethink", label="human", new_memory="- Likes tea.\n")
    answer = await said(memory, "memory_status")
    (lost,) = section(answer, "1 entry left out by rewrites, unconfirmed:")
    assert lost == "change 3 of human: - Allergic to nuts."
    (step,) = section(answer, "next:")
    assert step.startswith("memory_restore(lost=3): ")
    await said(memory, "memory_restore", lost=3)
    assert "left out" not in await said(memory, "memory_status")


async def test_experience_that_nobody_learned_from_is_counted(memory: Client) -> None:
    """Ten episodes are worth a consolidation."""
    for number in range(10):
        await said(memory, "memory_episode", text=f"Try {number} hung.", task="upgrade")
    await said(memory, "memory_insert", label="human", new_string="- Likes tea.")
    answer = await said(memory, "memory_status")
    assert "archive: 0 passages, 10 episodes, 10 not learned from\n" in answer
    (step,) = section(answer, "next:")
    assert step.startswith("memory_consolidate(action='start'), or the prompt")
    await said(memory, "memory_consolidate", action="start")
    (step,) = section(await said(memory, "memory_status"), "next:")
    assert "consolidate-1 is under way; go on with it, or finish it" in step
    assert "start" not in step


async def test_a_small_profile_is_not_sent_to_tools_that_it_lacks(db: Path) -> None:
    """The prompt is everywhere."""
    async with client(db, profile="core") as memory:
        async with client(db) as other:
            for number in range(10):
                await said(other, "memory_episode", text=f"Deploy {number} hung.", task="deploy")
        shown = await said(memory, "memory_status")
        assert "the prompt consolidate" in shown
        assert "memory_consolidate" not in shown


def test_each_profile_is_told_of_its_own_tools_alone() -> None:
    """The small one has no memory_consolidate, and nothing that shows a change."""
    core = (WITH_CORE_TOOLS.tidy, WITH_CORE_TOOLS.go_on, *WITH_CORE_TOOLS.change(3))
    assert not re.search("memory_(?!restore)", " ".join(core))
    assert "memory_consolidate(action='start')" in WITH_TOOLS.tidy
    assert WITH_TOOLS.change(3)[0] == "memory_diff(to='3')"


async def test_what_takes_no_argument_says_so(memory: Client) -> None:
    """In a sentence that ends."""
    assert (await refused(memory, "memory_status", x=1)).endswith("'x'. It takes none.")


async def test_what_time_has_overtaken_is_named(tmp_path: Path) -> None:
    """Relative times that are past, and the oldest entries with their dates."""
    past = datetime.now(UTC) - timedelta(days=300)
    db = tmp_path / "memory.db"
    async with opened(db, lambda: past) as space:
        await space.insert("human", "- Meets Bob tomorrow.", -1, because("told"))
    async with client(db) as memory:
        answer = await said(memory, "memory_status")
    assert section(answer, "1 entry that time has overtaken:") == [
        "human 1→Meets Bob tomorrow. (says 'tomorrow')"
    ]
    assert section(answer, "1 entry older than half a year;") == [
        f"human ({past:%Y-%m-%d}) - Meets Bob tomorrow."
    ]


async def test_a_memory_in_disorder_is_told_on_one_screen(memory: Client) -> None:
    """All sections at once: under 40 lines and 4 KB, three steps; the resource says the same."""
    for number in range(12):
        text = "".join(
            f"- Server {host} restarts daily at {number:02}:00 until 2020-01-01 \x1b[31m.\n"
            for host in ("heron", "kestrel", "osprey")
        )
        long = "x" * 120
        await said(
            memory, "memory_create", label=f"{long}{number}", description="d", value=text, limit=9
        )
    await said(memory, "memory_rethink", label="project", new_memory="- One.\n- Two 2.\n")
    await said(memory, "memory_rethink", label="project", new_memory="- Three.\n")
    for number in range(12):
        await said(memory, "memory_episode", text=f"Try {number} hung.")
    answer = await said(memory, "memory_status")
    assert len(answer.encode()) <= ANSWER_BYTES
    assert answer.count("\n") < 40
    assert len(section(answer, "next:")) == 3
    assert "\x1b" not in answer
    (content,) = (await memory.read_resource("memory://status")).contents
    assert isinstance(content, TextResourceContents)
    assert content.text == answer
    listed = await memory.list_resources()
    assert "memory://status" in {str(resource.uri) for resource in listed.resources}


@pytest.mark.parametrize("same", [False, True])
async def test_a_suspect_among_tasks_that_differ_is_no_next_step(
    memory: Client, same: bool
) -> None:
    """It is told with its doubt; where a task is on both sides, what takes it back is next."""
    for late in (False, True):
        await said(memory, "memory_insert", label="project", new_string=f"- Works: {late}")
        await said(memory, "memory_read")
        for n in range(16):
            told = {"task": "deploy" if same else f"{late} {n}", "score": 0.0 if late else 1.0}
            await said(memory, "memory_outcome", **told)
    answer = await said(memory, "memory_status")
    assert "suspect: since change" in answer
    assert ("No task was done both before and after" in answer) is not same
    assert any("memory_restore(undo=" in step for step in section(answer, "next:")) is same
