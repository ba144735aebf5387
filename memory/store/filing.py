"""Writing passages: their versions, and what the search index knows of them."""

from collections.abc import Sequence
from datetime import datetime

from ..passages import PassageDraft
from .chain import canonical
from .connector import Connection
from .index import Filing, Index
from .objects import Objects
from .rows import stamp
from .view import View


class FilingView(View):
    """A view that can write passages, as part of a change."""

    def __init__(self, db: Connection, objects: Objects) -> None:
        super().__init__(db, objects)
        self._index = Index(db, objects)

    def _file(self, number: int, at: datetime, drafts: Sequence[PassageDraft]) -> None:
        """Write the versions that a change makes."""
        for position, draft in enumerate(drafts):
            self._file_one(number, stamp(at), position, draft)

    def _file_one(self, number: int, at: int, position: int, draft: PassageDraft) -> None:
        head = self._db.one(
            "SELECT v.version, v.object_id, p.created_at FROM passage p JOIN passage_version v "
            "ON v.passage_id = p.id AND v.change = p.change WHERE p.id = ?",
            draft.id,
        )
        passage_id = draft.id
        created = head["created_at"] if head else at
        if passage_id is None:
            created = at if draft.filed is None else min(at, stamp(draft.filed))
            passage_id = self._db.scalar(
                "INSERT INTO passage (kind, created_at, change) VALUES (?, ?, ?) RETURNING id",
                draft.kind, created, number,
            )  # fmt: skip
        object_id, digest = None, None
        if draft.text is not None:
            object_id, digest = self._objects.put(draft.text, head["object_id"] if head else None)
        if digest is None:
            action = "deleted"
        elif head is None or head["version"] is None:
            action = "filed"
        else:
            action = "described" if head["version"] == digest else "edited"
        begins, ceases = (end and stamp(end) for end in (draft.valid_from, draft.valid_until))
        self._db.execute(
            "INSERT INTO passage_version (passage_id, change, position, action, about_id, "
            "valid_from, valid_until, version, object_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (passage_id, number, position, action, self._of_passage(draft), begins, ceases,
             digest, object_id),
        )  # fmt: skip
        self._db.execute("UPDATE passage SET change = ? WHERE id = ?", (number, passage_id))
        if draft.text is None:
            self._index.no_passage(draft.kind, passage_id)
            return
        self._index.passage(
            Filing(
                id=passage_id,
                kind=draft.kind,
                text=draft.text,
                source=draft.source,
                tags=draft.tags,
                at=created if begins is None else begins,
            )
        )

    def _of_passage(self, draft: PassageDraft) -> int:
        return self._said("", draft.tags, {"source": draft.source} if draft.source else {})

    def _said(self, description: str, tags: Sequence[str], metadata: dict[str, str]) -> int:
        """Return the id of what is said of a block or passage, storing it if it is new."""
        tagged, more = canonical(list(tags)), canonical(metadata)
        digest = self._objects.hash(canonical([description, tagged, more]))
        known = self._db.scalar("SELECT id FROM about WHERE hash = ?", digest)
        if known is None:
            known = self._db.scalar(
                "INSERT INTO about (hash, description, tags, metadata) VALUES (?, ?, ?, ?) "
                "RETURNING id",
                digest, description, tagged, more,
            )  # fmt: skip
        return int(known)
