"""What a store must do, whatever its engine. `tests/store_contract.py` holds one to it.

Work on the database is a plain function that gets a view of it and runs as one transaction. It
must not wait for anything else, and may run again after a clash: no effects but through the view.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from ..erased import Erased, Found
from ..model import Author, Block, BlockInfo, Change, Draft, Intent
from ..refs import Branch, Checkpoint, Point, Turn

T = TypeVar("T")


class Snapshot(Protocol):
    """A consistent view; nothing that others write shows in it."""

    def head(self, branch: str) -> int:
        """Return the number of the branch's newest change (its parent's, until it has its own).

        Raises:
            NotFoundError: there is no such branch.
        """
        ...

    def newest(self) -> int:
        """Return the number of the newest change on any branch, 0 before the first."""
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

    def state(self, branch: str, uid: str, change: int) -> Block | None:
        """Return a block by its identity, as it was after `change`."""
        ...

    def infos_at(self, branch: str, change: int) -> list[BlockInfo]:
        """Return every block as it was after `change` without its text, oldest first."""
        ...

    def named(self, prefix: str) -> list[tuple[BlockInfo, Point]]:
        """Return the newest states, of any block, whose version starts with `prefix`: five."""
        ...

    def branches(self, name: str | None = None) -> list[Branch]:
        """Return the branches that are open, oldest first, or the one of that name.

        Their changes are counted, which takes a while where there are many.
        """
        ...

    def fork(self, branch: str) -> Point | None:
        """Return where a branch, open or deleted, left its parent.

        Raises:
            NotFoundError: there never was such a branch.
        """
        ...

    def turns(self, branch: str, change: int) -> list[Turn]:
        """Return a branch's own merges and ways back up to `change`, newest first."""
        ...

    def named_so(self, name: str) -> str | None:
        """Return what has, or had, this name in any case: `branch Try`, `checkpoint try`."""
        ...

    def checkpoints(self) -> list[Checkpoint]:
        """Return every checkpoint, newest first."""
        ...

    def checkpoint(self, name: str) -> Checkpoint | None:
        """Return the checkpoint of this name."""
        ...

    def at_time(self, branch: str, at: datetime) -> int:
        """Return the newest change of the branch's past that was made by then, 0 if none was."""
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

    def by_request(self, request_id: str) -> Change | None:
        """Return the change that was recorded under this idempotency key."""
        ...

    def holding(self, needle: str, so_far: Found, most: int) -> Found:
        """Search the next `most` texts, old ones included, for one that `erase` shall take out.

        Begin with `Found()`, and go on until it is complete, in short reads.
        """
        ...


class Transaction(Snapshot, Protocol):
    """A view that can record one or more changes; all of them stand, or none."""

    def record(
        self,
        branch: str,
        intent: Intent,
        at: datetime,
        drafts: list[Draft],
        *,
        merged: int | None = None,
        undoes: int | None = None,
        restores: int | None = None,
    ) -> Change:
        """Append one change that makes every block what its draft says.

        `merged` is the other branch's change that it merges, `undoes` the one that it takes back,
        `restores` the one after which everything was as it is now again.

        Raises:
            ExistsError: a label is taken by another block.
        """
        ...

    def make_branch(self, name: str, origin: Point, author: Author, at: datetime) -> None:
        """Make a branch that starts with what `origin` has.

        Raises:
            ExistsError: a branch has or had that name, or a checkpoint has it.
        """
        ...

    def close_branch(self, name: str, at: datetime) -> None:
        """End a branch; its changes stay readable by their numbers."""
        ...

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint.

        Raises:
            ExistsError: a branch has or had that name, or a checkpoint has it.
        """
        ...

    def drop_checkpoint(self, name: str) -> None:
        """Take a name off a change."""
        ...

    def erase(self, intent: Intent, at: datetime, needle: str, found: Found) -> Erased:
        """Take a text out of every version, description, reason and name on every branch.

        Versions keep their names. Blocks that have it now get a new version, on each open branch.
        `found` is what `holding` found before; newer texts are searched here. Call `purge` after.

        Raises:
            InvalidError: the needle is blank.
            ReadOnlyError: a read-only block has it now.
        """
        ...

    def erase_block(self, intent: Intent, at: datetime, uid: str) -> Erased:
        """Delete a block on every open branch, and empty all of its versions.

        What was said of it and why it was changed goes too; its label stays in the history.

        Raises:
            NotFoundError: there never was such a block.
            ReadOnlyError: it is read-only.
        """
        ...


class Store(Protocol):
    """A space's database. Its methods are safe to call from many tasks at once."""

    async def read(self, work: Callable[[Snapshot], T]) -> T:
        """Return what `work` returns, run on a consistent view."""
        ...

    async def write(self, work: Callable[[Transaction], T], *, alone: bool = False) -> T:
        """Return what `work` returns once all it recorded is durable.

        `alone` is for work on many rows: it shares its commit with no other.

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

    async def purge(self) -> bool:
        """Take what was erased off the disk as well; tell whether all of it is.

        It is not while another process reads what stood before: then it goes when that is done and
        the file is next cleaned up. Copies that the program left beside the file are removed.
        """
        ...

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
        ...
