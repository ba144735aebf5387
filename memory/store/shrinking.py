"""Giving free room of a space's file back to the disk."""

from pathlib import Path

from ..errors import LockedError
from .connector import Connection
from .database import translated

_WORTH_VACUUM = 0.2
"""Share of the file that must be free room for it to be written anew."""

_LEAST_VACUUM = 320 * 1024
"""Bytes of it: the nearly empty tables of a small space leave almost as much at any time."""


def shrunk(db: Connection, path: Path) -> tuple[bool, str]:
    """Give free room back where it is much; return whether, and why not if it should have been."""
    size = int(db.scalar("PRAGMA page_count")) * int(db.scalar("PRAGMA page_size"))
    free = _free(db)
    vacuumed, pending = False, ""
    if free > max(_WORTH_VACUUM * size, _LEAST_VACUUM):
        try:
            with translated(path):
                db.script("VACUUM")
            vacuumed = True
        except LockedError:
            pending = (
                f"{free / size:.0%} of the file is free, but another process is writing it now"
            )
    if db.scalar("PRAGMA wal_checkpoint(TRUNCATE)"):
        pending = pending or "another process reads what stood before; it follows when that ends"
    return vacuumed, pending


def _free(db: Connection) -> int:
    """Return the bytes of the file that hold nothing: whole pages, and room in the others."""
    free = int(db.scalar("PRAGMA freelist_count")) * int(db.scalar("PRAGMA page_size"))
    if db.scalar("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'"):
        free += int(db.scalar("SELECT sum(unused) FROM dbstat WHERE aggregate = TRUE"))
    return free
