"""Each request as it arrives: its id, where it comes from, and how it was answered at last."""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .logs import TOKEN, request_id

logger = logging.getLogger(__name__)

_KEY = "tokenspace.arrival"
_HEADER = b"x-request-id"
_GOOD = re.compile(rb"[A-Za-z0-9._-]{8,64}")

_secret = secrets.token_bytes(16)
_numbers = count()


@dataclass(slots=True)
class Arrival:
    """What is known of a request.

    Attributes:
        id: Its own, or the one that a client or a proxy gave it.
        address: Where it comes from; behind a stated proxy, what that says.
        began: When it came, in seconds of a clock of its own.
        why: Why it was refused, in a word, if whoever did that has said so.
        noted: Whether note was taken of what became of it.
        space: The space that it asks for, once that is known.
        answered: Whether its answer has begun.
        left: Whether its client went before that.
    """

    id: str
    address: str
    began: float = field(default_factory=time.perf_counter)
    why: str = ""
    noted: bool = False
    space: str | None = None
    answered: bool = False
    left: bool = False


Answered = Callable[[Scope, Arrival, int], None]
"""Takes note of a request whose answer, of some status, begins."""


class Arrivals:
    """Gives each request an id, which its answer and its lines in the log have as well."""

    def __init__(self, app: ASGIApp, answered: Answered) -> None:
        self._app = app
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client") or ("",)
        arrival = scope[_KEY] = Arrival(_named(scope), str(client[0])[:64])
        request_id.set(arrival.id)  # each request has a task of its own, and so its own context

        async def hear() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                arrival.left = not arrival.answered
            return message

        async def begin(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_HEADER, arrival.id.encode())]
                arrival.answered = True
                self._answered(scope, arrival, message["status"])
                _log(scope, arrival, message["status"])
            await send(message)

        try:
            await self._app(scope, hear, begin)
        except Exception:
            if not arrival.answered:
                failed = PlainTextResponse("Internal Server Error", 500)
                await failed(scope, receive, begin)
            raise  # for the log


def arrival_of(scope: Scope) -> Arrival:
    """Return what is known of a request."""
    return scope[_KEY]


def milliseconds(arrival: Arrival) -> float:
    """Return for how long a request has been here, in milliseconds."""
    return round((time.perf_counter() - arrival.began) * 1_000, 1)


def _named(scope: Scope) -> str:
    """Return the id that a request brings, if it is one, else a new one."""
    for name, value in scope["headers"]:
        if name == _HEADER and _GOOD.fullmatch(value):
            given = value.decode()
            if not TOKEN.search(given):
                return given
    return _new_id()


def _new_id() -> str:
    """Return an id that tells nobody how many there were before it; the system is not asked."""
    number = next(_numbers).to_bytes(8, "big")
    return hashlib.blake2b(number, digest_size=8, key=_secret).hexdigest()


def _log(scope: Scope, arrival: Arrival, status: int) -> None:
    """Write that a request is answered; without its query, which may name a session."""
    if not logger.isEnabledFor(logging.INFO):
        return
    method, path = scope["method"], scope["path"][:200]
    logger.info("%s %r: %d after %s ms", method, path, status, milliseconds(arrival))
