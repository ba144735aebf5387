"""What those who run an endpoint ask it: whether it lives, whether it is ready, what it counts."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .entrance import Entrance
from .metrics import Metrics, available
from .records import Records
from .rooms import Rooms

OPEN = ("/health", "/ready")
"""Addresses that tell nothing, and so are answered to whoever asks, by any name of the host."""
LOOK_S = 1.0
"""How long an answer to whether the data can be written is good."""
_TRIED = b"\0" * 4_096


class Readiness:
    """Whether requests can be taken now."""

    def __init__(self, data: Path, ending: Callable[[], bool]) -> None:
        self._data = data
        self._ending = ending
        self._looking = anyio.Lock()
        self._looked_at = -LOOK_S
        self._found = ""

    async def trouble(self) -> str:
        """Return why not, without any path; nothing where they can."""
        if self._ending():
            return "the server is shutting down"
        async with self._looking:  # one look at a time, however many ask
            if time.monotonic() - self._looked_at >= LOOK_S:
                self._found = await run_sync(self._written)
                self._looked_at = time.monotonic()
        return self._found

    def _written(self) -> str:
        """Write something: what rights say of a full or a read-only disk is not the truth."""
        try:
            with tempfile.TemporaryFile(dir=self._data) as file:
                file.write(_TRIED)
        except OSError as error:
            return f"the data folder cannot be written: {error.strerror or type(error).__name__}"
        return ""


@dataclass(frozen=True, slots=True)
class Operations:
    """What an endpoint is run with.

    Attributes:
        metrics: None where the library that counts is not installed.
    """

    entrance: Entrance
    records: Records
    readiness: Readiness
    metrics: Metrics | None

    def routes(self) -> list[Route]:
        """Return the addresses under which it is asked."""
        return [
            Route("/health", self._health),
            Route("/ready", self._ready),
            Route("/metrics", self._metrics),
        ]

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _ready(self, _: Request) -> Response:
        trouble = await self.readiness.trouble()
        if trouble:
            return JSONResponse({"status": "not ready", "reason": trouble}, 503)
        return JSONResponse({"status": "ready"})

    async def _metrics(self, request: Request) -> Response:
        refused = self.entrance.administration(request.scope)
        if refused is not None:
            return refused
        if self.metrics is None:
            said = "nothing is counted: pip install 'tokenspace[http]', and start again."
            return JSONResponse({"error": said}, 501)
        text, kind = self.metrics.text()
        return Response(text, media_type=kind)


def make_operations(rooms: Rooms, entrance: Entrance, records: Records, data: Path) -> Operations:
    """Return what an endpoint is run with; from now on its records are counted as well."""
    metrics = None
    if available():
        metrics = records.counts = Metrics(
            {
                "open_spaces": lambda: rooms.open,
                "sessions": rooms.sessions,
                "streams": lambda: entrance.streams,
            }
        )
    return Operations(entrance, records, Readiness(data, lambda: rooms.ending), metrics)
