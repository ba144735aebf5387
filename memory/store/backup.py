"""A backup: one file, whole, of what was committed at one moment."""

from pathlib import Path

from ..errors import CorruptError, ExistsError, NotFoundError, ReadOnlyError, StorageFullError
from .copying import copied, put_in_place
from .database import connect, format_of, translated
from .header import unusable


def backup(source: Path, target: Path) -> int:
    """Copy a space into a new file while others use it; return the copy's size in bytes.

    The copy appears under its name only once it is complete, checked and on disk.

    Raises:
        ExistsError: there is a file of that name.
        NotFoundError: there is no space at `source`, or the target's folder is missing.
        CorruptError: the source is damaged, foreign or newer than this program.
        StorageFullError, ReadOnlyError: the copy cannot be written.
    """
    if target.exists():
        raise ExistsError(f"{target} is there already; give the backup another name.")
    if not target.parent.is_dir():
        raise NotFoundError(f"the folder {target.parent} does not exist; create it first.")
    require_space(source)
    db = connect(source)
    try:
        with translated(source), copied(db, target) as copy:
            put_in_place(copy, target)
    except (StorageFullError, ReadOnlyError) as error:
        raise type(error)(
            f"the backup {target} could not be written: its disk is full, or its folder is not "
            "yours to write. Nothing is left of it."
        ) from error
    finally:
        db.close()
    return target.stat().st_size


def require_space(path: Path) -> None:
    """Refuse a file that no space can be read from.

    Raises:
        NotFoundError: it is missing or empty.
        CorruptError: it is damaged, foreign or newer than this program.
    """
    with translated(path):
        why = unusable(path)
        if why is not None:
            raise (CorruptError if path.is_file() and path.stat().st_size else NotFoundError)(why)
        if format_of(path) == 0:
            raise NotFoundError(f"{path} holds no space yet.")
