"""A client's stdio on one side, an endpoint on the other, every message handed on.

Each request is of the era that it says itself: one that carries its version needs no session, any
other belongs to the session that the client's handshake began. So a probe binds nobody.
"""

import asyncio
import logging
import math
import os
import signal
from contextlib import suppress
from dataclasses import dataclass

import anyio

from ..front import parsed, unidentified, unreadable
from ..wire import Line, Wire
from .link import FailedError, Link, Post
from .messages import (
    LISTEN,
    Kind,
    Message,
    encoded,
    failure,
    headers,
    keyed,
    kind,
    method,
    part,
    repeatable,
    version,
    writes,
)
from .session import Sessions

logger = logging.getLogger(__name__)

PATIENCE_S = 5.0
"""How long, after the end of input, the next of the answers that are owed is waited for."""
LAST_ANSWERS_S = 2.0
"""How long, after a signal, answers that are owed are waited for altogether."""
LEAVE_S = 1.0
"""How long the endpoint is waited for when a session ends."""


@dataclass(slots=True, eq=False)
class _Flight:
    """A request on its way.

    Attributes:
        owed: The client waits for an answer; not for that of a stream, which is its end.
        scope: In which it is sent, once it is.
    """

    message: Message
    owed: bool
    scope: anyio.CancelScope | None = None

    def end(self) -> None:
        """Let go of it."""
        if self.scope is not None:
            self.scope.cancel()


class Bridge:
    """Hands on messages until the client leaves or a signal comes."""

    def __init__(self, wire: Wire, link: Link) -> None:
        self._wire = wire
        self._link = link
        self._flights: dict[str | int, _Flight] = {}
        self._ended = anyio.Event()
        self._passing = 0  # messages without an answer that are on their way
        self._done = anyio.Event()  # set, and replaced, with each that has been handed on
        self._last = anyio.CancelScope()  # in which the last answers are waited for
        self._inbox, self._messages = anyio.create_memory_object_stream[Message](math.inf)

    async def run(self) -> None:
        """Serve; what was asked before the end is still answered, if the endpoint does."""
        loop = asyncio.get_running_loop()

        def from_reader(line: Line) -> None:
            with suppress(RuntimeError):  # we are ending, and the loop is closed
                loop.call_soon_threadsafe(self._deliver, line)

        async with self._link, anyio.create_task_group() as self._tasks:
            self._sessions = Sessions(self._link, self._tasks, lambda line, _: self._say(line))
            self._wire.divert(from_reader)
            self._tasks.start_soon(self._hand_on)
            self._tasks.start_soon(self._end_on_signal)
            await self._ended.wait()
            with self._last:
                await self._settled()
            self._give_up()
            with anyio.move_on_after(LEAVE_S):
                await self._sessions.leave()
            self._tasks.cancel_scope.cancel()

    def _say(self, line: bytes) -> None:
        self._wire.send(line)

    def _deliver(self, line: Line) -> None:
        """Take one line from the client, unless a signal came before it."""
        if line is None:
            self._ended.set()
        if line is None or self._ended.is_set():
            return
        message = parsed(line)
        reply = _unfit(line, message)
        if reply:
            self._say(reply)
        elif message is not None:
            message = keyed(message)
            if kind(message) is Kind.REQUEST:
                self._flights[message["id"]] = _Flight(message, method(message) != LISTEN)
            else:
                self._passing += 1
            self._inbox.send_nowait(message)

    async def _hand_on(self) -> None:
        """Send each message on its way; what follows a handshake waits for it."""
        async for message in self._messages:
            name = method(message)
            if kind(message) is Kind.REQUEST:
                flight = self._flights.get(message["id"])
                if flight is None or flight.message is not message:
                    continue  # it was cancelled, or its id was given to another
                if name == "initialize":
                    await self._fly(flight)
                else:
                    self._tasks.start_soon(self._fly, flight)
            elif name == "notifications/initialized":
                await self._pass(message)
            else:
                self._tasks.start_soon(self._pass, message)

    async def _fly(self, flight: _Flight) -> None:
        """Have a request answered, by the endpoint or with the reason why it is not."""
        message = flight.message
        if self._flights.get(message["id"]) is not flight:
            return  # it was cancelled before it could leave

        def hear(line: bytes, _: Message) -> None:
            if self._flights.get(message["id"]) is flight:
                self._say(line)

        with anyio.CancelScope() as flight.scope:
            try:
                if version(message) is not None:
                    again = repeatable(message)
                    post = Post(encoded(message), headers(message), message["id"], again)
                    await self._link.post(post, hear)
                elif method(message) == "initialize":
                    await self._sessions.initialize(message, hear)
                else:
                    await self._sessions.ask(message, hear)
            except FailedError as error:
                logger.warning("%s: %s", method(message)[:100], error)
                hear(failure(message, _told(error, message)), {})
            except Exception:
                logger.exception("a request was not handed on")
                hear(failure(message, "the bridge to the memory server failed; see its log."), {})
        self._landed(flight)

    def _landed(self, flight: _Flight) -> None:
        if self._flights.get(flight.message["id"]) is flight:
            del self._flights[flight.message["id"]]
        self._wake()

    def _wake(self) -> None:
        self._done.set()
        self._done = anyio.Event()

    async def _pass(self, message: Message) -> None:
        """Hand on what has no answer; none of it is said in the era without sessions."""
        try:
            if method(message) == "notifications/cancelled":
                await self._cancel(message)
            else:
                await self._sessions.tell(message)
        except FailedError as error:
            logger.warning("%s: %s", method(message)[:100] or "an answer", error)
        finally:
            self._passing -= 1
            self._wake()

    async def _cancel(self, message: Message) -> None:
        """Let go of a request; over HTTP, closing the connection says so, but not in a session."""
        cancelled = part(message, "params").get("requestId")
        flight = self._flights.get(cancelled) if isinstance(cancelled, str | int) else None
        if flight is None or method(flight.message) == "initialize":
            return
        try:
            if version(flight.message) is None:
                await self._sessions.tell(message)
        finally:
            flight.end()
            self._landed(flight)

    async def _settled(self) -> None:
        """Wait until all is said and no answer is owed, or none came for too long."""
        with anyio.move_on_after(PATIENCE_S) as patience:
            while self._passing or any(flight.owed for flight in self._flights.values()):
                await self._done.wait()
                patience.deadline = anyio.current_time() + PATIENCE_S

    def _give_up(self) -> None:
        """Answer what is still owed, and let go of everything."""
        flights, self._flights = self._flights, {}
        for flight in flights.values():
            flight.end()
            if flight.owed:
                self._say(failure(flight.message, "the bridge ended before an answer came."))

    async def _end_on_signal(self) -> None:
        """On SIGINT or SIGTERM take nothing more; what the endpoint does is still waited for."""
        if os.name == "nt":  # no handlers on this event loop; Ctrl-C raises KeyboardInterrupt there
            return
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                self._ended.set()
                self._last.deadline = anyio.current_time() + LAST_ANSWERS_S


def _unfit(line: bytes, message: Message | None) -> bytes:
    """Return the error that answers a line which cannot be handed on; b"" where it can."""
    if message is None or kind(message) is Kind.NONE:
        return unreadable(line)
    try:
        encoded(message)
    except UnicodeEncodeError:
        return unreadable(line)
    return unidentified(line) if kind(message) is Kind.REQUEST else b""


def _told(error: FailedError, message: Message) -> str:
    """Return what the client is told of a failure."""
    if not writes(message):
        return str(error)
    if error.sure:
        return f"{error} Nothing was changed."
    return f"{error} It is not known whether this was carried out: read before you repeat it."
