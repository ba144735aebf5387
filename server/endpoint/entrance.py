"""The entrance: the door, and how often and how much at once anybody may go through it."""

import math
from collections.abc import Generator
from contextlib import contextmanager

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from ..roles import Role
from .access import access_of, role_in
from .arrivals import arrival_of
from .door import Door
from .limits import (
    LONG_S,
    SESSIONS,
    STREAMS,
    WAITING,
    Buckets,
    Guesses,
    Held,
    Principal,
    Spread,
    principal_of,
)
from .rooms import Rooms
from .tokens import EVERY
from .turns import LISTEN, MESSAGES


class Entrance:
    """Who may come in, how often, and with how many sessions and streams."""

    def __init__(self, door: Door, rooms: Rooms, rate: int) -> None:
        self._door = door
        self._rooms = rooms
        self._rate = Buckets(rate)
        self._guesses = Guesses()
        self._opening = Held(SESSIONS, "sessions", LONG_S)
        self._streams = Held(STREAMS, "streams", LONG_S)
        self._spread = Spread(max(1, rooms.bounds.spaces // 2))
        self._calls = Held(WAITING, "calls", 1)

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return self._streams.total

    def refusal(self, scope: Scope, space: str) -> Response | None:
        """Return why a request may not go into a space now, None where it may."""
        principal = principal_of(access_of(scope))
        if principal is not None or (
            _header(scope, b"authorization") and self._door.verifier.required
        ):
            wait = self._guesses.wait(arrival_of(scope).address, principal)
            if wait:
                said = "too many tokens from your address are not good; try again later."
                return too_many(scope, "guessing", said, wait)
        wait = self._rate.take(principal) if principal is not None else 0.0
        if wait:
            return too_many(scope, "rate", "your token asks too often; try again later.", wait)
        return self._door.refusal(scope, space)

    def administration(self, scope: Scope) -> Response | None:
        """Return why a request may not look at the whole endpoint, None where it may."""
        refused, access = self.refusal(scope, EVERY), access_of(scope)
        if refused is None and access is not None and role_in(access, EVERY) is not Role.ADMIN:
            said = f"this needs a token of the role {Role.ADMIN} for every space."
            told = {"error": "insufficient_scope", "error_description": said}
            return JSONResponse(told, 403)
        return refused

    @contextmanager
    def held(self, scope: Scope, space: str) -> Generator[None]:
        """Count what a request to a space keeps open while it is served.

        Raises:
            TooManyError: its token has as many sessions, streams or calls as it may.
        """
        principal = principal_of(access_of(scope))
        if is_stream(scope):
            with self._streams.one(principal), self._spread.one(principal, space):
                yield
        elif _opens_session(scope):
            with self._opening.one(principal, self._sessions(principal)):
                yield
        else:  # what came over SSE is answered already, and goes on
            others = self._rooms.turns.count(principal) if scope["path"].endswith(MESSAGES) else 0
            with self._calls.one(principal, others):
                yield

    def _sessions(self, principal: Principal | None) -> int:
        """Return how many sessions somebody has; one that is idle goes where they have all."""
        if principal is None:
            return 0
        count, opening = self._rooms.sessions(principal), self._opening.count(principal)
        while count + opening >= SESSIONS and self._rooms.end_session(principal):
            count -= 1
        return count


def is_stream(scope: Scope) -> bool:
    """Tell whether a request opens a stream of changes: its answer goes on."""
    return scope["method"] == "GET" or _header(scope, b"mcp-method") == LISTEN


def _opens_session(scope: Scope) -> bool:
    """Tell whether a request is one of the handshake era that has no session yet."""
    version = _header(scope, b"mcp-protocol-version")
    return (
        scope["method"] == "POST"
        and scope["path"].endswith("/mcp")
        and (version is None or version in HANDSHAKE_PROTOCOL_VERSIONS)
        and _header(scope, b"mcp-session-id") is None
    )


def _header(scope: Scope, name: bytes) -> str | None:
    """Return a header of a request."""
    found = (value for key, value in scope["headers"] if key == name)
    value = next(found, None)
    return None if value is None else value.decode("latin-1")


def too_many(scope: Scope, why: str, said: str, wait: float) -> Response:
    """Return a refusal that says in how many seconds to come again; `why` is for the records."""
    arrival_of(scope).why = why
    told = {"error": "too_many_requests", "error_description": said}
    return JSONResponse(told, 429, {"Retry-After": str(math.ceil(wait))})
