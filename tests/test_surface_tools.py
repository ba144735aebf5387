"""The tools as a client meets them: what is offered, what is answered, what is refused."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from surface import ERAS, Era, client, refused, said, text, value


@pytest.fixture(params=ERAS)
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a new space, in each era."""
    async with client(tmp_path / "memory.db", request.param) as connected:
        yield connected


def size_in_tokens(tools: list[Any]) -> float:
    """Return the size of what models are shown of a tool list: characters of JSON / 4."""
    shown = {"name", "description", "input_schema"}
    dumped = [tool.model_dump(include=shown, by_alias=True, exclude_none=True) for tool in tools]
    return len(json.dumps(dumped, separators=(",", ":"), ensure_ascii=False)) / 4


@pytest.mark.parametrize(("profile", "budget", "count"), [("core", 1_200, 8), ("full", 3_000, 23)])
async def test_a_profile_keeps_its_tool_list_small(
    tmp_path: Path, profile: str, budget: int, count: int
) -> None:
    """Every client sends the list to its model: core stays within 1,200 tokens, full in 3,000."""
    async with client(tmp_path / "m.db", profile=profile) as connected:
        tools = (await connected.list_tools()).tools
    assert len(tools) == count
    assert size_in_tokens(tools) <= budget


async def test_every_tool_stands_alone(memory: Client) -> None:
    """Some clients hide the instructions, others ask by annotation: each tool says it all."""
    for tool in (await memory.list_tools()).tools:
        assert tool.title
        assert tool.description
        assert len(tool.description) < 2_000
        hints = tool.annotations
        assert hints is not None
        assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint)
        assert hints.open_world_hint is False
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema is None, "the text is the answer: nothing doubles it"


async def test_a_new_space_teaches_what_belongs_where(memory: Client) -> None:
    """The first read shows three empty blocks whose descriptions say what to put there."""
    shown = await said(memory, "memory_read")
    for label in ("human", "persona", "project"):
        assert f'<block label="{label}"' in shown
    assert "one fact a line" in shown
    assert "receipt main.1" in shown


async def test_an_edit_is_answered_with_its_place_and_version(memory: Client) -> None:
    """Never the whole block: a numbered snippet, the version, the change, and the space."""
    await said(memory, "memory_insert", label="human", new_string="\n".join("abcdefgh"))
    result = await memory.call_tool(
        "memory_replace", {"label": "human", "old_string": "e", "new_string": "E"}
    )
    answer = text(result)
    assert "\n3→c\n4→d\n5→E\n6→f\n7→g\n" in answer
    assert "1→a" not in answer
    assert "(change 3)" in answer
    assert "space memory (named by --db)" in answer
    assert result.meta is not None
    assert result.meta["tokenspace/change"] == 3
    assert result.meta["tokenspace/receipt"] == "main.3"
    version = result.meta["tokenspace/version"]
    assert f"human@{version[:8]}" in answer
    assert result.structured_content is None


async def test_each_tool_does_what_its_name_says(memory: Client) -> None:
    """One walk through all of them, read back byte for byte."""
    await said(memory, "memory_create", label="a/b", description="test", value="one\ntwo\n")
    await said(memory, "memory_insert", label="a/b", new_string="zero", insert_line=0)
    await said(memory, "memory_replace", label="a/b", old_string="two", new_string="2\t")
    assert await value(memory, "a%2Fb") == "zero\none\n2\t\n"
    await said(memory, "memory_describe", label="a/b", description="other", limit=10)
    assert "about: other" in await said(memory, "memory_read", label="a/b")
    await said(memory, "memory_rename", label="a/b", new_label="c")
    patch = "*** Update Block: c\n@@\n-zero\n one\n*** Add Block: d\n+new\n"
    await said(memory, "memory_patch", patch=patch)
    assert await value(memory, "c") == "one\n2\t\n"
    assert await value(memory, "d") == "new\n"
    assert "c@" in await said(memory, "memory_rethink", label="c", new_memory="rewritten")
    await said(memory, "memory_delete", label="c")
    assert "c was deleted in change 9" in await refused(memory, "memory_read", label="c")


async def test_a_retry_under_the_same_key_is_one_change(memory: Client) -> None:
    """A client that lost an answer may send the call again without doing it twice."""
    arguments = {"label": "human", "new_string": "once"}
    key: Any = {"tokenspace/idempotency-key": "k1"}
    assert not (await memory.call_tool("memory_insert", arguments, meta=key)).is_error
    result = await memory.call_tool("memory_insert", arguments, meta=key)
    assert "already done as change 2" in text(result)
    assert await value(memory, "human") == "once"
    other = {**arguments, "new_string": "another edit"}
    assert not (await memory.call_tool("memory_insert", other, meta=key)).is_error
    assert await value(memory, "human") == "once\nanother edit", "no edit is taken for another"


async def test_an_unknown_tool_is_a_protocol_error(memory: Client) -> None:
    """It is the client's mistake, not the model's."""
    with pytest.raises(MCPError, match="unknown tool 'memory_nope'") as caught:
        await memory.call_tool("memory_nope", {})
    assert caught.value.code == -32602


@pytest.mark.parametrize("era", ERAS)
async def test_a_file_that_cannot_be_used_is_said_and_mended(tmp_path: Path, era: Era) -> None:
    """The server stays up, says why at each call, and works as soon as the file does."""
    db = tmp_path / "memory.db"
    db.write_bytes(b"this is no database, whatever its name says" * 100)
    async with client(db, era) as memory:
        assert "is not a tokenspace database" in await refused(memory, "memory_read")
        with pytest.raises(MCPError, match="is not a tokenspace database"):
            await memory.list_resources()
        db.unlink()
        assert "human" in await said(memory, "memory_read")
