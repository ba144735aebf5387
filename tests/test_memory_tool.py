"""The tool `memory` through a client: offered where it is asked for, versioned as all else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from endpoints import connected, endpoint
from mcp import Client
from mcp_types import CallToolResult, TextContent
from surface import client, refused, said, value
from test_surface_tools import size_in_tokens

from tokenspace.memory import Author, Intent, Space


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a new space."""
    async with client(tmp_path / "memory.db", profile="anthropic") as connected:
        yield connected


async def do(memory: Client, command: str, **arguments: Any) -> CallToolResult:
    """Carry out a command that must succeed."""
    result = await memory.call_tool("memory", {"command": command, **arguments})
    assert not result.is_error, texts(result)
    return result


def texts(result: CallToolResult) -> list[str]:
    """Return the texts of an answer."""
    return [part.text for part in result.content if isinstance(part, TextContent)]


async def test_the_profile_lists_it_beside_the_core_tools(memory: Client, tmp_path: Path) -> None:
    """One tool more than core, for less than 450 tokens; core itself does not pay for it."""
    async with client(tmp_path / "core.db", profile="core") as plain:
        core = (await plain.list_tools()).tools
        await do(plain, "view", path="/memories")
    tools = (await memory.list_tools()).tools
    assert [tool.name for tool in tools] == [*(tool.name for tool in core), "memory"]
    (tool,) = (tool for tool in tools if tool.name == "memory")
    assert size_in_tokens([tool]) <= 450
    assert len(tool.description or "") < 2_000
    assert tool.annotations is not None
    assert tool.annotations.destructive_hint
    assert tool.meta == {"anthropic/alwaysLoad": True}
    readme = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")
    assert "| `memory` | anthropic |" in readme


async def test_a_path_is_a_label(memory: Client) -> None:
    """A file is a block for all other tools, and a block is a file."""
    await do(memory, "create", path="/memories/team/rules.md", file_text="- be kind\n")
    assert await value(memory, "team%2Frules.md") == "- be kind\n"
    await said(memory, "memory_insert", label="human", new_string="Ada")
    shown = texts(await do(memory, "view", path="/memories/human"))
    assert shown == ["Here's the content of /memories/human with line numbers:\n     1\tAda"]


async def test_what_a_space_begins_with_waits_to_be_created(memory: Client) -> None:
    """What is empty but for what belongs there is filled, and keeps that; once, as any file."""
    made = await do(memory, "create", path="/memories/human", file_text="Ada\n")
    assert texts(made)[0] == "File created successfully at: /memories/human"
    assert await value(memory, "human") == "Ada\n"
    assert "about: The person you work for" in await said(memory, "memory_read", label="human")
    again = {"command": "create", "path": "/memories/human", "file_text": "Grace\n"}
    assert await refused(memory, "memory", **again) == "File /memories/human already exists"
    await do(memory, "create", path="/memories/mine", file_text="")
    mine = {"command": "create", "path": "/memories/mine", "file_text": "x"}
    assert await refused(memory, "memory", **mine) == "File /memories/mine already exists"


async def test_each_write_is_a_change_that_can_be_taken_back(memory: Client) -> None:
    """Deleting a folder is one change; its number is in the answer, and undoing brings all back."""
    await do(memory, "create", path="/memories/d/a", file_text="one\n")
    await do(memory, "create", path="/memories/d/b", file_text="two\n")
    result = await do(memory, "delete", path="/memories/d")
    assert result.meta is not None
    assert result.meta["tokenspace/change"] == 4
    assert texts(result) == [
        "Successfully deleted /memories/d",
        "change 4; memory_restore(undo=4) takes it back\nspace memory (named by --db)",
    ]
    await said(memory, "memory_restore", undo=4)
    assert await value(memory, "d%2Fa") == "one\n"
    assert await value(memory, "d%2Fb") == "two\n"
    changes = await memory.read_resource("memory://changes")
    assert "memory · ada · mcp" in str(changes.contents)


async def test_a_replacement_says_what_it_lost(memory: Client) -> None:
    """The reference's words come first, alone; the loss ledger stands in a text of its own."""
    text = "- Deploys on Mondays at 09:00\n- Prices are in cents\n"
    await do(memory, "create", path="/memories/p", file_text=text)
    result = await do(memory, "str_replace", path="/memories/p", old_str=text, new_str="- tidy\n")
    first, second = texts(result)
    assert first == (
        "The memory file has been edited. Here is the snippet showing the change (with line "
        "numbers):\n     1\t- tidy\n     2\t"
    )
    assert "line 1 unaccounted: Deploys on Mondays at 09:00 · missing: Mondays, 09:00" in second


