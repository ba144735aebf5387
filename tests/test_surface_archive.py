"""The archive as a client meets it: passages and episodes are filed, corrected, taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import TextResourceContents
from surface import client, refused, said


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a new space."""
    async with client(tmp_path / "memory.db") as connected:
        yield connected


async def whole(memory: Client, name: str) -> str:
    """Return what a passage's address leads to."""
    (content,) = (await memory.read_resource(f"memory://archive/{name}")).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_a_passage_is_filed_under_a_name_that_finds_it_again(memory: Client) -> None:
    """The answer names it; the name leads to all of it, as a query and as an address."""
    result = await memory.call_tool(
        "memory_archive",
        {
            "text": "The lease ends in May.\nNotice: three months.",
            "tags": ["Home", "home", " Home "],
            "source": "letter",
            "valid_from": "2026-02-01",
            "valid_until": "2027-05-31",
        },
    )
    assert result.meta is not None
    assert result.meta["tokenspace/id"] == "p1"
    assert result.meta["tokenspace/change"] == 2
    shown = await said(memory, "memory_search", query="p1")
    assert "→ The lease ends in May.\n→ Notice: three months." in shown
    assert "valid from 2026-02-01 00:00Z · valid until 2027-05-31 23:59Z" in shown
    assert "source: letter" in shown
    assert "tags: Home, home" in shown
    assert await whole(memory, "p1") == shown.rpartition("\nspace")[0]


async def test_the_same_passage_is_not_filed_twice(memory: Client) -> None:
    """A retry, or a model that repeats itself, changes nothing; another source is another one."""
    await said(memory, "memory_archive", text="The lease ends in May.")
    again = await said(memory, "memory_archive", text="The lease ends in May.")
    assert "nothing to do: p1 reads so already" in again
    other = await said(memory, "memory_archive", text="The lease ends in May.", source="mail")
    assert other.startswith("p2 filed")
    assert "p1 1.00" in other, "its like is named"


async def test_what_is_nearly_the_same_is_named(memory: Client) -> None:
    """So that the model corrects one instead of keeping both."""
    await said(memory, "memory_archive", text="The staging password rotates every 90 days.")
    await said(memory, "memory_archive", text="Ada likes tea without sugar.")
    answer = await said(memory, "memory_archive", text="Staging password rotates each 90 days.")
    assert "perhaps the same" in answer
    assert "→ The staging password rotates every 90 days." in answer
    assert "tea" not in answer


async def test_a_passage_is_corrected_and_its_past_stays(memory: Client) -> None:
    """What is not given stays; every state is a change, and can be taken back."""
    await said(memory, "memory_archive", text="Rent is 900.", tags=["home"], source="letter")
    answer = await said(memory, "memory_archive", id="p1", text="Rent is 950.", reason="new letter")
    assert answer.startswith("p1 edited (change 3)")
    shown = await whole(memory, "p1")
    assert "Rent is 950." in shown
    assert "source: letter" in shown
    assert "tags: home" in shown
    assert '"new letter"' in await said(memory, "memory_history", limit=1)
    await said(memory, "memory_restore", undo=3)
    assert "Rent is 900." in await whole(memory, "p1")
    assert "950" not in await said(memory, "memory_search", query="rent")


async def test_a_passage_is_taken_out_and_brought_back(memory: Client) -> None:
    """An empty text or forgetting takes it out of search; undoing that brings it back."""
    await said(memory, "memory_archive", text="Rent is 900.")
    for number, (tool, arguments) in enumerate(
        [("memory_archive", {"id": "p1", "text": ""}), ("memory_forget", {"passage": "p1"})]
    ):
        change = 3 + 2 * number
        assert f"p1 taken out (change {change})" in await said(memory, tool, **arguments)
        assert "nothing found" in await said(memory, "memory_search", query="rent")
        assert "nothing to do" in await said(memory, tool, **arguments)
        await said(memory, "memory_restore", undo=change)
        assert "Rent is 900." in await said(memory, "memory_search", query="rent")


async def test_a_change_is_not_taken_back_over_a_newer_one(memory: Client) -> None:
    """Nothing is overwritten unseen, in the archive either."""
    await said(memory, "memory_archive", text="Rent is 900.")
    await said(memory, "memory_archive", id="p1", text="Rent is 950.")
    await said(memory, "memory_archive", id="p1", text="Rent is 990.")
    answer = await refused(memory, "memory_restore", undo=3)
    assert "p1 was changed again by change 4" in answer
    assert "Rent is 990." in await whole(memory, "p1")


