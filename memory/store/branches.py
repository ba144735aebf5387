"""Branches and checkpoints, as SQL: what names a place, and which changes lie behind it."""

from collections.abc import Iterator
from datetime import datetime

from ..errors import DeletedError, NotFoundError
from ..refs import Branch, Checkpoint, Point, Turn
from .connector import Connection, Row
from .rows import AUTHOR, author, moment, stamp

_CHECKPOINTS = f"""
    SELECT k.*, b.name AS branch, {AUTHOR}
    FROM checkpoint k JOIN change c ON c.number = k.change JOIN branch b ON b.id = c.branch_id
    JOIN author a ON a.id = k.author_id
"""


class BranchView:
    """The part of a view that knows branches.

    A branch's past is its own changes and, up to where it left it, its parent's: `lineage`.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._branches: dict[str, Row] = {}

    def head(self, branch: str) -> int:
        """Return the number of the branch's newest change."""
        branch_id = self._branch(branch)
        return int(self._db.scalar("SELECT head_change FROM branch WHERE id = ?", branch_id))

    def newest(self) -> int:
        """Return the number of the newest change on any branch, 0 before the first."""
        return int(self._db.scalar("SELECT coalesce(max(number), 0) FROM change"))

    def branches(self, name: str | None = None) -> list[Branch]:
        """Return the branches that are open, oldest first, or the one of that name."""
        rows = self._db.all(
            f"SELECT b.*, p.name AS parent, {AUTHOR}, "
            "(SELECT count(*) FROM change c WHERE c.branch_id = b.id) AS changes, "
            "(SELECT count(*) FROM block_head h WHERE h.branch_id = b.id) AS blocks "
            "FROM branch b LEFT JOIN branch p ON p.id = b.parent_id "
            "LEFT JOIN author a ON a.id = b.author_id "
            "WHERE b.closed_at IS NULL AND b.name = coalesce(?, b.name) ORDER BY b.id",
            name,
        )
        return [_branch(row) for row in rows]

    def fork(self, branch: str) -> Point | None:
        """Return where a branch, open or deleted, left its parent."""
        row = self._named_branch(branch)
        return Point(row["parent"], row["fork_change"]) if row["parent"] else None

    def turns(self, branch: str, change: int) -> list[Turn]:
        """Return a branch's own merges and ways back up to `change`, newest first."""
        rows = self._db.all(
            "SELECT c.number, c.merge_parent, c.undoes, c.restores, "
            "m.name AS source, r.name AS origin "
            "FROM change c JOIN branch b ON b.id = c.branch_id "
            "LEFT JOIN change mc ON mc.number = c.merge_parent LEFT JOIN branch m "
            "ON m.id = mc.branch_id LEFT JOIN change rc ON rc.number = c.restores "
            "LEFT JOIN branch r ON r.id = rc.branch_id WHERE b.name = ? AND c.number <= ? "
            "AND (c.merge_parent IS NOT NULL OR c.undoes IS NOT NULL OR c.restores IS NOT NULL) "
            "ORDER BY c.number DESC",
            branch, change,
        )  # fmt: skip
        return [
            Turn(
                number=row["number"],
                merged=Point(row["source"], row["merge_parent"]) if row["source"] else None,
                undoes=row["undoes"],
                restores=Point(row["origin"], row["restores"]) if row["origin"] else None,
            )
            for row in rows
        ]

    def named_so(self, name: str) -> str | None:
        """Return what has, or had, this name in any case: `branch Try`, `checkpoint try`."""
        rows = self._db.all(
            "SELECT 'branch ' AS kind, name FROM branch UNION ALL "
            "SELECT 'checkpoint ', name FROM checkpoint"
        )
        known = (row for row in rows if row["name"].casefold() == name.casefold())
        return next((row["kind"] + row["name"] for row in known), None)

    def checkpoints(self) -> list[Checkpoint]:
        """Return every checkpoint, newest first."""
        rows = self._db.all(f"{_CHECKPOINTS} ORDER BY k.at DESC, k.change DESC, k.name")
        return [_checkpoint(row) for row in rows]

    def checkpoint(self, name: str) -> Checkpoint | None:
        """Return the checkpoint of this name."""
        row = self._db.one(f"{_CHECKPOINTS} WHERE k.name = ?", name)
        return _checkpoint(row) if row else None

    def at_time(self, branch: str, at: datetime) -> int:
        """Return the newest change of the branch's past that was made by then, 0 if none was.

        Takes it that clocks run forward: where one was set back, the answer is near.
        """
        for branch_id, upto in self._lineage(branch, 2**62):
            low = self._db.scalar("SELECT min(number) FROM change WHERE branch_id = ?", branch_id)
            found = self._latest(branch_id, low or 0, upto, stamp(at)) if low else 0
            if found:
                return found
        return 0

    def _latest(self, branch_id: int, low: int, high: int, at: int) -> int:
        """Return the newest change in [low, high] that was made by `at`, by halving."""
        found = 0
        high = int(
            self._db.scalar(
                "SELECT coalesce(max(number), 0) FROM change WHERE branch_id = ? AND number <= ?",
                branch_id, high,
            )
        )  # fmt: skip
        while low <= high:
            row = self._db.one(
                "SELECT number, at FROM change WHERE branch_id = ? AND number <= ? "
                "ORDER BY number DESC LIMIT 1",
                branch_id, (low + high) // 2,
            )  # fmt: skip
            if row is None or row["number"] < low:
                low = (low + high) // 2 + 1
            elif row["at"] <= at:
                found, low = row["number"], (low + high) // 2 + 1
            else:
                high = row["number"] - 1
        return found

    def _branch(self, name: str) -> int:
        """Return the id of a branch that is open.

        Raises:
            NotFoundError: there is none of that name, or it was deleted.
        """
        row = self._named_branch(name)
        if row["closed_at"] is not None:
            raise DeletedError(
                f"branch {name!r} was deleted; what it had last is change {row['head_change']}."
            )
        return int(row["id"])

    def _named_branch(self, name: str) -> Row:
        """Return the branch of this name, open or deleted."""
        known = self._branches.get(name)
        if known is None:
            known = self._db.one(
                "SELECT b.id, b.closed_at, b.head_change, b.fork_change, p.name AS parent "
                "FROM branch b LEFT JOIN branch p ON p.id = b.parent_id WHERE b.name = ?",
                name,
            )
            if known is None:
                raise NotFoundError(f"there is no branch {name!r}; there are {self._open()}.")
            self._branches[name] = known
        return known

    def _open(self) -> str:
        rows = self._db.all("SELECT name FROM branch WHERE closed_at IS NULL ORDER BY id LIMIT 13")
        names = [row["name"] for row in rows]
        return ", ".join(names[:12]) + (" …" if len(names) > 12 else "")

    def _lineage(self, branch: str, change: int) -> Iterator[tuple[int, int]]:
        """Yield the branches that make up the past of a point, newest first: id, up to where."""
        row = self._named_branch(branch)
        upto = change
        while True:
            yield row["id"], upto
            if row["parent"] is None:
                return
            upto = min(upto, row["fork_change"])
            row = self._named_branch(row["parent"])


def _branch(row: Row) -> Branch:
    return Branch(
        name=row["name"],
        fork=Point(row["parent"], row["fork_change"]) if row["parent"] else None,
        head=row["head_change"],
        at=moment(row["created_at"]),
        author=author(row) if row["author_id"] is not None else None,
        changes=row["changes"],
        blocks=row["blocks"],
    )


def _checkpoint(row: Row) -> Checkpoint:
    return Checkpoint(
        name=row["name"],
        point=Point(row["branch"], row["change"]),
        message=row["message"],
        author=author(row),
        at=moment(row["at"]),
        automatic=bool(row["automatic"]),
        blocks=row["blocks"],
        chars=row["chars"],
    )
