"""How rows become values: times, authors, blocks."""

import json
from datetime import UTC, datetime, timedelta

from ..model import Author, BlockInfo
from .connector import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

AUTHOR = "a.user, a.client, a.client_version, a.model"
"""The columns of an author, joined as `a`."""


def stamp(at: datetime) -> int:
    """Return a time as it is stored: whole microseconds since the epoch."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """Return a stored time as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=microseconds)


def author(row: Row) -> Author:
    """Return the author that a row has the columns of."""
    return Author(row["user"], row["client"], row["client_version"], row["model"])


def block_info(row: Row) -> BlockInfo:
    """Return a block's state, all but its text."""
    return BlockInfo(
        uid=row["uid"],
        label=row["label"],
        version=bytes(row["version"]).hex(),
        chars=row["chars"] or 0,
        description=row["description"],
        limit=row["char_limit"],
        read_only=bool(row["read_only"]),
        tags=tuple(json.loads(row["tags"])),
        metadata=json.loads(row["metadata"]),
        change=row["change"],
        at=moment(row["at"]),
    )