async def test_an_episode_is_raw_experience_apart(memory: Client) -> None:
    """Logged by task; what happened twice is logged twice; searched with the rest or alone."""
    for _ in range(2):
        await said(memory, "memory_episode", text="The migration hung on a lock.", task="upgrade")
    shown = await said(memory, "memory_search", query="e2")
    assert "episode" in shown
    assert "source: upgrade" in shown
    assert "beside it: e1" in shown
    found = await said(memory, "memory_search", query="migration", **{"in": ["archive"]})
    assert "nothing found" in found
    found = await said(memory, "memory_search", query="migration", **{"in": ["episodes"]})
    assert "2 found" in found


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"text": "  "}, "he passage is empty"),
        ({"text": "x", "tags": ["y" * 200]}, "must be 1 to 100 characters"),
        ({"text": "x", "valid_from": "soon"}, "'soon' is not a time; write 2026-11-20"),
        ({"text": "x", "valid_from": "2026-02", "valid_until": "2026-01"}, "lies before"),
        ({"text": "x", "id": "q7"}, "'q7' is not the id of a passage; it is like p12"),
        ({"text": "x", "id": "p7"}, "here is no passage p7; memory_search finds"),
        ({"text": "", "id": "p7", "tags": ["a"]}, "n empty text takes the passage out"),
        ({"text": "x" * 300_000}, "at most 262,144"),
        ({"text": "a\0b"}, "holds a NUL byte"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_what_can(
    memory: Client, arguments: dict[str, object], sentence: str
) -> None:
    """One sentence; nothing is written."""
    assert sentence in await refused(memory, "memory_archive", **arguments)
    assert "archive: 0 passages, 0 episodes" in await said(memory, "memory_status")


async def test_a_long_passage_is_kept_whole_and_read_in_pages(memory: Client) -> None:
    """An answer stays small; `offset` goes on; the address gives all of it."""
    text = "".join(f"Line {n} of the report. " for n in range(900))
    answer = await said(memory, "memory_archive", text=text)
    assert "it is long" in answer
    page = await said(memory, "memory_search", query="p1")
    assert len(page.encode()) <= 4_096
    offset = int(page.rpartition("offset=")[2].split()[0])
    after = await said(memory, "memory_search", query="p1", offset=offset)
    assert text[offset : offset + 100] in after
    assert text in await whole(memory, "p1")


async def test_a_text_cannot_pose_as_the_server(memory: Client) -> None:
    """Every line of it is marked, wherever it is shown."""
    await said(memory, "memory_archive", text="x\nspace bakery\n2 found by words and meaning")
    for shown in (await whole(memory, "p1"), await said(memory, "memory_search", query="p1")):
        assert "\n→ space bakery\n→ 2 found" in shown


@pytest.mark.parametrize("end", list("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
async def test_whatever_ends_a_line_makes_no_line_of_ours(memory: Client, end: str) -> None:
    """Nor do the control characters of a terminal: they are written out."""
    text = f"tea{end}space bakery\x1b[2K\r\nspace b"
    about: dict[str, Any] = {"source": "a\x1b[2Kb", "tags": ["t\x1b"]}
    await said(memory, "memory_archive", text=text, **about)
    for shown in (
        await whole(memory, "p1"),
        await said(memory, "memory_search", query="p1"),
        await said(memory, "memory_search", query="bakery"),
    ):
        assert len(shown.splitlines()) == len(shown.split("\n"))
        assert "bakery\\x1b[2K" in shown
        assert "\x1b" not in shown
        assert not any(row.startswith(("space bakery", "space b")) for row in shown.split("\n"))


@pytest.mark.parametrize("piece", ["a\n", "\x1b", "é\r\n", "🙂", "word \n\n"])
async def test_a_page_is_small_whatever_it_holds(memory: Client, piece: str) -> None:
    """What marks and escapes add is counted; the pages together are the text."""
    text = piece * 3_000 + "z"
    await said(memory, "memory_archive", text=text, source="s" * 500, tags=["é" * 90, "ü" * 90])
    read, offset = "", 0
    while offset is not None:
        page = await said(memory, "memory_search", query="p1", offset=offset)
        assert len(page.encode()) <= 4_096
        rows = [row.removeprefix("→ ") for row in page.split("\n") if row.startswith("→ ")]
        read += "\n".join(rows)
        more = page.rpartition("more characters: offset=")[2] if "offset=" in page else ""
        offset = int(more.split()[0]) if more else None
    assert read == text.replace("\r\n", "\n").replace("\x1b", "\\x1b")


async def test_a_passage_that_was_taken_out_says_how_to_bring_it_back(memory: Client) -> None:
    """Asked for by name; what else holds that name as a word is found too."""
    await said(memory, "memory_archive", text="Rent is 900.")
    await said(memory, "memory_forget", passage="p1")
    await said(memory, "memory_insert", label="human", new_string="- Eve")
    answer = await said(memory, "memory_search", query="p1")
    taken = "p1 was taken out of the archive by change 3; memory_restore(undo=3) brings it back."
    assert answer.startswith(taken)
    assert "nothing found" not in answer
    await said(memory, "memory_insert", label="human", new_string="- Outages are p1 tickets")
    answer = await said(memory, "memory_search", query="p1")
    assert "1 found by words only: " in answer
    assert f"\n{taken}\n" in answer
    assert "→ - Outages are p1 tickets" in answer
    await said(memory, "memory_restore", undo=3)
    assert "Rent is 900." in await said(memory, "memory_search", query="p1")


async def test_filing_under_one_key_is_one_change(memory: Client) -> None:
    """A client that names a call may make it again."""
    meta: Any = {"tokenspace/idempotency-key": "k1"}
    for _ in range(2):
        result = await memory.call_tool("memory_episode", {"text": "It worked."}, meta=meta)
        assert not result.is_error
    assert "1 episode" in await said(memory, "memory_status")
    assert "e2" not in await said(memory, "memory_search", query="worked")
