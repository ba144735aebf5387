"""The MCP server put together: each request of the protocol to the part that answers it."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
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
from ...memory.errors import DeniedError
from ...prompts import load
from . import answers, errors, prompting, resources, rights, skills
from .arguments import Arguments
from .desk import Desk, Desks, Done, change_of
from .entry import Entry
from .feed import Feed, check_addresses
from .profiles import answered, offered, unknown
from .room import Room
from .schemas import explain
from .vectors import make_vectors

NAME = "tokenspace"
TITLE = "Tokenspace memory"

Context: TypeAlias = ServerRequestContext[Any]
Chore: TypeAlias = Callable[[Room], Coroutine[Any, Any, None]]
T = TypeVar("T")

HOUR_MS = 3_600_000


class MemoryServer(Server[None]):
    """The low-level server, honest to handshake clients about its changing list of resources.

    Attributes:
        listening: Its streams of changes, of the era without a handshake.
    """

    listening: ListenHandler

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return the options with `resources.listChanged` set."""
        options = notification_options or NotificationOptions(resources_changed=True)
        return super().create_initialization_options(options, *args, **kwargs)


@dataclass(slots=True)
class _Noted:
    """What is known of a request's end so far: that it was cut, until it has one."""

    outcome: str = "cut"
    answer: t.CallToolResult | None = None


