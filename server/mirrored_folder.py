"""A folder of Markdown that we write: what stands in it, what of that is ours, what was edited.

A file is ours as long as it has bytes that memory has. Which those are is kept beside the files, as
hashes, so that an edit is seen after a restart too, and nothing that somebody wrote is replaced.
Only regular files in real folders count: a link would lead to what is not memory's.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..memory.errors import InvalidError
from ..memory.exchange.markdown import CONFLICT, FOLDERS
from . import mirror_state
from .mirror_state import STATE, Known, Stamp
from .wholefiles import write_new

MOST_BYTES = 16 * 2**20
"""Most bytes of a file that is read; a block's text takes at most 256 KiB."""

_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
_PLAIN = os.O_RDONLY | sum(int(getattr(os, name, 0)) for name in _FLAGS)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a folder, by path.

    Attributes:
        files: What tells a new file from the one that was seen before.
        odd: What is not read, and why.
    """

    files: dict[str, Stamp] = field(default_factory=dict[str, Stamp])
    odd: dict[str, str] = field(default_factory=dict[str, str])


class Folder:
    """The folder of one memory.

    Attributes:
        origin: The space that it is of; empty while nothing was written.
        known: What memory has of the files, by path.
        kept: The folders in it that are memory's.
    """

    def __init__(self, root: Path) -> None:
        """Read what is known of a folder.

        Raises:
            InvalidError: a later program wrote it, or that cannot be read.
        """
        self.root = root
        self.kept: tuple[str, ...] = FOLDERS
        try:
            data = self.read(STATE)
        except InvalidError as error:
            raise InvalidError(f"{root / STATE} tells nothing: {error}") from None
        state = mirror_state.State() if data is None else mirror_state.parse(data)
        self.origin, self.branch, self.known = state.origin, state.branch, state.known

    def is_foreign(self) -> bool:
        """Tell whether something stands in the folder, and nothing of it was written by us."""
        ours = (self.root / STATE).exists()
        return not ours and self.root.exists() and any(_seen(self.root))

    def scan(self) -> Found:
        """Return the files that memory is kept in.

        Raises:
            InvalidError: one of the folders is a link.
        """
        found = Found()
        for folder in self.kept:
            if (self.root / folder).is_dir():
                self._place(f"{folder}/x")
            for at, folders, files in os.walk(self.root / folder):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                below = Path(at).relative_to(self.root).as_posix()
                for name in (*folders, *files):
                    place = f"{at}/{name}"
                    with suppress(OSError):
                        told = os.lstat(place)
                        if _is_kept(name) or stat.S_ISLNK(told.st_mode):
                            _note(f"{below}/{name}", told, found)
        return found

    def edited(self, path: str, stamp: Stamp) -> bytes | None:
        """Return what stands in a file if that is not what memory has of it.

        Raises:
            InvalidError: it cannot be read.
        """
        known = self.known.get(path)
        if known is not None and known.stamp == stamp:
            return None
        data = self.read(path)
        if known is not None and data is not None and known.digest == digest(data):
            known.stamp = stamp
            return None
        return data

    def read(self, path: str) -> bytes | None:
        """Return what stands in a file, None where there is none.

        Raises:
            InvalidError: it cannot be read, or is no regular file, or too large.
        """
        return read_plain(self._place(path))

    def is_ours(self, path: str) -> bool:
        """Tell whether a file has just what memory has of it, or there is none and none is known.

        That is so too where a known one is gone.
        """
        try:
            data, known = self.read(path), self.known.get(path)
        except InvalidError:
            return False
        return data is None if known is None else data is None or known.digest == digest(data)

    def write(self, path: str, data: bytes, of: str, change: int, *, durable: bool) -> None:
        """Write a file, in one step; `durable`: it is on disk then."""
        stamp = write_whole(self._place(path), data, durable=durable)
        self.known[path] = Known(of, change, change, digest(data), stamp=stamp)

    def remove(self, path: str) -> None:
        """Remove a file, and the folders that are empty then."""
        self._place(path).unlink(missing_ok=True)
        self.known.pop(path, None)
        with suppress(OSError):
            for folder in Path(path).parents[:-2]:
                (self.root / folder).rmdir()

    def keep_aside(self, path: str, told: str, data: bytes) -> str:
        """Keep an edit that could not be taken in, in a file beside; return that file's path.

        The same edit is kept once.
        """
        whole = f"<!-- {told}\n-->\n\n".encode() + data
        bare = path.removesuffix(".md")
        for n in range(1, 1_000):
            beside = f"{bare}{'' if n == 1 else f'-{n}'}{CONFLICT}"
            there = self.read(beside)
            if there is None:
                write_whole(self._place(beside), whole)
                return beside
            if there.endswith(b"-->\n\n" + data):
                return beside
        raise OSError(f"there are too many {bare}-*{CONFLICT}; remove those that are settled")

    def save(self) -> None:
        """Keep what is known, for the next time."""
        data = mirror_state.render(mirror_state.State(self.origin, self.branch, self.known))
        if self.read(STATE) != data:
            write_whole(self.root / STATE, data)

    def _place(self, path: str) -> Path:
        """Return where a file stands, unless a link on the way leads elsewhere.

        Raises:
            InvalidError: one does.
        """
        for above in list(Path(path).parents)[-2::-1]:
            try:
                mode = (self.root / above).lstat().st_mode
            except (FileNotFoundError, NotADirectoryError):
                break
            if not stat.S_ISDIR(mode):
                raise InvalidError(f"{self.root / above} is a link or a file; make it a folder.")
        return self.root / path


def read_plain(place: Path) -> bytes | None:
    """Return what stands in a regular file, None where there is none; nothing is waited for.

    Raises:
        InvalidError: it cannot be read, or is no regular file, or too large.
    """
    try:
        number = os.open(place, _PLAIN)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InvalidError(f"it cannot be read ({error.strerror}).") from None
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise InvalidError("it is no regular file.")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InvalidError(f"it has more than {MOST_BYTES // 2**20} MiB; split it.")
    return data


def write_whole(path: Path, data: bytes, *, durable: bool = True) -> Stamp:
    """Put a file in its place in one step: nobody ever reads half of it. It is the person's own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name[:80]}.{os.getpid()}.new")
    try:
        fresh.unlink(missing_ok=True)  # of a process of that number that was killed
        if durable:
            write_new(fresh, data)
        else:
            with open(fresh, "xb", opener=_private) as file:
                file.write(data)
        with suppress(FileNotFoundError):
            fresh.chmod(path.stat().st_mode & 0o777)
        told = fresh.stat()  # here, not there: somebody may save over it at once
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return told.st_mtime_ns, told.st_size, told.st_ino


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def digest(data: bytes) -> str:
    """Return the hash by which what we wrote is known."""
    return hashlib.sha256(data).hexdigest()


def _note(path: str, told: os.stat_result, found: Found) -> None:
    if stat.S_ISREG(told.st_mode):
        found.files[path] = (told.st_mtime_ns, told.st_size, told.st_ino)
    elif not stat.S_ISDIR(told.st_mode):
        is_link = stat.S_ISLNK(told.st_mode)
        found.odd[path] = "it is a link." if is_link else "it is no regular file."


def _is_kept(name: str) -> bool:
    """Tell whether a file of this name is memory's."""
    return not name.startswith(".") and name.endswith(".md") and not name.endswith(CONFLICT)


def _seen(root: Path) -> Iterator[Path]:
    """Yield what stands in a folder, but for what git and the like keep there."""
    yield from (path for path in root.iterdir() if not path.name.startswith("."))
