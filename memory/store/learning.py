"""Writing outcomes, losses, consolidations and reads, as part of a change or beside one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..learned import Loss, Run
from ..reads import Read
from .rows import stamp
from .transaction import WriteView


class LearningView(WriteView):
    """A view that can write what was learned."""

    def add_outcome(self, episode: int, shown: int, score: float) -> None:
        """Say of an episode how the task went, and what memory showed then."""
        self._db.execute(
            "INSERT INTO outcome (passage_id, shown, score) VALUES (?, ?, ?)",
            (episode, shown, score),
        )

    def add_losses(self, losses: Sequence[Loss], *, confirmed: bool = False) -> None:
        """Note what a change left out, and whether somebody said that it may go."""
        self._db.many(
            "INSERT INTO loss (change, block_id, line, entry, confirmed) VALUES (?, ?, ?, ?, ?)",
            [
                (one.change, self._block_id(one.uid), one.line, bytes.fromhex(one.mark),
                 int(confirmed))
                for one in losses
            ],
        )  # fmt: skip

    def confirm(self, losses: Sequence[Loss]) -> None:
        """Note that losses may stand."""
        self._db.many(
            "UPDATE loss SET confirmed = 1 WHERE change = ? AND block_id = ? AND line = ?",
            [(loss.change, self._block_id(loss.uid), loss.line) for loss in losses],
        )

    def forgive(self, losses: Sequence[Loss]) -> None:
        """Forget losses that were none."""
        self._db.many(
            "DELETE FROM loss WHERE change = ? AND block_id = ? AND line = ?",
            [(loss.change, self._block_id(loss.uid), loss.line) for loss in losses],
        )

    def begin_run(self, branch: str, upto: int) -> Run:
        """Begin a consolidation on a branch, or let the one on it learn from more episodes."""
        self._db.execute(
            "INSERT INTO run (branch_id, upto) VALUES (?, ?) "
            "ON CONFLICT (branch_id) DO UPDATE SET upto = max(upto, excluded.upto)",
            (self._branch(branch), upto),
        )
        return Run(branch, upto)

    def end_run(self, branch: str, merged: int) -> None:
        """Note that a consolidation has landed, with the change `merged`: its episodes are learned.

        One that is abandoned is only a branch that was deleted.
        """
        self._db.execute(
            "UPDATE run SET merged = ? WHERE branch_id = ?", (merged, self._branch(branch))
        )

    def note_reads(self, reads: Mapping[str, Read]) -> None:
        """Note when blocks (uid) were read: of those that main has; a later read stays."""
        self._db.many(
            "INSERT INTO block_read (block_id, asked_at, shown_at) SELECT b.id, ?2, ?3 "
            "FROM block b JOIN block_head h ON h.block_id = b.id AND h.branch_id = 1 "
            "WHERE b.uid = ?1 ON CONFLICT (block_id) DO UPDATE SET "
            "asked_at = max(asked_at, excluded.asked_at), "
            "shown_at = max(shown_at, excluded.shown_at)",
            [(uid, _when(read.asked), _when(read.shown)) for uid, read in reads.items()],
        )


def _when(at: datetime | None) -> int:
    """Return a time as it is stored, 0 for never."""
    return 0 if at is None else stamp(at)
