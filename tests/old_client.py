"""A client of the last SDK before 2.0, in an environment that has that one (`old_sdk.py`).

Usage: `python old_client.py COMMAND ...`, where the command starts the server, or
`python old_client.py URL [TOKEN]`. It calls everything once, prints one JSON object of what it got,
and judges nothing. The SDK is looked up at run time, because here its names are those of another
version than everywhere else.
"""

import asyncio
import importlib
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

mcp: Any = importlib.import_module("mcp")
sse: Any = importlib.import_module("mcp.client.sse")
stdio: Any = importlib.import_module("mcp.client.stdio")
streamable: Any = importlib.import_module("mcp.client.streamable_http")
types: Any = importlib.import_module("mcp.types")
url: Any = importlib.import_module("pydantic").AnyUrl

NEWS_WITHIN_S = 10.0
BLOCK = "memory://blocks/human"

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("memory_read", {}),
    ("memory_insert", {"label": "human", "new_string": "Name: Ada\nCity: Paris"}),
    ("memory_replace", {"label": "human", "old_string": "Paris", "new_string": "Rome"}),
    ("memory_rethink", {"label": "persona", "new_memory": "Short answers."}),
    (
        "memory_patch",
        {"patch": "*** Update Block: human\n@@\n Name: Ada\n-City: Rome\n+City: Oslo\n"},
    ),
    ("memory_create", {"label": "team/rules", "description": "How we work", "value": "Ask."}),
    ("memory_describe", {"label": "team/rules", "description": "How the team works"}),
    ("memory_rename", {"label": "team/rules", "new_label": "team/habits"}),
    ("memory_delete", {"label": "team/habits"}),
    ("memory_checkpoint", {"name": "before"}),
    ("memory_branch", {"name": "try"}),
    ("memory_insert", {"label": "persona", "new_string": "No emoji.", "branch": "try"}),
    ("memory_merge", {"branch": "try"}),
    ("memory_diff", {"from": "before", "to": "main"}),
    ("memory_blame", {"label": "persona"}),
    ("memory_history", {"limit": 3}),
    ("memory_forget", {"label": "persona", "entry": "No emoji."}),
    ("memory_restore", {"to": "before", "label": "persona"}),
    ("memory_archive", {"text": "The lease ends in May.", "tags": ["home"]}),
    ("memory_episode", {"text": "Called the landlord.", "task": "move"}),
    ("memory_outcome", {"task": "move", "score": 0.5, "rationale": "Half the boxes."}),
    ("memory_consolidate", {"action": "start"}),
    ("memory_search", {"query": "When does the lease end?"}),
    ("memory_status", {}),
    ("memory_read", {"label": "human"}),
)
REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("memory_read", {"label": "humann"}),
    ("memory_insert", {"label": "human", "text": "x"}),
)


@asynccontextmanager
async def connected(
    command: list[str], heard: Callable[[Any], None]
) -> AsyncGenerator[tuple[Any, Any]]:
    """Yield a session of its own, and what the server said of itself."""

    async def handler(message: Any) -> None:
        heard(message)

    async with (
        transport(command) as (reading, writing, *_),
        mcp.ClientSession(reading, writing, message_handler=handler) as session,
    ):
        yield session, await session.initialize()


def transport(command: list[str]) -> Any:
    """Return the connection to a server: to that of an address, or to one that is started."""
    where, *rest = command
    if not where.startswith("http"):
        # It passes next to nothing on; a test's server loads no model.
        env = {name: value for name, value in os.environ.items() if name.startswith("TOKENSPACE_")}
        return stdio.stdio_client(mcp.StdioServerParameters(command=where, args=rest, env=env))
    headers = {"Authorization": f"Bearer {rest[0]}"} if rest else {}
    connect = sse.sse_client if where.endswith("/sse") else streamable.streamablehttp_client
    return connect(where, headers=headers)


async def main(command: list[str]) -> dict[str, Any]:
    """Return what every request was answered with."""
    news: asyncio.Queue[str] = asyncio.Queue()

    def heard(message: Any) -> None:
        if isinstance(message, types.ServerNotification):
            news.put_nowait(message.root.method)

    async with (
        connected(command, heard) as (session, hello),
        connected(command, lambda _: None) as (second, _),
    ):
        found: dict[str, Any] = {"hello": plain(hello)}
        found["listed"] = [tool.name for tool in (await session.list_tools()).tools]
        found["called"] = [await called(session, tool, given) for tool, given in CALLS]
        found["refused"] = [await called(session, tool, given) for tool, given in REFUSED]
        found["unknown tool"] = await failure(session.call_tool("memory_dream", {}))
        await explore(session, found)
        found["unknown resource"] = await failure(session.read_resource(url(BLOCK + "n")))
        while not news.empty():
            news.get_nowait()
        await session.subscribe_resource(url(BLOCK))
        found["news"] = await news_of(second, "Written by another process.", news)
        await session.unsubscribe_resource(url(BLOCK))
        await session.send_ping()
    return found


async def explore(session: Any, found: dict[str, Any]) -> None:
    """Read every resource, get every prompt, complete a label."""
    resources = (await session.list_resources()).resources
    templates = (await session.list_resource_templates()).resourceTemplates
    found["templates"] = [template.uriTemplate for template in templates]
    found["resources"] = {
        str(resource.uri): (await session.read_resource(resource.uri)).contents[0].text
        for resource in resources
    }
    found["prompts"] = {
        prompt.name: (await session.get_prompt(prompt.name, {})).messages[0].content.text
        for prompt in (await session.list_prompts()).prompts
    }
    about = types.ResourceTemplateReference(type="ref/resource", uri=found["templates"][0])
    argument = {"name": "label", "value": "hu"}
    found["completed"] = (await session.complete(about, argument)).completion.values


async def called(session: Any, tool: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return a tool's name, what it said, and whether that is an error."""
    result = await session.call_tool(tool, given)
    return {"tool": tool, "text": result.content[0].text, "is_error": result.isError}


async def failure(request: Any) -> dict[str, Any]:
    """Return the protocol error that a request is answered with."""
    try:
        await request
    except mcp.McpError as error:
        return {"code": error.error.code, "message": error.error.message}
    return {}


async def news_of(second: Any, text: str, news: asyncio.Queue[str]) -> str:
    """Return the first notification after another process has written."""
    await second.call_tool("memory_insert", {"label": "human", "new_string": text})
    return await asyncio.wait_for(news.get(), NEWS_WITHIN_S)


def plain(model: Any) -> dict[str, Any]:
    """Return a protocol object as JSON has it."""
    return json.loads(model.model_dump_json(by_alias=True, exclude_none=True))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1:]))) + "\n")
