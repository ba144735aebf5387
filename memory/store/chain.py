"""The hash that ties each change to all before it.

Texts enter by their own hashes (a value's version, what is said of a block, a reason), which are
kept beside them: erasing a text leaves the chain whole.
"""

import json
from collections.abc import Sequence

from .connector import Row
from .objects import Objects


def canonical(content: object) -> str:
    """Return JSON in the one form that is hashed."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def change_hash(
    objects: Objects, previous: bytes | None, change: Row, blocks: Sequence[Row]
) -> bytes:
    """Return the hash of a change, given its parent's.

    `change` and `blocks` (in their order) have the columns of `CHANGE` and `BLOCKS` below.
    """
    content = [bytes(previous).hex() if previous else "", _plain(change), *map(_plain, blocks)]
    return objects.hash(canonical(content))


CHANGE = """
    SELECT c.number, b.name, c.parent, c.merge_parent, c.at, a.user, a.client, a.client_version,
           a.model, c.tool, c.reason_hash, c.request_id
    FROM change c JOIN branch b ON b.id = c.branch_id JOIN author a ON a.id = c.author_id
    WHERE c.number = ?
"""
BLOCKS = """
    SELECT b.uid, v.action, v.label, v.old_label, v.char_limit, v.read_only, t.hash, v.version
    FROM block_version v JOIN block b ON b.id = v.block_id JOIN about t ON t.id = v.about_id
    WHERE v.change = ? ORDER BY v.position
"""


def _plain(row: Row) -> list[object]:
    return [value.hex() if isinstance(value, bytes) else value for value in row]
