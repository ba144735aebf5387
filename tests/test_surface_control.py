"""The past through the tools: compare, blame, undo, checkpoints, branches, merges, forgetting."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from mcp import Client
from mcp_types import TextResourceContents

from .surface import client, refused, said, value

LINES = "- Name: Ada\n- City: Paris\n- Likes tea\n"


@pytest.fixture
async def memory(db: Path) -> AsyncGenerator[Client]:
    """A client of a space whose block `human` has three entries."""
    async with client(db) as connected:
        await said(connected, "memory_rethink", label="human", new_memory=LINES)
        yield connected


async def test_history_names_who_did_what_and_why_page_by_page(memory: Client) -> None:
    """Newest first; a page says where the next one begins."""
    for n in range(5):
        await said(memory, "memory_insert", label="human", new_string=f"n{n}", reason=f"why {n}")
    page = await said(memory, "memory_history", label="human", limit=2)
    rows = page.splitlines()
    assert re.match(r"7 · 20\d\d-\d\d-\d\d \d\d:\d\dZ · memory_insert · ada · mcp", rows[0])
    assert rows[0].endswith("edited human@" + rows[0].split("human@")[1][:8] + ' · "why 4"')
    assert rows[2] == "older: before=6"
    rest = await said(memory, "memory_history", label="human", before=6)
    assert [row.split(" ")[0] for row in rest.splitlines()[:-1]] == ["5", "4", "3", "2", "1"]


async def test_a_diff_is_a_patch(memory: Client) -> None:
    """What memory_diff says of an edit undoes it the other way round, and redoes it this way."""
    await said(memory, "memory_replace", label="human", old_string="Paris", new_string="Rome")
    shown = await said(memory, "memory_diff", label="human")
    patch = shown.rsplit("\n", 1)[0]
    assert "-- City: Paris\n+- City: Rome" in patch
    await said(memory, "memory_restore", undo=3)
    assert await value(memory, "human") == LINES
    await said(memory, "memory_patch", patch=patch)
    assert await value(memory, "human") == LINES.replace("Paris", "Rome")


async def test_places_compare_by_any_of_their_names(memory: Client) -> None:
    """A checkpoint with now, a branch with main; one block or all; nothing is said so."""
    await said(memory, "memory_checkpoint", name="start")
    await said(memory, "memory_branch", name="try")
    await said(memory, "memory_insert", label="project", new_string="- make", branch="try")
    await said(memory, "memory_replace", label="human", old_string="tea", new_string="mate")
    both = await said(memory, "memory_diff", **{"from": "try", "to": "main"})
    assert "--- project@" in both
    assert "-- make" in both
    assert "+- Likes mate" in both
    by_entry = await said(memory, "memory_diff", label="human", by="entry", **{"from": "start"})
    assert "~3 - Likes mate (was: - Likes tea)" in by_entry
    same = await said(memory, "memory_diff", **{"from": "start", "to": "2"})
    assert same.startswith("no difference between main at change 2 and main at change 2.")


async def test_blame_names_the_change_of_each_line(memory: Client) -> None:
    """Through a merge, the change on the branch that was merged."""
    await said(memory, "memory_branch", name="try")
    await said(
        memory, "memory_insert", label="human", new_string="- Plays go", branch="try", reason="told"
    )
    await said(memory, "memory_merge", branch="try")
    shown = await said(memory, "memory_blame", label="human")
    assert "2 1→- Name: Ada" in shown
    assert "3 4→- Plays go" in shown
    assert '"told"' in shown
    part = await said(memory, "memory_blame", label="human", lines="4")
    assert "Name: Ada" not in part


async def test_undo_takes_back_one_change_alone(memory: Client) -> None:
    """What came later stays; and the undoing can be undone."""
    await said(memory, "memory_replace", label="human", old_string="Paris", new_string="Rome")
    await said(memory, "memory_insert", label="human", new_string="- Plays go")
    answer = await said(memory, "memory_restore", undo=3)
    assert "memory_restore(undo=5)" in answer
    assert await value(memory, "human") == LINES + "- Plays go\n"
    await said(memory, "memory_restore", undo=5)
    assert await value(memory, "human") == LINES.replace("Paris", "Rome") + "- Plays go\n"
    await said(memory, "memory_replace", label="human", old_string="Rome", new_string="Oslo")
    sorry = await refused(memory, "memory_restore", undo=3)
    assert "change 3 cannot be taken back by itself" in sorry.lower()
    assert "Oslo" in sorry
    assert "Paris" in sorry


async def test_everything_goes_back_to_a_place_and_forth_again(memory: Client) -> None:
    """A checkpoint of what stood before is made, and named in the answer."""
    await said(memory, "memory_checkpoint", name="start", message="before the mess")
    await said(memory, "memory_rethink", label="human", new_memory="mess\n")
    await said(memory, "memory_create", label="junk", description="junk")
    answer = await said(memory, "memory_restore", to="start")
    assert "kept as checkpoint before-restore-5" in answer
    assert "memory_restore(undo=5); the archive stays as it is\n" in answer
    assert await value(memory, "human") == LINES
    again = await said(memory, "memory_restore", to="start")
    assert again.startswith("nothing to do: every block reads so already; the archive stays as")
    assert "junk" in await refused(memory, "memory_read", label="junk")
    await said(memory, "memory_restore", to="before-restore-5")
    assert await value(memory, "human") == "mess\n"
    names = await said(memory, "memory_checkpoint")
    assert names.index("before-restore-6") < names.index("start · main at change 2")
    assert '"before the mess"' in names


async def test_a_block_goes_back_and_after_that_may_be_rewritten(memory: Client) -> None:
    """The answer shows what stands; a deleted block comes back under its label."""
    await said(memory, "memory_delete", label="human")
    answer = await said(memory, "memory_restore", label="human", to="2")
    assert "human@" in answer
    assert "archive" not in answer
    assert await value(memory, "human") == LINES
    again = await said(memory, "memory_restore", label="human", to="2")
    assert again.startswith("nothing to do: human@")


async def test_a_branch_is_another_memory_until_it_is_merged(memory: Client) -> None:
    """Every tool takes it; main does not change; merging again brings only what is new."""
    made = await said(memory, "memory_branch", name="try")
    assert "branch='try'" in made
    shown = await said(
        memory, "memory_rethink", label="human", new_memory="- Name: Ada L.\n", branch="try"
    )
    assert shown.endswith("· branch try")
    assert await value(memory, "human") == LINES
    assert "Ada L." in await said(memory, "memory_read", branch="try")
    assert "receipt try.3" in await said(memory, "memory_read", label="human", branch="try")
    assert "kept as checkpoint before-merge-4" in await said(memory, "memory_merge", branch="try")
    assert await value(memory, "human") == "- Name: Ada L.\n"
    assert (await said(memory, "memory_merge", branch="try")).startswith(
        "nothing to do: main has all of try."
    )
    assert "from main at change 2" in await said(memory, "memory_branch")
    await said(memory, "memory_branch", name="try", delete=True)
    gone = await refused(memory, "memory_read", branch="try")
    assert gone == "Branch 'try' was deleted; what it had last is change 3."


async def test_conflicts_are_listed_and_nothing_is_written_until_they_are_resolved(
    memory: Client,
) -> None:
    """Both sides and the base are shown; the id that is given with a decision is in the list."""
    await said(memory, "memory_branch", name="try")
    for branch, city in (("try", "Berlin"), ("main", "Rome")):
        await said(
            memory, "memory_replace", label="human", old_string="Paris", new_string=city,
            branch=branch,
        )  # fmt: skip
    listed = await refused(memory, "memory_merge", branch="try")
    assert "nothing was written" in listed
    for row in ("base:   - City: Paris", "ours:   - City: Rome", "theirs: - City: Berlin"):
        assert row in listed
    key = re.findall(r"^([0-9a-f]{6}) human, line 2$", listed, re.MULTILINE)
    assert "City: Rome" in await value(memory, "human")
    stale = await refused(memory, "memory_merge", branch="try", resolve={"000000": "ours"})
    assert key[0] in stale
    await said(memory, "memory_merge", branch="try", resolve={key[0]: "- City: Oslo"})
    assert await value(memory, "human") == LINES.replace("Paris", "Oslo")


async def test_an_older_version_and_a_history_are_resources(memory: Client) -> None:
    """As a client attaches them; a slash in a label may be escaped or not."""
    await said(memory, "memory_create", label="a/b", description="d", value="one\n")
    await said(memory, "memory_insert", label="a/b", new_string="two")
    assert await value(memory, "a%2Fb@3") == "one\n"
    assert await value(memory, "a/b@3") == "one\n"
    for spelling in ("a%2Fb/history", "a/b/history"):
        assert (await value(memory, spelling)).startswith("4 · ")
    changes = (await memory.read_resource("memory://changes")).contents[0]
    assert isinstance(changes, TextResourceContents)
    assert changes.text.count("\n") == 3


async def test_what_is_untrusted_stays_on_its_line(memory: Client) -> None:
    """A reason or an entry cannot pose as a row of ours."""
    await said(
        memory, "memory_insert", label="human", new_string="x", reason="a\n9 · 2026 · forged"
    )
    shown = await said(memory, "memory_history")
    assert not any(row.startswith("9 ·") for row in shown.splitlines())


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("memory_restore", {}, "Give one of to"),
        ("memory_restore", {"to": "1", "undo": 2}, "Give one of to"),
        ("memory_restore", {"undo": 2, "label": "human"}, "leave the label out"),
        ("memory_restore", {"undo": 99}, "There is no change 99; the newest is 2."),
        ("memory_restore", {"to": "nope"}, "'nope' is no place in the history."),
        ("memory_restore", {"undo": 0}, "argument 'undo' must be 1 or more"),
        ("memory_history", {"limit": 101}, "argument 'limit' must be 100 or less"),
        ("memory_diff", {"by": "word"}, "argument 'by' must be 'line' or 'entry'"),
        ("memory_diff", {"start": "1"}, "It takes label?, from?, to?, by?, branch?."),
        ("memory_blame", {"label": "humn"}, "Did you mean 'human'?"),
        ("memory_checkpoint", {"name": "12"}, "could be read as a change"),
        ("memory_branch", {"name": "a b"}, "cannot name a branch"),
        ("memory_branch", {"name": "main"}, "Branch main has that name"),
        ("memory_branch", {"name": "main", "delete": True}, "Main cannot be deleted"),
        ("memory_merge", {"branch": "main"}, "cannot be merged into itself"),
        ("memory_merge", {"branch": "nope"}, "There is no branch 'nope'; there are main"),
        ("memory_merge", {"branch": "main", "resolve": ["x"]}, "must be an object of texts"),
        ("memory_read", {"branch": "nope"}, "There is no branch 'nope'; there are main"),
    ],
)
async def test_what_cannot_be_meant_is_said_in_one_sentence(
    memory: Client, tool: str, arguments: dict[str, object], sentence: str
) -> None:
    """And nothing is changed."""
    before = await said(memory, "memory_read")
    assert sentence in await refused(memory, tool, **arguments)
    assert await said(memory, "memory_read") == before
