"""Letting go of old texts: what nothing refers to, and what a retention policy no longer keeps.

Passages are treated as blocks of main: their changes are recorded there.

A version that is let go keeps its row and its name; only its text is no longer there, so that the
chain of changes can still be proved. The work is planned on one view, and done in short
transactions that look again at what others may have changed meanwhile.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from ..errors import InvalidError
from .connector import Connection, Row
from .copying import size_on_disk
from .database import connect, patiently, prepare, translated
from .objects import Objects
from .rows import stamp
from .shrinking import shrunk
from .traces import drop_past, merge_words

_BATCH = 100
"""Texts that one transaction lets go of: some 20 milliseconds."""

_PAST_BATCH = 1_000
"""Entries of the past that one transaction lets go of: about as long."""

_WAIT_FOR_LOCK_S = 10.0
_VERSIONS = """
    SELECT 'block' AS kind, block_id AS item, branch_id, change, object_id, version
    FROM block_version UNION ALL
    SELECT 'passage', passage_id, 1, change, object_id, version FROM passage_version
"""
_DAY = 24 * 60 * 60 * 1_000_000
_END = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was let go.

    Attributes:
        versions: How many versions' texts are no longer kept.
        texts: How many different texts were removed.
        bytes_before: Size of the file and its -wal.
        bytes_after: The same afterwards; with a dry run, as before.
        vacuumed: Whether the file was written anew, so that it takes less room.
        pending: Why free room is still part of the file, where it could be less; else empty.
    """

    versions: int = 0
    texts: int = 0
    bytes_before: int
    bytes_after: int
    vacuumed: bool = False
    pending: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    """An old version: which row it is, and until before which change it was what its branch had."""

    kind: str
    item: int
    change: int
    branch_id: int
    until: int


def collect(
    path: Path, keep_days: int | None, now: datetime, *, dry_run: bool = False
) -> Collected:
    """Remove texts that nothing refers to, and those that the policy lets go; then shrink the file.

    Always kept: what is younger, the newest version of each block on each branch of every day
    (UTC), and all that open branches, their origins, checkpoints and both ends of merges have.
    What search remembers of the past goes at the same age, and so does who did a work and stopped.

    Args:
        path: The space; others may use it meanwhile.
        keep_days: Versions older than so many days are let go; None keeps every version.
        now: The time, UTC.
        dry_run: Only count.

    Raises:
        InvalidError: `keep_days` is negative.
        LockedError: others write for too long; what was done so far stands.
        TokenspaceError: the file cannot be used.
    """
    if keep_days is not None and keep_days < 0:
        raise InvalidError(f"versions cannot be kept for {keep_days} days; give 0 or more.")
    prepare(path)
    before = size_on_disk(path)
    oldest = stamp(now - timedelta(days=keep_days)) if keep_days is not None else -_END
    with closing(connect(path)) as db:
        collector = _Collector(db, oldest, stamp(now))
        with translated(path):
            if dry_run:
                versions, texts = collector.planned()
                return Collected(
                    versions=versions, texts=texts, bytes_before=before, bytes_after=before
                )
            versions, texts = collector.run()
        vacuumed, pending = shrunk(db, path)
    return Collected(
        versions=versions,
        texts=texts,
        bytes_before=before,
        bytes_after=size_on_disk(path),
        vacuumed=vacuumed,
        pending=pending,
    )


