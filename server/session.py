"""The MCP SDK on the wire, from the moment it is imported to the client's last word."""

import asyncio
import math
import os
import signal
from contextlib import suppress

import anyio
import mcp_types as types
from mcp.shared.message import SessionMessage

from .front import Front, unidentified, unreadable
from .surface.build import MemoryServer
from .wire import Line, Wire

PATIENCE_S = 5.0
"""How long, after the end of input, the next of the answers that are owed is waited for."""
LAST_ANSWERS_S = 2.0
"""How long, after a signal, answers that are owed are waited for altogether."""


async def session(wire: Wire, front: Front, server: MemoryServer) -> None:
    """Serve until input ends or a signal comes; what was asked before is still answered."""
    await _Session(wire, front).run(server)


class _Session:
    def __init__(self, wire: Wire, front: Front) -> None:
        self._wire = wire
        self._front = front
        self._owed: set[str | int] = set()  # requests that have no answer yet
        self._ended = anyio.Event()
        self._answered = anyio.Event()  # set, and replaced, with each answer
        self._inbox, self._requests = anyio.create_memory_object_stream[SessionMessage | Exception](
            math.inf
        )
        self._answers, self._outbox = anyio.create_memory_object_stream[SessionMessage]()

    async def run(self, server: MemoryServer) -> None:
        loop = asyncio.get_running_loop()

        def from_reader(line: Line) -> None:
            with suppress(RuntimeError):  # we are ending, and the loop is closed
                loop.call_soon_threadsafe(self._deliver, line)

        for line in self._front.kept:
            self._deliver(line)
        self._wire.divert(from_reader)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._send)
            tasks.start_soon(self._end)
            tasks.start_soon(self._end_on_signal, tasks.cancel_scope)
            await server.run(self._requests, self._answers, server.create_initialization_options())
            tasks.cancel_scope.cancel()

    def _deliver(self, line: Line) -> None:
        """Take one line from the client, unless a signal came before it."""
        if line is None:
            self._ended.set()
        if line is None or self._ended.is_set():
            return
        reply = self._front.discover(line)
        message = None if reply else self._parsed(line)
        if reply:
            self._wire.send(reply)
        elif message is not None:
            self._note(message)
            self._inbox.send_nowait(SessionMessage(message))

    def _note(self, message: types.JSONRPCMessage) -> None:
        """Keep count of the answers that are owed: none to a stream, none to what is cancelled."""
        match message:
            case types.JSONRPCRequest() if message.method != "subscriptions/listen":
                self._owed.add(message.id)
            case types.JSONRPCNotification(
                method="notifications/cancelled", params={"requestId": str() | int() as cancelled}
            ):
                self._owed.discard(cancelled)
                self._front.forget(cancelled)
            case _:
                pass

    def _parsed(self, line: bytes) -> types.JSONRPCMessage | None:
        """Return a line as the SDK takes it; answer it here where it cannot be."""
        try:
            message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            reply = unreadable(line)
        else:
            # The SDK takes a request whose id is none for a notification, and answers nothing.
            notified = isinstance(message, types.JSONRPCNotification)
            reply = unidentified(line) if notified else b""
            if not reply:
                return message
        if reply:
            self._wire.send(reply)
        return None

    async def _send(self) -> None:
        """Put the SDK's messages on the wire, but for what the front has answered already."""
        async for item in self._outbox:
            message = item.message
            answer = isinstance(message, types.JSONRPCResponse | types.JSONRPCError)
            if answer and message.id in self._front.answered:
                self._front.answered.discard(message.id)
            elif isinstance(message, types.JSONRPCNotification) and self._front.heard(
                message.method, message.params
            ):
                pass
            else:
                self._wire.send(message.model_dump_json(by_alias=True, exclude_unset=True).encode())
            if answer and message.id is not None:
                self._owed.discard(message.id)
                self._answered.set()
                self._answered = anyio.Event()

    async def _settled(self) -> None:
        """Wait until no answer is owed, or none came for too long."""
        with anyio.move_on_after(PATIENCE_S) as patience:
            while self._owed:
                await self._answered.wait()
                patience.deadline = anyio.current_time() + PATIENCE_S

    async def _end(self) -> None:
        """End the SDK's input once the client's has ended and it has its answers."""
        await self._ended.wait()
        await self._settled()
        self._inbox.close()

    async def _end_on_signal(self, scope: anyio.CancelScope) -> None:
        """On SIGINT or SIGTERM take nothing more; what is being committed is still finished."""
        if os.name == "nt":  # no handlers on this event loop; Ctrl-C raises KeyboardInterrupt there
            return
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                self._ended.set()
                with anyio.move_on_after(LAST_ANSWERS_S):
                    await self._settled()
                scope.cancel()
