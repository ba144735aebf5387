"""A space's file seen from outside, whoever has it open: how large it is, and how old."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import CorruptError
from .copying import size_on_disk
from .database import format_of, look_at, translated
from .header import unusable
from .rows import moment


@dataclass(frozen=True, slots=True)
class Glance:
    """What a look at a file shows.

    Attributes:
        bytes: On disk, with what waits in its -wal.
        change: Number of the newest change, 0 for none.
        at: When that one was made, UTC; None for none.
    """

    bytes: int
    change: int = 0
    at: datetime | None = None


def glance(path: Path) -> Glance:
    """Look at a space's file; nothing is changed, and an older format is not brought up to date.

    Raises:
        CorruptError: it is damaged, another program's, or newer than this one.
        ReadOnlyError: it cannot be read.
    """
    with translated(path):
        size = size_on_disk(path)
        if not size:
            return Glance(0)
        why = unusable(path)
        if why is not None:
            raise CorruptError(why)
        if not format_of(path):
            return Glance(size)
        with closing(look_at(path)) as db:
            row = db.one("SELECT number, at FROM change ORDER BY number DESC LIMIT 1")
        return Glance(size, row["number"], moment(row["at"])) if row else Glance(size)
