"""The audit log: who did what in which space, when and from where. Nothing of what was said.

Each line is written at once, before the answer goes out: it outlives a process that is killed, and
takes a few microseconds. A log that cannot be written stops nobody; the other log says so.
"""

import json
import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

logger = logging.getLogger(__name__)

LARGEST = 16 * 2**20
"""How many bytes one file takes before the next is begun, and what comes until the next look."""
LOOK_S = 1.0
"""How often the file is looked at: whether it is full, or was taken away."""
KEPT = 8
"""How many full files are kept beside the one that is written: audit.log.1 is the youngest."""
QUIET_S = 60.0
"""How long nothing more is said of a log that cannot be written."""

_json = json.JSONEncoder(ensure_ascii=False).encode


class Audit:
    """An audit log, which none but its owner can read."""

    def __init__(self, path: Path, largest: int = LARGEST, look_s: float = LOOK_S) -> None:
        self._path = path
        self._largest = largest
        self._file: int | None = None
        self._same: os.stat_result | None = None
        self._look_s = look_s
        self._looked_at = -look_s
        self._told_at = -QUIET_S

    def note(self, entry: Mapping[str, object]) -> None:
        """Add an entry, with the time."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = _json({"time": at, **entry}).encode(errors="replace")
        try:
            self._write(line + b"\n")
        except OSError as error:
            self.close()
            self._complain(error)

    def close(self) -> None:
        """Let go of the file; the next entry opens it again."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def _write(self, line: bytes) -> None:
        now = time.monotonic()
        if self._file is not None and now - self._looked_at >= self._look_s:
            self._looked_at = now
            if not self._fits():
                self.close()
        if self._file is None:
            flags = os.O_APPEND | os.O_CREAT | os.O_WRONLY | getattr(os, "O_BINARY", 0)
            self._file = os.open(self._path, flags, 0o600)
            self._path.chmod(0o600)  # also one that somebody else made
            self._same = os.fstat(self._file)
        os.write(self._file, line)

    def _fits(self) -> bool:
        """Tell whether the open file is still the one of that name, and has room; or make room."""
        try:
            now = self._path.stat()
        except FileNotFoundError:  # somebody took it away
            return False
        if self._same is None or not os.path.samestat(now, self._same):
            return False  # another process has turned it, or a person
        if now.st_size < self._largest:
            return True
        self.close()
        self._turn()
        return False

    def _turn(self) -> None:
        """Make each full file one older; the oldest goes."""
        for age in range(KEPT - 1, -1, -1):
            young = self._aged(age)
            with suppress(FileNotFoundError):
                young.replace(self._aged(age + 1))

    def _aged(self, age: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{age}") if age else self._path

    def _complain(self, error: OSError) -> None:
        if time.monotonic() - self._told_at >= QUIET_S:
            self._told_at = time.monotonic()
            logger.error("the audit log cannot be written: %s", error)
