"""A folder of Markdown that we write: what stands in it, what of that is ours, what was edited.

A file is ours as long as it has the bytes that we wrote. Which those are is kept beside the files,
as hashes, so that an edit is seen after a restart too, and nothing that somebody wrote is replaced.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from ..memory.exchange.markdown import CONFLICT, FOLDERS
from .wholefiles import write_new

STATE = ".tokenspace-export.json"
"""The file, in the folder, that says what we wrote."""

_FORM = 1

Stamp = tuple[int, int, int]
"""Of a file: when it was written (ns), its size, its number. Another one: look into it."""


@dataclass(slots=True)
class Known:
    """A file that we wrote.

    Attributes:
        of: The block's uid, or the passage's name.
        change: The change that it was written from.
        digest: Hash of its bytes, SHA-256 in hex.
        stamp: Of the file as we last saw it with these bytes.
    """

    of: str
    change: int
    digest: str
    stamp: Stamp | None = None


class Folder:
    """The folder of one memory.

    Attributes:
        origin: The space that it is of; empty while nothing was written.
        known: What we wrote, by path.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.origin = ""
        self.branch = ""
        self.known: dict[str, Known] = {}
        self._load()

    def is_foreign(self) -> bool:
        """Tell whether something stands in the folder, and nothing of it was written by us."""
        ours = (self.root / STATE).exists()
        return not ours and self.root.exists() and any(_seen(self.root))

    def scan(self) -> dict[str, Stamp]:
        """Return the files that memory is kept in, by path, with what tells a new one."""
        found: dict[str, Stamp] = {}
        for folder in FOLDERS:
            for at, folders, files in os.walk(self.root / folder):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for name in files:
                    if name.startswith(".") or not name.endswith(".md") or name.endswith(CONFLICT):
                        continue
                    path = Path(at) / name
                    with suppress(OSError):
                        found[path.relative_to(self.root).as_posix()] = _stamp(path)
        return found

    def edited(self, path: str, stamp: Stamp) -> bytes | None:
        """Return what stands in a file if that is not what we wrote there."""
        known = self.known.get(path)
        if known is not None and known.stamp == stamp:
            return None
        data = self.read(path)
        if known is not None and data is not None and known.digest == digest(data):
            known.stamp = stamp
            return None
        return data

    def read(self, path: str) -> bytes | None:
        """Return what stands in a file, None where there is none."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def is_ours(self, path: str) -> bool:
        """Tell whether a file has just what we wrote, or neither it nor our word of it is there."""
        data, known = self.read(path), self.known.get(path)
        return data is None if known is None else data is None or known.digest == digest(data)

    def write(self, path: str, data: bytes, of: str, change: int) -> bytes | None:
        """Write a file, in one step; return what stood there if it was saved at that moment."""
        known, place = self.known.get(path), self.root / path
        before = place.with_name(f".{place.name[:80]}.{os.getpid()}.old")
        before.unlink(missing_ok=True)  # left by a process that was killed
        with suppress(OSError):  # there is none, or links cannot be made here
            before.hardlink_to(place)
        stamp = write_whole(place, data)
        self.known[path] = Known(of, change, digest(data), stamp)
        try:
            replaced = before.read_bytes()
        except FileNotFoundError:
            return None
        before.unlink()
        return replaced if known is None or known.digest != digest(replaced) else None

    def note(self, path: str, data: bytes, of: str, change: int) -> None:
        """Note that what stands in a file was taken in: what memory makes of it may replace it."""
        self.known[path] = Known(of, change, digest(data))

    def remove(self, path: str) -> None:
        """Remove a file, and the folders that are empty then."""
        self.known.pop(path, None)
        (self.root / path).unlink(missing_ok=True)
        with suppress(OSError):
            for folder in Path(path).parents[:-2]:
                (self.root / folder).rmdir()

    def keep_aside(self, path: str, told: str, data: bytes) -> str:
        """Keep an edit that could not be taken in, in a file beside; return that file's path.

        The same edit is kept once.
        """
        whole = f"<!-- {told} -->\n\n".encode() + data
        bare = path.removesuffix(".md")
        for n in range(1, 1_000):
            beside = f"{bare}{'' if n == 1 else f'-{n}'}{CONFLICT}"
            there = self.read(beside)
            if there is None:
                write_whole(self.root / beside, whole)
                return beside
            if there.endswith(b"-->\n\n" + data):
                return beside
        raise OSError(f"there are too many {bare}-*{CONFLICT}; remove those that are settled")

    def save(self) -> None:
        """Keep what was written, for the next time."""
        files = {path: {**asdict(known), "stamp": None} for path, known in self.known.items()}
        for told in files.values():
            del told["stamp"]
        state = {"form": _FORM, "origin": self.origin, "branch": self.branch, "files": files}
        data = (json.dumps(state, ensure_ascii=False, indent=1) + "\n").encode()
        if self.read(STATE) != data:
            write_whole(self.root / STATE, data)

    def _load(self) -> None:
        data = self.read(STATE)
        if data is None:
            return
        with suppress(ValueError, TypeError, KeyError):  # broken: all is looked at anew
            state = cast(dict[str, Any], json.loads(data))
            self.origin, self.branch = str(state["origin"]), str(state["branch"])
            self.known = {path: Known(**told) for path, told in state["files"].items()}


def write_whole(path: Path, data: bytes) -> Stamp:
    """Put a file in its place in one step: nobody ever reads half of it. It is the person's own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name[:80]}.{os.getpid()}.new")
    try:
        fresh.unlink(missing_ok=True)  # of a process of that number that was killed
        write_new(fresh, data)
        with suppress(FileNotFoundError):
            fresh.chmod(path.stat().st_mode & 0o777)
        stamp = _stamp(fresh)  # here, not there: somebody may save over it at once
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return stamp


def digest(data: bytes) -> str:
    """Return the hash by which what we wrote is known."""
    return hashlib.sha256(data).hexdigest()


def _stamp(path: Path) -> Stamp:
    told = path.stat()
    return told.st_mtime_ns, told.st_size, told.st_ino


def _seen(root: Path) -> Iterator[Path]:
    """Yield what stands in a folder, but for what git and the like keep there."""
    yield from (path for path in root.iterdir() if not path.name.startswith("."))
