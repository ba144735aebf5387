"""The MCP SDK on the wire, from the moment it is imported to the client's last word."""

import asyncio
import math
import os
import signal

import anyio
import mcp_types as types
from mcp.shared.message import SessionMessage

from .front import Front, unreadable
from .surface.build import MemoryServer
from .wire import Line, Wire

LAST_ANSWERS_S = 5.0
"""How long, after the end of input, answers that are still owed are waited for."""


async def session(wire: Wire, front: Front, server: MemoryServer) -> None:
    """Serve until input ends (what was asked is still answered) or a signal comes."""
    await _Session(wire, front).run(server)


class _Session:
    def __init__(self, wire: Wire, front: Front) -> None:
        self._wire = wire
        self._front = front
        self._owed: set[str | int] = set()  # requests that have no answer yet
        self._ended = anyio.Event()
        self._settled = anyio.Event()
        self._inbox, self._requests = anyio.create_memory_object_stream[SessionMessage | Exception](
            math.inf
        )
        self._answers, self._outbox = anyio.create_memory_object_stream[SessionMessage]()

    async def run(self, server: MemoryServer) -> None:
        loop = asyncio.get_running_loop()

        def from_reader(line: Line) -> None:
            loop.call_soon_threadsafe(self._deliver, line)

        for line in self._front.kept:
            self._deliver(line)
        self._wire.divert(from_reader)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._send)
            tasks.start_soon(self._close_when_settled)
            tasks.start_soon(_end_on_signal, tasks.cancel_scope)
            await server.run(self._requests, self._answers, server.create_initialization_options())
            tasks.cancel_scope.cancel()

    def _deliver(self, line: Line) -> None:
        """Take one line from the client."""
        if line is None:
            self._ended.set()
            self._settle()
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
            case types.JSONRPCNotification() if message.method == "notifications/cancelled":
                self._owed.discard((message.params or {}).get("requestId", ""))
            case _:
                pass

    def _parsed(self, line: bytes) -> types.JSONRPCMessage | None:
        """Return a line as the SDK takes it; answer it here where it cannot be."""
        try:
            return types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            reply = unreadable(line)
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
            else:
                self._wire.send(message.model_dump_json(by_alias=True, exclude_unset=True).encode())
            if answer and message.id is not None:
                self._owed.discard(message.id)
                self._settle()

    def _settle(self) -> None:
        if self._ended.is_set() and not self._owed:
            self._settled.set()

    async def _close_when_settled(self) -> None:
        """End the SDK's input once the client's has ended and it has its answers."""
        await self._ended.wait()
        with anyio.move_on_after(LAST_ANSWERS_S):
            await self._settled.wait()
        self._inbox.close()


async def _end_on_signal(scope: anyio.CancelScope) -> None:
    """Cancel everything on SIGINT or SIGTERM; what is being committed is finished first."""
    if os.name == "nt":  # no handlers on this event loop; Ctrl-C raises KeyboardInterrupt there
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
