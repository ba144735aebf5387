"""What can be read of outcomes, losses and consolidations, as SQL over one connection."""

import json

from ..learned import Loss, Outcome, Run
from ..passages import Passage
from .reads import ReadsView
from .rows import AUTHOR, author, moment


class LearnedView(ReadsView):
    """A view of what was learned, and from what."""

    def outcomes(self, most: int) -> list[Outcome]:
        """Return the outcomes that stand, by the change that memory showed, oldest first.

        Where there are more than `most`, it is the newest.
        """
        rows = self._db.all(
            f"SELECT o.*, t.metadata, p.created_at, n.name AS branch, {AUTHOR} FROM outcome o "
            "JOIN passage p ON p.id = o.passage_id "
            "JOIN passage_version v ON v.passage_id = p.id AND v.change = p.change "
            "JOIN about t ON t.id = v.about_id "
            "JOIN change shown ON shown.number = o.shown JOIN branch n ON n.id = shown.branch_id "
            "JOIN change told ON told.number = "
            "(SELECT min(change) FROM passage_version WHERE passage_id = p.id) "
            "JOIN author a ON a.id = told.author_id "
            "WHERE v.version IS NOT NULL ORDER BY o.shown DESC, o.passage_id DESC LIMIT ?",
            most,
        )
        return [
            Outcome(
                episode=row["passage_id"],
                task=json.loads(row["metadata"]).get("source", ""),
                score=row["score"],
                shown=row["shown"],
                branch=row["branch"],
                author=author(row),
                at=moment(row["created_at"]),
            )
            for row in reversed(rows)
        ]

    def edits(self, branch: str, most: int) -> list[int]:
        """Return the newest changes of a branch's own that made a block read otherwise.

        The oldest of them comes first.
        """
        rows = self._db.tuples(
            "SELECT c.number FROM change c WHERE c.branch_id = ? AND EXISTS "
            "(SELECT 1 FROM block_version v WHERE v.change = c.number "
            "AND v.action IN ('created', 'edited', 'deleted')) ORDER BY c.number DESC LIMIT ?",
            self._branch(branch), most,
        )  # fmt: skip
        return [number for (number,) in reversed(rows)]

    def losses(
        self, branch: str, *, confirmed: bool = False, change: int | None = None
    ) -> list[Loss]:
        """Return what changes made on a branch left out, confirmed or not: newest change first.

        That of one change, or the newest thousand.
        """
        rows = self._db.all(
            "SELECT l.change, b.uid, l.line, l.entry FROM loss l "
            "CROSS JOIN change c ON c.number = l.change JOIN block b ON b.id = l.block_id "
            f"WHERE {'true' if change is None else 'l.change = ?3'} AND c.branch_id = ?1 "
            "AND l.confirmed = ?2 ORDER BY l.change DESC, l.block_id, l.line LIMIT 1000",
            self._branch(branch), int(confirmed), *([] if change is None else [change]),
        )  # fmt: skip
        return [Loss(number, uid, line, entry.hex()) for number, uid, line, entry in rows]

    def mark(self, entry: str) -> str:
        """Return what an entry is known by where it must not stand itself: its keyed hash."""
        return self._objects.hash(entry).hex()

    def run(self) -> Run | None:
        """Return the consolidation that is under way: its branch is open, and not merged."""
        row = self._db.one(
            "SELECT n.name, r.upto FROM run r JOIN branch n ON n.id = r.branch_id "
            "WHERE r.merged IS NULL AND n.closed_at IS NULL ORDER BY n.id DESC LIMIT 1"
        )
        return None if row is None else Run(*row)

    def runs(self) -> int:
        """Return how many consolidations were begun."""
        return int(self._db.scalar("SELECT count(*) FROM run"))

    def learned(self) -> int:
        """Return the number of the last episode that a merged consolidation had; 0: none yet.

        One whose merge was taken back has learned nothing, until that is taken back itself.
        """
        rows = self._db.tuples(
            "SELECT r.upto, m.number, m.merge_parent FROM run r "
            "JOIN change m ON m.number = r.merged ORDER BY r.upto DESC"
        )
        landed = (upto for upto, number, merge in rows if merge is None or self._stands(number))
        return next(landed, 0)

    def _stands(self, number: int) -> bool:
        """Tell whether a change of main was not taken back, or only for a while."""
        undone = self._db.tuples(
            "SELECT number FROM change WHERE branch_id = 1 AND undoes = ? AND number > ?",
            number, number,
        )  # fmt: skip
        return not any(self._stands(later) for (later,) in undone)

    def episodes(self, after: int, most: int) -> list[Passage]:
        """Return the episodes with a number above `after`, oldest first."""
        numbers = self._db.tuples(
            "SELECT p.id FROM passage p JOIN passage_version v ON v.passage_id = p.id "
            "AND v.change = p.change WHERE p.kind = 'episode' AND p.id > ? "
            "AND v.version IS NOT NULL ORDER BY p.id LIMIT ?",
            after, most,
        )  # fmt: skip
        found = (self.passage(number) for (number,) in numbers)
        return [episode for episode in found if episode is not None]

    def episode_count(self, after: int) -> int:
        """Return how many episodes there are with a number above `after`."""
        found = self._db.scalar(
            "SELECT count(*) FROM passage p JOIN passage_version v ON v.passage_id = p.id "
            "AND v.change = p.change WHERE p.kind = 'episode' AND p.id > ? "
            "AND v.version IS NOT NULL",
            after,
        )
        return int(found)
