"""What names a place in history: branches, checkpoints, points."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from .errors import InvalidError
from .model import Author

MAX_NAME_CHARS = 80

_NAME = re.compile(r"\w[\w.\-/]*")
_TAKEN = re.compile(r"\d+|[0-9a-f]{4,32}|\d{4}-\d\d.*|now|today|yesterday", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Point:
    """A place in history: a branch as it was after a change (a number, 0 before the first)."""

    branch: str
    change: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A change that makes more, or less, part of a branch than the changes made on it.

    Attributes:
        number: Its own number.
        merged: What it merged: the other branch's head then.
        undoes: The number of the change that it took back.
        restores: The point that it brought everything back to.
    """

    number: int
    merged: Point | None
    undoes: int | None
    restores: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A line of changes.

    Attributes:
        fork: Where it left its parent; None for the first branch.
        head: Number of its newest change, its parent's where it has none of its own.
        author: Who made it; None for the first branch.
        changes: How many changes were made on it.
        blocks: How many blocks it has now.
    """

    name: str
    fork: Point | None
    head: int
    at: datetime
    author: Author | None
    changes: int
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A change with a name.

    Attributes:
        point: The branch and the change that it names.
        automatic: Made before a merge or a restore, not asked for.
        blocks: How many blocks there were then.
        chars: How many characters they had together.
    """

    name: str
    point: Point
    message: str
    author: Author
    at: datetime
    automatic: bool
    blocks: int
    chars: int


def checked_name(name: str, what: str) -> str:
    """Return a name for a branch or a checkpoint in the form that is stored.

    Raises:
        InvalidError: it is not 1 to 80 letters, digits, `_ - . /`, or could be read as a change's
            number, a version or a time.
    """
    clean = unicodedata.normalize("NFC", name.strip())
    if len(clean) > MAX_NAME_CHARS or not _NAME.fullmatch(clean):
        raise InvalidError(
            f"{name[:80]!r} cannot name a {what}: use 1 to {MAX_NAME_CHARS} letters, digits, "
            "_ - . or /, without spaces, for example before-cleanup."
        )
    if _TAKEN.fullmatch(clean):
        raise InvalidError(
            f"{clean!r} cannot name a {what}: it could be read as a change, a version or a time. "
            f"Take a word, for example {what}-{clean}."
        )
    return clean
