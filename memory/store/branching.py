"""Writing branches and checkpoints: names for lines of changes, and for single ones."""

from datetime import datetime

from ..errors import ExistsError
from ..model import Author
from ..refs import Checkpoint, Point
from .connector import Row
from .queueing import QueueView
from .rows import block_info, stamp
from .view import let_go


class BranchingView(QueueView):
    """A view that can make and end branches and checkpoints."""

    def make_branch(self, name: str, origin: Point, author: Author, at: datetime) -> None:
        """Make a branch that starts with what `origin` has."""
        self._require_free_name(name)
        past = self._lineage(origin.branch, origin.change)
        *_, parent_id = (branch_id for branch_id, upto in past if upto == origin.change)
        heads = [self._head_row(row) for row in self._states(origin.branch, origin.change)]
        branch_id = self._db.scalar(
            "INSERT INTO branch (name, parent_id, fork_change, head_change, created_at, author_id) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            name, parent_id, origin.change, origin.change, stamp(at), self._author(author),
        )  # fmt: skip
        self._db.many(
            "INSERT INTO block_head (branch_id, block_id, change, label_key) VALUES (?, ?, ?, ?)",
            ((branch_id, *head) for head in heads),
        )

    def _head_row(self, row: Row) -> tuple[int, int, str]:
        """Return a state as a head: what block, made when, under what label."""
        if row["object_id"] is None:
            raise let_go(block_info(row))
        return row["block_id"], row["change"], row["label_key"]

    def close_branch(self, name: str, at: datetime) -> None:
        """End a branch; its changes stay readable by their numbers."""
        branch_id = self._branch(name)
        self._db.execute("DELETE FROM block_head WHERE branch_id = ?", (branch_id,))
        self._db.execute("UPDATE branch SET closed_at = ? WHERE id = ?", (stamp(at), branch_id))
        del self._branches[name]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint."""
        k = checkpoint
        self._require_free_name(k.name)
        self._db.execute(
            "INSERT INTO checkpoint (name, change, message, author_id, at, automatic, blocks, "
            "chars) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (k.name, k.point.change, k.message, self._author(k.author), stamp(k.at),
             int(k.automatic), k.blocks, k.chars),
        )  # fmt: skip

    def drop_checkpoint(self, name: str) -> None:
        """Take a name off a change."""
        self._db.execute("DELETE FROM checkpoint WHERE name = ?", (name,))

    def _require_free_name(self, name: str) -> None:
        known = self.named_so(name)
        if known is not None:
            raise ExistsError(
                f"{known} has that name, or had it; take another one, such as {name}-2."
            )

    def _author(self, author: Author) -> int:
        fields = (author.user, author.client, author.client_version, author.model)
        known = self._db.scalar(
            "SELECT id FROM author WHERE user = ? AND client = ? AND client_version = ? "
            "AND model = ?",
            *fields,
        )
        if known is not None:
            return int(known)
        made = self._db.scalar(
            "INSERT INTO author (user, client, client_version, model) VALUES (?, ?, ?, ?) "
            "RETURNING id",
            *fields,
        )
        return int(made)
