"""The hash that ties each change to all before it.

Texts enter by their own hashes (a value's version, what is said of a block, a reason). What an
erasing change took out of the past enters its own hash as pairs of hashes, before and after: so
the chain stays whole, and what was erased lawfully is told from what was tampered with.
"""

import json

from .connector import Connection, Row
from .objects import Objects


def canonical(content: object) -> str:
    """Return JSON in the one form that is hashed."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def sealing_hash(db: Connection, objects: Objects, number: int) -> bytes:
    """Return the hash of a change: over its parent's hash and what the file now says of it."""
    change = db.one(_CHANGE, number)
    assert change is not None  # noqa: S101 - the caller has its number from the table
    previous = db.scalar("SELECT hash FROM change WHERE number = ?", change["parent"])
    rows = [row for part in _PARTS for row in db.all(part, number)]
    content = [bytes(previous).hex() if previous else "", _plain(change), *map(_plain, rows)]
    return objects.hash(canonical(content))


_CHANGE = """
    SELECT c.number, b.name, c.parent, c.merge_parent, c.at, a.user, a.client, a.client_version,
           a.model, c.tool, c.reason_hash, c.request_id
    FROM change c
    LEFT JOIN branch b ON b.id = c.branch_id LEFT JOIN author a ON a.id = c.author_id
    WHERE c.number = ?
"""
_BLOCKS = """
    SELECT b.uid, v.action, v.label, v.old_label, v.char_limit, v.read_only, t.hash, v.version
    FROM block_version v JOIN block b ON b.id = v.block_id JOIN about t ON t.id = v.about_id
    WHERE v.change = ? ORDER BY v.position
"""
_TURN = """
    SELECT 'turn', undoes, restores FROM change
    WHERE number = ? AND (undoes IS NOT NULL OR restores IS NOT NULL)
"""
_RETRACTIONS = "SELECT kind, was, now FROM retraction WHERE change = ? ORDER BY position"
_PASSAGES = """
    SELECT 'passage', p.id, p.kind, v.action, v.valid_from, v.valid_until, t.hash, v.version
    FROM passage_version v JOIN passage p ON p.id = v.passage_id JOIN about t ON t.id = v.about_id
    WHERE v.change = ? ORDER BY v.position
"""
_PARTS = (_BLOCKS, _TURN, _RETRACTIONS, _PASSAGES)


def _plain(row: Row) -> list[object]:
    return [value.hex() if isinstance(value, bytes) else value for value in row]
