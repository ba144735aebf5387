"""The means of erasing: what alters rows of the past, and the account that is given of it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..errors import ReadOnlyError
from ..model import MAIN, Draft, Intent, label_key
from ..passages import PassageDraft
from ..redact import MARK
from .chain import sealing_hash
from .connector import Row, Value
from .learning import LearningView

_HEADS = """
    SELECT b.uid, v.label, v.label_key, v.object_id, v.about_id, v.read_only
    FROM block_head h JOIN branch n ON n.id = h.branch_id JOIN block b ON b.id = h.block_id
    JOIN block_version v ON v.block_id = h.block_id AND v.change = h.change
    WHERE n.name = ? ORDER BY b.id
"""


@dataclass
class Erasure:
    """What an erasing change takes out, and what that alters.

    Attributes:
        texts: Ids of the texts that go.
        abouts: What shall be said of blocks and passages instead, as drafts, by the id of what was.
        labels: The new label, by the old one's key.
        own: Numbers of the changes that the erasure itself records, the erasing one last.
        pairs: Hashes of each text, before and after.
        altered: Numbers of changes whose rows are no longer those they were sealed with.
        passages: Numbers of the passages of which some version is another one now.
    """

    texts: frozenset[int]
    abouts: dict[int, Draft] = field(default_factory=dict[int, Draft])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    own: list[int] = field(default_factory=list[int])
    pairs: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    altered: set[int] = field(default_factory=set[int])
    passages: set[int] = field(default_factory=set[int])


class RewriteView(LearningView):
    """A view that can alter the past; each step notes in an `Erasure` what it did."""

    def _renew_heads(
        self,
        erasure: Erasure,
        intent: Intent,
        at: datetime,
        renewed: Callable[[str, Row], Draft | None],
        passages: Sequence[PassageDraft] = (),
    ) -> None:
        """Record what shall stand now, a change on each open branch where that is something else.

        The last one is on the first branch, whatever it holds: it carries the account.

        Args:
            erasure: Gets the numbers of these changes.
            intent: The circumstances of each of them.
            at: Now, UTC.
            renewed: Returns what the block of a branch's head shall be; None to leave it.
            passages: What passages shall be.

        Raises:
            ReadOnlyError: one of these blocks is read-only for this caller.
        """
        drafts: dict[str, list[Draft]] = {MAIN: []}
        for branch in self.branches():
            for row in self._db.all(_HEADS, branch.name):
                draft = renewed(branch.name, row)
                if draft is not None:
                    _require_writable(row, branch.name, intent)
                    drafts.setdefault(branch.name, []).append(draft)
        others = [name for name in drafts if name != MAIN]
        for name in (*others, MAIN):
            key = intent.request_id if name == MAIN else None
            by = replace(intent, branch=name, request_id=key)
            filed = passages if name == MAIN else ()
            made = self.record(name, by, at, drafts[name], passages=filed)
            erasure.own.append(made.number)

    def _replace_texts(self, erasure: Erasure, new: Callable[[str], str], nothing: str) -> int:
        """Put another text in the place of each; return how many versions had one of them.

        A passage is never empty: where nothing is left of its text, it is `nothing`.
        """
        rows = [
            row
            for object_id in erasure.texts
            for row in self._db.all("SELECT id, hash, base_id FROM object WHERE id = ?", object_id)
        ]
        made: dict[int, int] = {}
        versions = 0
        for row in sorted(rows, key=lambda row: (row["base_id"] is not None, row["id"])):
            near = made.get(row["base_id"], row["base_id"])
            text = new(self._objects.text(row["id"]))
            made[row["id"]], digest = self._objects.put(text, near)
            erasure.pairs.append((bytes(row["hash"]), digest))
            versions += len(
                self._db.all(
                    "UPDATE block_version SET object_id = ? WHERE object_id = ? RETURNING change",
                    made[row["id"]], row["id"],
                )
            )  # fmt: skip
            filed = made[row["id"]]
            if not text.strip():
                filed, digest = self._objects.put(nothing)
            passages = self._alter_passages(erasure, "object_id", filed, row["id"])
            if passages and not text.strip():
                erasure.pairs.append((bytes(row["hash"]), digest))
            versions += len(passages)
        self._objects.drop(erasure.texts)
        return versions

    def _alter_passages(self, erasure: Erasure, column: str, new: int, old: int) -> list[Row]:
        """Give versions of passages another text or about; return which those are."""
        rows = self._db.all(
            f"UPDATE passage_version SET {column} = ? WHERE {column} = ? "
            "RETURNING passage_id, change",
            new, old,
        )  # fmt: skip
        erasure.passages |= {row["passage_id"] for row in rows}
        return rows

    def _empty_texts(self, erasure: Erasure, table: str, column: str, item_id: int) -> int:
        """Put `MARK` in every version of a block or passage; return how many. Others keep theirs.

        Args:
            erasure: Which texts these are; gets their hashes.
            table: Where the versions stand.
            column: What names the block or passage there.
            item_id: Which one it is.
        """
        empty, digest = self._objects.put(MARK)
        for object_id in sorted(erasure.texts - {empty}):
            was = self._db.scalar("SELECT hash FROM object WHERE id = ?", object_id)
            erasure.pairs.append((bytes(was), digest))
        versions = self._db.all(
            f"UPDATE {table} SET object_id = ?1 WHERE {column} = ?2 AND object_id <> ?1 "
            "RETURNING change",
            empty, item_id,
        )  # fmt: skip
        used = (
            "SELECT 1 FROM block_version WHERE object_id = ?1 "
            "UNION ALL SELECT 1 FROM passage_version WHERE object_id = ?1 LIMIT 1"
        )
        self._objects.drop([text for text in erasure.texts if not self._db.scalar(used, text)])
        return len(versions)

    def _alter(self, erasure: Erasure, columns: str, where: str, *values: Value) -> None:
        """Alter versions of blocks, and note whose rows they are."""
        sql = f"UPDATE block_version SET {columns} WHERE {where} RETURNING change"
        erasure.altered |= {row["change"] for row in self._db.all(sql, *values)}

    def _replace_abouts(self, erasure: Erasure) -> None:
        for about_id, draft in erasure.abouts.items():
            new = self._about(draft)
            self._alter(erasure, "about_id = ?", "about_id = ?", new, about_id)
            rows = self._alter_passages(erasure, "about_id", new, about_id)
            erasure.altered |= {row["change"] for row in rows}
        self._drop_abouts(erasure.abouts)

    def _drop_abouts(self, ids: Collection[int]) -> None:
        """Delete those of them that no version has any more."""
        rows = self._db.all(
            "SELECT about_id FROM block_version UNION SELECT about_id FROM passage_version"
        )
        used = {row["about_id"] for row in rows}
        gone = ((about_id,) for about_id in ids if about_id not in used)
        self._db.many("DELETE FROM about WHERE id = ?", gone)

    def _relabel(self, erasure: Erasure) -> None:
        """Give the versions of the past the new labels as well."""
        for key, label in erasure.labels.items():
            new = label, label_key(label)
            self._alter(erasure, "label = ?, label_key = ?", "label_key = ?", *new, key)
        olds = self._db.all("SELECT DISTINCT old_label FROM block_version WHERE old_label NOT NULL")
        for (old,) in olds:
            if label_key(old) in erasure.labels:
                new = erasure.labels[label_key(old)]
                self._alter(erasure, "old_label = ?", "old_label = ?", new, old)

    def _give_reasons(
        self, erasure: Erasure, numbers: Iterable[int], new: Callable[[str], str]
    ) -> None:
        for number in numbers:
            reason = new(self._db.scalar("SELECT reason FROM change WHERE number = ?", number))
            self._db.execute(
                "UPDATE change SET reason = ?, reason_hash = ? WHERE number = ?",
                (reason, self._objects.hash(reason), number),
            )
            erasure.altered.add(number)

    def _retract(self, erasure: Erasure, entry: bytes) -> None:
        """Write the account of it into the erasing change, and seal what was recorded with it."""
        rows: list[tuple[str, bytes, bytes | None]] = [("entry", entry, None)]
        rows += [("text", was, now) for was, now in erasure.pairs]
        for number in sorted(erasure.altered.difference(erasure.own)):
            was = bytes(self._db.scalar("SELECT hash FROM change WHERE number = ?", number))
            rows.append(("change", was, sealing_hash(self._db, self._objects, number)))
        self._db.many(
            "INSERT INTO retraction (change, position, kind, was, now) VALUES (?, ?, ?, ?, ?)",
            ((erasure.own[-1], position, *row) for position, row in enumerate(rows)),
        )
        for number in erasure.own:
            self._seal(number)


def _require_writable(row: Row, branch: str, intent: Intent) -> None:
    if row["read_only"] and not intent.override_read_only:
        raise ReadOnlyError(
            f"block {row['label']} on branch {branch} is read-only and holds what shall be erased; "
            "only a person can do that, with `tokenspace forget --erase`."
        )
