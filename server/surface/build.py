"""The MCP server put together: each request of the protocol to the part that answers it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import anyio
import mcp_types as t
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from ...memory import TokenspaceError
from ...prompts import load
from . import answers, errors, prompting, resources
from .arguments import Arguments
from .desk import Desk
from .feed import Feed
from .schemas import explain
from .tools import offered, unknown
from .vectors import make_vectors

NAME = "tokenspace"
TITLE = "Tokenspace memory"

Context: TypeAlias = ServerRequestContext[Any]
T = TypeVar("T")

HOUR_MS = 3_600_000
STATIC = CacheHint(ttl_ms=HOUR_MS, scope="public")


class MemoryServer(Server[None]):
    """The low-level server, honest to handshake clients about its changing list of resources."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return the options with `resources.listChanged` set."""
        options = notification_options or NotificationOptions(resources_changed=True)
        return super().create_initialization_options(options, *args, **kwargs)


class Surface:
    """The handlers of one server over one desk."""

    def __init__(self, desk: Desk, profile: str) -> None:
        self.desk = desk
        self.feed = Feed()
        self.listening = ListenHandler(self.feed)
        self._tools = offered(profile)
        self._profile = profile

    async def list_tools(self, _: Context, __: object) -> t.ListToolsResult:
        """tools/list."""
        return t.ListToolsResult(tools=[entry.tool() for entry in self._tools.values()])

    async def call_tool(self, ctx: Context, params: t.CallToolRequestParams) -> t.CallToolResult:
        """tools/call."""
        entry = self._tools.get(params.name)
        if entry is None:
            message = unknown(params.name, self._profile)
            raise MCPError(code=t.INVALID_PARAMS, message=message)
        try:
            given = entry.arguments.model_validate(params.arguments or {})
        except ValidationError as error:
            said = explain(entry.name, entry.arguments, error)
            return answers.say(said, error=True)
        meta: dict[str, Any] = dict(ctx.meta or {})
        try:
            intent = self.desk.intent(ctx, entry.name, given, meta)
            return await entry.run(self.desk, given, intent)
        except TokenspaceError as error:
            return errors.refused(error)
        except Exception as error:
            return answers.say(errors.bug(error, entry.name), error=True)

    async def list_resources(
        self, _: Context, params: t.PaginatedRequestParams | None
    ) -> t.ListResourcesResult:
        """resources/list."""
        cursor = params.cursor if params else None
        return await _told(resources.listed(self.desk, cursor), "resources/list")

    async def list_templates(self, _: Context, __: object) -> t.ListResourceTemplatesResult:
        """resources/templates/list."""
        return resources.templates()

    async def read_resource(
        self, _: Context, params: t.ReadResourceRequestParams
    ) -> t.ReadResourceResult:
        """resources/read."""
        return await _told(resources.contents(self.desk, str(params.uri)), "resources/read")

    async def subscribe(self, ctx: Context, params: t.SubscribeRequestParams) -> t.EmptyResult:
        """resources/subscribe, of the handshake era."""
        await _told(self.desk.space(), "resources/subscribe")
        self.feed.join(ctx).add(str(params.uri))
        return t.EmptyResult()

    async def unsubscribe(self, ctx: Context, params: t.UnsubscribeRequestParams) -> t.EmptyResult:
        """resources/unsubscribe, of the handshake era."""
        self.feed.join(ctx).discard(str(params.uri))
        return t.EmptyResult()

    async def initialized(self, ctx: Context, _: object) -> None:
        """notifications/initialized: from now on the connection hears of list changes."""
        self.feed.join(ctx)

    async def listen(
        self, ctx: Context, params: t.SubscriptionsListenRequestParams
    ) -> t.SubscriptionsListenResult:
        """subscriptions/listen, of 2026-07-28."""
        await _told(self.desk.space(), "subscriptions/listen")
        return await self.listening(ctx, params)

    async def list_prompts(self, _: Context, __: object) -> t.ListPromptsResult:
        """prompts/list."""
        return prompting.listed()

    async def get_prompt(self, ctx: Context, params: t.GetPromptRequestParams) -> t.GetPromptResult:
        """prompts/get."""
        intent = self.desk.intent(ctx, params.name[:100], Arguments(), dict(ctx.meta or {}))
        given = params.arguments or {}
        filled = prompting.filled(self.desk, self._profile, params.name, given, intent)
        return await _told(filled, "prompts/get")

    async def complete(self, _: Context, params: t.CompleteRequestParams) -> t.CompleteResult:
        """completion/complete: labels, wherever an argument is called so."""
        found: list[str] = []
        if params.argument.name == "label":
            found = await _told(
                resources.completed(self.desk, params.argument.value), "completion/complete"
            )
        completion = t.Completion(values=found[:100], total=len(found), has_more=len(found) > 100)
        return t.CompleteResult(completion=completion)


async def _told(answer: Awaitable[T], where: str) -> T:
    """Return an answer, or raise what may be said of its failure as a protocol error."""
    try:
        return await answer
    except MCPError:
        raise
    except TokenspaceError as error:
        raise MCPError(code=t.INVALID_PARAMS, message=str(error)) from error
    except Exception as error:
        raise MCPError(code=t.INTERNAL_ERROR, message=errors.bug(error, where)) from error


def build(desk: Desk, profile: str, version: str) -> MemoryServer:
    """Return a server over `desk`; while it runs, changes by any process reach its clients."""
    surface = Surface(desk, profile)

    @asynccontextmanager
    async def lifespan(_: Server[None]) -> AsyncGenerator[None]:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(surface.feed.run, desk)
                tasks.start_soon(make_vectors, desk)
                try:
                    yield
                finally:
                    surface.listening.close()
                    tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await desk.close()

    schemas = {name: entry.tool().input_schema for name, entry in offered(profile).items()}
    lookup: Callable[[str], Any] = schemas.get
    server = MemoryServer(
        NAME,
        version=version,
        title=TITLE,
        instructions=load("instructions").body,
        lifespan=lifespan,
        cache_hints={
            "tools/list": STATIC,
            "prompts/list": STATIC,
            "resources/templates/list": STATIC,
        },
        get_tool_input_schema=lookup,
        on_list_tools=surface.list_tools,
        on_call_tool=surface.call_tool,
        on_list_resources=surface.list_resources,
        on_list_resource_templates=surface.list_templates,
        on_read_resource=surface.read_resource,
        on_subscribe_resource=surface.subscribe,
        on_unsubscribe_resource=surface.unsubscribe,
        on_subscriptions_listen=surface.listen,
        on_list_prompts=surface.list_prompts,
        on_get_prompt=surface.get_prompt,
        on_completion=surface.complete,
    )
    server.add_notification_handler(
        "notifications/initialized", t.NotificationParams, surface.initialized
    )
    return server
