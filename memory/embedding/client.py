"""The embedder that the server uses: a worker that is started, found again, and replaced."""

import asyncio
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .embedder import MEND, EmbeddingError, Model, Phase, State, Vector
from .link import Link, LostError, RefusedError
from .models import Absent, Source
from .orders import Orders
from .starting import connect

MAX_CHARS = 32_768
"""Characters of a text that are looked at; no common model reads more."""

_CHUNK = 64
"""Passages a request: many steps for the worker, little to lose with it."""

_ATTEMPTS = 3
"""Workers that a request may lose before it is given up: it may be what ends them."""

_STARTS = 10
_REST_S = 0.1
_CLOSED = "the embedder was closed."
_MINUTE_S, _FAILURES = 60.0, 3
_LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a worker is run.

    Attributes:
        device, idle_s, memory_bytes: As in `Orders`.
        start_s: Seconds within which it must have loaded its model.
        download_s: The same where the model is downloaded first.
        hang_s: Seconds of silence, while something is asked, after which it is replaced.
        pause_s: Seconds before a start that failed is tried again; doubles each time, up to 300.
        python: The interpreter that runs it; empty for this one.
    """

    device: str = "cpu"
    idle_s: float = 600.0
    memory_bytes: int = 2 * 1024**3
    start_s: float = 120.0
    download_s: float = 1800.0
    hang_s: float = 120.0
    pause_s: float = 5.0
    python: str = ""


class WorkerEmbedder:
    """An `Embedder` whose model runs in a worker process.

    Args:
        find: Says which model, each time a worker is needed; runs on a thread.
        runtime: The folder for what this user's processes share; None to share nothing.
        options: How the worker is run.
    """

    def __init__(
        self,
        find: Callable[[], Source | Absent],
        runtime: Path | None = None,
        options: Options | None = None,
    ) -> None:
        self._find, self._runtime = find, runtime
        self._options = options or Options()
        self._phase: Phase = "idle"
        self._why = ""
        self._model: Model | None = None
        self._link: Link | None = None
        self._starting: asyncio.Task[Link] | None = None
        self._failures: deque[float] = deque(maxlen=_FAILURES)
        self._pauses = 0
        self._rest_until = 0.0
        self._closings = 0

    @property
    def state(self) -> State:
        """How it is now; costs nothing."""
        link = self._link if self._link is not None and self._link.alive else None
        phase: Phase = "idle" if self._phase == "ready" and link is None else self._phase
        return State(
            phase=phase,
            why=self._why,
            model=self._model,
            pid=None if link is None else link.pid,
            shared=link is not None and link.shared,
        )

    async def model(self) -> Model:
        """Return the model; see `Embedder`."""
        _, model = await self._connected()
        return model

    async def query(self, text: str, patience_s: float) -> bytes:
        """Return a query's unit vector; see `Embedder`."""
        try:
            async with asyncio.timeout(patience_s):
                vector, model = await self._asked({"query": _clean(text)})
        except TimeoutError:
            loading = self._phase == "starting"
            doing = "still being loaded" if loading else "busy"
            raise EmbeddingError(f"the embedding model is {doing}; try again later.") from None
        _expect(vector, 4 * model.dim)
        return vector

    async def passages(self, texts: Sequence[tuple[str, str]]) -> list[Vector]:
        """Return the vectors of passages; see `Embedder`."""
        made: list[Vector] = []
        first: Model | None = None
        for at in range(0, len(texts), _CHUNK):
            pairs = [(_clean(own), _clean(there)) for own, there in texts[at : at + _CHUNK]]
            answer, model = await self._asked({"passages": pairs})
            first = first or model
            if model != first:  # two models' vectors cannot be compared
                raise EmbeddingError("the embedding model changed meanwhile; try again.")
            norms, dim = 4 * len(pairs), model.dim
            _expect(answer, norms + len(pairs) * dim)
            data = (answer[start : start + dim] for start in range(norms, len(answer), dim))
            lengths = struct.unpack_from(f"<{len(pairs)}f", answer)
            made += map(Vector, data, lengths)
        return made

    async def look(self) -> State:
        """Return how it is, after looking for the model; see `Embedder`."""
        if self._phase in ("idle", "absent") and not (self._link and self._link.alive):
            found = await asyncio.to_thread(self._look)
            if self._phase in ("idle", "absent"):
                self._why = found.why if isinstance(found, Absent) else ""
                self._phase = "absent" if isinstance(found, Absent) else "idle"
        return self.state

    def warm(self) -> None:
        """Begin starting; see `Embedder`."""
        if not (self._link and self._link.alive):
            self._start()

    async def close(self) -> None:
        """Let go of the worker; see `Embedder`."""
        self._closings += 1
        starting, link = self._starting, self._link
        self._starting = self._link = None
        if starting is not None:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        if link is not None:
            await link.close()
        if self._phase in ("starting", "ready"):
            self._phase = "idle"

    async def _asked(self, header: dict[str, Any]) -> tuple[bytes, Model]:
        """Return the answer to a request and the model that gave it, from whichever worker."""
        closings = self._closings
        for _ in range(_ATTEMPTS):
            link, model = await self._connected()
            try:
                answer = await link.ask(header)
            except LostError as lost:
                if self._closings != closings:  # nobody would let go of another worker
                    raise EmbeddingError(_CLOSED) from None
                if self._link is link:  # only the first of those who waited for it
                    self._link = None
                    self._lose(lost)
            else:
                self._pauses = 0
                return answer, model
        raise EmbeddingError(f"the embedding worker ended {_ATTEMPTS} times at this request.")

    async def _connected(self) -> tuple[Link, Model]:
        if self._link and self._link.alive and self._model:
            return self._link, self._model
        starting = self._start()
        await asyncio.wait({starting})  # whoever gives up waiting does not end the start
        link = None if starting.cancelled() else starting.result()
        if link is None or self._model is None:  # it was closed meanwhile
            raise EmbeddingError(_CLOSED)
        return link, self._model

    def _start(self) -> asyncio.Task[Link]:
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._begin())
            self._starting.add_done_callback(_seen)
        return self._starting

    async def _begin(self) -> Link:
        """Return a link to a worker that has loaded the model; sets the state either way."""
        if time.monotonic() < self._rest_until:
            raise EmbeddingError(self._why)
        found = await asyncio.to_thread(self._look)
        if isinstance(found, Absent):
            self._phase, self._why = "absent", found.why
            raise EmbeddingError(found.why)
        self._phase, self._why = "starting", ""
        for _ in range(_STARTS):
            try:
                self._link, self._model = await self._loaded(found)
            except RefusedError as refused:
                self._rest("absent" if refused.absent else "failed", str(refused))
                break
            except LostError as lost:
                if self._lose(lost):
                    break
                await asyncio.sleep(_REST_S)  # one that is ending is soon gone
            else:
                self._phase = "ready"
                return self._link
        else:
            self._rest("failed", f"every embedding worker ended as it started; {MEND}.")
        raise EmbeddingError(self._why)

    def _look(self) -> Source | Absent:
        try:
            return self._find()
        except OSError as error:
            return Absent(f"the embedding model cannot be looked for ({error}); {MEND}.")

    async def _loaded(self, source: Source) -> tuple[Link, Model]:
        options = self._options
        orders = Orders(
            source=source,
            device=options.device,
            idle_s=options.idle_s,
            memory_bytes=options.memory_bytes,
        )
        link = await connect(orders, self._runtime, options.python, options.hang_s)
        patience = options.start_s if source.folder else options.download_s
        try:
            return link, await link.ready(patience)
        except BaseException:
            await link.close()
            raise

    def _lose(self, lost: LostError) -> bool:
        """Take note of a worker that has gone; return whether it is one too many in a minute."""
        if lost.orderly:
            return False
        now = time.monotonic()
        self._failures.append(now)
        if len(self._failures) < _FAILURES or now - self._failures[0] > _MINUTE_S:
            return False
        self._failures.clear()
        self._rest("failed", f"{lost}, {_FAILURES} times within a minute; {MEND}.")
        return True

    def _rest(self, phase: Phase, why: str) -> None:
        pause = min(self._options.pause_s * 2**self._pauses, _LONGEST_PAUSE_S)
        self._pauses = min(self._pauses + 1, 16)
        self._phase, self._why = phase, why
        self._rest_until = time.monotonic() + pause


def _clean(text: str) -> str:
    """Return what of a text a model is given; lone surrogates cannot be sent."""
    return text[:MAX_CHARS].encode("utf-8", "replace").decode()


def _expect(answer: bytes, size: int) -> None:
    if len(answer) != size:
        raise EmbeddingError(f"the embedding worker gave {len(answer)} bytes, not {size}.")


def _seen(task: asyncio.Task[Link]) -> None:
    """Take note of how a start ended that nobody waits for."""
    if not task.cancelled():
        task.exception()
