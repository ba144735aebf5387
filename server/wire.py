"""The two ends of stdio, kept for the protocol alone. Standard library only: it starts first.

Once taken, file descriptor 1 points at stderr and 0 at nothing, so that a library's print or a
child process can neither write into the protocol nor read from it. A thread reads lines and one
writes them, so that neither a silent client nor one that does not read can hold the event loop.
"""

import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

Line = bytes | None
"""A line with its ending; None at the end of input."""

PATIENCE_S = 5.0
"""How long a client that reads nothing is waited for at the end."""
PIECE = 8192
"""Bytes written at a time, so that a client that reads slowly is seen to read."""


class Wire:
    """The client's two streams."""

    def __init__(self, reading: int, writing: int) -> None:
        if os.name != "nt":  # a parent may have left its own mode on streams that it shares
            os.set_blocking(reading, True)
            os.set_blocking(writing, True)
        self._input = os.fdopen(reading, "rb")
        self._output = writing
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[Line] = SimpleQueue()
        self._sink: Callable[[Line], None] = self._waiting.put
        self._unsent: SimpleQueue[bytes | None] = SimpleQueue()
        self._sent = 0
        self._writer = threading.Thread(target=self._write, name="stdout", daemon=True)
        self._writer.start()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    @classmethod
    def take(cls) -> "Wire":
        """Take this process's stdin and stdout; one that was closed is as one that has ended."""
        for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
            if stream is None:
                _open_nothing(number)
        reading, writing = os.dup(0), os.dup(1)
        _open_nothing(0)
        os.dup2(2, 1)
        return cls(reading, writing)

    def next(self) -> Line:
        """Return the next line; wait for it."""
        return self._waiting.get()

    def wake(self) -> None:
        """Make `next` return an empty line."""
        self._waiting.put(b"")

    def divert(self, sink: Callable[[Line], None]) -> None:
        """Hand every line from now on, and those that wait, to `sink` (on the reading thread)."""
        with self._lock:
            while not self._waiting.empty():
                line = self._waiting.get()
                if line != b"":
                    sink(line)
            self._sink = sink

    def send(self, line: bytes) -> None:
        """Send one line (without its ending), after all those before it."""
        self._unsent.put(line + b"\n")

    def flush(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until all is sent, or nothing was for `patience_s`; nothing can be sent after."""
        self._unsent.put(None)
        before = -1
        while self._writer.is_alive() and self._sent != before:
            before = self._sent
            self._writer.join(patience_s)

    def _read(self) -> None:
        ended = False
        with self._input:
            while not ended:
                try:
                    line = self._input.readline() or None
                except (OSError, ValueError):
                    line = None
                ended = line is None
                with self._lock:
                    self._sink(line)

    def _write(self) -> None:
        while (data := self._unsent.get()) is not None:
            view = memoryview(data)
            try:
                while view:
                    written = os.write(self._output, view[:PIECE])
                    view = view[written:]
                    self._sent += written
            except OSError:  # the client has gone; its end of input tells the rest of us
                return


def _open_nothing(number: int) -> None:
    """Make a descriptor lead nowhere: no input, and output that is not kept."""
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != number:
        os.dup2(nothing, number)
        os.close(nothing)
