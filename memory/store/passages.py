"""What can be read of the archive, as SQL over one connection."""

import json

from ..errors import LetGoError
from ..model import Filed, passage_name
from ..passages import Passage
from .branches import BranchView
from .connector import Connection, Row
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

    def passages_of(self, text: str) -> list[Passage]:
        """Return the passages that have exactly this text now, oldest first; at most five."""
        rows = self._db.all(
            f"{_STATE} JOIN object o ON o.id = v.object_id WHERE o.hash = ? "
            "AND v.change = p.change ORDER BY p.id LIMIT 5",
            self._objects.hash(text),
        )
        return [self._passage(row) for row in rows]

    def beside(self, number: int) -> list[str]:
        """Return the names of the passages before and after this one, of the same source."""
        found: list[str] = []
        for less, order in (("<", "DESC"), (">", "ASC")):
            row = self._db.one(
                "SELECT p.kind, p.id FROM passage t JOIN doc d ON d.item_id = t.id "
                "AND d.kind = CASE t.kind WHEN 'passage' THEN 2 ELSE 3 END "
                f"JOIN doc n ON n.kind = d.kind AND n.source = d.source AND n.id {less} d.id "
                f"JOIN passage p ON p.id = n.item_id WHERE t.id = ? ORDER BY n.id {order} LIMIT 1",
                number,
            )
            if row is not None:
                found.append(passage_name(row["kind"], row["id"]))
        return found

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
