"""What can be read of the archive, as SQL over one connection."""

import json

from ..errors import LetGoError
from ..model import Filed, passage_name
from ..passages import Passage
from .branches import BranchView
from .connector import Connection, Row
from .index import beside
from .objects import Objects
from .rows import moment

_STATE = """
    SELECT p.id, p.kind, p.created_at, v.*, t.tags, t.metadata, c.at
    FROM passage p JOIN passage_version v ON v.passage_id = p.id
    JOIN about t ON t.id = v.about_id JOIN change c ON c.number = v.change
"""


class PassageView(BranchView):
    """A view of the archive."""

    def __init__(self, db: Connection, objects: Objects) -> None:
        super().__init__(db)
        self._objects = objects

    def passage(self, number: int, at: int | None = None) -> Passage | None:
        """Return a passage as it is, or was after the change `at`; None where it is not there."""
        if at is None:
            row = self._db.one(f"{_STATE} WHERE p.id = ? AND v.change = p.change", number)
        else:
            row = self._db.one(
                f"{_STATE} WHERE p.id = ? AND v.change <= ? ORDER BY v.change DESC LIMIT 1",
                number, at,
            )  # fmt: skip
        return self._passage(row) if row and row["version"] is not None else None

    def passage_name(self, number: int) -> str | None:
        """Return what a passage is or was called, None if there never was one of that number."""
        kind = self._db.scalar("SELECT kind FROM passage WHERE id = ?", number)
        return passage_name(kind, number) if kind else None

    def passage_change(self, number: int) -> int:
        """Return the newest change of a passage, 0 if there never was one of that number."""
        return int(self._db.scalar("SELECT change FROM passage WHERE id = ?", number) or 0)

    def passages_of(self, text: str) -> list[Passage]:
        """Return the passages (no episodes) that have exactly this text now, oldest first: 50."""
        rows = self._db.all(
            f"{_STATE} JOIN object o ON o.id = v.object_id WHERE o.hash = ? "
            "AND v.change = p.change AND p.kind = 'passage' ORDER BY p.id LIMIT 50",
            self._objects.hash(text),
        )
        return [self._passage(row) for row in rows]

    def archived(self, after: int, most: int) -> list[int]:
        """Return the numbers above `after` of passages and episodes that are there, in order."""
        rows = self._db.tuples(
            "SELECT p.id FROM passage p JOIN passage_version v ON v.passage_id = p.id "
            "AND v.change = p.change WHERE p.id > ? AND v.version IS NOT NULL "
            "ORDER BY p.id LIMIT ?",
            after, most,
        )  # fmt: skip
        return [number for (number,) in rows]

    def beside(self, number: int) -> list[str]:
        """Return the names of the passages before and after this one, of the same source."""
        doc_id = self._db.scalar("SELECT id FROM doc WHERE kind IN (2, 3) AND item_id = ?", number)
        docs = () if doc_id is None else beside(self._db, doc_id)
        rows = [
            self._db.one(
                "SELECT p.kind, p.id FROM doc d JOIN passage p ON p.id = d.item_id WHERE d.id = ?",
                near,
            )
            for near in docs
        ]
        return [passage_name(row["kind"], row["id"]) for row in rows if row is not None]

    def _filed(self, number: int) -> tuple[Filed, ...]:
        """Return what a change did to passages."""
        rows = self._db.all(
            "SELECT p.id, p.kind, v.action, v.version FROM passage_version v "
            "JOIN passage p ON p.id = v.passage_id WHERE v.change = ? ORDER BY v.position",
            number,
        )
        return tuple(
            Filed(
                id=row["id"],
                kind=row["kind"],
                action=row["action"],
                version=bytes(row["version"]).hex() if row["version"] else None,
            )
            for row in rows
        )

    def _passage(self, row: Row) -> Passage:
        if row["object_id"] is None:
            raise LetGoError(
                f"the text of {passage_name(row['kind'], row['id'])} as of change {row['change']} "
                "was let go by `tokenspace gc`."
            )
        ends = (row["valid_from"], row["valid_until"])
        begins, ceases = (None if end is None else moment(end) for end in ends)
        return Passage(
            id=row["id"],
            kind=row["kind"],
            text=self._objects.text(row["object_id"]),
            version=bytes(row["version"]).hex(),
            tags=tuple(json.loads(row["tags"])),
            source=json.loads(row["metadata"]).get("source", ""),
            created=moment(row["created_at"]),
            valid_from=begins,
            valid_until=ceases,
            change=row["change"],
            at=moment(row["at"]),
        )
