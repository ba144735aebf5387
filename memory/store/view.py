"""What can be read of a space, as SQL over one connection. Runs inside somebody's transaction."""

import json
from datetime import UTC, datetime, timedelta

from ..errors import NotFoundError
from ..model import Author, Block, BlockInfo, Change, Touched, label_key
from .chain import BLOCKS, CHANGE, change_hash
from .connector import Connection, Row
from .objects import Objects

_STATE = """
    SELECT b.uid, v.*, t.description, t.tags, t.metadata, c.at, o.chars
    FROM {source}
    JOIN block b ON b.id = v.block_id
    JOIN about t ON t.id = v.about_id
    JOIN change c ON c.number = v.change
    LEFT JOIN object o ON o.id = v.object_id
"""
_HEADS = _STATE.format(
    source="block_head h JOIN block_version v ON v.block_id = h.block_id AND v.change = h.change"
)
_VERSIONS = _STATE.format(source="block_version v")
_CHANGES = """
    SELECT c.*, b.name AS branch, a.user, a.client, a.client_version, a.model
    FROM change c JOIN branch b ON b.id = c.branch_id JOIN author a ON a.id = c.author_id
"""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(at: datetime) -> int:
    """Return a time as it is stored: whole microseconds since the epoch."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """Return a stored time as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=microseconds)


