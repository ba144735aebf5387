"""A write as one transaction: who asks, what it did, and when it records nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .errors import NotFoundError, ReadOnlyError
from .ledger import Ledger
from .model import Block, Change, Draft, Intent, normal_label
from .passages import PassageDraft
from .reading import absent
from .refs import Point
from .store import Store, Transaction


@dataclass(frozen=True, slots=True)
class Step:
    """One block before and after; None where it did not exist or no longer does."""

    before: Block | None
    after: Block | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a write did.

    Attributes:
        change: The change that was recorded; None where the result already stood.
        rebased: Others had changed a block since the version the caller named.
        repeated: The idempotency key was used before; `change` is the one made then.
        point: The branch, and its newest change.
        checkpoint: Name of the checkpoint that was made of what stood before.
        ledgers: Of a rewrite, what became of each entry, step by step; None for a step that has
            only one side.
        confirmed: Entries that earlier changes left out, and that were now said to be let go.
    """

    change: Change | None
    steps: tuple[Step, ...] = ()
    rebased: bool = False
    repeated: bool = False
    point: Point
    checkpoint: str | None = None
    ledgers: tuple[Ledger | None, ...] = ()
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """The circumstances that every kind of write needs."""

    tx: Transaction
    intent: Intent
    now: datetime

    @property
    def branch(self) -> str:
        """The branch that is written to."""
        return self.intent.branch

    def point(self) -> Point:
        """Return the branch and its newest change."""
        return Point(self.branch, self.tx.head(self.branch))

    def require(self, label: str) -> Block:
        """Return the block, or explain that there is none."""
        block = self.tx.block(self.branch, normal_label(label))
        if block is None:
            raise absent(self.tx, self.branch, label)
        return block

    def previous(self, block: Block) -> Block | None:
        """Return the state before the newest change of a block, if there was one and it is kept."""
        try:
            return self.tx.state(self.branch, block.uid, block.change - 1)
        except NotFoundError:  # its text was let go
            return None

    def writable(self, block: Block) -> Block:
        """Return the block unless it is read-only for this caller."""
        if block.read_only and not self.intent.override_read_only:
            raise ReadOnlyError(
                f"block {block.label} is read-only; only a person can change it, with "
                f"`tokenspace edit {block.label}`."
            )
        return block

    def record(
        self,
        pairs: list[tuple[Block | None, Draft]],
        *,
        rebased: bool = False,
        merged: int | None = None,
        undoes: int | None = None,
        restores: int | None = None,
        passages: Sequence[PassageDraft] = (),
    ) -> Written:
        """Record what differs as one change; nothing where nothing does, but for a merge.

        Args:
            pairs: Each block as it is, and what it shall be.
            rebased: Whether others had changed one since the caller read it.
            merged: The other branch's change that is merged.
            undoes: The change that is taken back.
            restores: The change after which everything was as it shall be.
            passages: What passages shall be; all of them differ from what is.
        """
        news = [(before, draft) for before, draft in pairs if differs(before, draft)]
        if not news and merged is None and not passages:
            steps = tuple(Step(before, before) for before, _ in pairs)
            return Written(change=None, steps=steps, rebased=rebased, point=self.point())
        change = self.tx.record(
            self.branch,
            self.intent,
            self.now,
            [draft for _, draft in news],
            passages=passages,
            merged=merged,
            undoes=undoes,
            restores=restores,
        )
        steps = tuple(
            Step(before, _after(draft, touched.uid, touched.version, change))
            for (before, draft), touched in zip(news, change.blocks, strict=True)
        )
        point = Point(self.branch, change.number)
        return Written(change=change, steps=steps, rebased=rebased, point=point)


async def transact(
    store: Store, now: Callable[[], datetime], intent: Intent, work: Callable[[Write], Written]
) -> Written:
    """Do a write as one transaction, once: a key that was used before is answered with its change.

    Raises:
        NotFoundError: there is no such branch.
    """

    def transaction(tx: Transaction) -> Written:
        write = Write(tx, intent, now())
        if intent.request_id is not None:
            made = tx.by_request(intent.request_id)
            if made is not None:
                return Written(change=made, repeated=True, point=write.point())
        return work(write)

    return await store.write(transaction)


def draft_of(block: Block) -> Draft:
    """Return the block as a draft, to be changed with `dataclasses.replace`."""
    return Draft(
        uid=block.uid,
        label=block.label,
        value=block.value,
        description=block.description,
        limit=block.limit,
        read_only=block.read_only,
        tags=block.tags,
        metadata=block.metadata,
    )


def differs(before: Block | None, draft: Draft) -> bool:
    """Tell whether a draft would change anything."""
    return before is None or draft_of(before) != draft


def _after(draft: Draft, uid: str, version: str | None, change: Change) -> Block | None:
    if version is None or draft.value is None:
        return None
    return Block(
        uid=uid,
        label=normal_label(draft.label),
        version=version,
        chars=len(draft.value),
        description=draft.description,
        limit=draft.limit,
        read_only=draft.read_only,
        tags=draft.tags,
        metadata=draft.metadata,
        change=change.number,
        at=change.at,
        value=draft.value,
    )
