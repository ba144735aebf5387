"""What can be read of a space, as SQL over one connection. Runs inside somebody's transaction."""

from collections.abc import Iterator

from ..erased import Found
from ..errors import LetGoError, NotFoundError
from ..model import Block, BlockInfo, Change, Touched, label_key
from ..refs import Point
from .connector import Row
from .learned import LearnedView
from .objects import Objects
from .rows import AUTHOR, author, block_info, moment

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
_CHANGES = f"""
    SELECT c.*, b.name AS branch, {AUTHOR}
    FROM change c JOIN branch b ON b.id = c.branch_id JOIN author a ON a.id = c.author_id
"""


class View(LearnedView):
    """A consistent view of the space (`Snapshot` of the contract)."""

    def infos(self, branch: str) -> list[BlockInfo]:
        """Return every block without its text, oldest first."""
        rows = self._db.all(f"{_HEADS} WHERE h.branch_id = ? ORDER BY b.id", self._branch(branch))
        return [block_info(row) for row in rows]

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
        if row is None or row["version"] is None or row["label_key"] != key:
            return None
        return self._block(row)

    def state(self, branch: str, uid: str, change: int) -> Block | None:
        """Return a block by its identity, as it was after `change`."""
        block_id = self._db.scalar("SELECT id FROM block WHERE uid = ?", uid)
        row = self._state(branch, block_id, change) if block_id else None
        return self._block(row) if row and row["version"] is not None else None

    def blocks_at(self, branch: str, change: int) -> list[Block]:
        """Return every block as it was after `change`, oldest first."""
        return [self._block(row) for row in self._states(branch, change)]

    def infos_at(self, branch: str, change: int) -> list[BlockInfo]:
        """Return every block as it was after `change` without its text, oldest first."""
        return [block_info(row) for row in self._states(branch, change)]

    def versions(self, branch: str, label: str, prefix: str) -> list[Block]:
        """Return the newest state of each version that starts with `prefix`, at most five."""
        key = label_key(label)
        block_id = self._db.scalar(
            "SELECT block_id FROM block_head WHERE branch_id = ? AND label_key = ?",
            self._branch(branch), key,
        ) or self._named(branch, key, self.head(branch))  # fmt: skip
        low, high = _range(prefix)
        rows = self._db.all(
            f"{_VERSIONS} JOIN (SELECT version, max(change) AS change FROM block_version "
            "WHERE block_id = ?1 AND version BETWEEN ?2 AND ?3 AND object_id IS NOT NULL "
            "GROUP BY version LIMIT 5) newest "
            "ON newest.change = v.change WHERE v.block_id = ?1",
            block_id, low, high,
        )  # fmt: skip
        return [self._block(row) for row in rows]

    def named(self, prefix: str) -> list[tuple[BlockInfo, Point]]:
        """Return the newest states, of any block on any branch, whose version starts so: five."""
        rows = self._db.all(
            "SELECT s.*, n.name AS branch FROM object o "
            f"JOIN ({_VERSIONS}) s ON s.object_id = o.id JOIN branch n ON n.id = s.branch_id "
            "WHERE o.hash BETWEEN ? AND ? ORDER BY s.change DESC LIMIT 5",
            *_range(prefix),
        )
        return [(block_info(row), Point(row["branch"], row["change"])) for row in rows]

    def changes(
        self, branch: str, *, label: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[Change]:
        """Return the newest changes, of the branch or of one block, newest first."""
        block_id = self._named(branch, label_key(label), 2**62) if label is not None else None
        self._branch(branch)
        found: list[Change] = []
        for branch_id, upto in self._lineage(branch, 2**62 if before is None else before - 1):
            if label is None:
                rows = self._db.all(
                    f"{_CHANGES} WHERE c.branch_id = ? AND c.number <= ? "
                    "ORDER BY c.number DESC LIMIT ?",
                    branch_id, upto, limit - len(found),
                )  # fmt: skip
            else:
                rows = self._db.all(
                    f"{_CHANGES} JOIN block_version v ON v.change = c.number "
                    "WHERE v.block_id = ? AND v.branch_id = ? AND v.change <= ? "
                    "ORDER BY v.change DESC LIMIT ?",
                    block_id, branch_id, upto, limit - len(found),
                )  # fmt: skip
            found += [self._change(row) for row in rows]
            if len(found) >= limit:
                break
        return found

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
            raise NotFoundError(f"there is no change {number}; the newest is {self.newest()}.")
        return self._change(row)

    def by_request(self, request_id: str) -> Change | None:
        """Return the change recorded under this idempotency key."""
        row = self._db.one(f"{_CHANGES} WHERE c.request_id = ?", request_id)
        return self._change(row) if row else None

    def holding(self, needle: str, so_far: Found, most: int) -> Found:
        """Search the next `most` texts for one that `erase` shall take out."""
        rows = self._db.all(
            "SELECT id FROM object WHERE id > ? ORDER BY id LIMIT ?", so_far.upto, most
        )
        objects = Objects(self._db)  # with a memory of its own: readers keep what they need
        ids = [row["id"] for row in rows if needle.strip() in objects.text(row["id"])]
        upto = rows[-1]["id"] if rows else so_far.upto
        return Found(so_far.ids.union(ids), upto, complete=len(rows) < most)

    def _named(self, branch: str, key: str, change: int) -> int | None:
        """Return the id of the block that was the last to take this label up to `change`.

        Where one change deleted the label's block and gave the label to another, it is the other.
        """
        for branch_id, upto in self._lineage(branch, change):
            found = self._db.scalar(
                "SELECT block_id FROM block_version WHERE branch_id = ? AND label_key = ? "
                "AND change <= ? ORDER BY change DESC, version IS NULL LIMIT 1",
                branch_id, key, upto,
            )  # fmt: skip
            if found is not None:
                return int(found)
        return None

    def _state(self, branch: str, block_id: int, change: int) -> Row | None:
        """Return the block's newest state up to `change`."""
        for branch_id, upto in self._lineage(branch, change):
            row = self._db.one(
                f"{_VERSIONS} WHERE v.block_id = ? AND v.branch_id = ? AND v.change <= ? "
                "ORDER BY v.change DESC LIMIT 1",
                block_id, branch_id, upto,
            )  # fmt: skip
            if row is not None:
                return row
        return None

    def _states(self, branch: str, change: int) -> Iterator[Row]:
        """Yield the state of every block that there was after `change`, oldest first."""
        for block in self._db.all("SELECT id FROM block ORDER BY id"):
            row = self._state(branch, block["id"], change)
            if row is not None and row["version"] is not None:
                yield row

    def _block(self, row: Row) -> Block:
        info = block_info(row)
        if row["object_id"] is None:
            raise let_go(info)
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
            merged=row["merge_parent"],
            branch=row["branch"],
            author=author(row),
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
            passages=self._filed(row["number"]),
        )


def let_go(info: BlockInfo) -> LetGoError:
    """Return what to say of a version whose text is no longer kept."""
    return LetGoError(
        f"the text of {info.label}@{info.short} (change {info.change}) was let go by "
        "`tokenspace gc`; `tokenspace checkpoint` lists the places that are kept."
    )


def _range(prefix: str) -> tuple[bytes, bytes]:
    """Return the lowest and the highest hash that start with these hex digits."""
    return bytes.fromhex(prefix.ljust(32, "0")), bytes.fromhex(prefix.ljust(32, "f"))