async def test_an_insert_is_made_in_what_was_viewed(memory: Client, tmp_path: Path) -> None:
    """Line numbers mean the file as it was shown: what came in between is merged, not overrun."""
    await do(memory, "create", path="/memories/f", file_text="a\nb\nc\n")
    await do(memory, "view", path="/memories/f")
    async with client(tmp_path / "memory.db") as other:
        await said(other, "memory_insert", label="f", new_string="top", insert_line=0)
    result = await do(memory, "insert", path="/memories/f", insert_line=2, insert_text="after b")
    assert "put on top of what was changed since" in texts(result)[1]
    assert await value(memory, "f") == "top\na\nb\nafter b\nc\n"


async def test_a_file_that_was_replaced_has_to_be_viewed_again(
    memory: Client, tmp_path: Path
) -> None:
    """Line numbers of a file that is no more are nobody's: nothing is inserted by them."""
    await do(memory, "create", path="/memories/f", file_text="a\nb\n")
    async with client(tmp_path / "memory.db") as other:
        await do(other, "delete", path="/memories/f")
        await do(other, "create", path="/memories/f", file_text="x\ny\n")
    call: dict[str, Any] = {
        "command": "insert",
        "path": "/memories/f",
        "insert_line": 1,
        "insert_text": "i",
    }
    again = await refused(memory, "memory", **call)
    assert again == "/memories/f is another file than the one that was viewed; view it again."
    await do(memory, "view", path="/memories/f")
    await do(memory, **call)
    assert await value(memory, "f") == "x\ni\ny\n"


OUTSIDE = [
    ("/memories/../etc/passwd", "would escape /memories directory"),
    ("/memories/a/../b", "would escape /memories directory"),
    ("/memories/..", "would escape /memories directory"),
    ("/etc/passwd", "Path must start with /memories"),
    ("memories/a", "Path must start with /memories"),
    ("/memoriesX/a", "Path must start with /memories"),
    ("", "Path must start with /memories"),
    ("/memories/%2e%2e/a", "cannot be used"),
    ("/memories/..\\a", "cannot be used"),
    ("/memories/\uff0e\uff0e/a", "cannot be used"),
    ("/memories/a b", "for example /memories/a_b"),
    ("/memories/ a", "cannot be used"),
    ("/memories/a\0b", "cannot be used"),
    ("/memories/" + "a" * 129, "cannot be used"),
]


async def test_no_path_leads_out(memory: Client) -> None:
    """What climbs, lies elsewhere, or hides what it means is refused, by each argument."""
    for path, why in OUTSIDE:
        for given in (
            {"command": "view", "path": path},
            {"command": "create", "path": path, "file_text": "x"},
            {"command": "rename", "old_path": path, "new_path": "/memories/x"},
            {"command": "rename", "old_path": "/memories/human", "new_path": path},
        ):
            assert why in await refused(memory, "memory", **given), given


LACKING = [
    ({"command": "forget"}, "argument 'command' must be 'view', 'create'"),
    ({"command": "create", "path": "/memories/a"}, "The command create needs file_text."),
    ({"command": "rename", "path": "/memories/a"}, "The command rename needs old_path."),
    ({"command": "view", "path": "/memories", "text": "a"}, "unknown argument 'text'"),
    (
        {"command": "create", "path": "/memories/big.md", "file_text": "x" * 300_000},
        "/memories/big.md would be 300,000 bytes; a file holds at most 262,144 (256 KiB). Split it "
        "into several files.",
    ),
]


async def test_a_command_says_what_it_lacks(memory: Client) -> None:
    """Each command takes its own arguments, and is told which are missing."""
    for arguments, why in LACKING:
        assert why in await refused(memory, "memory", **arguments)


async def test_what_is_read_only_stays_and_what_is_long_is_said(
    memory: Client, tmp_path: Path
) -> None:
    """The rules of blocks hold for files as well."""
    space = await Space.open(tmp_path / "memory.db")
    person = Intent(author=Author("ada"), tool="edit", override_read_only=True)
    await space.describe("persona", person, read_only=True)
    await space.close()
    assert "is read-only" in await refused(
        memory, "memory", command="delete", path="/memories/persona"
    )
    result = await do(memory, "create", path="/memories/long", file_text="x" * 5_001)
    assert "5,001 of 5,000 characters, 1 over" in texts(result)[1]


@pytest.mark.slow
async def test_readers_of_an_endpoint_may_look_and_no_more(tmp_path: Path) -> None:
    """It depends on the command which role it needs; the tool is there in every profile."""
    async with endpoint(tmp_path, "acme", profile="anthropic") as served:
        token = served.token("grace", "acme", "reader")
        async with connected(served.mcp("acme"), token) as reader:
            assert "memory" in {tool.name for tool in (await reader.list_tools()).tools}
            await do(reader, "view", path="/memories")
            assert "needs the role writer" in await refused(
                reader, "memory", command="create", path="/memories/a", file_text="x"
            )
