"""Calls take turns: of one token so many are carried out at once, whichever way they come.

What comes over SSE is accepted before it is done, so counting what HTTP has open is not enough.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import anyio
import mcp_types as t
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from starlette.requests import Request

from .access import access_of
from .limits import LONG_S, STREAMS, Held, Principal, TooManyError, principal_of

LISTEN = "subscriptions/listen"
"""The request whose answer goes on, as a stream of changes."""
MESSAGES = "/messages/"
"""How the address ends where clients of the SSE transport send."""


@dataclass(slots=True)
class _Line:
    """The calls of one token: how many are carried out, and which wait for that."""

    going: int = 0
    waiting: deque[anyio.Event] = field(default_factory=deque[anyio.Event])


class Turns:
    """What the SDK has every request to a space pass; without a token there is no limit.

    A call counts until its answer was taken. So what waits for a client that takes nothing is no
    more than so many answers.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: dict[Principal, _Line] = {}
        self._listening = Held(STREAMS, "streams", LONG_S)

    def count(self, principal: Principal | None) -> int:
        """Return how many calls of somebody are carried out, or wait for that."""
        line = self._lines.get(principal) if principal is not None else None
        return line.going + len(line.waiting) if line is not None else 0

    async def __call__(self, ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
        """Answer a request when it is its turn."""
        request = cast(Request[Any], ctx.request)
        principal = principal_of(access_of(request.scope))
        if principal is None or ctx.request_id is None:
            return await call_next(ctx)
        if ctx.method == LISTEN:
            try:
                with self._listening.one(principal):  # SSE may carry many in one stream of HTTP
                    return await call_next(ctx)
            except TooManyError as error:
                raise MCPError(code=t.INVALID_REQUEST, message=str(error)) from error
        line = self._lines.get(principal) or self._lines.setdefault(principal, _Line())
        end = partial(self._end, principal, line)
        if line.going < self._most:
            line.going += 1
        else:
            await _turn(line, request, end)
        # The task ends when the answer was taken: by HTTP, or by the stream that it goes out on.
        cast(asyncio.Task[Any], asyncio.current_task()).add_done_callback(end)
        return await call_next(ctx)

    def _end(self, principal: Principal, line: _Line, _: object = None) -> None:
        """Have the next call take the place of one that has ended."""
        if line.waiting:
            line.waiting.popleft().set()
            return
        line.going -= 1
        if not line.going:
            del self._lines[principal]


async def _turn(line: _Line, request: Request[Any], end: Callable[[], None]) -> None:
    """Wait until it is a call's turn.

    Raises:
        MCPError: whoever called has left meanwhile; nothing was begun.
    """
    place = anyio.Event()
    line.waiting.append(place)
    try:
        await place.wait()
        await _require_caller(request)
    except BaseException:
        if place.is_set():
            end()
        else:
            line.waiting.remove(place)
        raise


async def _require_caller(request: Request[Any]) -> None:
    """Refuse to begin what nobody waits for.

    Raises:
        MCPError: whoever called has left.
    """
    # Over SSE each request was answered at once; there the calls of who leaves are cancelled.
    if not request.scope["path"].endswith(MESSAGES) and await request.is_disconnected():
        raise MCPError(code=t.CONNECTION_CLOSED, message="whoever called has left.")
