"""How a space's file stands, told without opening it for writing or reading all of it."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import CorruptError
from ..finding import IndexState
from .connector import first_bytes, reading
from .copying import beside, size_on_disk
from .database import APPLICATION_ID, format_of, look_at, migrations, translated
from .header import suspicious, unusable
from .objects import Objects
from .progress import ProgressView

_MARK = slice(68, 72)  # of a file's first bytes: whose database it is
_FIRST_INDEX = 3  # the format that brought what search looks through


@dataclass(frozen=True, slots=True)
class Standing:
    """What a file shows of itself.

    Attributes:
        format: Of the file, and `newest` the one that this program writes.
        bytes: Its size, with what waits in its -wal.
        index: How far the vectors are; None in a file from before there were any.
    """

    format: int
    newest: int
    bytes: int
    index: IndexState | None


def is_space(path: Path) -> bool:
    """Tell whether a file says of itself that it is a space, damaged or not.

    Raises:
        TokenspaceError: it cannot be read.
    """
    with translated(path):
        return first_bytes(path, _MARK.stop)[_MARK] == APPLICATION_ID.to_bytes(4, "big")


@contextmanager
def apart(path: Path) -> Generator[Path]:
    """Yield a file of the same name that may be looked at without a trace beside `path`.

    It is `path` itself, unless it `is_left`: there SQLite would make a -shm, which stays. Then it
    is a private copy with its -wal, gone when the context ends.

    Raises:
        LockedError: another process has it for itself.
        TokenspaceError: it cannot be read or copied.
    """
    if not is_left(path):
        yield path
        return
    with ExitStack() as stack:
        with translated(path):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tokenspace-"))
            with reading(path):
                for part in (path, beside(path, "-wal")):
                    shutil.copyfile(part, Path(folder, part.name))
            left = is_left(path)
        # Of a file that somebody opened meanwhile the copy may have halves.
        yield Path(folder, path.name) if left else path


def is_left(path: Path) -> bool:
    """Tell whether a crash has left a -wal beside a file, without its -shm."""
    return beside(path, "-wal").exists() and not beside(path, "-shm").exists()


def standing(path: Path, now: datetime) -> Standing:
    """Return how a space's file stands.

    Raises:
        CorruptError: it is no space, a damaged one, or a newer program's.
        LockedError: another process has it for itself.
        TokenspaceError: it cannot be read.
    """
    with translated(path):
        why = unusable(path) or next(iter(suspicious(path)), None)
        if why is not None:
            raise CorruptError(why)
        have, newest = format_of(path), migrations()[-1][0]
        index = None
        if have >= _FIRST_INDEX:
            db = look_at(path)
            try:
                index = ProgressView(db, Objects(db)).index_state(now)
            finally:
                db.close()
        return Standing(have, newest, size_on_disk(path), index)
