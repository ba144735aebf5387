"""The hash that ties each change to all before it.

Texts enter by their own hashes (a value's version, what is said of a block, a reason). What an
erasing change took out of the past enters its own hash as pairs of hashes, before and after: so
the chain stays whole, and what was erased lawfully is told from what was tampered with.
"""

import json
from collections.abc import Iterable

from .connector import Connection
from .objects import Objects

_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def canonical(content: object) -> str:
    """Return JSON in the one form that is hashed."""
    return _CANONICAL.encode(content)


def sealing_hash(db: Connection, objects: Objects, number: int) -> bytes:
    """Return the hash of a change: over its parent's hash and what the file now says of it."""
    ((*change, previous, undoes, restores, retracts, files),) = db.tuples(_CHANGE, number)
    turn = [("turn", undoes, restores)] if (undoes, restores) != (None, None) else []
    retractions = db.tuples(_RETRACTIONS, number) if retracts else []
    passages = db.tuples(_PASSAGES, number) if files else []
    rows = (change, *db.tuples(_BLOCKS, number), *turn, *retractions, *passages)
    content = [previous.hex() if previous else "", *map(_plain, rows)]
    return objects.hash(canonical(content))


_CHANGE = """
    SELECT c.number, b.name, c.parent, c.merge_parent, c.at, a.user, a.client, a.client_version,
           a.model, c.tool, c.reason_hash, c.request_id, p.hash, c.undoes, c.restores,
           EXISTS (SELECT 1 FROM retraction WHERE change = c.number),
           EXISTS (SELECT 1 FROM passage_version WHERE change = c.number)
    FROM change c LEFT JOIN change p ON p.number = c.parent
    LEFT JOIN branch b ON b.id = c.branch_id LEFT JOIN author a ON a.id = c.author_id
    WHERE c.number = ?
"""
_BLOCKS = """
    SELECT b.uid, v.action, v.label, v.old_label, v.char_limit, v.read_only, t.hash, v.version
    FROM block_version v JOIN block b ON b.id = v.block_id JOIN about t ON t.id = v.about_id
    WHERE v.change = ? ORDER BY v.position
"""
_RETRACTIONS = "SELECT kind, was, now FROM retraction WHERE change = ? ORDER BY position"
_PASSAGES = """
    SELECT 'passage', p.id, p.kind, v.action, v.valid_from, v.valid_until, t.hash, v.version
    FROM passage_version v JOIN passage p ON p.id = v.passage_id JOIN about t ON t.id = v.about_id
    WHERE v.change = ? ORDER BY v.position
"""


def _plain(row: Iterable[object]) -> list[object]:
    return [value.hex() if isinstance(value, bytes) else value for value in row]
