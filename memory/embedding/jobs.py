"""What a worker has been asked and has not answered: queries first, the rest step by step."""

import heapq
import threading
import time
from collections.abc import Sequence
from itertools import count
from typing import Any, Protocol

from .engine import STEP, STEP_CHARS, Engine
from .frames import Frame
from .peer import Peer


class Job(Protocol):
    """One request."""

    peer: Peer
    number: int
    urgent: bool

    def step(self, engine: Engine) -> Frame | None:
        """Do a step of the work; return the answer once it is done.

        Raises:
            EmbeddingError: it cannot be done.
        """
        ...


class QueryJob:
    """A query: one step."""

    urgent = True

    def __init__(self, peer: Peer, number: int, text: str) -> None:
        self.peer, self.number = peer, number
        self._text = text

    def step(self, engine: Engine) -> Frame:
        """Return the answer."""
        return Frame({"id": self.number}, engine.queries([self._text]).tobytes())


class PassagesJob:
    """Passages: a batch a step, so that a query never waits for more than one.

    Texts are taken by length, because a batch costs as much as its longest text.
    """

    urgent = False

    def __init__(self, peer: Peer, number: int, pairs: Sequence[tuple[str, str]]) -> None:
        self.peer, self.number = peer, number
        self._pairs = pairs
        texts = {text for own, context in pairs for text in (own, context or own)}
        self._left = sorted(texts, key=len)  # the longest last: taken from the end
        self._rows: dict[str, Any] = {}

    def step(self, engine: Engine) -> Frame | None:
        """Encode a batch; return the answer after the last."""
        if self._left:
            fits = max(1, STEP_CHARS // max(1, len(self._left[-1])))
            batch = self._left[-min(STEP, fits) :]
            self._rows.update(zip(batch, engine.passages(batch), strict=True))
            del self._left[-len(batch) :]
        if self._left:
            return None
        own = engine.stacked([self._rows[text] for text, _ in self._pairs])
        context = engine.stacked([self._rows[there or text] for text, there in self._pairs])
        norms, data = engine.means(own, context)
        return Frame({"id": self.number}, norms + data)


class Jobs:
    """A queue that several threads fill and one empties."""

    def __init__(self) -> None:
        self._heap: list[tuple[bool, int, Job]] = []
        self._order = count()
        self._changed = threading.Condition()

    def put(self, job: Job) -> None:
        """Add a job, or one that has a step more to do: behind others of its kind."""
        with self._changed:
            heapq.heappush(self._heap, (not job.urgent, next(self._order), job))
            self._changed.notify()

    def take(self, patience_s: float) -> Job | None:
        """Return the next job; None where none came within `patience_s` seconds."""
        until = time.monotonic() + patience_s
        with self._changed:
            while not self._heap:
                if not self._changed.wait(max(0.0, until - time.monotonic())):
                    return None
            return heapq.heappop(self._heap)[-1]
