"""Reading a file that somebody else may have put there: only if it is a plain one, and not long."""

import os
import stat
from pathlib import Path


def read_plain(path: Path, most: int) -> bytes:
    """Return what a file holds, links followed; it never waits for anybody to write.

    Raises:
        OSError: it cannot be read, is no regular file (a pipe, a device), or has over `most` bytes.
        ValueError: no file can have such a name.
    """

    def opened(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    with open(path, "rb", opener=opened) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > most:
            raise OSError(f"{path} is no plain file of at most {most:,} bytes")
        return file.read(most)
