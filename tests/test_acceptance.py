"""The whole product as a user has it: real processes, the SDK's own client, both eras."""

import sys
from pathlib import Path

import anyio
import pytest
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import PromptReference, ResourceTemplateReference, ResourceUpdatedNotification
from surface import ERAS, Era, refused, said, stdio, value

AGENT_FILES = Path(__file__).resolve().parents[2] / "shared" / "data" / "agent-files"


@pytest.mark.parametrize("era", ERAS)
async def test_everything_works_over_stdio(tmp_path: Path, era: Era) -> None:
    """Every tool, resource, prompt and completion; and it is all there after a restart."""
    db = tmp_path / "memory.db"
    async with stdio(db, era) as memory:
        names = [tool.name for tool in (await memory.list_tools()).tools]
        used: set[str] = set()

        async def use(tool: str, **arguments: object) -> str:
            used.add(tool)
            return await said(memory, tool, **arguments)

        assert "human" in await use("memory_read")
        await use("memory_create", label="notes/today", description="d", value="one\ntwo")
        await use("memory_insert", label="notes/today", new_string="three", reason="counting")
        await use("memory_replace", label="notes/today", old_string="two", new_string="2")
        await use("memory_rethink", label="persona", new_memory="Be brief.\n")
        await use("memory_patch", patch="*** Update Block: persona\n@@\n Be brief.\n+Be kind.\n")
        await use("memory_describe", label="notes/today", description="what happened today")
        await use("memory_rename", label="notes/today", new_label="notes/monday")
        await use("memory_create", label="scratch", description="d")
        await use("memory_delete", label="scratch")
        await use("memory_checkpoint", name="before")
        await use("memory_branch", name="try")
        await use("memory_insert", label="human", new_string="Ada", branch="try")
        await use("memory_merge", branch="try")
        assert "+Ada" in await use("memory_diff", **{"from": "before", "to": "main"})
        assert "memory_insert" in await use("memory_blame", label="human")
        await use("memory_restore", to="before")
        assert "memory_merge" in await use("memory_history")
        await use("memory_archive", text="The lease ends in May.", tags=["home"])
        await use("memory_episode", text="Called the landlord.", task="move")
        await use("memory_outcome", task="move", score=0.5, rationale="Half the boxes.")
        order = await use("memory_consolidate", action="start")
        assert "2 episodes to learn from" in order
        assert "→ The lease" in await use("memory_search", query="When does the lease end?")
        assert "1 passage, 2 episodes" in await use("memory_status")
        await use("memory_insert", label="human", new_string="a secret")
        await use("memory_forget", entry="a secret", erase=True)
        assert used == set(names)
        assert "Did you mean 'human'?" in await refused(memory, "memory_read", label="humann")

        resources = (await memory.list_resources()).resources
        templates = (await memory.list_resource_templates()).resource_templates
        assert "memory://blocks/notes%2Fmonday" in [str(found.uri) for found in resources]
        for resource in resources:
            assert (await memory.read_resource(str(resource.uri))).contents
        assert (await memory.read_resource("memory://archive/p1")).contents
        prompts = (await memory.list_prompts()).prompts
        for prompt in prompts:
            assert (await memory.get_prompt(prompt.name)).messages
        for ref in (
            ResourceTemplateReference(type="ref/resource", uri=templates[0].uri_template),
            PromptReference(type="ref/prompt", name=prompts[0].name),
        ):
            found = await memory.complete(ref, {"name": "label", "value": "no"})
            assert found.completion.values == ["notes/monday"]
    async with stdio(db, era) as memory:
        assert await value(memory, "notes%2Fmonday") == "one\n2\nthree"
        assert await value(memory, "persona") == "Be brief.\nBe kind.\n"


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_a_subscription_reaches_across_processes(tmp_path: Path) -> None:
    """A change by one process is told to a subscriber of another, in either era."""
    db = tmp_path / "memory.db"
    uri = "memory://blocks/human"
    told = anyio.Event()

    async def on_message(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification) and str(message.params.uri) == uri:
            told.set()

    async with (
        stdio(db, "auto") as modern,
        stdio(db, "legacy", on_message) as older,
        stdio(db, "auto") as writer,
    ):
        await older.subscribe_resource(uri)  # pyright: ignore[reportDeprecated]
        async with modern.listen(resource_subscriptions=[uri]) as stream:
            await said(writer, "memory_insert", label="human", new_string="x")
            with anyio.fail_after(10):
                assert await anext(aiter(stream)) == ResourceUpdated(uri)
                await told.wait()


@pytest.mark.slow
@pytest.mark.skipif(not AGENT_FILES.is_dir(), reason="the public agent files are not here")
async def test_public_agent_files_keep_every_byte(tmp_path: Path) -> None:
    """Nine real files imported, each block read, edited, rethought and compared through MCP."""
    db = tmp_path / "memory.db"
    files = sorted(AGENT_FILES.glob("*.af"))
    assert len(files) == 9
    for file in files:
        argv = [sys.executable, "-m", "tokenspace.server", "import", str(file), "--db", str(db)]
        await anyio.run_process(argv)
    async with stdio(db) as memory:
        page = await memory.list_resources()
        listed = list(page.resources)
        while page.next_cursor:
            page = await memory.list_resources(cursor=page.next_cursor)
            listed += page.resources
        blocks = "memory://blocks/"
        labels = [resource.name for resource in listed if str(resource.uri).startswith(blocks)]
        assert len(labels) >= 50
        for label in labels:
            path = label.replace("/", "%2F")
            before = await value(memory, path)
            await said(memory, "memory_insert", label=label, new_string="\tadded é", insert_line=0)
            expected = "\tadded é\n" + before if before else "\tadded é"
            assert await value(memory, path) == expected
            await said(
                memory, "memory_replace", label=label, old_string="\tadded é", new_string="x"
            )
            assert await value(memory, path) == expected.replace("\tadded é", "x", 1)
            await said(memory, "memory_rethink", label=label, new_memory=before)
            assert await value(memory, path) == before
