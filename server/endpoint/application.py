"""The endpoint as one ASGI application: each address to the part that answers it."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from mcp.server.transport_security import TransportSecurityMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from ...memory.errors import LockedError, NotFoundError
from .access import Identity
from .arrivals import Arrivals, arrival_of
from .door import Door
from .entrance import Entrance, is_stream, too_many
from .limits import TooManyError
from .metadata import metadata_routes
from .operations import OPEN, Operations
from .outgoing import Outgoing
from .rooms import Rooms, Served
from .spaces import DEFAULT

_OF_HOST = (b"host", b"origin")
_PLACE = re.compile(rb"(?:\w+://)?(?:[^\[\]:@/\\]*|\[[0-9A-Fa-f:.]*\])(?::\d{1,5})?")
"""A host and a port: the SDK lets anything stand for a port where any port is let in."""
_KNOWN = 100  # headers; most endpoints are reached under one or two names


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One transport's address, of any space. An object, so that it is given the raw request."""

    door: Door
    rooms: Rooms
    entrance: Entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a stream until it ends."""
        name: str = scope["path_params"].get("space", DEFAULT)
        arrival_of(scope).space = name[:64]
        refused = self.entrance.refusal(scope, name)
        if refused is not None:
            await refused(scope, receive, send)
            return
        try:
            with self.entrance.held(scope, name):
                async with self.rooms.use(name) as served:
                    with self.door.inside(scope, name) as until:
                        await self._served(served, scope, receive, send)
            if until.cancelled_caught and not arrival_of(scope).answered:
                await self.door.unknown(scope, name)(scope, receive, send)
        except NotFoundError as error:
            await _told(404, str(error))(scope, receive, send)
        except TooManyError as error:
            refused = too_many(scope, error.what, str(error), error.retry_s)
            await refused(scope, receive, send)
        except LockedError as error:
            await _told(503, str(error))(scope, receive, send)

    async def _served(self, served: Served, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_stream(scope):
            await self.serve(served, scope, receive, send)
            return
        outgoing = Outgoing(send, self.rooms.bounds.taken_s)
        async with outgoing.whole():
            await self.serve(served, scope, receive, outgoing)

    async def serve(self, served: Served, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the transport."""
        raise NotImplementedError


class _Streamable(_Endpoint):
    """Streamable HTTP."""

    async def serve(self, served: Served, scope: Scope, receive: Receive, send: Send) -> None:
        await served.streamable.handle_request(scope, receive, send)


class _Sse(_Endpoint):
    """The stream of the older SSE transport."""

    async def serve(self, served: Served, scope: Scope, receive: Receive, send: Send) -> None:
        await served.stream(scope, receive, send)


class _SseMessages(_Endpoint):
    """What a client of the SSE transport sends."""

    async def serve(self, served: Served, scope: Scope, receive: Receive, send: Send) -> None:
        await served.sse.handle_post_message(scope, receive, send)


class _Security:
    """Lets in only requests that mean this host: a page of another one cannot reach it by DNS."""

    def __init__(self, app: ASGIApp, checks: TransportSecurityMiddleware) -> None:
        self._app = app
        self._checks = checks
        self._good: set[tuple[tuple[bytes, bytes], ...]] = set()  # headers that were let in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN:
            shown = tuple(header for header in scope["headers"] if header[0] in _OF_HOST)
            if shown not in self._good:
                refused = await self._checks.validate_request(Request(scope))
                if refused is None and not _is_plain(shown):
                    refused = PlainTextResponse("Invalid Host or Origin header", 400)
                if refused is not None:
                    await refused(scope, receive, send)
                    return
                if len(self._good) < _KNOWN:
                    self._good.add(shown)
        await self._app(scope, receive, send)


def _is_plain(shown: tuple[tuple[bytes, bytes], ...]) -> bool:
    """Tell whether each header stands there once, as a host and a port."""
    names = [name for name, _ in shown]
    return len(set(names)) == len(names) and all(_PLACE.fullmatch(value) for _, value in shown)


def application(door: Door, rooms: Rooms, operations: Operations) -> ASGIApp:
    """Return the application; its spaces are closed when its lifespan ends."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncGenerator[None]:
        async with rooms.run(), anyio.create_task_group() as tasks:
            tasks.start_soon(door.watch)
            if door.verifier.issuer is not None:
                tasks.start_soon(door.verifier.issuer.run)
            yield
            tasks.cancel_scope.cancel()

    parts = door, rooms, operations.entrance
    routes: list[Route] = []  # those that are asked for most come first
    for prefix in ("/p/{space}", ""):
        routes += [
            Route(f"{prefix}/mcp", _Streamable(*parts)),
            Route(f"{prefix}/sse", _Sse(*parts), methods=["GET"]),
            Route(f"{prefix}/messages/", _SseMessages(*parts), methods=["POST"]),
        ]
    for route in routes:
        if route.path.endswith("/sse"):
            route.methods = {"GET"}  # HEAD, which Starlette adds, would begin a stream as well
    routes += [*operations.routes(), *metadata_routes(door.addresses)]
    # Starlette's Router alone: what an application has around it takes a tenth of a small request.
    router = Router(routes, lifespan=lifespan, redirect_slashes=False)  # it would lead back by http
    checks = TransportSecurityMiddleware(door.addresses.security())
    app = _Security(Identity(router, door.verifier), checks)
    return Arrivals(app, operations.records.answered)


def _told(status: int, said: str) -> Response:
    return JSONResponse({"error": said}, status)