class Surface:
    """The handlers of one server over one room."""

    def __init__(self, room: Room, desks: Desks, profile: str) -> None:
        self.room = room
        self.desks = desks
        self.feed = Feed()
        self.listening = ListenHandler(self.feed)
        self._tools = offered(profile)
        self._answered = answered(profile)
        self._profile = profile

    async def list_tools(self, ctx: Context, _: object) -> t.ListToolsResult:
        """tools/list: what the caller may use."""
        caller = self.desks.of(ctx).caller
        tools = (entry for entry in self._tools.values() if caller.may(rights.least(entry)))
        return t.ListToolsResult(tools=[entry.tool() for entry in tools])

    async def call_tool(self, ctx: Context, params: t.CallToolRequestParams) -> t.CallToolResult:
        """tools/call."""
        entry = self._answered.get(params.name)
        if entry is None:
            message = unknown(params.name, self._profile)
            raise MCPError(code=t.INVALID_PARAMS, message=message)
        desk = self.desks.of(ctx)
        with self._noted(ctx, desk, entry.name) as noted:
            answer = noted.answer = await self._called(ctx, desk, entry, params, noted)
        return answer

    async def _called(
        self,
        ctx: Context,
        desk: Desk,
        entry: Entry,
        params: t.CallToolRequestParams,
        noted: _Noted,
    ) -> t.CallToolResult:
        try:
            rights.require(desk.caller, rights.least(entry), entry.name)
            given = entry.arguments.model_validate(params.arguments or {})
            rights.require(desk.caller, rights.needed(entry, given), entry.name)
            intent = desk.intent(ctx, entry.name, given, dict(ctx.meta or {}))
            return await entry.run(desk, given, intent)
        except ValidationError as error:
            said = explain(entry.name, entry.arguments, error)
            return answers.say(said, error=True)
        except TokenspaceError as error:
            noted.outcome = "denied" if isinstance(error, DeniedError) else "refused"
            return errors.refused(error, desk.caller.role)
        except Exception as error:
            noted.outcome = "failed"
            return answers.say(errors.bug(error, entry.name), error=True)

    async def list_resources(
        self, ctx: Context, params: t.PaginatedRequestParams | None
    ) -> t.ListResourcesResult:
        """resources/list."""
        desk, cursor = self.desks.of(ctx), params.cursor if params else None
        found = await self._told(ctx, desk, resources.listed(desk, cursor), "resources/list")
        if found.next_cursor is None:
            found.resources.append(skills.resource())
        return found

    async def list_templates(self, _: Context, __: object) -> t.ListResourceTemplatesResult:
        """resources/templates/list."""
        return resources.templates()

    async def read_resource(
        self, ctx: Context, params: t.ReadResourceRequestParams
    ) -> t.ReadResourceResult:
        """resources/read."""
        if str(params.uri) == skills.URI:  # it is of the program, not of the space
            return skills.contents()
        desk = self.desks.of(ctx)
        contents = resources.contents(desk, str(params.uri))
        return await self._told(ctx, desk, contents, "resources/read")

    async def subscribe(self, ctx: Context, params: t.SubscribeRequestParams) -> t.EmptyResult:
        """resources/subscribe, of the handshake era."""
        desk = self.desks.of(ctx)

        async def followed() -> None:
            await desk.space()
            self.feed.follow(ctx, str(params.uri))

        await self._told(ctx, desk, followed(), "resources/subscribe")
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
        desk = self.desks.of(ctx)

        async def checked() -> None:
            await desk.space()
            check_addresses(params.notifications.resource_subscriptions or ())

        await self._told(ctx, desk, checked(), "subscriptions/listen")
        return await self.listening(ctx, params)

    async def list_prompts(self, ctx: Context, __: object) -> t.ListPromptsResult:
        """prompts/list: what the caller may ask for."""
        caller, found = self.desks.of(ctx).caller, prompting.listed()
        may = [one for one in found.prompts if caller.may(rights.of_prompt(one.name))]
        return t.ListPromptsResult(prompts=may)

    async def get_prompt(self, ctx: Context, params: t.GetPromptRequestParams) -> t.GetPromptResult:
        """prompts/get."""
        desk, name = self.desks.of(ctx), params.name[:100]
        intent = desk.intent(ctx, name, Arguments(), dict(ctx.meta or {}))

        async def filled() -> t.GetPromptResult:
            rights.require(desk.caller, rights.of_prompt(name), f"the prompt {name}")
            given = params.arguments or {}
            return await prompting.filled(desk, self._profile, params.name, given, intent)

        return await self._told(ctx, desk, filled(), "prompts/get")

    async def complete(self, ctx: Context, params: t.CompleteRequestParams) -> t.CompleteResult:
        """completion/complete: labels, wherever an argument is called so."""
        found: list[str] = []
        if params.argument.name == "label":
            desk = self.desks.of(ctx)
            labels = resources.completed(desk, params.argument.value)
            found = await self._told(ctx, desk, labels, "completion/complete")
        completion = t.Completion(values=found[:100], total=len(found), has_more=len(found) > 100)
        return t.CompleteResult(completion=completion)

    async def _told(self, ctx: Context, desk: Desk, answer: Awaitable[T], where: str) -> T:
        """Return an answer, or raise what may be said of its failure as a protocol error."""
        with self._noted(ctx, desk, where) as noted:
            try:
                return await answer
            except MCPError:
                noted.outcome = "refused"
                raise
            except TokenspaceError as error:
                noted.outcome = "denied" if isinstance(error, DeniedError) else "refused"
                said = errors.message(error, desk.caller.role)
                raise MCPError(code=t.INVALID_PARAMS, message=said) from error
            except Exception as error:
                noted.outcome = "failed"
                raise MCPError(code=t.INTERNAL_ERROR, message=errors.bug(error, where)) from error

    @contextmanager
    def _noted(self, ctx: Context, desk: Desk, what: str) -> Generator[_Noted]:
        """Have those who watch take note of a request when it is done."""
        noted, began = _Noted(), time.perf_counter()
        try:
            yield noted
            noted.outcome = "ok" if noted.outcome == "cut" else noted.outcome
        finally:
            seconds = time.perf_counter() - began
            change = change_of(noted.answer) if noted.answer is not None else None
            outcome = noted.outcome
            if outcome == "ok" and noted.answer is not None and noted.answer.is_error:
                outcome = "refused"
            self.desks.note(ctx, desk, Done(what, outcome, seconds, change))


def build(room: Room, desks: Desks, profile: str, version: str, *chores: Chore) -> MemoryServer:
    """Return a server over `room`; while it runs, changes by any process reach its clients.

    `chores` run beside it, each once, until it ends.
    """
    surface = Surface(room, desks, profile)

    @asynccontextmanager
    async def lifespan(_: Server[None]) -> AsyncGenerator[None]:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(surface.feed.run, room)
                for chore in (make_vectors, *chores):
                    tasks.start_soon(chore, room)
                try:
                    yield
                finally:
                    surface.listening.close()
                    tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await room.close()

    static = CacheHint(ttl_ms=HOUR_MS, scope="public" if desks.alike else "private")
    server = MemoryServer(
        NAME,
        version=version,
        title=TITLE,
        instructions=load("instructions").body,
        lifespan=lifespan,
        cache_hints={
            "tools/list": static,
            "prompts/list": static,
            "resources/templates/list": static,
        },
        get_tool_input_schema=lambda _: None,  # no tool has an argument that stands in a header
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
    server.listening = surface.listening
    skills.attach(server)
    server.add_notification_handler(
        "notifications/initialized", t.NotificationParams, surface.initialized
    )
    return server
