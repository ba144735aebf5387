"""Memory that comes from elsewhere, all of it as one change; and all that there is, to go there."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from . import adopting, mirroring
from .adopting import HERE, Adopted, Arrival
from .errors import CorruptError, InvalidError, LetGoError
from .exchange.bundle import Bundle
from .model import MAIN, Block, Change, Draft, Intent, label_key
from .passages import Passage, PassageDraft, draft_of_passage
from .reading import readable
from .store import Snapshot, Store
from .transact import Write, Written, draft_of, transact

_PAGE = 500  # passages that are read in one go
_EVERY = 2**31


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a bundle.

    Attributes:
        blocks: Where each block went.
        filed: For each passage and episode, whether it is new; False where it stands already.
        removed: Labels of blocks without text that the bundle does not have; see `Bundle.whole`.
        change: The change that was recorded, None where nothing differs or nothing was written.
    """

    blocks: tuple[Adopted, ...]
    filed: tuple[bool, ...]
    removed: tuple[str, ...] = ()
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """What a branch and the archive have now.

    Attributes:
        damaged: Names of what cannot be read.
        head: Number of the newest change.
        origin: See `Exchange.origin`.
    """

    blocks: tuple[Block, ...]
    passages: tuple[Passage, ...]
    damaged: tuple[str, ...]
    head: int
    origin: str


