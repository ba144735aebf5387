"""An answer's head and body leave together."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

import pytest

from tokenspace.server.endpoint.joined import MOST_BYTES, Joined

LARGE = b"x" * 2_000_000
"""More than a socket takes at once."""


Speech = Callable[[Joined, asyncio.Transport], object]
"""What is said over a transport, and the one inside it."""


class _Speaker(asyncio.Protocol):
    """Says something to whoever connects."""

    def __init__(self, speak: Speech) -> None:
        self._speak = speak

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        inner = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        self._speak(Joined(inner), inner)


async def _heard(speak: Speech) -> list[bytes]:
    """Return what each read of a client brings until the end."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Speaker(speak), "127.0.0.1")
    with socket.socket() as client:
        client.setblocking(False)
        await loop.sock_connect(client, server.sockets[0].getsockname())
        found: list[bytes] = []
        while part := await loop.sock_recv(client, 65_536):
            found.append(part)
    server.close()
    await server.wait_closed()
    return found


async def test_what_is_written_in_one_turn_comes_in_one_piece() -> None:
    """Two writes are one read, also where the connection is closed right after."""

    def speak(joined: Joined, _: asyncio.Transport) -> None:
        joined.write(b"head ")
        joined.writelines([b"body", b" end"])
        assert joined.get_write_buffer_size() == len(b"head body end")
        asyncio.get_running_loop().call_later(0.01, joined.close)

    assert await _heard(speak) == [b"head body end"]
    assert await _heard(lambda joined, _: (joined.write(b"all"), joined.close())) == [b"all"]


async def test_everything_comes_however_much_it_is() -> None:
    """What a socket cannot take at once waits for it."""

    def speak(joined: Joined, _: asyncio.Transport) -> None:
        joined.write(LARGE)
        joined.close()
        assert joined.is_closing()

    assert b"".join(await _heard(speak)) == LARGE


async def test_a_writer_hears_within_its_turn_that_nobody_reads() -> None:
    """Else all of a large answer would be held at once: no more than the socket's own asks for."""
    done = asyncio.get_running_loop().create_future()

    class Paused(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.paused = False
            joined = Joined(transport)
            while not self.paused and joined.get_write_buffer_size() < len(LARGE) * 20:
                joined.write(LARGE[: MOST_BYTES // 2])
            done.set_result(joined.get_write_buffer_size())
            transport.abort()

        def pause_writing(self) -> None:
            self.paused = True

    server = await asyncio.get_running_loop().create_server(Paused, "127.0.0.1")
    with socket.create_connection(server.sockets[0].getsockname()):
        held = await done
    server.close()
    await server.wait_closed()
    assert held <= 2 * MOST_BYTES


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_has_gone_is_sent_nothing_and_that_is_no_error(loop: str) -> None:
    """Else anybody could fill the log: ask, and be gone before the answer is written."""
    made: asyncio.AbstractEventLoop = pytest.importorskip(loop).new_event_loop()
    told: list[object] = []
    made.set_exception_handler(lambda _, context: told.append(context))

    def speak(joined: Joined, inner: asyncio.Transport) -> None:
        joined.write(b"late")
        inner.abort()

    assert made.run_until_complete(_heard(speak)) == []
    made.close()
    assert told == []


async def test_what_is_broken_off_sends_nothing_more() -> None:
    """What was held is lost with the connection, as what waits in a socket is."""

    def speak(joined: Joined, _: asyncio.Transport) -> None:
        joined.write(b"never")
        joined.abort()

    assert await _heard(speak) == []
