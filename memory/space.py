"""A space: the only door to the domain. One method a thing that can be done with memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import anyio

from . import edit, patching, writing
from .archive import Archive
from .beginning import begin
from .consolidation import Consolidation
from .embedders import Embedders
from .exchanging import Exchange
from .history import History
from .indexing import Indexer
from .losses import account
from .model import MAIN, Block, BlockInfo, Change, Draft, Intent
from .noting import NotedSearch, Noting
from .outcomes import Outcomes
from .patch import Section, parse
from .places import block_at, point_at
from .reading import Context, absent, readable
from .refs import Point
from .review import Review
from .rewording import by_meaning
from .store import Snapshot, SqliteStore, Store
from .transact import Write, Written, transact


class Space:
    """One memory database."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], embedders: Embedders | None = None
    ) -> None:
        self._store = store
        self._now = now
        self._embedders = embedders or Embedders.off()
        self.history = History(store, now)
        """What can be done with the past."""
        self.archive = Archive(store, now)
        """Passages and episodes."""
        self.exchange = Exchange(store, now)
        """What comes from elsewhere, and what goes there."""
        self.outcomes = Outcomes(store, now)
        """How tasks went, and which edit made them go worse."""
        self.consolidation = Consolidation(store, now, self.outcomes)
        """Tidying, on a branch."""
        self.noting = Noting(store, now)
        """What is read, and when."""
        self.search = NotedSearch(store, now, self._embedders, self.noting)
        """Finding things, everywhere."""
        self.review = Review(store, now, self.search, self.outcomes, self.noting)
        """What a new text supersedes, what clashes, and how all of it stands."""
        self.indexer = Indexer(store, now, self._embedders)
        """The making of vectors, for whoever has the time."""

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        embedders: Embedders | None = None,
        make: bool = True,
    ) -> Self:
        """Open the space in the file `path`; a new file gets the default blocks.

        Without `embedders` searches go by words alone; without `make` there has to be a file.

        Raises:
            TokenspaceError: the file cannot be used; the message says why and what to do.
        """
        store = await SqliteStore.open(path, make=make)
        space = cls(store, now, embedders)
        try:
            if not await store.read(lambda view: view.head(MAIN)):
                await store.write(lambda tx: begin(tx, now()))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await store.close()
            raise
        return space

    def is_current(self) -> bool:
        """Tell whether the file that is open is still the one at its path."""
        return self._store.is_current()

    def now(self) -> datetime:
        """Return the time of the space's clock, UTC."""
        return self._now()

    async def rest(self) -> None:
        """Let go of what is in memory only to be quick; it comes back with use."""
        await self._store.rest()

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
        self.indexer.end()
        await self._embedders.close()
        await self.noting.close()
        await self._store.close()

    # ------------------------------------------------------------------ reading

    async def context(self, at: str | None = None, branch: str = MAIN) -> Context:
        """Return every block of a branch, now or at a place in history.

        Raises:
            NotFoundError, InvalidError: there is no such branch or place, or there are several.
        """

        def work(view: Snapshot) -> Context:
            if at is None:
                blocks, damaged = readable(view, branch)
                return Context(tuple(blocks), Point(branch, view.head(branch)), tuple(damaged))
            point = point_at(view, branch, at, self._now())
            return Context(tuple(view.blocks_at(point.branch, point.change)), point)

        found = await self._store.read(work)
        self.noting.shown(found.blocks)
        return found

    async def read(
        self, label: str, at: str | None = None, branch: str = MAIN
    ) -> tuple[Block, Point]:
        """Return a block, and the branch with its newest change.

        `at` is a place in history: see `places`.

        Raises:
            NotFoundError: no such block or branch, or not at that place.
            InvalidError: `at` names several places.
        """

        def work(view: Snapshot) -> tuple[Block, Point]:
            head = Point(branch, view.head(branch))
            if at is None:
                found = view.block(branch, label)
            else:
                found = block_at(view, branch, label, at, self._now())
            if found is None:
                raise absent(view, branch, label)
            return found, head

        asked = ("block", branch, label) if at is None else None
        block, head = await self._store.read(work, brief=asked)
        self.noting.asked(block)
        return block, head

    async def infos(self, branch: str = MAIN) -> list[BlockInfo]:
        """Return every block without its text, oldest first."""
        return await self._store.read(lambda view: view.infos(branch))

    async def changes(
        self,
        label: str | None = None,
        *,
        before: int | None = None,
        limit: int = 50,
        branch: str = MAIN,
    ) -> list[Change]:
        """Return the newest changes of a branch's past or of one block's, newest first.

        Raises:
            NotFoundError: no block has or had that label.
        """

        def work(view: Snapshot) -> list[Change]:
            found = view.changes(branch, label=label, before=before, limit=limit)
            if label is not None and not found and view.block(branch, label) is None:
                raise absent(view, branch, label)
            return found

        return await self._store.read(work)

    async def head(self) -> int:
        """Return the number of the newest change on any branch."""
        return await self._store.read(lambda view: view.newest(), brief="newest")

    async def watch(
        self, since: int, pause: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[Change]:
        """Yield every change after `since`, by this or another process, as they are committed.

        `pause` waits for the next look. Ends when the file is no longer the one at its path.
        """
        last: int | None = None
        while self._store.is_current():
            pulse = await self._store.pulse()
            while pulse != last:
                found = await self._store.read(lambda view, seen=since: view.since(seen))
                for change in found:
                    since = change.number
                    yield change
                last = last if found else pulse
            await pause()

    # ------------------------------------------------------------------ writing

    async def replace(
        self, label: str, old: str, new: str, intent: Intent, expected: str | None = None
    ) -> Written:
        """Replace the one occurrence of `old` in a block; an empty `new` deletes it."""
        return await self._rewrite(
            intent, lambda w: writing.replace_text(w, label, old, new, expected)
        )

    async def insert(
        self, label: str, new: str, line: int, intent: Intent, expected: str | None = None
    ) -> Written:
        """Insert whole lines after line `line` of what the caller has read (-1: at the end)."""
        return await self._write(
            intent,
            lambda w: writing.edit_text(w, label, lambda t: edit.insert(t, new, line), expected),
        )

    async def rethink(
        self,
        label: str,
        value: str,
        intent: Intent,
        expected: str | None = None,
        drop: Sequence[str] = (),
    ) -> Written:
        """Rewrite a block, or make it; `drop` names entries that may go, by text or line number."""
        return await self._rewrite(
            intent, lambda w: writing.rethink(w, label, value, expected, drop)
        )

    async def patch(
        self,
        patch: str,
        intent: Intent,
        seen: Callable[[Section], str | None] | None = None,
        drop: Sequence[str] = (),
    ) -> Written:
        """Apply a patch over several blocks: all of it, or nothing.

        `seen` gives the version that the caller has read of a section's block, where the patch
        itself names none. `drop` names entries that may go.
        """
        sections = parse(patch)
        for section in sections:
            if section.version is None and seen is not None:
                section.version = seen(section)
        return await self._rewrite(intent, lambda w: account(w, patching.patch(w, sections), drop))

    async def create(self, draft: Draft, intent: Intent) -> Written:
        """Make a block."""
        return await self._write(intent, lambda w: writing.create(w, draft))

    async def delete(self, label: str, intent: Intent, expected: str | None = None) -> Written:
        """Delete a block; its history stays."""
        return await self._write(intent, lambda w: writing.delete(w, label, expected))

    async def rename(self, label: str, new_label: str, intent: Intent) -> Written:
        """Give a block another label; its history goes with it."""
        return await self._write(intent, lambda w: writing.rename(w, label, new_label))

    async def describe(
        self,
        label: str,
        intent: Intent,
        *,
        description: str | None = None,
        limit: int | None = None,
        read_only: bool | None = None,
        tags: tuple[str, ...] | None = None,
    ) -> Written:
        """Change what is said about a block; what is None stays."""
        return await self._write(
            intent,
            lambda w: writing.describe(
                w, label, description=description, limit=limit, read_only=read_only, tags=tags
            ),
        )

    async def _write(self, intent: Intent, work: Callable[[Write], Written]) -> Written:
        return await transact(self._store, self._now, intent, work)

    async def _rewrite(self, intent: Intent, work: Callable[[Write], Written]) -> Written:
        """Do a write that may lose something; what is said in other words is not lost."""
        return await by_meaning(
            self._store, self._embedders.wanted, await self._write(intent, work)
        )
