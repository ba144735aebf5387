"""On how many cores of the processor a thread runs, where that makes a difference (Linux).

Python runs one of its threads at a time. Where they have several cores, one that lets another go on
for a moment wakes that one's core, which takes longer than most statements of SQLite do. A server
that many edit through at once answers more of them with its threads on one core (David Beazley,
"Understanding the Python GIL", PyCon 2010, has the reason; `tests/bench endpoint` has the figures).
"""

import os
import sys
from collections.abc import Collection, Generator
from contextlib import contextmanager, suppress

_all: set[int] = set()
"""The cores that this process may use, once it keeps to one of them."""
_one: set[int] = set()
"""That one."""


def keep_to_one() -> None:
    """Keep this thread on one core, and those that it starts: another for another process."""
    if sys.platform == "linux" and _takes_turns():
        _all.update(os.sched_getaffinity(0))
        _one.add(sorted(_all)[os.getpid() % len(_all)])
        _move(_one)


@contextmanager
def spread_out() -> Generator[None]:
    """Let a thread that keeps to one core run on any, as does a process that it starts meanwhile.

    For long work outside of Python, during which other threads can go on.
    """
    _move(_all)
    try:
        yield
    finally:
        _move(_one)


def _move(cores: Collection[int]) -> None:
    if sys.platform == "linux" and cores:
        with suppress(OSError):  # whoever runs a container may change what it has at any time
            os.sched_setaffinity(0, cores)


def _takes_turns() -> bool:
    """Tell whether Python runs one thread at a time: there are builds that do not."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()