class View:
    """A consistent view of the space (`Snapshot` of the contract)."""

    def __init__(self, db: Connection, objects: Objects) -> None:
        self._db = db
        self._objects = objects
        self._branches: dict[str, int] = {}

    def head(self, branch: str) -> int:
        """Return the number of the branch's newest change."""
        branch_id = self._branch(branch)
        return int(self._db.scalar("SELECT head_change FROM branch WHERE id = ?", branch_id))

    def infos(self, branch: str) -> list[BlockInfo]:
        """Return every block without its text, oldest first."""
        rows = self._db.all(f"{_HEADS} WHERE h.branch_id = ? ORDER BY b.id", self._branch(branch))
        return [_info(row) for row in rows]

    def blocks(self, branch: str) -> list[Block]:
        """Return every block, oldest first."""
        rows = self._db.all(f"{_HEADS} WHERE h.branch_id = ? ORDER BY b.id", self._branch(branch))
        return [self._block(row) for row in rows]

    def block(self, branch: str, label: str) -> Block | None:
        """Return the block that has this label now."""
        row = self._db.one(
            f"{_HEADS} WHERE h.branch_id = ? AND h.label_key = ?",
            self._branch(branch),
            label_key(label),
        )
        return self._block(row) if row else None

    def block_at(self, branch: str, label: str, change: int) -> Block | None:
        """Return the block that had this label after `change`."""
        key = label_key(label)
        block_id = self._named(branch, key, change)
        row = self._state(branch, block_id, change) if block_id else None
        if row is None or row["object_id"] is None or row["label_key"] != key:
            return None
        return self._block(row)

    def blocks_at(self, branch: str, change: int) -> list[Block]:
        """Return every block as it was after `change`."""
        ids = self._db.all("SELECT id FROM block ORDER BY id")
        rows = (self._state(branch, row["id"], change) for row in ids)
        return [self._block(row) for row in rows if row and row["object_id"] is not None]

    def versions(self, branch: str, label: str, prefix: str) -> list[Block]:
        """Return the newest state of each version that starts with `prefix`, at most five."""
        key = label_key(label)
        block_id = self._db.scalar(
            "SELECT block_id FROM block_head WHERE branch_id = ? AND label_key = ?",
            self._branch(branch), key,
        ) or self._named(branch, key, self.head(branch))  # fmt: skip
        low = bytes.fromhex(prefix.ljust(32, "0"))
        high = bytes.fromhex(prefix.ljust(32, "f"))
        rows = self._db.all(
            f"{_VERSIONS} JOIN (SELECT version, max(change) AS change FROM block_version "
            "WHERE block_id = ?1 AND version BETWEEN ?2 AND ?3 GROUP BY version LIMIT 5) newest "
            "ON newest.change = v.change WHERE v.block_id = ?1 AND v.object_id IS NOT NULL",
            block_id, low, high,
        )  # fmt: skip
        return [self._block(row) for row in rows]

    def before(self, branch: str, block: Block) -> Block | None:
        """Return the state of the block before the change that made `block`."""
        block_id = self._db.scalar("SELECT id FROM block WHERE uid = ?", block.uid)
        row = self._state(branch, block_id, block.change - 1)
        return self._block(row) if row and row["object_id"] is not None else None

    def changes(
        self, branch: str, *, label: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[Change]:
        """Return the newest changes, of the branch or of one block, newest first."""
        below = before if before is not None else 2**62
        branch_id = self._branch(branch)
        if label is None:
            rows = self._db.all(
                f"{_CHANGES} WHERE c.branch_id = ? AND c.number < ? ORDER BY c.number DESC LIMIT ?",
                branch_id, below, limit,
            )  # fmt: skip
            return [self._change(row) for row in rows]
        block_id = self._named(branch, label_key(label), 2**62)
        rows = self._db.all(
            f"{_CHANGES} JOIN block_version v ON v.change = c.number "
            "WHERE v.block_id = ? AND v.branch_id = ? AND v.change < ? "
            "ORDER BY v.change DESC LIMIT ?",
            block_id, branch_id, below, limit,
        )  # fmt: skip
        return [self._change(row) for row in rows]

    def since(self, number: int, limit: int = 1_000) -> list[Change]:
        """Return the changes after `number` on any branch, oldest first."""
        rows = self._db.all(
            f"{_CHANGES} WHERE c.number > ? ORDER BY c.number LIMIT ?", number, limit
        )
        return [self._change(row) for row in rows]

    def change(self, number: int) -> Change:
        """Return one change.

        Raises:
            NotFoundError: there is none of that number.
        """
        row = self._db.one(f"{_CHANGES} WHERE c.number = ?", number)
        if row is None:
            raise NotFoundError(f"there is no change {number}.")
        return self._change(row)

    def broken(self) -> list[int]:
        """Return the changes whose hash does not follow from what the file says of them."""
        found: list[int] = []
        hashes: dict[int | None, bytes] = {}
        for change in self._db.all("SELECT number, parent, reason, hash FROM change ORDER BY 1"):
            number = change["number"]
            row = self._db.one(CHANGE, number)
            assert row is not None  # noqa: S101 - in the same snapshot
            blocks = self._db.all(BLOCKS, number)
            previous = hashes.get(change["parent"])
            hashes[number] = bytes(change["hash"])
            follows = change_hash(self._objects, previous, row, blocks) == hashes[number]
            reason = self._objects.hash(change["reason"]) == bytes(row["reason_hash"])
            if not (follows and reason):
                found.append(number)
        return found

    def by_request(self, request_id: str) -> Change | None:
        """Return the change recorded under this idempotency key."""
        row = self._db.one(f"{_CHANGES} WHERE c.request_id = ?", request_id)
        return self._change(row) if row else None

    def _branch(self, name: str) -> int:
        known = self._branches.get(name)
        if known is None:
            known = self._db.scalar("SELECT id FROM branch WHERE name = ?", name)
            if known is None:
                raise NotFoundError(f"there is no branch {name!r}.")
            self._branches[name] = known
        return known

    def _named(self, branch: str, key: str, change: int) -> int | None:
        """Return the id of the block that was the last to take this label up to `change`.

        Where one change deleted the label's block and gave the label to another, it is the other.
        """
        return self._db.scalar(
            "SELECT block_id FROM block_version WHERE branch_id = ? AND label_key = ? "
            "AND change <= ? ORDER BY change DESC, version IS NULL LIMIT 1",
            self._branch(branch), key, change,
        )  # fmt: skip

    def _state(self, branch: str, block_id: int, change: int) -> Row | None:
        """Return the block's newest state up to `change`."""
        return self._db.one(
            f"{_VERSIONS} WHERE v.block_id = ? AND v.branch_id = ? AND v.change <= ? "
            "ORDER BY v.change DESC LIMIT 1",
            block_id, self._branch(branch), change,
        )  # fmt: skip

    def _block(self, row: Row) -> Block:
        info = _info(row)
        fields = {name: getattr(info, name) for name in BlockInfo.__slots__}
        return Block(**fields, value=self._objects.text(row["object_id"]))

    def _change(self, row: Row) -> Change:
        touched = self._db.all(
            "SELECT b.uid, v.label, v.old_label, v.action, v.version FROM block_version v "
            "JOIN block b ON b.id = v.block_id WHERE v.change = ? ORDER BY v.position",
            row["number"],
        )
        return Change(
            number=row["number"],
            parent=row["parent"] or 0,
            branch=row["branch"],
            author=Author(row["user"], row["client"], row["client_version"], row["model"]),
            tool=row["tool"],
            reason=row["reason"],
            at=moment(row["at"]),
            hash=bytes(row["hash"]).hex(),
            blocks=tuple(
                Touched(
                    uid=t["uid"],
                    label=t["label"],
                    action=t["action"],
                    version=bytes(t["version"]).hex() if t["version"] else None,
                    old_label=t["old_label"],
                )
                for t in touched
            ),
        )


def _info(row: Row) -> BlockInfo:
    return BlockInfo(
        uid=row["uid"],
        label=row["label"],
        version=bytes(row["version"]).hex(),
        chars=row["chars"],
        description=row["description"],
        limit=row["char_limit"],
        read_only=bool(row["read_only"]),
        tags=tuple(json.loads(row["tags"])),
        metadata=json.loads(row["metadata"]),
        change=row["change"],
        at=moment(row["at"]),
    )