class _Collector:
    """Plans and does it, on one connection."""

    def __init__(self, db: Connection, oldest: int, now: int) -> None:
        self._db = db
        self._oldest = oldest  # microseconds since the epoch, as is `now`
        self._now = now

    def planned(self) -> tuple[int, int]:
        """Return how many versions and texts would go."""
        plan = self._plan()
        return sum(map(len, plan.values())), len(plan)

    def run(self) -> tuple[int, int]:
        """Let go of what the policy does not keep; return how many versions and texts that was."""
        objects = Objects(self._db)
        versions = texts = 0
        layout = self._layout()
        plan = self._plan()
        order = self._bases_last(plan)
        for at in range(0, len(order), _BATCH):
            with self._writing():
                if self._layout() != layout:  # the file's content was replaced: another history
                    break
                points = self._points()
                batch = order[at : at + _BATCH]
                gone = [text for text in batch if self._may_go(text, plan[text], points)]
                for table in ("block_version", "passage_version"):
                    sql = f"UPDATE {table} SET object_id = NULL WHERE object_id = ? RETURNING 1"
                    versions += sum(len(self._db.all(sql, text)) for text in gone)
                objects.drop(gone)
                texts += len(gone)
        with self._writing():
            self._drop_abouts()
            self._db.execute("DELETE FROM lease WHERE until < ?", (self._now,))
        self._forget_past()
        return versions, texts

    @contextmanager
    def _writing(self) -> Generator[None]:
        """Hold the lock, and commit; nothing stays of what fails."""
        patiently(lambda: self._db.execute("BEGIN IMMEDIATE"), _WAIT_FOR_LOCK_S)
        try:
            yield
            self._db.commit()
        finally:
            self._db.rollback()

    def _forget_past(self) -> None:
        """Let search forget entries that blocks have no longer had for so long."""
        old = (
            "id IN (SELECT p.id FROM past p JOIN change c ON c.number = p.until "
            "WHERE c.at < ? ORDER BY p.id LIMIT ?)"
        )
        gone: list[int] = []
        while not gone or gone[-1] == _PAST_BATCH:
            with self._writing():
                gone.append(drop_past(self._db, old, self._oldest, _PAST_BATCH))
        if any(gone):
            with self._writing():
                merge_words(self._db, "past_text")

    def _plan(self) -> dict[int, list[_State]]:
        """Return the texts that may go, each with all versions that have it."""
        self._db.execute("BEGIN")
        try:
            points = self._points()
            rows = self._db.all(
                f"SELECT v.*, c.at FROM ({_VERSIONS}) v JOIN change c ON c.number = v.change "
                "ORDER BY v.kind, v.item, v.branch_id, v.change"
            )
            texts = [row["id"] for row in self._db.all("SELECT id FROM object")]
        finally:
            self._db.rollback()
        plan: dict[int, list[_State]] = {object_id: [] for object_id in texts}
        for _, group in groupby(rows, lambda row: (row["kind"], row["item"], row["branch_id"])):
            for text, state in self._states(list(group), points):
                if state is None:
                    plan.pop(text, None)
                elif text in plan:
                    plan[text].append(state)
        return plan

    def _states(
        self, rows: list[Row], points: dict[int, list[int]]
    ) -> Iterator[tuple[int, _State | None]]:
        """Yield the texts of a block on a branch, or a passage, with its state if that may go."""
        newest = {row["at"] // _DAY: row["change"] for row in rows if row["version"] is not None}
        ends = [*(row["change"] for row in rows[1:]), _END]
        for row, until in zip(rows, ends, strict=True):
            if row["object_id"] is None:
                continue
            state = _State(row["kind"], row["item"], row["change"], row["branch_id"], until)
            young = row["at"] >= self._oldest
            kept = young or newest[row["at"] // _DAY] == row["change"] or _needed(state, points)
            yield row["object_id"], None if kept else state

    def _points(self) -> dict[int, list[int]]:
        """Return the changes, by branch and in order, at which what there was must stay readable.

        What a branch did not change since it left its parent is its parent's at that point.
        """
        points: dict[int, set[int]] = defaultdict(set)
        for row in self._db.all(
            "SELECT c.branch_id, c.number FROM checkpoint k JOIN change c ON c.number = k.change "
            "UNION ALL SELECT branch_id, number FROM change WHERE merge_parent IS NOT NULL "
            "UNION ALL SELECT m.branch_id, m.number FROM change c "
            "JOIN change m ON m.number = c.merge_parent WHERE c.merge_parent IS NOT NULL"
        ):
            points[row["branch_id"]].add(row["number"])
        for row in self._db.all("SELECT * FROM branch ORDER BY id DESC"):  # children first
            if row["closed_at"] is None:
                points[row["id"]].add(_END - 1)
            if row["parent_id"] is not None and points.get(row["id"]):
                points[row["parent_id"]].add(row["fork_change"])
        return {branch_id: sorted(numbers) for branch_id, numbers in points.items()}

    def _may_go(self, text: int, planned: Collection[_State], points: dict[int, list[int]]) -> bool:
        """Tell whether a text that was planned to go is still of use to nobody."""
        if any(_needed(state, points) for state in planned):
            return False
        rows = self._db.all(
            f"SELECT kind, item, change FROM ({_VERSIONS}) WHERE object_id = ?", text
        )
        return {(*row,) for row in rows} <= {(s.kind, s.item, s.change) for s in planned}

    def _bases_last(self, texts: Iterable[int]) -> list[int]:
        """Return texts in an order in which few must be packed anew."""
        rows = self._db.all("SELECT id FROM object WHERE base_id IS NOT NULL")
        packed = {row["id"] for row in rows}
        return sorted(texts, key=lambda text: (text not in packed, text))

    def _layout(self) -> int:
        """Return a number that is another one once a backup was brought back."""
        return int(self._db.scalar("PRAGMA schema_version"))

    def _drop_abouts(self) -> None:
        self._db.execute(
            "DELETE FROM about WHERE id NOT IN (SELECT about_id FROM block_version "
            "UNION SELECT about_id FROM passage_version)"
        )


def _needed(state: _State, points: dict[int, list[int]]) -> bool:
    """Tell whether one of these points sees a state."""
    numbers = points.get(state.branch_id, [])
    at = bisect_left(numbers, state.change)
    return at < len(numbers) and numbers[at] < state.until
