"""Recording a change: the one place where blocks, versions and history are written."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from ..errors import ExistsError
from ..model import Author, Change, Draft, Intent, label_key, normal_label
from .chain import BLOCKS, CHANGE, canonical, change_hash
from .connector import Row
from .view import View, stamp


@dataclass(frozen=True, slots=True)
class _State:
    """A draft with all that its row needs."""

    draft: Draft
    uid: str
    label: str
    old_label: str | None
    action: str
    version: bytes | None
    object_id: int | None


class WriteView(View):
    """A view that can record changes (`Transaction` of the contract)."""

    def record(self, branch: str, intent: Intent, at: datetime, drafts: list[Draft]) -> Change:
        """Append one change that makes every block what its draft says."""
        branch_id, parent = self._branch(branch), self.head(branch)
        heads = {d.uid: self._head(branch_id, d.uid) for d in drafts if d.uid}
        states = [self._state_of(draft, heads.get(draft.uid or "")) for draft in drafts]
        self._require_free(branch_id, states)
        number = int(self._db.scalar("SELECT coalesce(max(number), 0) + 1 FROM change"))
        self._db.execute(
            "INSERT INTO change (number, branch_id, parent, at, author_id, tool, reason, "
            "reason_hash, request_id, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(16))",
            (number, branch_id, parent or None, stamp(at), self._author(intent.author),
             intent.tool, intent.reason, self._objects.hash(intent.reason), intent.request_id),
        )  # fmt: skip
        self._write(branch_id, number, states)
        self._db.execute("UPDATE branch SET head_change = ? WHERE id = ?", (number, branch_id))
        self._seal(number, parent)
        return self.change(number)

    def _seal(self, number: int, parent: int) -> None:
        """Write the hash of a change, taken over what the file now says of it."""
        previous = self._db.scalar("SELECT hash FROM change WHERE number = ?", parent)
        row = self._db.one(CHANGE, number)
        assert row is not None  # noqa: S101 - written just now
        digest = change_hash(self._objects, previous, row, self._db.all(BLOCKS, number))
        self._db.execute("UPDATE change SET hash = ? WHERE number = ?", (digest, number))

    def _head(self, branch_id: int, uid: str) -> Row | None:
        return self._db.one(
            "SELECT v.label, v.version, v.object_id FROM block b "
            "JOIN block_head h ON h.block_id = b.id AND h.branch_id = ? "
            "JOIN block_version v ON v.block_id = b.id AND v.change = h.change WHERE b.uid = ?",
            branch_id, uid,
        )  # fmt: skip

    def _state_of(self, draft: Draft, head: Row | None) -> _State:
        uid, label = draft.uid or str(uuid.uuid4()), normal_label(draft.label)
        old_label = head["label"] if head and head["label"] != label else None
        if draft.value is None:
            return _State(draft, uid, label, None, "deleted", None, None)
        object_id, digest = self._objects.put(draft.value, head["object_id"] if head else None)
        if head is None:
            action = "created"
        elif bytes(head["version"]) != digest:
            action = "edited"
        else:
            action = "renamed" if old_label else "described"
        return _State(draft, uid, label, old_label, action, digest, object_id)

    def _require_free(self, branch_id: int, states: list[_State]) -> None:
        """Refuse a label that is another block's after all of this change."""
        own = {state.uid for state in states}
        seen: set[str] = set()
        for state in states:
            if state.version is None:
                continue
            key = label_key(state.label)
            holder = self._db.one(
                "SELECT b.uid, v.label FROM block_head h JOIN block b ON b.id = h.block_id "
                "JOIN block_version v ON v.block_id = h.block_id AND v.change = h.change "
                "WHERE h.branch_id = ? AND h.label_key = ?",
                branch_id, key,
            )  # fmt: skip
            if key in seen or (holder and holder["uid"] not in own):
                taken = holder["label"] if holder else state.label
                raise ExistsError(
                    f"there is already a block {taken}; edit that one or take another label."
                )
            seen.add(key)

    def _author(self, author: Author) -> int:
        fields = (author.user, author.client, author.client_version, author.model)
        known = self._db.scalar(
            "SELECT id FROM author WHERE user = ? AND client = ? AND client_version = ? "
            "AND model = ?",
            *fields,
        )
        if known is not None:
            return int(known)
        made = self._db.scalar(
            "INSERT INTO author (user, client, client_version, model) VALUES (?, ?, ?, ?) "
            "RETURNING id",
            *fields,
        )
        return int(made)

    def _write(self, branch_id: int, number: int, states: list[_State]) -> None:
        """Write each block's new version, then the heads (labels may be swapped)."""
        ids = [self._block_id(state.uid) for state in states]
        for position, (block_id, state) in enumerate(zip(ids, states, strict=True)):
            draft = state.draft
            self._db.execute(
                "INSERT INTO block_version (block_id, change, position, branch_id, action, label, "
                "label_key, old_label, char_limit, read_only, about_id, version, object_id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (block_id, number, position, branch_id, state.action, state.label,
                 label_key(state.label), state.old_label, draft.limit, int(draft.read_only),
                 self._about(draft), state.version, state.object_id),
            )  # fmt: skip
            self._db.execute(
                "DELETE FROM block_head WHERE branch_id = ? AND block_id = ?", (branch_id, block_id)
            )
        for block_id, state in zip(ids, states, strict=True):
            if state.version is not None:
                self._db.execute(
                    "INSERT INTO block_head (branch_id, block_id, change, label_key) "
                    "VALUES (?, ?, ?, ?)",
                    (branch_id, block_id, number, label_key(state.label)),
                )

    def _about(self, draft: Draft) -> int:
        """Return the id of what is said of a block, storing it if it is new."""
        tags, metadata = canonical(list(draft.tags)), canonical(dict(draft.metadata))
        digest = self._objects.hash(canonical([draft.description, tags, metadata]))
        known = self._db.scalar("SELECT id FROM about WHERE hash = ?", digest)
        if known is None:
            known = self._db.scalar(
                "INSERT INTO about (hash, description, tags, metadata) VALUES (?, ?, ?, ?) "
                "RETURNING id",
                digest, draft.description, tags, metadata,
            )  # fmt: skip
        return int(known)

    def _block_id(self, uid: str) -> int:
        known = self._db.scalar("SELECT id FROM block WHERE uid = ?", uid)
        if known is None:
            known = self._db.scalar("INSERT INTO block (uid) VALUES (?) RETURNING id", uid)
        return int(known)
