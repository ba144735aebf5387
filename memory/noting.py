"""Noting what is read: at once in memory, now and then in the file.

A read waits for none of it, and is not spoiled where it cannot be written. It is no change: what is
noted stands beside the history, and the last seconds of it are lost with a process that is killed.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from .embedders import Embedders
from .errors import TokenspaceError
from .finding import Find, Findings
from .model import MAIN, Block
from .querying import Scope
from .reads import Read
from .search import PATIENCE_S, Search
from .store import Snapshot, Store

logger = logging.getLogger(__name__)

PAUSE_S = 10.0
"""How long what was read is noted in memory alone."""

RIGHT_TO = timedelta(hours=1)
"""A read that came sooner after one that is noted is not written."""


class Noting:
    """The noting of what is read in a space, by this process."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._asked: dict[str, datetime] = {}  # by identity, as the next
        self._shown: dict[str, datetime] = {}
        self._found: dict[str, datetime] = {}  # by label
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def asked(self, block: Block) -> None:
        """Note that somebody asked for a block by its name."""
        self._note(self._asked, (block.uid,))

    def shown(self, blocks: Iterable[Block]) -> None:
        """Note that blocks were shown together with all others."""
        self._note(self._shown, (block.uid for block in blocks))

    def found(self, finds: Iterable[Find]) -> None:
        """Note that a search has found something; of that, what stands in blocks."""
        self._note(self._found, (find.name for find in finds if find.place == "blocks"))

    async def write(self) -> None:
        """Write what was noted; where that fails, it is tried again with what is read next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        async with self._turn:
            asked, shown, found = self._asked, self._shown, self._found
            self._asked, self._shown, self._found = {}, {}, {}
            if not (asked or shown or found):
                return

            def news(view: Snapshot) -> dict[str, Read]:
                known = {info.label: info.uid for info in view.infos(MAIN)} if found else {}
                named = {known[label]: at for label, at in found.items() if label in known} | asked
                noted = view.reads().last
                reads = {uid: Read(named.get(uid), shown.get(uid)) for uid in {*named, *shown}}
                return {uid: read for uid, read in reads.items() if _is_new(read, noted.get(uid))}

            try:
                # Most reads are no news, and need no lock that somebody may hold for long.
                new = await self._store.read(news)
                if new:
                    await self._store.write(lambda tx: tx.note_reads(new))
            except TokenspaceError as error:
                logger.debug("what was read is not noted: %s", error)
                self._asked = asked | self._asked
                self._shown = shown | self._shown
                self._found = found | self._found

    async def close(self) -> None:
        """Write what is still to be written: the space is about to be closed."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self.write()

    def _note(self, where: dict[str, datetime], names: Iterable[str]) -> None:
        where.update(dict.fromkeys(names, self._now()))
        if self._timer is None and where:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_S, self._begin)

    def _begin(self) -> None:
        self._writing = asyncio.create_task(self.write())


def _is_new(read: Read, noted: Read | None) -> bool:
    """Tell whether a read came so long after those that are noted that it is worth a write."""
    if noted is None:
        return True
    pairs = ((read.asked, noted.asked), (read.shown, noted.shown))
    return any(at and (last is None or at - last >= RIGHT_TO) for at, last in pairs)


class NotedSearch(Search):
    """The searching of a space, which notes what is found."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], embedders: Embedders, noting: Noting
    ) -> None:
        super().__init__(store, now, embedders)
        self._noting = noting

    async def find(
        self,
        text: str,
        scope: Scope,
        limit: int,
        offset: int = 0,
        patience_s: float = PATIENCE_S,
    ) -> Findings:
        """Return what answers a question best, as `Search` does."""
        found = await super().find(text, scope, limit, offset, patience_s)
        self._noting.found(found.finds)
        return found
