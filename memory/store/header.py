"""What a file shows before SQLite opens it: is it a database, is it whole, is its -wal there?"""

import struct
from collections.abc import Iterator
from pathlib import Path

from .connector import first_bytes
from .copying import beside

_MAGIC = b"SQLite format 3\0"
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_WAL_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24


def unusable(path: Path) -> str | None:
    """Return why this cannot be a space at all; None where it may be one."""
    if not path.exists():
        return f"{path} does not exist."
    if path.is_dir():
        return f"{path} is a folder."
    if not path.stat().st_size:
        return f"{path} is empty."
    start = first_bytes(path, 100)
    if len(start) < 100 or not start.startswith(_MAGIC):
        return f"{path} is not an SQLite database, or its beginning was overwritten."
    return None


def suspicious(path: Path) -> Iterator[str]:
    """Yield what is wrong with a file's size and with the files beside it."""
    wal = beside(path, "-wal")
    waiting = wal.stat().st_size if wal.exists() else 0
    if not waiting:  # otherwise the newest pages are in the -wal, the last ones among them
        yield from _cut_short(path)
    if beside(path, "-shm").exists() and not wal.exists():
        yield (
            f"{wal.name} is missing, though {path.name}-shm is there: the file was copied or moved "
            "without it, and the writes that stood only in it are lost."
        )
    if waiting > _WAL_HEADER_BYTES + _FRAME_HEADER_BYTES:
        with wal.open("rb") as file:
            magic = int.from_bytes(file.read(4), "big")
        if magic not in _WAL_MAGIC:
            yield (
                f"{wal.name} ({waiting:,} bytes) is overwritten: the writes that stood only in it "
                "are lost."
            )


def _cut_short(path: Path) -> Iterator[str]:
    """Compare a file's size with the number of pages that its header names."""
    header = first_bytes(path, 100)
    page = struct.unpack_from(">H", header, 16)[0]
    page_size = 65_536 if page == 1 else page
    changed, pages, valid_for = (struct.unpack_from(">I", header, at)[0] for at in (24, 28, 92))
    size = path.stat().st_size
    if changed == valid_for and size < pages * page_size:
        yield (
            f"{path.name} is cut short: {size:,} bytes are there of {pages * page_size:,} "
            f"({pages:,} pages)."
        )
