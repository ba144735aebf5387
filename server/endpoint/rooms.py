"""The spaces that are open: each on demand, a limited number at once, closed when idle.

Each has an MCP server of its own, with its sessions, subscribers and streams, so that nothing of
one space can reach a client of another.
"""

import logging
import math
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
from anyio.abc import TaskGroup, TaskStatus
from mcp.server.runner import serve_dual_era_loop
from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from ...memory import Space, TokenspaceError
from ...memory.errors import CorruptError, LockedError
from ..surface.build import MemoryServer, build
from ..surface.room import Room
from .desks import Notice, Offer, SessionDesks
from .limits import CALLS, Principal
from .logs import request_id
from .records import is_traced
from .resting import REST_S, rest
from .spaces import Spaces
from .turns import Turns

logger = logging.getLogger(__name__)

BODY_BYTES = 2**20
"""The largest request: four times the largest block."""
SWEEP_S = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of an endpoint is open at once.

    Attributes:
        spaces: Spaces.
        sessions: Sessions of one space.
        idle_s: After how many seconds without a request a session ends, and a space is closed.
        taken_s: After how many seconds a stream ends whose client takes nothing.
    """

    spaces: int = 64
    sessions: int = 1_000
    idle_s: float = 900.0
    taken_s: float = 20.0


@dataclass(slots=True)
class Served:
    """One open space: its MCP server, on both transports."""

    server: MemoryServer
    streamable: StreamableHTTPSessionManager
    sse: SseServerTransport
    room: Room
    awake: bool = False
    users: int = 0
    left_at: float = 0.0
    ended: anyio.Event = field(default_factory=anyio.Event)

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a client of the SSE transport until it leaves."""
        async with self.sse.connect_sse(scope, receive, send) as (inbox, outbox):
            await serve_dual_era_loop(self.server, inbox, outbox, lifespan_state=None)


