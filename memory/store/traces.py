"""What search keeps of texts that are gone, and how that goes as well."""

import json
from collections.abc import Collection, Iterable

from ..redact import redacted
from ..terms import indexed, words
from .connector import Connection, Row, Value


def drop_past(db: Connection, where: str, *values: Value) -> int:
    """Delete entries of the past with their words; return how many."""
    rows = db.all(f"DELETE FROM past WHERE {where} RETURNING id", *values)
    db.many("DELETE FROM past_text WHERE rowid = ?", ((row["id"],) for row in rows))
    return len(rows)


def past_holding(db: Connection, needle: str) -> list[Row]:
    """Return the entries of the past (id, text) that a text is in, or that are a part of it.

    Of a text of several lines an entry can only have one: its first line stands at the end of an
    entry, its last one at the beginning, any other is a whole entry.
    """
    lines = [line.strip() for line in needle.split("\n")]
    if len(lines) == 1:
        return db.all("SELECT id, text FROM past WHERE instr(text, ?) > 0", needle)
    first, *between, last = lines
    return db.all(
        "SELECT id, text FROM past WHERE substr(text, -length(?1)) = ?1 "
        "OR substr(text, 1, length(?2)) = ?2 OR text IN (SELECT value FROM json_each(?3))",
        first, last, json.dumps(between),
    )  # fmt: skip


def redact_past(db: Connection, rows: Iterable[Row], needle: str, own: Collection[int]) -> None:
    """Take a text out of these entries of the past, and all that the changes `own` made past.

    An entry of which nothing is left goes, and so does one that is a part of the text.
    """
    for number in own:
        drop_past(db, "until = ?", number)
    for row in rows:
        text = redacted(row["text"], needle).strip()
        if text == row["text"] or not words(text):
            drop_past(db, "id = ?", row["id"])
            continue
        db.execute("UPDATE past SET text = ? WHERE id = ?", (text, row["id"]))
        db.execute(
            "INSERT OR REPLACE INTO past_text (rowid, body) VALUES (?, ?)",
            (row["id"], indexed(text)),
        )


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
