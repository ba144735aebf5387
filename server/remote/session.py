"""The session of a client of the handshake era, on an endpoint that may be started anew.

An endpoint knows a session by a header, and forgets it when it ends. The handshake is then made
again as the client made it, with its subscriptions, and the client need not know. One thing cannot
be made again: what the endpoint knew that the client was shown, which is what a line number or a
whole text that is written means. So the first write that builds on that is refused, with words.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import TaskGroup

from .link import FailedError, Hear, Link, Post, RefusedError, SessionLostError
from .messages import (
    Message,
    builds_on_what_was_shown,
    encoded,
    method,
    part,
    repeatable,
    shows,
)
from .patience import pauses

logger = logging.getLogger(__name__)

STREAM_S = 2.0
"""How long a subscription waits for the stream on which changes are told."""
STREAM_PAUSE_S = 5.0
"""How long at most, between two tries to open it."""
_TRIES = 3
_NONE = 405  # status where an endpoint has no stream
_TAKEN = 409  # and where it has not seen yet that the one before was cut off

FORGOTTEN = (
    "The memory server was started anew and no longer knows what you have read, so it cannot tell "
    "what this was made from. Read again what you want to change (memory_read), then repeat it."
)
INTERRUPTED = "The memory server was started anew while it worked on this."


@dataclass(slots=True)
class _Session:
    """A session as the endpoint knows it.

    Attributes:
        hello: The client's `initialize`.
        id: What the endpoint calls the session; empty where it keeps none.
        version: The protocol's, as they agreed; empty where they did not.
        begun: The client's `notifications/initialized`, once it has come.
        subscribed: The client's subscriptions, by address.
        shown: Something of memory was shown in it.
        followed: Somebody follows its stream.
        open: Set when the stream is open, or is known to be none.
    """

    hello: Message
    id: str = ""
    version: str = ""
    begun: Message | None = None
    subscribed: dict[str, Message] = field(default_factory=dict[str, Message])
    shown: bool = False
    followed: bool = False
    open: anyio.Event = field(default_factory=anyio.Event)

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with each message."""
        named = {"Mcp-Session-Id": self.id} if self.id else {}
        return {**named, "MCP-Protocol-Version": self.version}


