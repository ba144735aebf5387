"""Sessions that wait to become episodes: JSON lines in a file beside the space.

A hook appends one line in one write and goes. Whoever files them first takes the file away under
another name, so nothing is written to what is being read: a hook that finds it moved after its
write writes again, and filing is by a key, so that twice is once.
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from .events import Event

ENDING = ".sessions"
MOST_BYTES = 1 << 20
"""Of what waits: nobody has filed anything for long, and no more is kept."""

_MOST_CHARS = 1_000  # of each text
_TAIL_BYTES = 4_096
_QUIET_S = 600  # so often a session that goes on is noted
_TRIES = 3


class NotQueuedError(Exception):
    """The line was not written; the message says why."""


def spool_of(path: Path) -> Path:
    """Return the file beside the space at `path`."""
    return path.with_name(path.name + ENDING)


def queue(path: Path, at: Event, now: float, said: Mapping[str, str]) -> None:
    """Note that a session of the space at `path` has come to a point, at `now` (Unix time).

    Raises:
        NotQueuedError: too much waits, or something else lies there.
        OSError: the file cannot be written.
    """
    spool = spool_of(path)
    if at == "stop" and _was_quiet(spool, said.get("session", ""), now):
        return
    size = _size(said.get("transcript", ""))
    kept = {key: value[:_MOST_CHARS] for key, value in said.items() if value}
    line = json.dumps({"event": at, "at": round(now, 3), "bytes": size, **kept})
    for _ in range(_TRIES):
        if append(spool, line.encode() + b"\n"):
            return


def append(spool: Path, lines: bytes) -> bool:
    """Append whole lines in one write; False where the file was taken away meanwhile.

    Raises:
        NotQueuedError: too much waits, or something else lies there.
        OSError: the file cannot be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    file = os.open(spool, flags, 0o600)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise NotQueuedError(f"{spool} is no file of ours")
        if found.st_size > MOST_BYTES:
            raise NotQueuedError(f"{spool} is full")
        if os.write(file, lines) != len(lines):
            raise NotQueuedError(f"{spool} was written in part")
        try:
            return os.path.samestat(found, spool.stat())
        except FileNotFoundError:
            return False
    finally:
        os.close(file)


def _was_quiet(spool: Path, session: str, now: float) -> bool:
    """Tell whether the newest line is of the same session's going on, a short while ago."""
    try:
        with spool.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            last = json.loads(file.read().splitlines()[-1])
        same = last.get("session") == session and last.get("event") == "stop"
        return same and 0 <= now - float(last["at"]) < _QUIET_S
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError):
        return False


def _size(transcript: str) -> int:
    """Return how long a transcript is now, 0 where that cannot be told."""
    try:
        return Path(transcript).stat().st_size
    except (OSError, ValueError):
        return 0
