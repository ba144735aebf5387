"""Taking a space away from its place while others use it: into an archive, or for good.

What was acknowledged before is in the archived file, and nothing is acknowledged after: a write
looks, under the lock that is held here, whether its file is still at its place (`writer.py`).
"""

import os
from contextlib import ExitStack, closing
from pathlib import Path

from ..errors import CorruptError, LockedError, NotFoundError
from .copying import beside, copied, copies_of, put_in_place
from .database import connect, format_of, patiently, translated
from .header import unusable

_WAIT_FOR_LOCK_S = 10.0
_PARTS = ("", "-wal", "-shm")


def retire(path: Path, target: Path | None) -> None:
    """Move a space's file to `target`, a name that nothing has; or remove it, where that is None.

    What arrives is one file, whole and checked. One that is damaged is moved as it is, with its
    -wal. The copies that the program left beside the file go with it. Until the copy is on disk,
    nothing of the file is touched.

    Raises:
        NotFoundError: there is no such file.
        CorruptError: it is another program's, or newer than this one; it was left untouched.
        LockedError: others write for too long, or have it open where that keeps it in its place.
        StorageFullError, ReadOnlyError: it cannot be moved.
    """
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}.")
    with translated(path), ExitStack() as held:
        whole = _locked(path, held)
        there = target is None or (whole and _copy(path, target))
        if os.name == "nt":
            held.close()  # no file is removed there that is open
        if target is not None and not there:
            _move(path, target)
        _remove(path, target)
        for copy in copies_of(path):
            if target is None:
                copy.unlink(missing_ok=True)
            else:
                copy.replace(beside(target, copy.name.removeprefix(path.name)))


def _locked(path: Path, held: ExitStack) -> bool:
    """Keep others from writing until `held` ends; tell whether the file can be read at all."""
    if unusable(path):
        return False
    try:
        format_of(path)
        db = held.enter_context(closing(connect(path)))
        patiently(lambda: db.execute("BEGIN IMMEDIATE"), _WAIT_FOR_LOCK_S)
    except CorruptError as error:
        if error.__cause__ is None:  # another program's, or a newer one's: it is not ours to move
            raise
        return False
    return True


def _copy(path: Path, target: Path) -> bool:
    """Put a copy of what is committed at `target`; tell whether it came out whole."""
    try:
        with translated(path), closing(connect(path)) as db, copied(db, target) as copy:
            put_in_place(copy, target)
    except CorruptError:
        return False
    return True


def _move(path: Path, target: Path) -> None:
    """Move a damaged file as it is, with the files that belong to it."""
    for part in _PARTS:
        if beside(path, part).exists():
            beside(path, part).replace(beside(target, part))


def _remove(path: Path, target: Path | None) -> None:
    """Remove the file and what belongs to it; who has it open still reads it, but cannot write.

    All of it loses its name first, which takes no time: a space that is made anew at its place
    must not come upon a part of it, and an end in the midst leaves nothing that looks like one.
    """
    private = beside(path, f".{os.getpid()}.tmp")
    try:
        for part in _PARTS:
            if beside(path, part).exists():
                beside(path, part).replace(beside(private, part))
        for part in _PARTS:
            beside(private, part).unlink(missing_ok=True)
    except PermissionError as error:
        if os.name != "nt":
            raise
        if target is not None and path.exists():
            target.unlink(missing_ok=True)
        raise LockedError(f"{path} is open in another program; stop that first.") from error
