"""Files that are edited: read as they are, replaced at once, with what was there kept beside."""

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ..call import RefusedError
from ..wholefiles import write_new
from .broken import BrokenError

_BACKUP = re.compile(r"\.tokenspace(?:\.([1-9][0-9]*))?\.bak")


def read(path: Path) -> str | None:
    """Return the text of a file as it is, with its line ends; None where there is no file.

    Raises:
        BrokenError: it is no UTF-8 text.
    """
    data = read_bytes(path)
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError as error:
        before = (data or b"")[: error.start].decode()
        raise BrokenError.at(before, len(before), "this is not UTF-8 text") from error


def read_bytes(path: Path) -> bytes | None:
    """Return what a file holds; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def is_writable(path: Path) -> bool:
    """Tell whether a file is one that its owner, and this person, may write.

    A new one could take its place all the same, where its folder can be written.
    """
    return bool(path.stat().st_mode & stat.S_IWUSR) and os.access(path, os.W_OK)


def backups(path: Path) -> list[Path]:
    """Return all that may be kept of a file, the newest first; a person may have made some."""
    return [beside for _, beside in _backups(path.resolve())]


def free_backup(path: Path) -> Path:
    """Return where what was there before can be kept: nothing lies there."""
    path = path.resolve()
    newest = next(iter(_backups(path)), None)
    number = "" if newest is None else f".{newest[0] + 1}"
    return path.with_name(f"{path.name}.tokenspace{number}.bak")


def _backups(path: Path) -> list[tuple[int, Path]]:
    found: list[tuple[int, Path]] = []
    with suppress(OSError):  # there is no folder yet, or it cannot be listed
        for beside in path.parent.iterdir():
            match = _BACKUP.fullmatch(beside.name.removeprefix(path.name))
            if match is not None and beside.name.startswith(path.name):
                found.append((int(match[1] or 1), beside))
    return sorted(found, reverse=True)


def replace(path: Path, before: str | None, after: str | None, *, private: bool) -> None:
    """Put `after` in the place of `before`, in one step; None is no file.

    A link stays one; what it leads to is replaced. A new file is for its owner alone if `private`.

    Raises:
        RefusedError: it has changed since it was read.
    """
    path = path.resolve()
    if after is None:
        _require(path, before)
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write_new(beside, after.encode(), 0o600 if private or before is not None else 0o666)
        if before is not None:
            beside.chmod(path.stat().st_mode & 0o7777)
        _require(path, before)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def keep(path: Path, text: str, backup: Path) -> None:
    """Keep the text that a file had, beside it and for the same people.

    Raises:
        OSError: it cannot be written, or something lies there by now.
    """
    write_new(backup, text.encode(), 0o600)
    backup.chmod(path.resolve().stat().st_mode & 0o7777)


def drop_empty(folder: Path, stop: Path) -> None:
    """Remove a folder that is empty, and those above it that get so, below `stop`."""
    while folder != stop and folder.is_relative_to(stop):
        with suppress(OSError):
            folder.rmdir()
        if folder.exists():
            return
        folder = folder.parent


def save_token(path: Path, token: str) -> bool:
    """Write a token to a file of its own, for its owner alone; return whether that was needed.

    Raises:
        RefusedError: the file holds something else.
    """
    there = read_bytes(path)
    if there is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, f"{token}\n".encode(), 0o600)
        return True
    if there.strip() != token.encode():
        raise RefusedError(f"{path} holds something else; it was left as it is.")
    return False


def _require(path: Path, before: str | None) -> None:
    if read_bytes(path) != (None if before is None else before.encode()):
        raise RefusedError(f"{path} was changed by somebody else just now; run this again.")
