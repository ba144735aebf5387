"""Recording a change: the one place where blocks, versions and history are written."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..errors import ExistsError
from ..model import MAIN, Author, Change, Draft, Intent, label_key, normal_label
from ..passages import PassageDraft
from ..refs import Checkpoint, Point
from .chain import sealing_hash
from .connector import Row
from .queueing import QueueView
from .rows import block_info, stamp
from .view import let_go


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
    edited: int | None = None  # the text that only this change made another one


class WriteView(QueueView):
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
        branch_id, parent = self._branch(branch), self.head(branch)
        heads = {d.uid: self._head(branch_id, d.uid) for d in drafts if d.uid}
        states = [self._state_of(draft, heads.get(draft.uid or "")) for draft in drafts]
        self._require_free(branch_id, states)
        number = max(self.newest(), above) + 1
        self._db.execute(
            "INSERT INTO change (number, branch_id, parent, merge_parent, undoes, restores, at, "
            "author_id, tool, reason, reason_hash, request_id, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(16))",
            (number, branch_id, parent or None, merged, undoes, restores, stamp(at),
             self._author(intent.author), intent.tool, intent.reason,
             self._objects.hash(intent.reason), intent.request_id),
        )  # fmt: skip
        self._write(branch_id, number, states)
        if branch == MAIN:
            self._index_blocks(number, at, states)
        self._file(number, at, passages)
        self._db.execute("UPDATE branch SET head_change = ? WHERE id = ?", (number, branch_id))
        self._seal(number)
        return self.change(number)

    def make_branch(self, name: str, origin: Point, author: Author, at: datetime) -> None:
        """Make a branch that starts with what `origin` has."""
        self._require_free_name(name)
        past = self._lineage(origin.branch, origin.change)
        *_, parent_id = (branch_id for branch_id, upto in past if upto == origin.change)
        heads = [self._head_row(row) for row in self._states(origin.branch, origin.change)]
        branch_id = self._db.scalar(
            "INSERT INTO branch (name, parent_id, fork_change, head_change, created_at, author_id) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            name, parent_id, origin.change, origin.change, stamp(at), self._author(author),
        )  # fmt: skip
        self._db.many(
            "INSERT INTO block_head (branch_id, block_id, change, label_key) VALUES (?, ?, ?, ?)",
            ((branch_id, *head) for head in heads),
        )

    def _head_row(self, row: Row) -> tuple[int, int, str]:
        """Return a state as a head: what block, made when, under what label."""
        if row["object_id"] is None:
            raise let_go(block_info(row))
        return row["block_id"], row["change"], row["label_key"]

    def close_branch(self, name: str, at: datetime) -> None:
        """End a branch; its changes stay readable by their numbers."""
        branch_id = self._branch(name)
        self._db.execute("DELETE FROM block_head WHERE branch_id = ?", (branch_id,))
        self._db.execute("UPDATE branch SET closed_at = ? WHERE id = ?", (stamp(at), branch_id))
        del self._branches[name]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint."""
        k = checkpoint
        self._require_free_name(k.name)
        self._db.execute(
            "INSERT INTO checkpoint (name, change, message, author_id, at, automatic, blocks, "
            "chars) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (k.name, k.point.change, k.message, self._author(k.author), stamp(k.at),
             int(k.automatic), k.blocks, k.chars),
        )  # fmt: skip

    def drop_checkpoint(self, name: str) -> None:
        """Take a name off a change."""
        self._db.execute("DELETE FROM checkpoint WHERE name = ?", (name,))

    def _require_free_name(self, name: str) -> None:
        known = self.named_so(name)
        if known is not None:
            raise ExistsError(
                f"{known} has that name, or had it; take another one, such as {name}-2."
            )

    def _seal(self, number: int) -> None:
        """Write the hash of a change, taken over what the file now says of it."""
        digest = sealing_hash(self._db, self._objects, number)
        self._db.execute("UPDATE change SET hash = ? WHERE number = ?", (digest, number))

    def _head(self, branch_id: int, uid: str) -> Row | None:
        return self._db.one(
            "SELECT v.label, v.version, v.object_id, v.about_id FROM block b "
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
        edited = None
        if (
            head
            and action == "edited"
            and (label, self._about(draft)) == (head["label"], head["about_id"])
        ):
            edited = head["object_id"]
        return _State(draft, uid, label, old_label, action, digest, object_id, edited)

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
        return self._said(draft.description, draft.tags, dict(draft.metadata))

    def _index_blocks(self, number: int, at: datetime, states: list[_State]) -> None:
        """Tell the search index what the blocks of main are now."""
        for state in states:
            self._index.block(
                self._block_id(state.uid),
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
