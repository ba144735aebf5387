"""What memory has, for a mirror: read once, then kept up with, change by change."""

from ..memory import Block, Space
from ..memory.errors import CorruptError, DeletedError, LetGoError
from ..memory.exchange import markdown
from ..memory.exchanging import Everything
from ..memory.model import MAIN, Change
from ..memory.passages import Passage

Thing = Block | Passage

_MOST = 200
"""More changes, or passages, than this: all is read anew."""


def name_of(thing: Thing) -> str:
    """Return what a block or passage is known by."""
    return thing.name if isinstance(thing, Passage) else thing.uid


def file_of(thing: Thing) -> tuple[str, bytes]:
    """Return the path of its file, and what stands in it."""
    if isinstance(thing, Passage):
        path, text = markdown.passage_file(thing)
    else:
        path, text = markdown.block_file(thing)
    return path, text.encode()


def text_of(thing: Thing) -> str:
    """Return its text."""
    return thing.text if isinstance(thing, Passage) else thing.value


class Remembered:
    """All blocks of a branch, and on main all passages.

    Attributes:
        things: What there is, by uid or name.
        damaged: What cannot be read now, by uid or name.
        origin: What tells this space from others.
    """

    def __init__(self, space: Space, branch: str) -> None:
        self.things: dict[str, Thing] = {}
        self.damaged: set[str] = set()
        self.origin = ""
        self._damaged: tuple[str, ...] = ()  # by label or name
        self._space = space
        self._branch = branch
        self._head = -1
        self._newest: Change | None = None

    def everything(self) -> Everything:
        """Return all of it."""
        things = self.things.values()
        return Everything(
            tuple(thing for thing in things if isinstance(thing, Block)),
            tuple(thing for thing in things if isinstance(thing, Passage)),
            self._damaged,
            self._head,
            self.origin,
        )

    async def refresh(self) -> set[str]:
        """Read what changed; return of what, whether it is still there or not."""
        head = await self._space.head()
        if head == self._head:
            return set()
        (newest, *_) = await self._space.changes(branch=self._branch, limit=1)
        before = self._newest
        changes = None if before is None or self.damaged else await self._since(before)
        try:
            news = await self._all() if changes is None else await self._some(before, changes)
        except (CorruptError, LetGoError):
            news = await self._all()
        self._head, self._newest = head, newest
        return news

    async def _since(self, before: Change) -> list[Change] | None:
        """Return the changes since one; None where it is no part of the past, or too long ago."""
        found = await self._space.changes(branch=self._branch, limit=_MOST)
        news = [change for change in found if change.number > before.number]
        follows = before.hash in (change.hash for change in found[len(news) : len(news) + 1])
        few = sum(len(change.passages) for change in news) <= _MOST
        return news if follows and few else None

    async def _all(self) -> set[str]:
        found = await self._space.exchange.everything(self._branch)
        self.origin, self._damaged = found.origin, found.damaged
        self.damaged = set(found.damaged)
        if found.damaged:
            infos = await self._space.infos(self._branch)
            self.damaged |= {info.uid for info in infos if info.label in found.damaged}
        there = (*found.blocks, *(found.passages if self._branch == MAIN else ()))
        old, self.things = self.things, {name_of(thing): thing for thing in there}
        return {
            name
            for name in old.keys() | self.things.keys()
            if old.get(name) != self.things.get(name)
        }

    async def _some(self, before: Change | None, changes: list[Change]) -> set[str]:
        news: set[str] = set()
        if before is not None and any(change.blocks for change in changes):
            start = str(before.number)
            differing = await self._space.history.compare(start, branch=self._branch)
            for step in differing.steps:
                if step.after is not None:
                    news |= self._put(step.after.uid, step.after)
                elif step.before is not None:
                    news |= self._put(step.before.uid, None)
        if self._branch == MAIN:
            for name in {filed.name for change in changes for filed in change.passages}:
                try:
                    news |= self._put(name, (await self._space.archive.read(name))[0])
                except DeletedError:
                    news |= self._put(name, None)
        return news

    def _put(self, name: str, thing: Thing | None) -> set[str]:
        if thing is None:
            self.things.pop(name, None)
        else:
            self.things[name] = thing
        return {name}
