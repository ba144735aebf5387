"""Taking a text out of all of the past, so that the history is still the one that was recorded.

A version keeps its name, the hash of what it was; only the text behind it is another one. What was
rewritten stands in the erasing change as pairs of hashes, before and after (`retraction`), which
that change's own hash covers: see chain.py, and checks.py for the other side.
"""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ..erased import Erased, Found
from ..errors import InvalidError, NotFoundError
from ..model import MAX_LABEL_CHARS, MAX_NOTE_CHARS, Draft, Intent, label_key
from ..redact import MARK, SOURCE, redacted, redacted_metadata, redacted_name, redacted_tags
from ..refs import MAX_NAME_CHARS
from .connector import Row
from .erase_archive import EraseArchiveView, done
from .rewriting import Erasure
from .traces import drop_past, drop_stale_vectors, past_holding, redact_past, turned_entries


class EraseView(EraseArchiveView):
    """A view that can also erase (the rest of `Transaction` of the contract)."""

    def erase(self, intent: Intent, at: datetime, needle: str, found: Found) -> Erased:
        """Take a text out of every version, description, reason and name, wherever that is."""
        needle = needle.strip()
        if not needle:
            raise InvalidError("there is nothing to erase: give the text that shall go.")
        erasure = Erasure(
            self._still(self.holding(needle, found, 2**62).ids),
            self._abouts_holding(needle),
            self._new_labels(needle),
        )
        reasons = self._numbers("instr(reason, ?) > 0", needle)
        keys = self._numbers("instr(request_id, ?) > 0", needle)
        named = self._checkpoints_holding(needle)
        past = past_holding(self._db, needle)
        whole = [row for row in past if needle in row["text"]]  # of what was let go as well
        entry = self._objects.hash(needle)
        found_in = (erasure.texts, erasure.abouts, erasure.labels, reasons, keys, named, whole)
        if not any(found_in):
            return Erased(entry=entry.hex(), left=self._left(needle))

        def note(text: str) -> str:
            return redacted(text, needle, MAX_NOTE_CHARS)

        turned = turned_entries(self._db, self._objects, erasure.texts, needle)
        by = replace(intent, reason=note(intent.reason))
        self._renew_heads(
            erasure, by, at,
            lambda n, row: self._renewed(n, row, erasure, needle),
            self._renewed_passages(erasure, needle),
        )  # fmt: skip
        nothing = next(word for word in (MARK, "…", "-") if needle not in word)
        versions = self._replace_texts(erasure, lambda text: redacted(text, needle), nothing)
        self._replace_abouts(erasure)
        self._relabel(erasure)
        self._give_reasons(erasure, reasons, note)
        self._db.many("UPDATE change SET request_id = NULL WHERE number = ?", ((n,) for n in keys))
        erasure.altered.update(keys)
        self._redact_checkpoints(named, needle)
        redact_past(self._db, past, turned, needle, erasure.own)
        drop_stale_vectors(self._db)
        self._retract(erasure, entry)
        erased = done(erasure, entry, versions, len(reasons))
        return replace(erased, checkpoints=len(named), left=self._left(needle))

    def erase_block(self, intent: Intent, at: datetime, uid: str) -> Erased:
        """Delete a block on every open branch, and leave `MARK` in all of its versions."""
        rows = self._db.all(
            "SELECT v.* FROM block b JOIN block_version v ON v.block_id = b.id WHERE b.uid = ? "
            "ORDER BY v.change DESC",
            uid,
        )
        if not rows:
            raise NotFoundError("there is no such block, and never was.")
        block_id, label = rows[0]["block_id"], rows[0]["label"]
        nothing = Draft(uid=None, label=label, value=None)
        mark, _ = self._objects.put(MARK)
        texts = {row["object_id"] for row in rows} - {None, mark}
        there = self._db.scalar("SELECT 1 FROM block_head WHERE block_id = ?", block_id)
        if not (texts or there):
            return Erased(entry=self._objects.hash(label).hex())
        erasure = Erasure(
            frozenset(texts),
            {row["about_id"]: nothing for row in rows if row["about_id"] != self._about(nothing)},
        )
        self._renew_heads(
            erasure, intent, at,
            lambda _, row: replace(nothing, uid=uid, label=row["label"])
            if row["uid"] == uid else None,
        )  # fmt: skip
        versions = self._empty_texts(erasure, "block_version", "block_id", block_id)
        empty = self._about(nothing)
        self._alter(erasure, "about_id = ?1", "about_id <> ?1 AND block_id = ?2", empty, block_id)
        self._drop_abouts(erasure.abouts)
        reasons = self._reasons_of({row["change"] for row in rows})
        self._give_reasons(erasure, reasons, lambda _: MARK)
        drop_past(self._db, "block_id = ?", block_id)
        drop_stale_vectors(self._db)
        entry = self._objects.hash(label)
        self._retract(erasure, entry)
        return done(erasure, entry, versions, len(reasons))

    def _still(self, ids: Iterable[int]) -> frozenset[int]:
        """Return those texts that are still there."""
        there = "SELECT 1 FROM object WHERE id = ?"
        return frozenset(object_id for object_id in ids if self._db.scalar(there, object_id))

    def _numbers(self, where: str, value: str) -> list[int]:
        rows = self._db.all(f"SELECT number FROM change WHERE {where} ORDER BY number", value)
        return [row["number"] for row in rows]

    def _abouts_holding(self, needle: str) -> dict[int, Draft]:
        """Return what shall be said of blocks and passages where that holds the needle."""
        found: dict[int, Draft] = {}
        for row in self._db.all("SELECT * FROM about"):
            tags, metadata = tuple(json.loads(row["tags"])), json.loads(row["metadata"])
            keys = [key for key in metadata if key != SOURCE]
            said = (row["description"], *tags, *keys, *metadata.values())
            if any(needle in text for text in said):
                found[row["id"]] = Draft(
                    uid=None,
                    label="any",
                    value=None,
                    description=redacted(row["description"], needle, MAX_NOTE_CHARS),
                    tags=redacted_tags(tags, needle),
                    metadata=redacted_metadata(metadata, needle),
                )
        return found

    def _new_labels(self, needle: str) -> dict[str, str]:
        """Return a label that no block ever had for each that holds the needle, by its key."""
        wanted = unicodedata.normalize("NFC", needle)
        rows = self._db.all("SELECT label_key, min(label) AS label FROM block_version GROUP BY 1")
        taken = {row["label_key"] for row in rows}
        made: dict[str, str] = {}
        for row in rows:
            if wanted.casefold() in row["label_key"]:
                new = redacted_name(
                    row["label"], wanted, MAX_LABEL_CHARS, lambda name: label_key(name) in taken
                )
                made[row["label_key"]] = new
                taken.add(label_key(new))
        return made

    def _renewed(self, branch: str, row: Row, erasure: Erasure, needle: str) -> Draft | None:
        """Return what a block shall be now, if it holds the needle."""
        held = row["object_id"] in erasure.texts or row["about_id"] in erasure.abouts
        if not (held or row["label_key"] in erasure.labels):
            return None
        now = self.state(branch, row["uid"], 2**62)
        assert now is not None  # noqa: S101 - it is one of the branch's heads
        said = erasure.abouts.get(row["about_id"], now)
        return Draft(
            uid=now.uid,
            label=erasure.labels.get(row["label_key"], now.label),
            value=redacted(now.value, needle),
            description=said.description,
            limit=now.limit,
            read_only=now.read_only,
            tags=said.tags,
            metadata=said.metadata,
        )

    def _checkpoints_holding(self, needle: str) -> list[Row]:
        return [
            row
            for row in self._db.all("SELECT name, message FROM checkpoint")
            if needle.casefold() in row["name"].casefold() or needle in row["message"]
        ]

    def _redact_checkpoints(self, rows: list[Row], needle: str) -> None:
        names = self._db.all("SELECT name FROM checkpoint UNION ALL SELECT name FROM branch")
        taken = {row["name"].casefold() for row in names}
        for row in rows:
            name = row["name"]
            if needle.casefold() in name.casefold():
                name = redacted_name(
                    name, needle, MAX_NAME_CHARS, lambda name: name.casefold() in taken
                )
                taken.add(name.casefold())
            self._db.execute(
                "UPDATE checkpoint SET name = ?, message = ? WHERE name = ?",
                (name, redacted(row["message"], needle, MAX_NOTE_CHARS), row["name"]),
            )

    def _left(self, needle: str) -> tuple[str, ...]:
        """Return what still holds it because it says who and where, not what."""
        rows = self._db.all(
            "SELECT 'a branch' AS place, name AS text FROM branch UNION ALL "
            "SELECT 'an author', user || char(10) || client || char(10) || model FROM author"
        )
        return tuple(sorted({row["place"] for row in rows if needle in row["text"]}))
