"""The MCP SDK on the wire, from the moment it is imported to the client's last word."""

import asyncio
import math
import os
import signal

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream
from mcp.shared.message import SessionMessage

from .front import Front, unreadable
from .surface.build import MemoryServer
from .wire import Line, Wire


async def session(wire: Wire, front: Front, server: MemoryServer) -> None:
    """Serve until input ends (what was asked is still answered) or a signal comes."""
    loop = asyncio.get_running_loop()
    inbox, requests = anyio.create_memory_object_stream[SessionMessage | Exception](math.inf)
    answers, outbox = anyio.create_memory_object_stream[SessionMessage]()

    def deliver(line: Line) -> None:
        if line is None:
            inbox.close()
            return
        reply = front.discover(line)
        message = _message(line, wire) if reply is None else None
        if reply is not None:
            wire.send(reply)
        elif message is not None:
            inbox.send_nowait(message)

    def from_reader(line: Line) -> None:
        loop.call_soon_threadsafe(deliver, line)

    for line in front.kept:
        deliver(line)
    wire.divert(from_reader)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_send, outbox, wire, front)
        tasks.start_soon(_end_on_signal, tasks.cancel_scope)
        await server.run(requests, answers, server.create_initialization_options())
        tasks.cancel_scope.cancel()


def _message(line: bytes, wire: Wire) -> SessionMessage | None:
    """Return a line as the SDK takes it; answer it here where it cannot be."""
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        reply = unreadable(line)
        if reply:
            wire.send(reply)
        return None


async def _send(
    outbox: MemoryObjectReceiveStream[SessionMessage], wire: Wire, front: Front
) -> None:
    """Put the SDK's messages on the wire, but for answers that the front has given already."""
    async for item in outbox:
        message = item.message
        if isinstance(message, types.JSONRPCResponse) and message.id in front.answered:
            front.answered.discard(message.id)
            continue
        wire.send(message.model_dump_json(by_alias=True, exclude_unset=True).encode())


async def _end_on_signal(scope: anyio.CancelScope) -> None:
    """Cancel everything on SIGINT or SIGTERM; what is being committed is finished first."""
    if os.name == "nt":  # no handlers on this event loop; Ctrl-C raises KeyboardInterrupt there
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
