"""Recording a change: the one place where blocks, versions and history are written."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..errors import ExistsError
from ..model import MAIN, Change, Draft, Intent, Touched, label_key, normal_label
from ..passages import PassageDraft
from .branching import BranchingView
from .chain import sealing_hash
from .connector import Row
from .rows import moment, stamp


@dataclass(frozen=True, slots=True)
class _State:
    """A draft with all that its row needs.

    Attributes:
        key: What makes its label unique.
        head: What the block is now; None where it is not there.
        version, object_id: Of its text; None where the block is deleted.
        edited: The text that it was, where nothing but that is changed.
    """

    draft: Draft
    uid: str
    label: str
    key: str
    head: Row | None
    action: str
    about_id: int
    version: bytes | None = None
    object_id: int | None = None
    edited: int | None = None

    @property
    def old_label(self) -> str | None:
        """The label that the change takes away."""
        if self.head is None or self.version is None or self.head["label"] == self.label:
            return None
        return self.head["label"]

    @property
    def stays(self) -> bool:
        """Whether it is there under this label already, in whatever case."""
        if self.head is None or self.version is None:
            return False
        return bool(self.head["label_key"] == self.key)


class WriteView(BranchingView):
    """A view that can record changes (`Transaction` of the contract)."""

    def record(
        self,
        branch: str,
        intent: Intent,
        at: datetime,
        drafts: list[Draft],
        *,
        passages: Sequence[PassageDraft] = (),
        merged: int | None = None,
        undoes: int | None = None,
        restores: int | None = None,
        above: int = 0,
    ) -> Change:
        """Append one change that makes every block what its draft says.

        Its number is above `above`: where numbers were used that are not in this file.
        """
        branch_id = self._branch(branch)
        ((parent, newest),) = self._db.tuples(
            "SELECT head_change, (SELECT coalesce(max(number), 0) FROM change) FROM branch "
            "WHERE id = ?",
            branch_id,
        )
        heads = {d.uid: self._head(branch_id, d.uid) for d in drafts if d.uid}
        states = [self._state_of(draft, heads.get(draft.uid or "")) for draft in drafts]
        self._require_free(branch_id, states)
        number = max(newest, above) + 1
        self._db.run(
            "INSERT INTO change (number, branch_id, parent, merge_parent, undoes, restores, at, "
            "author_id, tool, reason, reason_hash, request_id, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(16))",
            number, branch_id, parent or None, merged, undoes, restores, stamp(at),
            self._author(intent.author), intent.tool, intent.reason,
            self._objects.hash(intent.reason), intent.request_id,
        )  # fmt: skip
        block_ids = self._write(branch_id, number, states)
        if branch == MAIN:
            self._index_blocks(number, at, block_ids, states)
        self._file(number, at, passages)
        self._db.run("UPDATE branch SET head_change = ? WHERE id = ?", number, branch_id)
        return Change(
            number=number,
            parent=parent,
            merged=merged,
            branch=branch,
            author=intent.author,
            tool=intent.tool,
            reason=intent.reason,
            at=moment(stamp(at)),
            hash=self._seal(number).hex(),
            blocks=tuple(_touched(state) for state in states),
            passages=self._filed(number) if passages else (),
        )

    def _seal(self, number: int) -> bytes:
        """Write the hash of a change, taken over what the file now says of it; return it."""
        digest = sealing_hash(self._db, self._objects, number)
        self._db.run("UPDATE change SET hash = ? WHERE number = ?", digest, number)
        return digest

    def _head(self, branch_id: int, uid: str) -> Row | None:
        return self._db.one(
            "SELECT b.id, b.uid, v.label, v.label_key, v.version, v.object_id, v.about_id "
            "FROM block b JOIN block_head h ON h.block_id = b.id AND h.branch_id = ? "
            "JOIN block_version v ON v.block_id = b.id AND v.change = h.change WHERE b.uid = ?",
            branch_id, uid,
        )  # fmt: skip

    def _state_of(self, draft: Draft, head: Row | None) -> _State:
        label = normal_label(draft.label)
        state = _State(
            draft=draft,
            uid=draft.uid or str(uuid.uuid4()),
            label=label,
            key=label_key(label),
            head=head,
            action="deleted",
            about_id=self._about(draft),
        )
        if draft.value is None:
            return state
        object_id, digest = self._objects.put(draft.value, head["object_id"] if head else None)
        edited: int | None = None
        if head is None:
            action = "created"
        elif bytes(head["version"]) != digest:
            action = "edited"
            if (label, state.about_id) == (head["label"], head["about_id"]):
                edited = head["object_id"]
        else:
            action = "renamed" if label != head["label"] else "described"
        return replace(state, action=action, version=digest, object_id=object_id, edited=edited)

    def _require_free(self, branch_id: int, states: list[_State]) -> None:
        """Refuse a label that is another block's after all of this change."""
        own = {state.uid for state in states}
        seen: set[str] = set()
        for state in states:
            if state.version is None:
                continue
            holder = state.head if state.stays else self._holder(branch_id, state.key)
            if state.key in seen or (holder and holder["uid"] not in own):
                taken = holder["label"] if holder else state.label
                raise ExistsError(
                    f"there is already a block {taken}; edit that one or take another label."
                )
            seen.add(state.key)

    def _holder(self, branch_id: int, key: str) -> Row | None:
        """Return the block that has a label now."""
        return self._db.one(
            "SELECT b.uid, v.label FROM block_head h JOIN block b ON b.id = h.block_id "
            "JOIN block_version v ON v.block_id = h.block_id AND v.change = h.change "
            "WHERE h.branch_id = ? AND h.label_key = ?",
            branch_id, key,
        )  # fmt: skip

    def _write(self, branch_id: int, number: int, states: list[_State]) -> list[int]:
        """Write each block's new version, then the heads (labels may be swapped); return the ids.

        A block that keeps its label is in nobody's way: its head is only put forward.
        """
        ids = [state.head["id"] if state.head else self._block_id(state.uid) for state in states]
        for position, (block_id, state) in enumerate(zip(ids, states, strict=True)):
            draft = state.draft
            self._db.run(
                "INSERT INTO block_version (block_id, change, position, branch_id, action, label, "
                "label_key, old_label, char_limit, read_only, about_id, version, object_id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                block_id, number, position, branch_id, state.action, state.label,
                state.key, state.old_label, draft.limit, int(draft.read_only),
                state.about_id, state.version, state.object_id,
            )  # fmt: skip
            self._db.run(
                "UPDATE block_head SET change = ?3 WHERE branch_id = ?1 AND block_id = ?2"
                if state.stays
                else "DELETE FROM block_head WHERE branch_id = ?1 AND block_id = ?2",
                *((branch_id, block_id, number) if state.stays else (branch_id, block_id)),
            )
        for block_id, state in zip(ids, states, strict=True):
            if state.version is not None and not state.stays:
                self._db.run(
                    "INSERT INTO block_head (branch_id, block_id, change, label_key) "
                    "VALUES (?, ?, ?, ?)",
                    branch_id, block_id, number, state.key,
                )  # fmt: skip
        return ids

    def _about(self, draft: Draft) -> int:
        """Return the id of what is said of a block, storing it if it is new."""
        return self._said(draft.description, draft.tags, dict(draft.metadata))

    def _index_blocks(
        self, number: int, at: datetime, ids: list[int], states: list[_State]
    ) -> None:
        """Tell the search index what the blocks of main are now."""
        for block_id, state in zip(ids, states, strict=True):
            self._index.block(
                block_id,
                state.label,
                state.draft.tags,
                state.draft.value,
                number,
                stamp(at),
                edited=state.edited,
            )

    def _block_id(self, uid: str) -> int:
        known = self._db.scalar("SELECT id FROM block WHERE uid = ?", uid)
        if known is None:
            known = self._db.scalar("INSERT INTO block (uid) VALUES (?) RETURNING id", uid)
        return int(known)


def _touched(state: _State) -> Touched:
    return Touched(
        uid=state.uid,
        label=state.label,
        action=state.action,
        version=state.version.hex() if state.version else None,
        old_label=state.old_label,
    )
