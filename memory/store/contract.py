"""What a store must do, whatever its engine. `tests/store_contract.py` holds one to it.

Work on the database is a plain function that gets a view of it and runs as one transaction. It
must not wait for anything else, and may run again after a clash: no effects but through the view.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from ..model import Block, BlockInfo, Change, Draft, Intent

T = TypeVar("T")


class Snapshot(Protocol):
    """A consistent view; nothing that others write shows in it."""

    def head(self, branch: str) -> int:
        """Return the number of the branch's newest change, 0 where it has none.

        Raises:
            NotFoundError: there is no such branch.
        """
        ...

    def infos(self, branch: str) -> list[BlockInfo]:
        """Return every block of the branch without its text, oldest first."""
        ...

    def blocks(self, branch: str) -> list[Block]:
        """Return every block of the branch, oldest first."""
        ...

    def block(self, branch: str, label: str) -> Block | None:
        """Return the block that has this label now (in any case)."""
        ...

    def block_at(self, branch: str, label: str, change: int) -> Block | None:
        """Return the block that had this label after `change`, as it then was."""
        ...

    def blocks_at(self, branch: str, change: int) -> list[Block]:
        """Return every block as it was after `change`, oldest first."""
        ...

    def versions(self, branch: str, label: str, prefix: str) -> list[Block]:
        """Return the newest state of each version of this block that starts with `prefix`.

        The block is the one that has the label now, or had it last. At most five are returned.
        """
        ...

    def before(self, branch: str, block: Block) -> Block | None:
        """Return the state of the block before the change that made `block`."""
        ...

    def changes(
        self, branch: str, *, label: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[Change]:
        """Return the newest changes of a branch, or of one block of it, newest first."""
        ...

    def since(self, number: int, limit: int = 1_000) -> list[Change]:
        """Return the changes after `number` on any branch, oldest first."""
        ...

    def change(self, number: int) -> Change:
        """Return one change.

        Raises:
            NotFoundError: there is none of that number.
        """
        ...

    def broken(self) -> list[int]:
        """Return the changes whose hash does not follow from what the file says of them."""
        ...

    def by_request(self, request_id: str) -> Change | None:
        """Return the change that was recorded under this idempotency key."""
        ...


class Transaction(Snapshot, Protocol):
    """A view that can record one or more changes; all of them stand, or none."""

    def record(self, branch: str, intent: Intent, at: datetime, drafts: list[Draft]) -> Change:
        """Append one change that makes every block what its draft says.

        Raises:
            ExistsError: a label is taken by another block.
        """
        ...


class Store(Protocol):
    """A space's database. Its methods are safe to call from many tasks at once."""

    async def read(self, work: Callable[[Snapshot], T]) -> T:
        """Return what `work` returns, run on a consistent view."""
        ...

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Return what `work` returns once all it recorded is durable.

        Writers of all processes run one after the other. If `work` raises, nothing of it stays.

        Raises:
            LockedError: another process held the lock for too long.
            StorageFullError, ReadOnlyError, CorruptError: the file cannot be written.
        """
        ...

    def is_current(self) -> bool:
        """Tell whether what is open is still what stands at its place (not removed, replaced)."""
        ...

    async def pulse(self) -> int:
        """Return a number that is another one after anyone, in any process, has written."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
        ...
