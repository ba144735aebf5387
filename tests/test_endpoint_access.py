"""Who may do what at an endpoint: every tool, resource and prompt, for every role, generated."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
from endpoints import Endpoint, connected, endpoint
from mcp import Client, MCPError
from mcp_types import CallToolResult, TextContent
from surface import said, text

from tokenspace.memory import Author, Intent, Space
from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.roles import Role
from tokenspace.server.surface.profiles import answered
from tokenspace.server.surface.resources import TEMPLATES

ARGUMENTS: Mapping[str, tuple[dict[str, Any], ...]] = {  # every tool, and every way to use it
    "memory_read": ({}, {"label": "human"}),
    "memory_replace": ({"label": "human", "old_string": "tea", "new_string": "mate"},),
    "memory_insert": ({"label": "human", "new_string": "likes walks"},),
    "memory_rethink": ({"label": "topic/new", "new_memory": "a text"},),
    "memory_archive": ({"text": "a passage about nothing"},),
    "memory_search": ({"query": "tea"},),
    "memory_status": ({},),
    "memory_episode": ({"text": "tried the tea, it was good"},),
    "memory_outcome": ({"task": "brew", "score": 1.0},),
    "memory_consolidate": tuple(
        {"action": action} for action in ("status", "start", "finish", "start", "abandon")
    ),
    "memory_patch": ({"patch": "*** Add Block: topic/two\n+one line\n"},),
    "memory_create": ({"label": "topic/three", "description": "what is third"},),
    "memory_delete": ({"label": "topic/three"},),
    "memory_rename": ({"label": "persona", "new_label": "self"},),
    "memory_describe": ({"label": "human", "description": "who it is for"},),
    "memory_restore": (
        {"label": "human", "to": "1"},
        {"undo": 2},
        {"lost": 2},
        {"to": "1"},
        {"to": "1", "branch": "main"},
    ),
    "memory_history": ({},),
    "memory_diff": ({},),
    "memory_blame": ({"label": "human"},),
    "memory_checkpoint": ({"name": "here"}, {}),
    "memory_branch": ({"name": "aside"}, {}, {"name": "off"}, {"name": "off", "delete": True}),
    "memory_merge": ({"branch": "aside"},),
    "memory_forget": tuple(
        {**what, **how}
        for what in ({"entry": "likes walks"}, {"label": "topic/two"}, {"passage": "p2"})
        for how in ({}, {"erase": True})
    ),
    "memory": (
        {"command": "view", "path": "/memories"},
        {"command": "create", "path": "/memories/file.md", "file_text": "one\n"},
        {"command": "str_replace", "path": "/memories/file.md", "old_str": "one", "new_str": "1"},
        {"command": "insert", "path": "/memories/file.md", "insert_line": 1, "insert_text": "2"},
        {"command": "rename", "old_path": "/memories/file.md", "new_path": "/memories/same.md"},
        {"command": "delete", "path": "/memories/same.md"},
    ),
}
PROMPTS = {
    "recall": Role.READER,
    "reflect": Role.WRITER,
    "consolidate": Role.WRITER,
}
ADDRESSES = (
    "memory://context",
    "memory://blocks",
    "memory://changes",
    "memory://status",
    "memory://blocks/human",
    "memory://blocks/human@1",
    "memory://blocks/human/history",
    "memory://archive/p1",
)


def needed(tool: str, arguments: Mapping[str, Any]) -> Role:
    """Return the role that a call needs, as the documentation has it."""
    if answered("full")[tool].read_only or arguments.get("command") == "view":
        return Role.READER
    erases = tool == "memory_forget" and "erase" in arguments
    restores_all = tool == "memory_restore" and "to" in arguments and "label" not in arguments
    return Role.ADMIN if erases or restores_all else Role.WRITER


def whole(answer: CallToolResult) -> str:
    """Return all that a tool said."""
    return "\n".join(part.text for part in answer.content if isinstance(part, TextContent))


async def make_read_only(served: Endpoint, space: str, label: str) -> None:
    """Close a block to assistants."""
    opened = await Space.open(Spaces(served.data).path(space))
    await opened.describe(label, Intent(author=Author(user="ada"), tool="edit"), read_only=True)
    await opened.close()


async def head(served: Endpoint, space: str) -> int:
    """Return the newest change of a space."""
    opened = await Space.open(Spaces(served.data).path(space))
    try:
        return await opened.head()
    finally:
        await opened.close()


async def denials(client: Client, role: Role) -> list[str]:
    """Return what a role is refused or let do, where it should be otherwise; and what fails."""
    wrong: list[str] = []
    for tool, calls in ARGUMENTS.items():
        for arguments in calls:
            answer = whole(await client.call_tool(tool, arguments))
            denied = "needs the role" in answer
            failed = "failed inside the server" in answer
            if failed or denied == role.may(needed(tool, arguments)):
                wrong.append(f"{role}: {tool} {arguments}: {answer}")
    for prompt, least in PROMPTS.items():
        try:
            await client.get_prompt(prompt)
            denied = False
        except MCPError as error:
            denied = "needs the role" in str(error)
        if denied == role.may(least):
            wrong.append(f"{role}: prompt {prompt}")
    for address in ADDRESSES:
        await client.read_resource(address)
    return wrong


def test_every_tool_is_in_the_matrix() -> None:
    """A new tool needs a line here, and a thought about who may use it."""
    assert set(ARGUMENTS) == set(answered("full"))


def test_every_kind_of_address_is_in_the_matrix() -> None:
    """A new template too."""
    for template in TEMPLATES:
        kind = re.sub(r"\\{\w+\\}", r"[^/@]+", re.escape(template.uri_template))
        assert any(re.fullmatch(kind, address) for address in ADDRESSES), kind


async def test_each_role_may_do_what_it_may_and_nothing_else(tmp_path: Path) -> None:
    """Every tool, prompt and resource; what a reader tried has changed nothing."""
    async with endpoint(tmp_path, "acme", profile="full") as served:
        async with connected(served.mcp("acme"), served.token("owner", "acme")) as owner:
            await said(owner, "memory_insert", label="human", new_string="likes tea")
            for passage in ("what each role reads", "what each role would forget"):
                await said(owner, "memory_archive", text=passage)
        for role in Role:
            before = await head(served, "acme")
            token = served.token(f"the {role}", "acme", role)
            async with connected(served.mcp("acme"), token) as client:
                assert await denials(client, role) == []
            assert (await head(served, "acme") == before) == (role is Role.READER)


async def test_no_role_reaches_another_space(tmp_path: Path) -> None:
    """Every address of it, whatever is asked for; it stays as it was."""
    async with endpoint(tmp_path, "acme", "other") as served:
        before = await head(served, "other")
        for role in Role:
            headers = {"Authorization": f"Bearer {served.token(role, 'acme', role)}"}
            async with httpx2.AsyncClient(headers=headers) as http:
                for address in (served.mcp("other"), f"{served.url}/mcp"):
                    for method in ("POST", "GET", "DELETE"):
                        assert (await http.request(method, address, json={})).status_code == 403
                posts = f"{served.url}/p/other/messages/?session_id={'0' * 32}"
                assert (await http.get(served.sse("other"))).status_code == 403
                assert (await http.post(posts, json={})).status_code == 403
        assert await head(served, "other") == before


async def test_only_an_admin_writes_what_is_read_only(tmp_path: Path) -> None:
    """As a person does by hand; a writer is told what it takes here, and not what it takes there.

    No command of ours helps who has a token only.
    """
    async with endpoint(tmp_path, "acme") as served:
        await make_read_only(served, "acme", "human")
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("memory_insert", {"label": "human", "new_string": "likes tea"}),
            ("memory_restore", {"undo": 2}),
        )
        async with connected(served.mcp("acme"), served.token("w", "acme")) as writer:
            for call in calls:
                answer = await writer.call_tool(*call)
                assert answer.is_error
                assert "read-only" in text(answer)
                assert "only a token with the role admin can" in text(answer)
                assert "`tokenspace" not in text(answer)
        async with connected(served.mcp("acme"), served.token("a", "acme", "admin")) as admin:
            for call in calls:
                assert not (await admin.call_tool(*call)).is_error
