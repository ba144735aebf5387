"""Making what search looks through anew, from blocks, passages and history."""

import json
from itertools import groupby

from ..errors import CorruptError
from .connector import Connection, Row
from .index import Filing, Index
from .objects import Objects

_VERSIONS = 20_000
"""How many of the newest versions are looked through for entries that are past: seconds."""

_TABLES = ("doc_text", "past_text", "embed_queue", "embedding", "doc_tag", "doc", "past")


def reindex(db: Connection, objects: Objects) -> None:
    """Empty the search tables and fill them, inside somebody's transaction.

    Vectors are queued to be made again. A text that is damaged is left out.
    """
    for table in _TABLES:
        db.execute(f"DELETE FROM {table}")
    index = Index(db, objects)
    _blocks(db, objects, index)
    _passages(db, objects, index)


def _blocks(db: Connection, objects: Objects, index: Index) -> None:
    """Go through the versions of main's blocks as they were written."""
    first = db.scalar(
        "SELECT min(change) FROM (SELECT change FROM block_version WHERE branch_id = 1 "
        "ORDER BY change DESC LIMIT ?)",
        _VERSIONS,
    )
    rows = db.all(
        "SELECT v.block_id, v.change, v.label, v.version, v.object_id, t.tags, c.at, "
        "h.change AS now FROM block_version v JOIN about t ON t.id = v.about_id "
        "JOIN change c ON c.number = v.change "
        "LEFT JOIN block_head h ON h.branch_id = 1 AND h.block_id = v.block_id "
        "WHERE v.branch_id = 1 AND (v.change >= ? OR v.change = h.change) "
        "ORDER BY v.block_id, v.change",
        first or 0,
    )
    for _, versions in groupby(rows, key=lambda row: row["block_id"]):
        for row in versions:
            text = _text(objects, row)
            if text is not None or row["version"] is None:
                index.block(
                    row["block_id"], row["label"], json.loads(row["tags"]), text,
                    row["change"], row["at"],
                )  # fmt: skip


def _passages(db: Connection, objects: Objects, index: Index) -> None:
    rows = db.all(
        "SELECT p.id, p.kind, p.created_at, v.valid_from, v.version, v.object_id, t.tags, "
        "t.metadata FROM passage p JOIN passage_version v ON v.passage_id = p.id "
        "AND v.change = p.change JOIN about t ON t.id = v.about_id ORDER BY p.id"
    )
    for row in rows:
        text = _text(objects, row)
        if text is not None:
            index.passage(
                Filing(
                    id=row["id"],
                    kind=row["kind"],
                    text=text,
                    source=json.loads(row["metadata"]).get("source", ""),
                    tags=tuple(json.loads(row["tags"])),
                    at=row["created_at"] if row["valid_from"] is None else row["valid_from"],
                )
            )


def _text(objects: Objects, row: Row) -> str | None:
    """Return a version's text, None where it is deleted, let go or damaged."""
    if row["object_id"] is None:
        return None
    try:
        return objects.text(row["object_id"])
    except CorruptError:
        return None
