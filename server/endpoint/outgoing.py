"""What goes out on one stream: it is taken in time, and ends as HTTP has it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import checkpoint
from starlette.types import Message, Send

LAST_S = 1.0
"""How long the end of a stream is tried to be sent."""


class Outgoing:
    """Sends what one stream's client is told.

    A client that takes nothing for `taken_s` seconds has its stream ended, so that what waits for
    it does not grow. However a stream ends, its client sees an end, not a connection that is cut.
    """

    def __init__(self, send: Send, taken_s: float) -> None:
        self._send = send
        self._taken_s = taken_s
        self._whole = anyio.CancelScope()
        self._begun = self._done = False

    async def __call__(self, message: Message) -> None:
        """Send a part."""
        with anyio.move_on_after(self._taken_s) as limit:
            await self._send(message)
        if limit.cancelled_caught:
            self._whole.cancel()
            await checkpoint()
        self._begun = True
        self._done = message["type"] == "http.response.body" and not message.get("more_body")

    @asynccontextmanager
    async def whole(self) -> AsyncGenerator[None]:
        """Have everything sent within, and the end of it as well."""
        try:
            with self._whole:
                yield
        finally:
            if self._begun and not self._done:
                with anyio.move_on_after(LAST_S, shield=True):
                    await self._send({"type": "http.response.body", "body": b""})
