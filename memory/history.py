"""What can be done with the past: compare, blame, go back, branch, merge."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from .blame import Origin, blame
from .branching import merge_branch, with_checkpoint
from .comparing import Comparing, Comparison
from .erasing import Erasure, erase_block, erase_passage, erase_text
from .errors import ConflictError, ExistsError, InvalidError, NotFoundError
from .forgetting import forget_entry
from .losses import put_back
from .model import MAIN, Block, Intent, checked_note
from .reading import absent
from .refiling import refile
from .refs import Branch, Checkpoint, Point, checked_name
from .restoring import restore_all, restore_block, revert
from .store import Snapshot, Store, Transaction
from .transact import Write, Written, transact
from .writing import delete


class History:
    """The past of a space."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    # ------------------------------------------------------------------ looking

    async def compare(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        label: str | None = None,
        branch: str = MAIN,
    ) -> Comparison:
        """Return what differs from one place to another, of one block or of all.

        Without `end`, to what the branch has now; without `start`, from what was before the change
        that made the end: what the last edit did.

        Raises:
            NotFoundError, InvalidError: there is no such block or place, or there are several.
        """

        def work(view: Snapshot) -> Comparison:
            places = Comparing(view, branch, self._now())
            return places.all(start, end) if label is None else places.one(label, start, end)

        return await self._store.read(work)

    async def blame(
        self, label: str, at: str | None = None, *, branch: str = MAIN, seconds: float | None = None
    ) -> tuple[Block, list[Origin]]:
        """Return a block and, line by line, the change that each came with.

        Looks back for at most `seconds`; lines that are older have no change.

        Raises:
            NotFoundError, InvalidError: there is no such block or place, or there are several.
        """

        def work(view: Snapshot) -> tuple[Block, list[Origin]]:
            block = Comparing(view, branch, self._now()).block(label, at)
            if block is None:
                raise absent(view, branch, label, at)
            made = view.change(block.change)
            return block, blame(view, Point(made.branch, block.change), block, seconds)

        return await self._store.read(work)

    async def checkpoints(self) -> list[Checkpoint]:
        """Return every checkpoint, newest first."""
        return await self._store.read(lambda view: view.checkpoints())

    async def branches(self) -> list[Branch]:
        """Return the branches that are open, oldest first."""
        return await self._store.read(lambda view: view.branches())

    # ------------------------------------------------------------------ going back

    async def restore(self, intent: Intent, to: str, label: str | None = None) -> Written:
        """Bring one block, or everything, back to a place. A checkpoint of everything is made."""

        def work(write: Write) -> Written:
            if label is not None:
                return restore_block(write, label, to)
            pairs, point = restore_all(write, to)
            record = partial(write.record, pairs, restores=point.change or None)
            return with_checkpoint(write, "restore", record)

        return await transact(self._store, self._now, intent, work)

    async def revert(self, intent: Intent, change: int) -> Written:
        """Take back what one change did, and nothing else."""

        def work(write: Write) -> Written:
            pairs, passages = revert(write, change), refile(write, change)
            try:
                return write.record(pairs, passages=passages, undoes=change)
            except ExistsError as error:
                raise ConflictError(f"change {change} cannot be taken back: {error}") from None

        return await transact(self._store, self._now, intent, work)

    async def put_back(self, intent: Intent, change: int) -> Written:
        """Bring back the entries that a rewrite left out unconfirmed.

        Raises:
            InvalidError: there is nothing of that change to bring back.
        """
        return await transact(self._store, self._now, intent, lambda write: put_back(write, change))

    async def checkpoint(
        self, intent: Intent, name: str, message: str = "", at: str | None = None
    ) -> Checkpoint:
        """Give a place a name. The same name for the same place again changes nothing.

        Raises:
            ExistsError: the name is taken.
            InvalidError: it cannot be one.
        """
        clean = checked_name(name, "checkpoint")
        checked_note(message, "the message")

        def work(tx: Transaction) -> Checkpoint:
            point = Comparing(tx, intent.branch, self._now()).point(at)
            known = tx.checkpoint(clean)
            if known and known.point.change == point.change and message in ("", known.message):
                return known
            infos = tx.infos_at(point.branch, point.change)
            if at is not None:
                tx.blocks_at(point.branch, point.change)  # its texts must still be kept
            made = Checkpoint(
                name=clean,
                point=point,
                message=message,
                author=intent.author,
                at=self._now(),
                automatic=False,
                blocks=len(infos),
                chars=sum(info.chars for info in infos),
            )
            tx.add_checkpoint(made)
            return made

        return await self._store.write(work)

    async def drop_checkpoint(self, name: str) -> None:
        """Take a checkpoint's name away; the change stays.

        Raises:
            NotFoundError: there is none of that name.
        """

        def work(tx: Transaction) -> None:
            if tx.checkpoint(name) is None:
                names = ", ".join(k.name for k in tx.checkpoints()[:12])
                raise NotFoundError(
                    f"there is no checkpoint {name!r}; there are {names or 'none'}."
                )
            tx.drop_checkpoint(name)

        await self._store.write(work)

    # ------------------------------------------------------------------ forgetting

    async def forget(
        self,
        intent: Intent,
        *,
        label: str | None = None,
        entry: str | None = None,
        expected: str | None = None,
    ) -> Written:
        """Take an entry (of one block, or of all), or a whole block, out of the present.

        Raises:
            InvalidError: neither is given.
            NoMatchError: no line is that entry.
            ConflictError: the block has text that the caller has not seen.
        """

        def work(write: Write) -> Written:
            if entry is not None:
                return forget_entry(write, entry, label)
            if label is None:
                raise InvalidError("say what to forget: a label, or an entry.")
            return delete(write, label, expected)

        return await transact(self._store, self._now, intent, work)

    async def erase_text(
        self, intent: Intent, text: str, *, seconds: float | None = None
    ) -> Erasure:
        """Erase a text from every version, on every branch, and from the disk: see `erasing`."""
        return await erase_text(self._store, self._now, intent, text, seconds)

    async def erase_block(self, intent: Intent, label: str) -> Erasure:
        """Erase a block with all its versions: see `erasing`."""
        return await erase_block(self._store, self._now, intent, label)

    async def erase_passage(self, intent: Intent, name: str) -> Erasure:
        """Erase a passage or episode with all its versions: see `erasing`."""
        return await erase_passage(self._store, self._now, intent, name)

    # ------------------------------------------------------------------ branching

    async def make_branch(self, intent: Intent, name: str, start: str | None = None) -> Branch:
        """Make a branch from what `intent.branch` has now, or from a place.

        Raises:
            ExistsError: the name is taken.
            InvalidError: it cannot be one.
        """
        clean = checked_name(name, "branch")

        def work(tx: Transaction) -> Branch:
            origin = Comparing(tx, intent.branch, self._now()).point(start)
            tx.make_branch(clean, origin, intent.author, self._now())
            return tx.branches(clean)[0]

        return await self._store.write(work)

    async def delete_branch(self, name: str) -> Branch:
        """End a branch. What was done on it stays readable by change numbers.

        Raises:
            InvalidError: it is the main branch.
            NotFoundError: there is no such branch.
        """

        def work(tx: Transaction) -> Branch:
            if name == MAIN:
                raise InvalidError(f"{MAIN} cannot be deleted; it is what everyone works on.")
            tx.head(name)
            (gone,) = tx.branches(name)
            tx.close_branch(name, self._now())
            return gone

        return await self._store.write(work)

    async def merge(
        self, intent: Intent, source: str, resolutions: Mapping[str, str] | None = None
    ) -> Written:
        """Merge another branch into `intent.branch`: what is new there, and nothing twice.

        `resolutions` says of each conflict, by its id, which side stands: ours, theirs, both, or
        a text to put there; "*" is for all others.

        Raises:
            MergeConflictError: there are conflicts left to decide; nothing was written.
            NotFoundError, InvalidError: there is no such branch, or nothing of that id to resolve.
        """
        given = resolutions or {}

        def work(write: Write) -> Written:
            run = write.tx.run()
            if run is not None and (run.branch, intent.branch) == (source, MAIN):
                raise InvalidError(
                    f"{source} is a consolidation: memory_consolidate(action='finish'), or "
                    "`tokenspace consolidate finish`, merges it, once nothing is missing."
                )
            return merge_branch(write, source, given)

        return await transact(self._store, self._now, intent, work)
