"""Writing outcomes, losses and consolidations, as part of a change or beside one."""

from collections.abc import Sequence

from ..learned import Loss, Run
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
