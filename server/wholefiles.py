"""Files that are written for good before anybody relies on them."""

import os
from pathlib import Path


def write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that does not exist yet, and wait until it is on disk.

    Raises:
        FileExistsError: there is one of that name.
        OSError: it cannot be written; what there is of it stays.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
