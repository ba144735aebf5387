"""One client as the worker sees it: a thread that reads from it, and one that writes to it.

So that a client which does not read holds up nobody else.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import BinaryIO

from .frames import Frame, FrameError, packed, read


class Peer:
    """A client of the worker.

    Attributes:
        waiting: How many of its requests are not answered.
        gone: Whether it has left; what it asked needs no answer.
    """

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self.waiting = 0
        self.gone = False
        self._reader, self._writer = reader, writer
        self._lines: SimpleQueue[Frame | None] = SimpleQueue()
        self._sender = threading.Thread(target=self._send, daemon=True)

    def start(self, heard: Callable[["Peer", Frame], None], left: Callable[["Peer"], None]) -> None:
        """Begin: `heard` gets every frame, `left` is told at the end, both on threads of ours."""
        self._sender.start()
        threading.Thread(target=self._read, args=(heard, left), daemon=True).start()

    def say(self, frame: Frame) -> None:
        """Send a frame, without waiting."""
        self._lines.put(frame)

    def finish(self, patience_s: float) -> None:
        """Wait until what was said is out, or the time is up."""
        self._lines.put(None)
        self._sender.join(patience_s)

    def _read(self, heard: Callable[["Peer", Frame], None], left: Callable[["Peer"], None]) -> None:
        try:
            while (frame := read(self._reader)) is not None:
                heard(self, frame)
        except (OSError, FrameError, KeyError, TypeError, ValueError):
            pass  # gone, or no client of ours
        self.gone = True
        self._lines.put(None)
        left(self)

    def _send(self) -> None:
        try:
            while (frame := self._lines.get()) is not None:
                self._writer.write(packed(frame))
                self._writer.flush()
            if self.gone:
                self._writer.close()
        except OSError:
            self.gone = True
