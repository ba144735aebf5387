"""Folders that are closed to others, and what is named in them for good."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can use, and those above it that are missing."""
    if not path.is_dir():
        make_private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Wait until what was named in a folder, or removed from it, is on disk."""
    with suppress(PermissionError):  # Windows opens no folder
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_others(found: os.stat_result, *owners: int) -> bool:
    """Tell whether just anybody can change a file, or it belongs to none of its owners or us.

    Windows has other rights, which these bits say nothing of.
    """
    if os.name == "nt":
        return False
    return bool(found.st_mode & stat.S_IWOTH) or found.st_uid not in (0, os.geteuid(), *owners)
