"""The endpoint's own servers, each with what the suite asks for added to its handlers."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

import mcp_types as t
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import PromptsListChanged, ServerEvent, ToolsListChanged

from tokenspace.server.endpoint.rooms import Rooms, Served
from tokenspace.server.surface.build import MemoryServer, Surface

from . import telling
from .asking import ASKING
from .content import answer, text
from .tools import TOOLS, Context

STREAMED = "streamed"
FIXTURES = {fixture.name: fixture for fixture in (*TOOLS, *ASKING)}
CHANGES: dict[str, Callable[[], ServerEvent]] = {
    "test_trigger_tool_change": ToolsListChanged,
    "test_trigger_prompt_change": PromptsListChanged,
}
"""Tools that change what is listed, and what clients hear of it."""


class ConformanceRooms(Rooms):
    """Rooms whose servers pass for the suite's.

    An endpoint answers in plain JSON, as no tool of ours tells of its progress or asks its client
    back. The suite has tools that do, so that the space `STREAMED` answers in streams.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._extended: WeakSet[MemoryServer] = WeakSet()

    @asynccontextmanager
    async def use(self, name: str) -> AsyncGenerator[Served]:
        """Have a space open, with the fixtures from its first request on."""
        async with super().use(name) as served:
            if served.server not in self._extended:
                self._extended.add(served.server)
                served.streamable.json_response = name != STREAMED
                _extend(served.server)
            yield served


class _Extended:
    """The handlers of a server of ours, asked where a request is not of the suite."""

    def __init__(self, surface: Surface) -> None:
        self._ours = surface
        self._made: list[str] = [*CHANGES]

    async def list_tools(self, ctx: Context, params: t.PaginatedRequestParams) -> Any:
        ours = await self._ours.list_tools(ctx, params)
        suite = [fixture.tool() for fixture in FIXTURES.values()]
        made = [
            t.Tool(name=name, description=name, input_schema={"type": "object"})
            for name in self._made
        ]
        return t.ListToolsResult(tools=[*ours.tools, *suite, *made])

    async def call_tool(self, ctx: Context, params: t.CallToolRequestParams) -> Any:
        if params.name in CHANGES:
            if params.name == "test_trigger_tool_change":
                self._made.append(f"test_made_{len(self._made)}")
            await self._ours.feed.publish(CHANGES[params.name]())
            return answer(text("ok"))
        fixture = FIXTURES.get(params.name)
        return await (fixture.run if fixture else self._ours.call_tool)(ctx, params)

    async def list_prompts(self, ctx: Context, params: t.PaginatedRequestParams) -> Any:
        ours = await self._ours.list_prompts(ctx, params)
        return t.ListPromptsResult(prompts=[*ours.prompts, *telling.listed()])

    async def get_prompt(self, ctx: Context, params: t.GetPromptRequestParams) -> Any:
        return telling.filled(params) or await self._ours.get_prompt(ctx, params)

    async def read_resource(self, ctx: Context, params: t.ReadResourceRequestParams) -> Any:
        return telling.contents(str(params.uri)) or await self._ours.read_resource(ctx, params)


async def _set_level(_: Context, __: t.SetLevelRequestParams) -> t.EmptyResult:
    return t.EmptyResult()


def _extend(server: MemoryServer) -> None:
    """Put the fixtures beside what a server can do already."""
    entry = server.get_request_handler("tools/call")
    assert entry is not None
    surface: object = getattr(entry.handler, "__self__", None)
    assert isinstance(surface, Surface)
    extended, schema = _Extended(surface), server.get_tool_input_schema
    assert schema is not None

    def with_fixtures(name: str) -> Any:
        fixture = FIXTURES.get(name)
        return fixture.schema if fixture else schema(name)

    server.get_tool_input_schema = with_fixtures
    page = t.PaginatedRequestParams
    server.add_request_handler("tools/list", page, extended.list_tools)
    server.add_request_handler("tools/call", t.CallToolRequestParams, extended.call_tool)
    server.add_request_handler("prompts/list", page, extended.list_prompts)
    server.add_request_handler("prompts/get", t.GetPromptRequestParams, extended.get_prompt)
    read = extended.read_resource
    server.add_request_handler("resources/read", t.ReadResourceRequestParams, read)
    server.add_request_handler("logging/setLevel", t.SetLevelRequestParams, _set_level)
    sealed = RequestStateSecurity.ephemeral()
    server.middleware.append(RequestStateBoundary(sealed, default_audience=server.name))
