"""The two ends of stdio, kept for the protocol alone. Standard library only: it starts first.

Once taken, file descriptor 1 points at stderr and 0 at nothing, so that a library's print or a
child process can neither write into the protocol nor read from it. A thread reads lines and one
writes them, so that neither a silent client nor one that does not read can hold the event loop.
"""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Line = bytes | None
"""A line with its ending; None at the end of input."""


class Wire:
    """The client's two streams."""

    def __init__(self, reading: int, writing: int) -> None:
        self._input = os.fdopen(reading, "rb")
        self._output = writing
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[Line] = SimpleQueue()
        self._sink: Callable[[Line], None] = self._waiting.put
        self._unsent: SimpleQueue[bytes | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="stdout", daemon=True)
        self._writer.start()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    @classmethod
    def take(cls) -> "Wire":
        """Take this process's stdin and stdout."""
        reading, writing = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)
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

    def flush(self, timeout_s: float = 1.0) -> None:
        """Wait until all is sent, but no longer than `timeout_s`; nothing can be sent after."""
        self._unsent.put(None)
        self._writer.join(timeout_s)

    def _read(self) -> None:
        ended = False
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
                    view = view[os.write(self._output, view) :]
            except OSError:  # the client has gone; its end of input tells the rest of us
                return
