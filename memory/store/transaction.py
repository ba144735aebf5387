"""Recording a change: the one place where blocks, versions and history are written."""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from ..errors import ExistsError
from ..model import Author, Change, Draft, Intent, Touched, label_key, normal_label
from .connector import Row
from .view import View, moment, stamp


@dataclass(frozen=True, slots=True)
class _State:
    """A draft with all that its row needs."""

    draft: Draft
    uid: str
    label: str
    action: str
    version: str | None
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
        when = stamp(at)
        digest = self._hash(number, branch, parent, when, intent, states)
        self._db.execute(
            "INSERT INTO change (number, branch_id, parent, at, author_id, tool, reason, "
            "request_id, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, branch_id, parent, when, self._author(intent.author), intent.tool,
             intent.reason, intent.request_id, digest),
        )  # fmt: skip
        self._write(branch_id, number, states)
        self._db.execute("UPDATE branch SET head_change = ? WHERE id = ?", (number, branch_id))
        return Change(
            number=number,
            parent=parent,
            branch=branch,
            author=intent.author,
            tool=intent.tool,
            reason=intent.reason,
            at=moment(when),
            hash=digest.hex(),
            blocks=tuple(
                Touched(uid=s.uid, label=s.label, action=s.action, version=s.version)
                for s in states
            ),
        )

    def _head(self, branch_id: int, uid: str) -> Row | None:
        return self._db.one(
            "SELECT v.label, v.version, v.object_id FROM block b "
            "JOIN block_head h ON h.block_id = b.id AND h.branch_id = ? "
            "JOIN block_version v ON v.block_id = b.id AND v.change = h.change WHERE b.uid = ?",
            branch_id, uid,
        )  # fmt: skip

    def _state_of(self, draft: Draft, head: Row | None) -> _State:
        uid, label = draft.uid or str(uuid.uuid4()), normal_label(draft.label)
        if draft.value is None:
            return _State(draft, uid, label, "deleted", None, None)
        object_id, digest = self._objects.put(draft.value, head["object_id"] if head else None)
        if head is None:
            action = "created"
        elif head["label"] != label:
            action = "renamed"
        else:
            action = "described" if bytes(head["version"]) == digest else "edited"
        return _State(draft, uid, label, action, digest.hex(), object_id)

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

    def _hash(
        self,
        number: int,
        branch: str,
        parent: int,
        stamp: int,
        intent: Intent,
        states: list[_State],
    ) -> bytes:
        """Return the hash that chains this change to its parent.

        It is taken over the hashes of its parts, each in canonical JSON, so that the chain can
        still be followed when a part is erased and only that part's hash is kept.
        """
        head = [number, branch, parent, stamp, intent.tool, asdict(intent.author)]
        rows = (
            [s.uid, s.action, s.label, s.version, s.draft.description, s.draft.limit,
             s.draft.read_only, list(s.draft.tags), dict(s.draft.metadata)]
            for s in states
        )  # fmt: skip
        parts = [
            self._objects.hash(_canonical(part)).hex() for part in (head, intent.reason, *rows)
        ]
        previous = self._db.scalar("SELECT hash FROM change WHERE number = ?", parent)
        return self._objects.hash("".join((bytes(previous or b"").hex(), *parts)))

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
        for block_id, state in zip(ids, states, strict=True):
            draft = state.draft
            self._db.execute(
                "INSERT INTO block_version (block_id, change, branch_id, action, label, "
                "label_key, description, char_limit, read_only, tags, metadata, version, "
                "object_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (block_id, number, branch_id, state.action, state.label, label_key(state.label),
                 draft.description, draft.limit, int(draft.read_only),
                 json.dumps(draft.tags, ensure_ascii=False),
                 json.dumps(dict(draft.metadata), ensure_ascii=False, sort_keys=True),
                 bytes.fromhex(state.version) if state.version else None, state.object_id),
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

    def _block_id(self, uid: str) -> int:
        known = self._db.scalar("SELECT id FROM block WHERE uid = ?", uid)
        if known is None:
            known = self._db.scalar("INSERT INTO block (uid) VALUES (?) RETURNING id", uid)
        return int(known)


def _canonical(part: object) -> str:
    return json.dumps(part, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