class Exchange:
    """The coming and going of a space."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def everything(self, branch: str = MAIN) -> Everything:
        """Return all blocks of a branch, all passages and episodes."""
        head, origin, blocks, damaged = await self._store.read(lambda view: _blocks(view, branch))
        passages: list[Passage] = []
        after = 0
        while numbers := await self._store.read(lambda view, n=after: view.archived(n, _PAGE)):
            for passage in await self._store.read(lambda view, n=numbers: _passages(view, n)):
                if isinstance(passage, str):
                    damaged.append(passage)
                else:
                    passages.append(passage)
            after = numbers[-1]
        return Everything(tuple(blocks), tuple(passages), tuple(damaged), head, origin)

    async def origin(self) -> str:
        """Return what tells this space from others: the hash of its first change."""
        return await self._store.read(_origin)

    async def plan(self, bundle: Bundle, branch: str = MAIN) -> Taken:
        """Return what `take` would do now."""
        return await self._store.read(lambda view: _plan(view, branch, bundle)[0])

    async def take(self, bundle: Bundle, intent: Intent) -> Taken:
        """Take in a bundle as one change; nothing that is here is overwritten.

        Raises:
            InvalidError: it has passages, and it is not main that is written to.
        """
        taken: list[Taken] = []

        def work(write: Write) -> Written:
            plan, pairs = _plan(write.tx, write.branch, bundle)
            taken[:] = [plan]
            news = [d for d, new in zip(bundle.passages, plan.filed, strict=True) if new]
            return write.record(pairs, passages=news)

        done = await transact(self._store, self._now, intent, work)
        return replace(taken[0], change=done.change)

    async def adopt(self, arrivals: list[Arrival], intent: Intent) -> tuple[Adopted, ...]:
        """Take in blocks from elsewhere as one change, without overwriting any text."""
        return (await self.take(Bundle(format="", arrivals=tuple(arrivals)), intent)).blocks

    async def plan_adoption(
        self, arrivals: list[Arrival], branch: str = MAIN
    ) -> tuple[Adopted, ...]:
        """Return what `adopt` would do now."""
        return (await self.plan(Bundle(format="", arrivals=tuple(arrivals)), branch)).blocks

    async def save_block(self, edited: mirroring.Edited, intent: Intent) -> Written:
        """Save a block that was edited outside: see `mirroring.save_block`."""
        return await transact(
            self._store, self._now, intent, lambda w: mirroring.save_block(w, edited)
        )

    async def save_passage(self, edited: mirroring.EditedPassage, intent: Intent) -> Written:
        """Save a passage or episode that was edited outside: see `mirroring.save_passage`."""
        return await transact(
            self._store, self._now, intent, lambda w: mirroring.save_passage(w, edited)
        )

    async def drop(self, edited: mirroring.Dropped, intent: Intent) -> Written:
        """Delete what was deleted outside: see `mirroring.drop`."""
        return await transact(self._store, self._now, intent, lambda w: mirroring.drop(w, edited))

    async def uid_of(self, label: str, change: int, branch: str = MAIN) -> str | None:
        """Return the identity of the block that had a label after a change."""

        def work(view: Snapshot) -> str | None:
            found = view.block_at(branch, label, change)
            return found.uid if found else None

        return await self._store.read(work)


def _blocks(view: Snapshot, branch: str) -> tuple[int, str, list[Block], list[str]]:
    blocks, damaged = readable(view, branch)
    return view.newest(), _origin(view), blocks, [info.label for info in damaged]


def _origin(view: Snapshot) -> str:
    return view.change(1).hash


def _passages(view: Snapshot, numbers: list[int]) -> Iterator[Passage | str]:
    """Return passages, those that cannot be read by their names."""
    return iter([found for number in numbers if (found := _passage(view, number)) is not None])


def _passage(view: Snapshot, number: int) -> Passage | str | None:
    try:
        return view.passage(number)
    except (CorruptError, LetGoError):
        return view.passage_name(number)


def _plan(
    view: Snapshot, branch: str, bundle: Bundle
) -> tuple[Taken, list[tuple[Block | None, Draft]]]:
    """Return what becomes of a bundle, and what blocks are and shall be."""
    if bundle.passages and branch != MAIN:
        raise InvalidError("the archive has no branches: take in what has passages on main.")
    filed = tuple(_news(view, bundle.passages))
    if bundle.whole and branch == MAIN and _is_fresh(view):
        adopted, removed = _replica(view, bundle.arrivals)
    else:
        adopted, removed = list(adopting.plan(view, branch, list(bundle.arrivals))), []
    pairs = [(a.before, a.draft) for a in adopted if a.action != HERE]
    pairs += [(block, replace(draft_of(block), value=None)) for block in removed]
    return Taken(tuple(adopted), filed, tuple(block.label for block in removed)), pairs


def _is_fresh(view: Snapshot) -> bool:
    """Tell whether nobody has written to a space yet."""
    return view.newest() <= 1 and not view.archived(0, 1)


def _replica(view: Snapshot, arrivals: tuple[Arrival, ...]) -> tuple[list[Adopted], list[Block]]:
    """Return what makes an untouched space have exactly these blocks, and which of its own go."""
    here = {label_key(block.label): block for block in view.blocks(MAIN)}
    adopted: list[Adopted] = []
    for arrival in arrivals:
        before = here.pop(label_key(arrival.draft.label), None)
        draft = replace(arrival.draft, uid=before.uid if before else None)
        same = before is not None and draft_of(before) == draft
        action = HERE if same else "filled" if before else "created"
        adopted.append(Adopted(arrival, before, draft, action))
    return adopted, list(here.values())


def _news(view: Snapshot, drafts: tuple[PassageDraft, ...]) -> Iterator[bool]:
    """Yield for each draft whether it is new; of equal ones, as many stand already as are here."""
    here: Counter[PassageDraft] = Counter()
    if any(draft.kind == "episode" for draft in drafts):
        here.update(map(_unnumbered, view.episodes(0, _EVERY)))
    asked: set[str] = set()
    for draft in drafts:
        text = draft.text or ""
        if draft.kind == "passage" and text not in asked:
            asked.add(text)
            here.update(map(_unnumbered, view.passages_of(text)))
        yield here[draft] <= 0
        here[draft] -= 1


def _unnumbered(passage: Passage) -> PassageDraft:
    return replace(draft_of_passage(passage), id=None)
