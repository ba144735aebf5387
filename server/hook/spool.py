"""Sessions that wait to become episodes: JSON lines in a file beside the space.

A hook appends one line in one write and goes. Whoever files them first takes the file away under
another name, so nothing is written to what is being read: a hook that finds it moved after its
write writes again, and filing is by a key, so that twice is once. A file that is full is put aside
in the same way, and what was put aside before is dropped: the oldest goes.
"""

import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from .events import Event

ENDING = ".sessions"
TAKEN = ".taken"
"""What ends the name of a file that was taken away or put aside."""
MOST_BYTES = 1 << 19
"""Of what waits in one file; as much may lie aside. Nobody has filed anything for long then."""

_MOST_CHARS = 1_000  # of each text
_TAIL_BYTES = 1 << 16  # at most: of some two hundred lines
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
        NotQueuedError: something else lies there.
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
    """Append whole lines in one write; False where the file was taken away meanwhile, or is full.

    Raises:
        NotQueuedError: something else lies there.
        OSError: the file cannot be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    file = os.open(spool, flags, 0o600)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise NotQueuedError(f"{spool} is no file of ours")
        if found.st_size > MOST_BYTES:
            _put_aside(spool, found)
            return False
        if os.write(file, lines) != len(lines):
            raise NotQueuedError(f"{spool} was written in part")
        try:
            return os.path.samestat(found, spool.stat())
        except FileNotFoundError:
            return False
    finally:
        os.close(file)


def away(spool: Path) -> Path:
    """Return a name for what is taken away from `spool`; nothing lies there yet."""
    return spool.with_name(f"{spool.name}.{os.getpid()}.{time.time_ns()}{TAKEN}")


def leftovers(spool: Path) -> Iterator[Path]:
    """Yield what was taken away or put aside, and is still there."""
    return (
        found
        for found in spool.parent.iterdir()
        if found.name.startswith(spool.name + ".") and found.name.endswith(TAKEN)
    )


def _put_aside(spool: Path, full: os.stat_result) -> None:
    """Make room for another file, unless somebody has done so meanwhile."""
    with suppress(FileNotFoundError):
        if os.path.samestat(full, spool.stat()):
            for older in leftovers(spool):
                older.unlink(missing_ok=True)
            spool.rename(away(spool))


def _was_quiet(spool: Path, session: str, now: float) -> bool:
    """Tell whether the newest line of a session is of its going on, a short while ago."""
    try:
        with spool.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            lines = file.read(_TAIL_BYTES).splitlines()
        for line in reversed(lines):
            said = _said(line)
            if said.get("session") == session:
                return said.get("event") == "stop" and abs(now - float(said["at"])) < _QUIET_S
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return False


def _said(line: bytes) -> dict[str, Any]:
    """Return what a line says, nothing where it is none of ours or not whole."""
    try:
        said: Any = json.loads(line)
    except ValueError:
        return {}
    return cast(dict[str, Any], said) if isinstance(said, dict) else {}


def _size(transcript: str) -> int:
    """Return how long a transcript is now, 0 where that cannot be told."""
    try:
        return Path(transcript).stat().st_size
    except (OSError, ValueError):
        return 0
