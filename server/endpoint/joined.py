"""What is written in one go leaves in one packet.

uvicorn writes the head of an answer and its body one after the other; each would be a packet, and a
call of the system, of its own, which is a fifth of what a small answer costs.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

MOST_BYTES = 64 * 1024
"""What is held at most: a writer must hear in time that a client reads nothing."""


class Joined(asyncio.Transport):
    """A transport that holds what is written until this turn of the event loop is over.

    What is much goes at once: only what the inner transport has can make it ask for a pause.
    """

    def __init__(self, inner: asyncio.Transport) -> None:
        super().__init__()
        self._inner = inner
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send with what else is written in this turn."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(bytes(data))
        self._size += len(self._held[-1])
        if self._size >= MOST_BYTES:
            self._flush()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send all of these."""
        for data in list_of_data:
            self.write(data)

    def _flush(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if held and not self._inner.is_closing():  # the other end may have gone in this turn
            self._inner.write(b"".join(held))

    def close(self) -> None:
        """Send what is held, then close."""
        self._flush()
        self._inner.close()

    def abort(self) -> None:
        """Close at once; what is held is lost."""
        self._held, self._size = [], 0
        self._inner.abort()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes have yet to be sent."""
        return self._inner.get_write_buffer_size() + self._size

    def is_closing(self) -> bool:
        """Tell whether it is closed, or about to be."""
        return self._inner.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection."""
        return self._inner.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Have another protocol take what comes."""
        self._inner.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that takes what comes."""
        return self._inner.get_protocol()

    def pause_reading(self) -> None:
        """Take no more for now."""
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        """Take more."""
        self._inner.resume_reading()
