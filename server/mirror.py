"""A memory and a folder of Markdown kept alike: edits go both ways, and none is lost.

Each step first takes in what was edited in the files, against the state that each was written from
(`memory/mirroring.py`), then writes what memory has. An edit that clashes is kept in a file beside,
and memory's text takes its place; so the next save of an old text clashes again, and is kept.
A file that somebody writes is left to them until it stood still for a while.
"""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import replace

from ..memory import Intent, Space
from ..memory.errors import InvalidError
from ..memory.exchange.filenames import BLOCKS
from ..memory.exchange.markdown import FOLDERS, is_cut_short
from ..memory.mirroring import Dropped, Gone
from ..memory.model import MAIN
from ..memory.passages import passage_number
from .mirror_intake import Event, Intake
from .mirror_memory import Remembered, file_of
from .mirror_missing import CALM_S, Missing
from .mirror_replaced import Attic, Replaced
from .mirror_state import Known, Stamp
from .mirrored_folder import Folder, Found, digest

EMPTY_S = 30.0
"""So long a file that was emptied stood still before that counts: some editors empty it first."""

_DURABLE = 100  # files that are each waited for; of more, all at once
_TURN = 32  # files between two looks at whether this shall end


class Mirror:
    """The two-way mirror of one space's branch and one folder."""

    def __init__(
        self,
        space: Space,
        folder: Folder,
        intent: Intent,
        tell: Callable[[Event], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        ended: Callable[[], bool] = lambda: False,
        deletes: bool = False,
        calm_s: float = CALM_S,
    ) -> None:
        """Mirror a branch.

        Args:
            space: The memory.
            folder: The folder.
            intent: By whom, and on which branch.
            tell: Is told of whatever is done with a file.
            clock: The time, in seconds.
            ended: Tells whether the writing of many files shall end.
            deletes: Whether any number of files that are gone is a deletion.
            calm_s: How long a file stood still that somebody wrote, before it is replaced.
        """
        self._space = space
        self._folder = folder
        self._intent = intent
        self._tell = tell
        self._clock = clock
        self._ended = ended
        self._calm_s = calm_s
        self._intake = Intake(space, folder, intent, tell)
        self._memory = Remembered(space, intent.branch)
        self._attic = Attic(folder.root)
        self._due: set[str] = set()
        self._seen: dict[str, tuple[Stamp, float]] = {}
        self._missing = Missing(folder, tell, many=deletes)
        folder.kept = FOLDERS if intent.branch == MAIN else (BLOCKS,)

    @property
    def memory(self) -> Remembered:
        """What memory has, as it was last read."""
        return self._memory

    async def begin(self) -> list[str]:
        """Read what memory has and the folder; return the files that are not what memory has.

        Files that have just what would be written are ours, whoever wrote them.
        """
        self._due |= await self._memory.refresh()
        self._folder.origin, self._folder.branch = self._memory.origin, self._intent.branch
        self._folder.save()
        found = self._scan().files
        self._due |= {known.of for known in self._folder.known.values()}
        new = found.keys() - self._folder.known.keys()
        for name, thing in self._memory.things.items() if new else ():
            path, data = file_of(thing)
            if path in new and self._data(path) == data:
                change = thing.change
                self._folder.known[path] = Known(name, change, change, digest(data))
        return [path for path, stamp in found.items() if self._data(path, stamp) is not None]

    async def step(self) -> None:
        """Take in what was edited since, and write what memory has.

        An edit counts once a file stands still for a step: editors write in pieces.

        Raises:
            EmptiedError: no file is left of those that were there.
            TokenspaceError: the space cannot be used.
        """
        fresh = not self._memory.origin and bool(await self.begin())
        now, found = self._clock(), self._scan()
        here = found.files.keys() | found.odd.keys()
        for late, data in self._attic.edited(now):
            if not is_cut_short(data.decode(errors="replace")):
                await self._offer(late.path, data, here, late)
        for path, stamp in found.files.items():
            seen = self._seen.get(path)
            if seen is None or seen[0] != stamp:
                self._seen[path] = stamp, now
            elif not self._ended():
                await self._taken(path, stamp, now - seen[1], here)
        self._seen = {path: seen for path, seen in self._seen.items() if path in here}
        gone = self._missing.look(here, now)
        if gone and not self._may_be_moved(found.files, now):
            await self._delete(gone)
        self._due |= await self._memory.refresh()
        if not fresh:  # whose the files are that are there is known at the next look
            await self.write()

    async def close(self) -> None:
        """Take in what was written to files that were replaced, and keep what is known."""
        for late, data in self._attic.edited(self._clock(), last=True):
            if not is_cut_short(data.decode(errors="replace")):
                await self._offer(late.path, data, self._folder.scan().files, late)
        self._attic.close()
        self._folder.save()

    def _scan(self) -> Found:
        found = self._folder.scan()
        for path, why in found.odd.items():
            self._intake.refuse(path, "odd", why)
        return found

    # ------------------------------------------------------------------ what was edited

    async def _taken(self, path: str, stamp: Stamp, still_s: float, here: Collection[str]) -> None:
        """Take in a file if it was edited."""
        data = self._data(path, stamp)
        if data is None:
            return
        if still_s < EMPTY_S and is_cut_short(data.decode(errors="replace")):
            return
        await self._offer(path, data, here)

    async def _offer(
        self, path: str, data: bytes, here: Collection[str], late: Replaced | None = None
    ) -> None:
        of = await self._intake.offer(path, data, here, late)
        if of is not None:
            self._due.add(of)

    def _data(self, path: str, stamp: Stamp | None = None) -> bytes | None:
        """Return what stands in a file; with a stamp, only if memory does not have that."""
        try:
            return self._folder.edited(path, stamp) if stamp else self._folder.read(path)
        except InvalidError as error:
            self._intake.refuse(path, str(stamp), str(error))
            return None

    # ------------------------------------------------------------------ what memory has

    async def write(self, *, over: bool = False) -> None:
        """Write what memory has; what was edited stays as it is, unless `over`."""
        if not self._due:
            return
        ready = self._cleared(over=over)
        few = len(ready) <= _DURABLE
        try:
            for at, of in enumerate(ready):
                if at % _TURN == 0:
                    await asyncio.sleep(0)
                    if self._ended():
                        return
                if self._written(of, over=over, durable=few):
                    self._due.discard(of)
        finally:
            if not few and hasattr(os, "sync"):
                os.sync()
            if ready:
                self._folder.save()

    def _cleared(self, *, over: bool) -> list[str]:
        """Remove files that are not where they shall be; return what can be written then."""
        paths: dict[str, list[str]] = defaultdict(list)
        for path, known in self._folder.known.items():
            paths[known.of].append(path)
        waits = set(self._memory.damaged)
        if not over:
            waits |= self._missing.things()
        return [of for of in self._due - waits if self._cleared_of(of, paths[of], over=over)]

    def _cleared_of(self, of: str, paths: list[str], *, over: bool) -> bool:
        """Do so for one thing; tell whether it has no file elsewhere then."""
        thing = self._memory.things.get(of)
        wanted = file_of(thing)[0] if thing else None
        left = False
        for path in paths:
            if path == wanted:
                continue
            if over or self._may_replace(path):
                left |= not self._done(path, "removed", lambda p=path: self._folder.remove(p))
            else:
                left = True
        return not left

    def _written(self, of: str, *, over: bool, durable: bool) -> bool:
        """Write the file of a thing; tell whether it has what memory has."""
        thing = self._memory.things.get(of)
        if thing is None:
            return True
        path, data = file_of(thing)
        known = self._folder.known.get(path)
        if known is not None and known.digest == digest(data) and known.of == of and not over:
            return True
        others = known is not None and known.of != of and known.of in self._memory.things
        if not over and (others or not self._may_replace(path)):
            return False
        new = known is None
        return self._done(
            path,
            "written",
            lambda: self._folder.write(path, data, of, thing.change, durable=durable or not new),
        )

    def _may_replace(self, path: str) -> bool:
        """Tell whether memory has what stands in a file, and nobody writes it now."""
        known, seen = self._folder.known.get(path), self._seen.get(path)
        if known is not None and known.theirs and (self._folder.root / path).exists():
            calm = seen is not None and self._clock() - seen[1] >= self._calm_s
            return (calm or not self._calm_s) and self._folder.is_ours(path)
        return self._folder.is_ours(path)

    def _done(self, path: str, did: str, work: Callable[[], None]) -> bool:
        """Replace or remove a file; tell whether that could be done."""
        try:
            self._attic.keep(path, self._folder.known.get(path), self._clock())
            work()
        except (OSError, InvalidError) as error:
            why = error.strerror or "" if isinstance(error, OSError) else str(error)
            self._intake.refuse(path, f"not {did}", f"it cannot be {did}: {why}")
            return False
        self._tell(Event(did, path))
        return True

    # ------------------------------------------------------------------ what was deleted

    def _may_be_moved(self, here: Collection[str], now: float) -> bool:
        """Tell whether a new file was written just now: it may be one of those that are gone."""
        return any(self._seen[path][1] == now for path in here if path not in self._folder.known)

    async def _delete(self, missing: list[str]) -> None:
        """Delete from memory what the missing files were of."""
        was = {path: self._folder.known[path] for path in missing}
        things = tuple(
            Gone(k.of, None, k.upto)
            if path.startswith(f"{BLOCKS}/")
            else Gone(None, passage_number(k.of)[1], k.upto)
            for path, k in was.items()
            if k.of
        )
        told = f"{missing[0]} was deleted"
        if len(missing) > 1:
            told = f"{len(missing)} files were deleted: {', '.join(missing)}"
        intent = replace(self._intent, reason=told[:2_000])
        done = await self._space.exchange.drop(Dropped(things), intent)
        blocks, passages = (done.change.blocks, done.change.passages) if done.change else ((), ())
        deleted = {t.uid for t in blocks} | {p.name for p in passages}
        self._due |= await self._memory.refresh()
        for path, k in was.items():
            self._folder.known.pop(path)
            self._due.add(k.of)
            if k.of in deleted:
                self._tell(Event("deleted", path))
            elif k.of in self._memory.things:
                told = "it was changed in memory since: it is written anew."
                self._tell(Event("conflict", path, told))
