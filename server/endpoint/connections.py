"""Connections: how many there are, and for how long one may hold its place without a request.

uvicorn leaves both to a proxy; an endpoint that encrypts by itself has none.
"""

import asyncio
import logging
import time
from collections import Counter
from importlib.util import find_spec
from typing import Any, Protocol, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .joined import Joined
from .limits import network
from .proxies import Proxies

logger = logging.getLogger(__name__)

HEAD_S = 10.0
"""How long may be waited for all of a request's head."""
BODY_S = 60.0
"""How long may be waited for all of a request's body, once there is a head."""
MOST = 10_000
"""Connections at once, where as many files may be open."""
EACH = 256
"""Connections at once from one address, unless it stands for many; never above half of all."""
FILES_A_SPACE = 11
"""Files that an open space has open: its database's three, for each of those who read and write."""
_FEWEST = 64  # connections, however few files may be open
_OTHERS = 64  # files: the log, the listener, the models, what is looked at for a moment
_SAY_S = 60.0


class Cycle(Protocol):
    """A request that uvicorn answers, as much of it as is looked at here."""

    more_body: bool
    response_complete: bool


class Connections:
    """The connections of one endpoint."""

    def __init__(self, most: int, proxies: Proxies) -> None:
        self._most = most
        self._proxies = proxies
        self._held: dict[Limited, str] = {}
        self._from = Counter[str]()
        self._said = -_SAY_S

    def enter(self, one: "Limited") -> bool:
        """Count a connection, or tell that it is one too many."""
        peer = one.client[0] if one.client else ""
        place = "" if self._proxies.stand_for_many(peer) else network(peer)
        each = min(EACH, self._most // 2)
        if len(self._held) >= self._most or (place and self._from[place] >= each):
            self._say(peer)
            return False
        self._held[one] = place
        self._from[place] += 1
        return True

    def leave(self, one: "Limited") -> None:
        """Count a connection no more."""
        place = self._held.pop(one, None)
        if place is None:
            return
        self._from[place] -= 1
        if not self._from[place]:
            del self._from[place]

    def sweep(self) -> None:
        """End those that have held a place for too long without a request."""
        now = time.monotonic()
        for one in [one for one in self._held if one.is_overdue(now)]:
            one.transport.abort()

    def _say(self, peer: str) -> None:
        """Log that somebody is turned away; not for each of many."""
        now = time.monotonic()
        if now - self._said >= _SAY_S:
            self._said = now
            count = len(self._held)
            logger.warning("%d connections are open; one of %s is turned away", count, peer)


class Limited(asyncio.Protocol):
    """What uvicorn's protocols, which stand after this one among the bases, do within limits."""

    all: Connections
    client: tuple[str, int] | None
    cycle: Any  # a `Cycle`; each of uvicorn's protocols has a class of its own for it
    timeout_keep_alive: int
    transport: asyncio.Transport
    _stage: tuple[object, bool] = (None, False)
    _since: float

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end at once."""
        self._since = time.monotonic()
        super().connection_made(Joined(cast(asyncio.Transport, transport)))
        if not self.all.enter(self):
            self.transport.abort()  # to close it politely would take a place of its own

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.all.leave(self)
        super().connection_lost(exc)

    def is_overdue(self, now: float) -> bool:
        """Tell whether the client has owed the rest of a request for too long."""
        cycle: Cycle | None = self.cycle
        answered = cycle is not None and cycle.response_complete
        if cycle is not None and not answered and not cycle.more_body:
            return False  # it is us who owe
        if (cycle, answered) != self._stage:
            self._stage = cycle, answered
            self._since = now
        kept = self.timeout_keep_alive if answered else 0
        return now - self._since > (BODY_S if cycle and not answered else kept + HEAD_S)


class Plain(Limited, H11Protocol):
    """HTTP in Python, whose heads h11 limits."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, or only end where an answer has gone out before it."""
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self.transport.close()


def protocol(connections: Connections) -> type[asyncio.Protocol]:
    """Return what speaks HTTP with each client: in C where the extra `http` is installed."""
    base: type[Limited] = Plain
    if find_spec("httptools") is not None:
        from .heads import Quick

        base = Quick
    return cast(type[asyncio.Protocol], type("Http", (base,), {"all": connections}))


def more_files() -> None:
    """Have this process open as many files as it may."""
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):  # macOS calls it endless, and takes no such number
        logger.debug("the limit of open files stays")


def most_connections(spaces: int) -> int:
    """Return how many connections leave enough files for a number of open spaces."""
    try:
        import resource
    except ImportError:
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST
    left = files - spaces * FILES_A_SPACE - _OTHERS
    if left < EACH:
        logger.warning(
            "this process may have %d files open, which is few for %d spaces and the connections "
            "to them: raise the limit (ulimit -n, LimitNOFILE), or set open_spaces lower",
            files,
            spaces,
        )
    return min(MOST, max(_FEWEST, left))
