"""Files that were replaced: a program may have one open still, and write on into what is no name.

So each keeps a second name for a minute, and what comes there later is an edit like any other.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from ..memory.errors import InvalidError
from .mirror_state import Known
from .mirrored_folder import digest, read_plain

FOLDER = ".tokenspace-replaced"
"""Where they are kept, in the mirrored folder; git sees nothing of it."""

KEPT_S = 60.0
"""So long a replaced file is looked at after it last changed."""

_MOST = 500


@dataclass(slots=True)
class Replaced:
    """A file that has no name of its own any more.

    Attributes:
        path: What it was called.
        link: What it is called now.
        of: Whose it was, empty where that is not known.
        change: The change that it was written from; 0 where that is not known.
        digest: Hash of what memory has of it.
        stamp: When it was written (ns) and its size, as we last saw it.
        since: When it was first seen like that, by the mirror's clock.
        looked: The stamp at which it was last read.
    """

    path: str
    link: Path
    of: str
    change: int
    digest: str
    stamp: tuple[int, int] | None = None
    since: float = 0.0
    looked: tuple[int, int] | None = None


class Attic:
    """The replaced files of one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / FOLDER
        self._kept: list[Replaced] = []
        self._left()

    def keep(self, path: str, known: Known | None, now: float) -> None:
        """Give a file a second name, before it is replaced or removed."""
        place = self._root / path
        if not os.path.lexists(place) or self._folder.is_symlink():
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        ignored = self._folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n")
        link = self._folder / f"{quote(path, safe='')}.{os.urandom(8).hex()}"
        try:
            os.link(place, link, follow_symlinks=False)
        except (OSError, NotImplementedError):  # links cannot be made here
            return
        was = known or Known("", 0, 0, "")
        self._kept.append(Replaced(path, link, was.of, was.change, was.digest, since=now))
        for oldest in self._kept[:-_MOST]:
            self._drop(oldest)

    def edited(self, now: float, *, last: bool = False) -> Iterator[tuple[Replaced, bytes]]:
        """Yield what was written since, once it stood still; `last`: at once."""
        for one in list(self._kept):
            try:
                told = one.link.lstat()
                stamp = told.st_mtime_ns, told.st_size
                if stamp != one.stamp and not last:
                    one.stamp, one.since = stamp, now
                    continue
                data = read_plain(one.link) if stamp != one.looked else None
            except (OSError, InvalidError):
                self._drop(one)
                continue
            one.looked = stamp
            if data is not None and digest(data) != one.digest:
                one.digest = digest(data)
                yield one, data
            elif now - one.since > KEPT_S:
                self._drop(one)

    def close(self) -> None:
        """Let go of all of them."""
        for one in list(self._kept):
            self._drop(one)

    def _drop(self, one: Replaced) -> None:
        self._kept.remove(one)
        with suppress(OSError):
            one.link.unlink()
        if not self._kept:
            with suppress(OSError):
                if [one.name for one in self._folder.iterdir()] == [".gitignore"]:
                    (self._folder / ".gitignore").unlink()
                    self._folder.rmdir()

    def _left(self) -> None:
        """Look at what a mirror left that was killed: what was written since is an edit."""
        if self._folder.is_symlink() or not self._folder.is_dir():
            return
        for link in sorted(self._folder.iterdir()):
            path, _, number = link.name.rpartition(".")
            with suppress(OSError):
                told = link.lstat()
                if len(number) == 16 and time.time() - told.st_ctime > 2 * KEPT_S:
                    one = Replaced(unquote(path), link, "", 0, "")
                    self._kept.append(one)
                    if told.st_mtime_ns < told.st_ctime_ns:  # it had this name already
                        self._drop(one)
