"""What a store must do, whatever its engine. `tests/store_contract.py` holds one to it.

Work on the database is a plain function that gets a view of it and runs as one transaction. It
must not wait for anything else, and may run again after a clash: no effects but through the view.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from ..erased import Erased, Found
from ..finding import Made, Serving
from ..learned import Loss, Run
from ..model import Author, Change, Draft, Intent
from ..passages import PassageDraft
from ..reads import Read
from ..refs import Checkpoint, Point
from .snapshot import Searcher, Snapshot

T = TypeVar("T")


class Transaction(Snapshot, Protocol):
    """A view that can record one or more changes; all of them stand, or none."""

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
    ) -> Change:
        """Append one change that makes every block and passage what its draft says.

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

    def add_outcome(self, episode: int, shown: int, score: float) -> None:
        """Say of an episode how the task went, and what memory showed then."""
        ...

    def add_losses(self, losses: Sequence[Loss], *, confirmed: bool = False) -> None:
        """Note what a change left out, and whether somebody said that it may go."""
        ...

    def confirm(self, losses: Sequence[Loss]) -> None:
        """Note that losses may stand."""
        ...

    def forgive(self, losses: Sequence[Loss]) -> None:
        """Forget losses that were none."""
        ...

    def begin_run(self, branch: str, upto: int) -> Run:
        """Begin a consolidation on a branch, or let the one on it learn from more episodes."""
        ...

    def end_run(self, branch: str, merged: int) -> None:
        """Note that a consolidation has landed, with the change `merged`: its episodes are learned.

        One that is abandoned is only a branch that was deleted.
        """
        ...

    def note_reads(self, reads: Mapping[str, Read]) -> None:
        """Note when blocks (uid) were read: of those that main has; a later read stays."""
        ...

    def take_lease(self, name: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take or keep a work for `holder` until then; tell whether nobody else has it."""
        ...

    def drop_lease(self, name: str, holder: str) -> None:
        """Let others have a work at once."""
        ...

    def use_model(self, spec: str, name: str, digest: str, dim: int) -> Serving:
        """Return the model that vectors are made with from now on.

        The first one serves at once. One that follows another serves when all its vectors are made
        (`promote`): every doc is queued for it, and what an earlier one of that kind made goes.
        """
        ...

    def keep_vectors(self, model_id: int, made: Sequence[Made]) -> int:
        """Keep vectors of docs that are still as they were; return how many those are."""
        ...

    def unqueue(self, seqs: Sequence[int]) -> None:
        """Let docs wait no longer: no vector can be made of them."""
        ...

    def put_back(self, seqs: Sequence[int]) -> None:
        """Let docs wait for their vectors behind all others."""
        ...

    def reindex(self) -> None:
        """Make anew all that search looks through; vectors are queued to be made again."""
        ...

    def promote(self, model_id: int) -> bool:
        """Let a model serve whose vectors are all made; tell whether the others' are gone.

        Call it again until it is so: a part of them goes each time.
        """
        ...

    def erase(self, intent: Intent, at: datetime, needle: str, found: Found) -> Erased:
        """Take a text out of every version, description, reason and name, and from the archive.

        Versions keep their names. Blocks that have it now get a new version, on each open branch,
        and so do passages; one of which nothing is left is deleted.
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

    def erase_passage(self, intent: Intent, at: datetime, number: int) -> Erased:
        """Delete a passage or episode, and empty all of its versions.

        Its tags, its source and why it was changed go too. Others that say the same stay.

        Raises:
            NotFoundError: there never was one of that number.
        """
        ...


class Store(Protocol):
    """A space's database. Its methods are safe to call from many tasks at once."""

    async def read(self, work: Callable[[Snapshot], T], *, brief: Hashable | None = None) -> T:
        """Return what `work` returns, run on a consistent view.

        `brief` names work that reads a few rows, for which it may hold up whoever else is served.
        The same name is given the same answer again until anybody has committed something.
        """
        ...

    async def search(self, work: Callable[[Searcher], T]) -> T:
        """Return what `work` returns, run on a consistent view; it does not hold up other reads."""
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

    async def rest(self) -> None:
        """Let go of what is in memory only to be quick; it comes back with use."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
        ...
