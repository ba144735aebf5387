"""A connection to a worker, as its client sees it."""

import asyncio
import os
import signal
from contextlib import suppress
from itertools import count
from typing import Any

from .embedder import EmbeddingError, Model
from .frames import PROTOCOL, Frame, FrameError, packed, receive

_TICKS = 4
"""Looks at a silent worker before it counts as hung.

Several, so that our own process, stopped and continued, does not blame the worker for its sleep.
"""


class LostError(Exception):
    """The worker has gone. Another may answer the same request.

    Attributes:
        orderly: Whether it said so before.
    """

    def __init__(self, why: str, *, orderly: bool = False) -> None:
        super().__init__(why)
        self.orderly = orderly


class RefusedError(EmbeddingError):
    """The worker cannot run the model and says why.

    Attributes:
        absent: Whether there is nothing to run, rather than something damaged.
    """

    def __init__(self, why: str, *, absent: bool) -> None:
        super().__init__(why)
        self.absent = absent


class Link:
    """One connection. A worker that hangs is killed, if it is known to be the one at the other end.

    Attributes:
        pid: The worker's process, None until it said so.
        shared: Whether it serves others too.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        hang_s: float,
        known_pid: int | None = None,
        child: asyncio.subprocess.Process | None = None,
    ) -> None:
        self.pid: int | None = None
        self.shared = child is None
        self._reader, self._writer = reader, writer
        self._hang_s, self._known_pid, self._child = hang_s, known_pid, child
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Frame]] = {}
        self._ready: asyncio.Future[Model] = asyncio.get_running_loop().create_future()
        self._ready.add_done_callback(_seen)
        self._lost: LostError | None = None
        self._silent = 0
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._lost is None

    async def ready(self, patience_s: float) -> Model:
        """Return the worker's model once it has loaded it.

        Raises:
            LostError: it ended before, or took too long and was killed.
            RefusedError: it cannot load it.
        """
        done, _ = await asyncio.wait({self._ready}, timeout=patience_s)
        if not done:
            self._kill(f"the embedding worker was not ready within {patience_s:.0f} seconds")
        return await self._ready

    async def ask(self, header: dict[str, Any]) -> bytes:
        """Return the vectors that answer a request.

        Raises:
            LostError: the worker ended before it answered.
            EmbeddingError: it says that it cannot.
        """
        if self._lost is not None:
            raise self._lost
        number = next(self._numbers)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_seen)
        if not self._asked:
            self._silent = 0
        # It stays there when the caller gives up, so that a worker that hangs is noticed.
        self._asked[number] = answer
        with suppress(OSError):  # `_listen` finds out
            self._writer.write(packed(Frame({"id": number, **header})))
            await self._writer.drain()
        frame = await answer
        if "error" in frame.header:
            raise EmbeddingError(str(frame.header["error"]))
        return frame.payload

    async def close(self) -> None:
        """Let go of the worker; ends one that is ours alone."""
        self._end(LostError("the connection was closed", orderly=True))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(OSError):
            await self._writer.wait_closed()
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()

    async def _listen(self) -> None:
        why: LostError | None = None
        try:
            while (frame := await receive(self._reader)) is not None:
                self._silent = 0
                if "bye" in frame.header:
                    why = LostError("the embedding worker ended", orderly=True)
                    break
                self._hear(frame)
        except (OSError, FrameError, KeyError, TypeError, ValueError) as error:
            why = LostError(f"the embedding worker cannot be understood ({error})")
        if why is None:  # one that does not greet was ending when it was found
            why = LostError("the embedding worker ended unexpectedly", orderly=self.pid is None)
        self._end(why)

    def _hear(self, frame: Frame) -> None:
        said = frame.header
        if "hello" in said:
            self.pid = int(said["pid"])
            if said["hello"] != PROTOCOL:
                raise FrameError(f"protocol {said['hello']}, not {PROTOCOL}")
        elif "ready" in said and not self._ready.done():
            self._ready.set_result(Model(**said["ready"]))
        elif "fail" in said and not self._ready.done():
            refused = RefusedError(str(said["fail"]), absent=said["kind"] == "absent")
            self._ready.set_exception(refused)
        elif "id" in said:
            answer = self._asked.pop(said["id"], None)
            if answer is not None and not answer.done():
                answer.set_result(frame)

    async def _watch(self) -> None:
        while self._lost is None:
            await asyncio.sleep(self._hang_s / _TICKS)
            self._silent = self._silent + 1 if self._asked else 0
            if self._silent >= _TICKS:
                self._kill(f"the embedding worker did not answer for {self._hang_s:.0f} seconds")

    def _kill(self, why: str) -> None:
        """End a worker that hangs. While it is connected, its number cannot be another's."""
        pid = self._known_pid or self.pid
        named_alike = self.pid in (None, pid)  # in another container, numbers mean other processes
        if self._lost is None and pid and named_alike:
            with suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self._end(LostError(why))

    def _end(self, why: LostError) -> None:
        if self._lost is not None:
            return
        self._lost = why
        self._writer.close()
        waiting = [self._ready, *self._asked.values()]
        self._asked.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(why)


def _seen(future: asyncio.Future[Any]) -> None:
    """Take note of what a future ended with, also where nobody waits for it any more."""
    if not future.cancelled():
        future.exception()