class Rooms:
    """The open spaces of an endpoint. `run` has to be entered first."""

    def __init__(
        self,
        spaces: Spaces,
        open_space: Callable[[Path], Awaitable[Space]],
        offer: Offer,
        notice: Notice,
        version: str,
        bounds: Bounds,
    ) -> None:
        self._spaces = spaces
        self._open_space = open_space
        self._offer = offer
        self._notice = notice
        self._version = version
        self.bounds = bounds
        self.turns = Turns(CALLS)
        self._open: dict[str, Served] = {}
        self._opening = anyio.Lock()
        self._tasks: TaskGroup | None = None
        self.ending = False
        """Whether the endpoint shuts down."""

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Serve; at the end every space is closed."""
        async with anyio.create_task_group() as self._tasks:
            self._tasks.start_soon(self._sweep)
            try:
                yield
            finally:
                self.end_streams()
                self._tasks.cancel_scope.cancel()

    @asynccontextmanager
    async def use(self, name: str) -> AsyncGenerator[Served]:
        """Have a space open while a request of it is served.

        Raises:
            NotFoundError: there is no such space.
            LockedError: too many others are in use.
        """
        self._spaces.require(name)  # also of one that is open: its file may have been taken away
        served = self._open.get(name) or await self._opened_now(name)
        served.users += 1
        try:
            yield served
        finally:
            served.users -= 1
            served.left_at = anyio.current_time()
            served.awake = True

    def end_streams(self) -> None:
        """End every stream of changes, so that its client sees a clean end."""
        self.ending = True
        for served in self._open.values():
            served.server.listening.close()

    @property
    def open(self) -> int:
        """How many spaces are open."""
        return len(self._open)

    def sessions(self, principal: Principal | None = None) -> int:
        """Return how many sessions of streamable HTTP are open, of somebody or of all."""
        return sum(1 for _ in self._sessions(principal))

    def end_session(self, principal: Principal) -> bool:
        """End the session of somebody that was left first; return whether there was an idle one."""
        scopes = (session.idle_scope for session in self._sessions(principal))
        idle = [scope for scope in scopes if scope is not None and scope.deadline < math.inf]
        if idle:
            min(idle, key=lambda scope: scope.deadline).cancel()
        return bool(idle)

    def _sessions(self, principal: Principal | None) -> Iterator[StreamableHTTPServerTransport]:
        """Yield the sessions that have not ended, of somebody or of all."""
        # The SDK has no public way to find them; this is the one place that does.
        owner = None
        if principal is not None:
            client, issuer, subject = principal
            owner = {"client_id": client, "issuer": issuer, "subject": subject}
        for served in self._open.values():
            owners = served.streamable._session_owners  # pyright: ignore[reportPrivateUsage]
            for ident, session in served.streamable._server_instances.items():  # pyright: ignore[reportPrivateUsage]
                if owner is not None and owners.get(ident) != owner:
                    continue
                if session.idle_scope is None or not session.idle_scope.cancel_called:
                    yield session

    async def _opened_now(self, name: str) -> Served:
        """Return a space that is opened for this, or was just opened for somebody else."""
        async with self._opening:
            served = self._open.get(name)
            if served is None:
                self._make_room()
                assert self._tasks is not None  # noqa: S101 - `run` was entered
                served = await self._tasks.start(self._keep, name)
            return served

    async def _keep(self, name: str, *, task_status: TaskStatus[Served]) -> None:
        """Have a space served until it is to end."""
        request_id.set("")  # what goes on here is not part of the request that needed it first
        room = Room(partial(self._opened, name), f"{name} (of this endpoint)")
        desks = SessionDesks(room, name, self._offer, self._notice)
        server = build(room, desks, self._offer.profile, self._version)
        if not is_traced():
            server.middleware.clear()  # the SDK's own, which makes spans for nobody
        server.middleware.append(self.turns)
        served = Served(
            room=room,
            server=server,
            streamable=StreamableHTTPSessionManager(
                server,
                json_response=True,  # no tool tells of its progress, and this is twice as fast
                session_idle_timeout=self.bounds.idle_s,
                max_request_body_size=BODY_BYTES,
                max_sessions=self.bounds.sessions,
            ),
            sse=SseServerTransport(f"/p/{name}/messages/", max_request_body_size=BODY_BYTES),
            left_at=anyio.current_time(),
        )
        try:
            async with served.streamable.run():
                self._open[name] = served
                task_status.started(served)
                await served.ended.wait()
                server.listening.close()
        except Exception:
            logger.exception("the space %s was closed by a failure", name)
        finally:
            self._end(name, served)

    async def _opened(self, name: str) -> Space:
        """Open the file of a space; one that was taken away is not made anew.

        What is wrong with it names its path: that is for the log, not for who calls from outside.
        """
        path = self._spaces.require(name)
        try:
            return await self._open_space(path)
        except TokenspaceError as error:
            self._spaces.require(name)  # it may have been taken away at this moment
            reference = secrets.token_hex(3)
            logger.error(  # noqa: TRY400 - no bug: the sentence is enough
                "the space %s cannot be opened (reference %s): %s", name, reference, error
            )
            kind = LockedError if isinstance(error, LockedError) else CorruptError
            raise kind(
                "this space cannot be opened; tell whoever runs the server (reference "
                f"{reference} in its log)."
            ) from error

    def _make_room(self) -> None:
        """Close the space that was left first, where as many are open as may be."""
        if len(self._open) < self.bounds.spaces:
            return
        idle = [(served.left_at, name) for name, served in self._open.items() if not served.users]
        if not idle:
            raise LockedError("too many spaces are in use at once; try again in a moment.")
        name = min(idle)[1]
        self._end(name, self._open[name])

    async def _sweep(self) -> None:
        """Close spaces that nobody has used for long, or that were taken away; let others rest."""
        while True:
            await anyio.sleep(min(SWEEP_S, self.bounds.idle_s))
            since = anyio.current_time() - self.bounds.idle_s
            for name, served in list(self._open.items()):
                is_idle = not served.users and served.left_at <= since
                if is_idle or not self._spaces.path(name).is_file():
                    self._end(name, served)
            now = anyio.current_time()
            left = [s for s in self._open.values() if s.awake and s.left_at + REST_S <= now]
            for served in left:
                served.awake = False
            await rest(served.room for served in left)

    def _end(self, name: str, served: Served) -> None:
        """Have a space closed; from now on it is opened anew for who asks for it."""
        if self._open.get(name) is served:
            del self._open[name]
        served.ended.set()