class Sessions:
    """The one session of a client, whatever becomes of it at the endpoint."""

    def __init__(self, link: Link, tasks: TaskGroup, hear: Hear) -> None:
        self._link = link
        self._tasks = tasks
        self._hear = hear
        self._session: _Session | None = None
        self._renewing = anyio.Lock()
        self._untold = False  # what was shown is forgotten, and the client has not been told

    async def initialize(self, message: Message, hear: Hear) -> None:
        """Begin a session, in place of one that there may be.

        Raises:
            FailedError: there is no answer.
        """
        former, self._session = self._session, None
        if former is not None:
            self._tasks.start_soon(self._link.leave, former.headers)
        session = await self._opened(message, hear)
        self._session = session if session.version else None
        self._untold = False

    async def ask(self, message: Message, hear: Hear) -> None:
        """Send a request.

        Raises:
            FailedError: there is no answer, or it builds on what the endpoint knows no more.
        """
        for _ in range(_TRIES):
            session = self._session
            if session is None:
                await self._link.post(_post(message, {}), hear)
                return
            if self._untold and builds_on_what_was_shown(message):
                self._untold = False
                raise FailedError(FORGOTTEN, sure=True)
            if method(message) == "resources/subscribe":
                with anyio.move_on_after(STREAM_S):
                    await session.open.wait()
            try:
                await self._link.post(_post(message, session.headers), hear)
            except SessionLostError as lost:
                await self._recover(session, message, lost)
            else:
                self._note(session, message)
                return
        raise FailedError("the endpoint loses its sessions; ask who runs it.", sure=False)

    async def tell(self, message: Message) -> None:
        """Send a notification, or the answer to what the endpoint asked.

        Raises:
            FailedError: it did not arrive.
        """
        session = self._session
        if session is None:
            return
        first = method(message) == "notifications/initialized"
        if first:
            session.begun = message
        try:
            await self._link.post(_post(message, session.headers), _unheard)
        except SessionLostError:
            if not first:
                raise
            await self._renew(session)  # which begins the new one as well
        else:
            if first:
                self._follow(session, anew=False)

    async def leave(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None and session.id:
            await self._link.leave(session.headers)

    async def _opened(self, hello: Message, hear: Hear) -> _Session:
        session = _Session(hello)

        def heard(line: bytes, message: Message) -> None:
            agreed: Any = part(message, "result").get("protocolVersion")
            session.version = agreed if isinstance(agreed, str) else ""
            hear(line, message)

        headers = await self._link.post(_post(hello, {}), heard)
        session.id = headers.get("Mcp-Session-Id", "")
        return session

    async def _recover(self, session: _Session, message: Message, lost: SessionLostError) -> None:
        """Have a session in place of one that was lost, so that a request can be sent again.

        Raises:
            FailedError: there is none, or the request cannot be sent again.
        """
        try:
            await self._renew(session)
        except FailedError as error:
            raise FailedError(str(error), sure=error.sure and lost.sure) from error
        if session.shown and builds_on_what_was_shown(message):
            self._untold = False
            raise FailedError(FORGOTTEN if lost.sure else INTERRUPTED, sure=lost.sure) from lost
        if not lost.sure and not repeatable(message):
            raise lost

    async def _renew(self, lost: _Session) -> None:
        """Begin a session as one began that was lost, unless that has been done."""
        async with self._renewing:
            if self._session is not lost:
                return
            session = await self._opened(lost.hello, _unheard)
            if session.version != lost.version:
                said = "the endpoint speaks another version now; start the client's session anew."
                raise FailedError(said, sure=True)
            session.begun, session.subscribed = lost.begun, lost.subscribed
            for message in filter(None, (session.begun, *session.subscribed.values())):
                await self._link.post(_post(message, session.headers), _unheard)
            self._untold = self._untold or lost.shown
            self._session = session
            logger.info("the endpoint was started anew; the session goes on")
            if session.begun is not None:
                self._follow(session, anew=True)

    def _note(self, session: _Session, message: Message) -> None:
        """Remember what a request that was answered leaves."""
        if shows(message):
            session.shown = True
            self._untold = self._untold and builds_on_what_was_shown(message)
        uri = part(message, "params").get("uri")
        if method(message) == "resources/subscribe" and isinstance(uri, str):
            session.subscribed[uri] = message
        elif method(message) == "resources/unsubscribe" and isinstance(uri, str):
            session.subscribed.pop(uri, None)
        if session.begun is not None and not session.followed:
            self._follow(session, anew=True)

    def _follow(self, session: _Session, *, anew: bool) -> None:
        if session.id:
            session.followed = True
            self._tasks.start_soon(self._hand_on, session, anew)
        else:
            session.open.set()

    async def _hand_on(self, session: _Session, anew: bool) -> None:
        """Hand on what the endpoint says unasked, as long as the session lasts.

        Args:
            session: Whose stream is followed.
            anew: Something may have been said while nobody listened.
        """
        waits = pauses(STREAM_PAUSE_S)
        while self._session is session:
            try:
                async with self._link.stream(session.headers) as messages:
                    session.open.set()
                    waits = pauses(STREAM_PAUSE_S)
                    missed, anew = anew, True
                    await self._hear_all(session, messages, missed=missed)
            except RefusedError as refused:
                if refused.status != _TAKEN:
                    session.open.set()
                    session.followed = refused.status == _NONE  # else it is tried again later
                    return
            except SessionLostError:
                if not await self._could_renew(session):
                    return
            except FailedError as error:
                logger.info("changes are not heard of: %s", error)
            await anyio.sleep(next(waits))

    async def _hear_all(
        self, session: _Session, messages: AsyncIterator[tuple[bytes, Message]], *, missed: bool
    ) -> None:
        if missed:
            self._may_have_changed(session)
        async for line, message in messages:
            self._hear(line, message)

    async def _could_renew(self, session: _Session) -> bool:
        """Renew a session that was lost while nothing was asked; False: the endpoint refuses."""
        try:
            await self._renew(session)
        except RefusedError as refused:
            session.followed = False  # the next request will try it
            logger.warning("changes are not heard of: %s", refused)
            return False
        except FailedError as error:
            logger.info("changes are not heard of: %s", error)
        return True

    def _may_have_changed(self, session: _Session) -> None:
        """Have the client look again at what it subscribed to."""
        news: list[Message] = [
            {"method": "notifications/resources/updated", "params": {"uri": uri}}
            for uri in session.subscribed
        ]
        for message in (*news, {"method": "notifications/resources/list_changed"}):
            whole = {"jsonrpc": "2.0", **message}
            self._hear(encoded(whole), whole)


def _post(message: Message, headers: dict[str, str]) -> Post:
    return Post(encoded(message), headers, message.get("id"), repeatable(message))


def _unheard(line: bytes, message: Message) -> None:
    """Take what the client has been told already."""
    del line, message
