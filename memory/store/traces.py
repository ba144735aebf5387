"""What search keeps of texts that are gone, and how that goes as well."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from ..lines import split_lines
from ..redact import redacted
from ..terms import entries, indexed, sentences, words
from .connector import Connection, Row, Value
from .objects import Objects

_LET_GO = (
    "block_id IN (SELECT block_id FROM block_version WHERE object_id IS NULL AND version NOT NULL)"
)


def drop_past(db: Connection, where: str, *values: Value) -> int:
    """Delete entries of the past with their words; return how many."""
    rows = db.all(f"DELETE FROM past WHERE {where} RETURNING id", *values)
    db.many("DELETE FROM past_text WHERE rowid = ?", ((row["id"],) for row in rows))
    return len(rows)


@dataclass(slots=True)
class Turned:
    """What erasing makes of the entries of a block's versions.

    Attributes:
        gone: Entries that some version has only before.
        left: Entries that those versions have afterwards.
    """

    gone: set[str] = field(default_factory=set[str])
    left: set[str] = field(default_factory=set[str])


def turned_entries(
    db: Connection, objects: Objects, texts: Iterable[int], needle: str
) -> dict[int, Turned]:
    """Return by block what taking a text out of these texts will make of entries.

    Only for blocks of which search knows a past. Entries are those of the whole text, as a text
    that is taken out may go over several, and others may be joined or parted by it.
    """
    found: dict[int, Turned] = defaultdict(Turned)
    of_line = cache(_entries)  # most lines of a version are those of the one before
    for object_id in texts:
        blocks = db.all(
            "SELECT DISTINCT v.block_id FROM block_version v WHERE v.object_id = ? "
            "AND EXISTS (SELECT 1 FROM past p WHERE p.block_id = v.block_id)",
            object_id,
        )
        if not blocks:
            continue
        text = objects.text(object_id)
        before, after = (
            {entry for line in split_lines(some) for entry in of_line(line)}
            for some in (text, redacted(text, needle))
        )
        for (block_id,) in blocks:
            found[block_id].gone |= before - after
            found[block_id].left |= after
    return found


def _entries(line: str) -> list[str]:
    return [entry for entry, _ in entries("", [line])]


def past_holding(db: Connection, needle: str) -> list[Row]:
    """Return the entries of the past (id, block_id, text) that a text is in, or that are its parts.

    Of a text of several lines an entry can only have one: its first line stands at the end of an
    entry, its last one at the beginning, any other is a whole entry. So it is with sentences; by
    these only blocks are searched of which a text was let go, as `turned_entries` knows the others.
    """
    lines = [line.strip() for line in needle.split("\n")]
    rows = db.all("SELECT id, block_id, text FROM past WHERE instr(text, ?) > 0", needle)
    if len(lines) > 1:
        rows += _parts(db, lines)
    parts = [part for line in lines for part in sentences(line.strip()) if words(part)]
    if parts not in ([], lines):  # it may be of a paragraph, however short it is itself
        rows += _parts(db, parts, _LET_GO)
    return list({row["id"]: row for row in rows}.values())


def _parts(db: Connection, parts: list[str], where: str = "true") -> list[Row]:
    """Return the entries of the past that end with the first part, are one, or begin with the last.

    `where` is a condition on the entries.
    """
    first, *between = parts
    last = between.pop() if between else first
    return db.all(
        f"SELECT id, block_id, text FROM past WHERE {where} AND (substr(text, -length(?1)) = ?1 "
        "OR substr(text, 1, length(?2)) = ?2 OR text IN (SELECT value FROM json_each(?3)))",
        first, last, json.dumps(between),
    )  # fmt: skip


def redact_past(
    db: Connection,
    rows: Iterable[Row],
    turned: Mapping[int, Turned],
    needle: str,
    own: Collection[int],
) -> None:
    """Take a text out of these entries of the past, and all that the changes `own` made past.

    An entry of which nothing is left goes, and so does one that is a part of the text, or that no
    version which had it has any more: what is erased next is looked for in what versions have.
    """
    for number in own:
        drop_past(db, "until = ?", number)
    for row in rows:
        text = redacted(row["text"], needle).strip()
        block = turned.get(row["block_id"])
        lost = block is not None and row["text"] in block.gone and text not in block.left
        if lost or text == row["text"] or not words(text):
            drop_past(db, "id = ?", row["id"])
            continue
        db.execute("UPDATE past SET text = ? WHERE id = ?", (text, row["id"]))
        db.execute(
            "INSERT OR REPLACE INTO past_text (rowid, body) VALUES (?, ?)",
            (row["id"], indexed(text)),
        )
    for block_id, block in turned.items():
        those = json.dumps(sorted(block.gone))
        among = "block_id = ? AND text IN (SELECT value FROM json_each(?))"
        drop_past(db, among, block_id, those)


def drop_stale_vectors(db: Connection) -> None:
    """Delete the vectors of what docs were, whatever that was: these docs are queued for others."""
    db.execute("DELETE FROM embedding WHERE doc_id IN (SELECT doc_id FROM embed_queue)")


def merge_words(db: Connection, *tables: str) -> None:
    """Write the words of full-text tables anew, without those of rows that were deleted.

    Until then deleted words stay in the file: a row is only marked as deleted. About a second for
    100,000 rows; nothing happens where none was deleted.
    """
    for table in tables:
        db.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
