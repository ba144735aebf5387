"""Latency of one call over stdio, beside the SDK's floor and one durable commit on top of it.

A block holds about 2 KB: twenty facts. Each write adds a text that was never there before, and
an untimed call takes the oldest away, so that the block keeps its size.
"""

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median

from measure import Options, Row, compared, run_alone, taking_turns
from peer import BARE, Peer, ours

NOOP = "SDK no-op tool"
COMMIT = "no-op + one commit"
CALLS = 25
"""Calls of one contender in one turn, whose median counts."""

FACTS = 20


def fact(number: int) -> str:
    """Return a line of about a hundred characters that no other number gives."""
    return (
        f"- Decision {number}: release {number % 97}.{number % 13} ships from branch "
        f"stable-{number % 7}; reason: review {number * 7919 % 10_007}."
    )


def bench(options: Options) -> list[Row]:
    """Time reads and writes."""
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        with (
            Peer([*BARE, str(cwd / "bare.db")], cwd) as bare,
            Peer(ours(cwd / "memory.db"), cwd) as server,
        ):
            bare.greet()
            writer = Writer(server.greet())
            found = taking_turns(
                {
                    NOOP: _often(lambda: bare.call("noop")),
                    COMMIT: _often(lambda: bare.call("commit")),
                    "read": _often(lambda: server.call("memory_read", label=writer.label)),
                    "read all": _often(lambda: server.call("memory_read")),
                    "insert": _often(writer.insert),
                    "replace": _often(writer.replace),
                },
                options.rounds,
            )
    return [
        compared("memory_read, one block of 2 KB", found, "read", NOOP, budget=1.5),
        compared("memory_read, everything", found, "read all", NOOP),
        compared("memory_insert", found, "insert", COMMIT, budget=2),
        compared("memory_replace", found, "replace", COMMIT),
        compared("one commit alone", found, COMMIT, NOOP),
    ]


class Writer:
    """Writes to one block, for ever, without letting it grow."""

    def __init__(self, server: Peer) -> None:
        self.label = "project"
        self._server = server
        self._numbers = count(FACTS)
        facts = "".join(fact(number) + "\n" for number in range(FACTS))
        server.call("memory_rethink", label=self.label, new_memory=facts)

    def insert(self) -> float:
        """Return the seconds of one insert."""
        number = next(self._numbers)
        seconds = self._server.call("memory_insert", label=self.label, new_string=fact(number))
        self._replace(fact(number - FACTS) + "\n", "")
        return seconds

    def replace(self) -> float:
        """Return the seconds of one replacement."""
        number = next(self._numbers)
        return self._replace(fact(number - FACTS), fact(number))

    def _replace(self, old: str, new: str) -> float:
        return self._server.call("memory_replace", label=self.label, old_string=old, new_string=new)


def _often(call: Callable[[], float]) -> Callable[[], float]:
    return lambda: median(call() for _ in range(CALLS))


if __name__ == "__main__":
    run_alone(__doc__, bench)
