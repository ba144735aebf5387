"""Erasing in the archive: what passages shall be without a text, and passages as a whole."""

from datetime import datetime

from ..erased import Erased
from ..errors import NotFoundError
from ..model import Draft, Intent, passage_name
from ..passages import PassageDraft
from ..redact import MARK, redacted
from .rewriting import Erasure, RewriteView
from .traces import drop_stale_vectors

_HEADS = """
    SELECT p.id, v.object_id, v.about_id FROM passage p
    JOIN passage_version v ON v.passage_id = p.id AND v.change = p.change
    WHERE v.version IS NOT NULL ORDER BY p.id
"""


class EraseArchiveView(RewriteView):
    """A view that can erase passages."""

    def erase_passage(self, intent: Intent, at: datetime, number: int) -> Erased:
        """Delete a passage or episode, and leave `MARK` in all of its versions."""
        rows = self._db.all(
            "SELECT v.*, p.kind FROM passage p JOIN passage_version v ON v.passage_id = p.id "
            "WHERE p.id = ? ORDER BY v.change DESC",
            number,
        )
        if not rows:
            raise NotFoundError(f"there is no passage {number}, and never was.")
        kind = rows[0]["kind"]
        entry = self._objects.hash(passage_name(kind, number))
        mark, _ = self._objects.put(MARK)
        nothing = Draft(uid=None, label="any", value=None)
        empty = self._about(nothing)
        erasure = Erasure(
            frozenset({row["object_id"] for row in rows} - {None, mark}),
            {row["about_id"]: nothing for row in rows if row["about_id"] != empty},
        )
        if not (erasure.texts or erasure.abouts or rows[0]["version"]):
            return Erased(entry=entry.hex())
        gone = PassageDraft(id=number, kind=kind, text=None)
        self._renew_heads(erasure, intent, at, lambda _branch, _row: None, [gone])
        versions = self._empty_texts(erasure, "passage_version", "passage_id", number)
        altered = self._db.all(
            "UPDATE passage_version SET about_id = ?1 WHERE about_id <> ?1 AND passage_id = ?2 "
            "RETURNING change",
            empty, number,
        )  # fmt: skip
        erasure.altered |= {row["change"] for row in altered}
        erasure.passages.add(number)
        self._db.execute("DELETE FROM outcome WHERE passage_id = ?", (number,))
        self._drop_abouts(erasure.abouts)
        reasons = self._reasons_of({row["change"] for row in rows})
        self._give_reasons(erasure, reasons, lambda _: MARK)
        drop_stale_vectors(self._db)
        self._retract(erasure, entry)
        return done(erasure, entry, versions, len(reasons))

    def _reasons_of(self, numbers: set[int]) -> set[int]:
        """Return those of these changes that say why they were made."""
        rows = self._db.all("SELECT number FROM change WHERE reason NOT IN ('', ?)", MARK)
        return numbers & {row["number"] for row in rows}

    def _renewed_passages(self, erasure: Erasure, needle: str) -> list[PassageDraft]:
        """Return what those passages shall be now that hold the needle; deleted, if nothing."""
        drafts: list[PassageDraft] = []
        for row in self._db.all(_HEADS):
            said = erasure.abouts.get(row["about_id"])
            if row["object_id"] not in erasure.texts and said is None:
                continue
            now = self.passage(row["id"])
            assert now is not None  # noqa: S101 - it was not deleted
            text = redacted(now.text, needle)
            drafts.append(
                PassageDraft(
                    id=now.id,
                    kind=now.kind,
                    text=text if text.strip() else None,
                    tags=said.tags if said else now.tags,
                    source=said.metadata.get("source", "") if said else now.source,
                    valid_from=now.valid_from,
                    valid_until=now.valid_until,
                )
            )
        return drafts


def done(erasure: Erasure, entry: bytes, versions: int, reasons: int) -> Erased:
    """Return what an erasure did, in numbers."""
    return Erased(
        changes=tuple(erasure.own),
        texts=len(erasure.texts),
        versions=versions,
        passages=len(erasure.passages),
        reasons=reasons,
        descriptions=len(erasure.abouts),
        labels=len(erasure.labels),
        entry=entry.hex(),
    )
