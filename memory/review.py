"""Looking over memory: what a new text supersedes, what clashes, and how all of it stands."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nlargest

import anyio

from .errors import CorruptError, LetGoError
from .finding import Find, IndexState
from .learned import Run
from .losses import Lost, lost
from .model import MAIN, Block, BlockInfo, label_key
from .noting import Noting
from .outcomes import Account, Outcomes
from .querying import Scope, parsed
from .reading import readable
from .reads import Reads, Unread, unread
from .refs import Point
from .rivals import Rival, likely, of_passages, parts, rivals
from .search import NEAR_PATIENCE_S, Search
from .store import Searcher, Store
from .sweeping import Pair, Spot, clashes, spots
from .workorder import WorkOrder, order

MOST_NEW = 20
"""New entries of one text that are looked at."""

MOST_PAIRS = 20

_MOST_ENTRIES = 5_000  # of blocks that a sweep compares
_MOST_CHARS = 256 * 1024  # of other blocks, read for a new entry; beyond, an index is asked
_ASKED = 5  # new entries of which the archive, and meaning, are asked
_FOUND = 5  # texts of the archive that are looked at for each
_SWEEP_S = 0.5
_SURE = 0.6  # likeness from which two entries are said to repeat each other, unasked
_OLD = timedelta(days=180)
_OLDEST = 3
_PASSING = timedelta(days=7)  # so long after it was written, "tomorrow" is over
_AGED = 1_000  # entries whose age is looked at

_BLOCKS, _ARCHIVE = (Scope(places=frozenset((place,))) for place in ("blocks", "archive"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a space stands.

    Attributes:
        point: Main, and its newest change.
        blocks: Those of main; `damaged` ones cannot be read.
        order: What there is to tidy: clashes, what is too long, what time has overtaken.
        old: How many entries of blocks are older than half a year; `oldest` has some of them.
        unread: Blocks that nobody has asked for in a long time.
        losses: What rewrites left out, unconfirmed, and what is still missing.
        unlearned: How many episodes no consolidation has learned from.
        run: The consolidation that is under way.
        outcomes: How tasks went, and which edit is suspected.
        index: How far search is; `how` says it in a line.
    """

    point: Point
    blocks: tuple[Block, ...]
    damaged: tuple[BlockInfo, ...]
    order: WorkOrder
    old: int
    oldest: tuple[Find, ...]
    unread: tuple[Unread, ...]
    losses: tuple[Lost, ...]
    unlearned: int
    run: Run | None
    outcomes: Account
    index: IndexState
    how: str


class Review:
    """The reviewing of a space."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        search: Search,
        outcomes: Outcomes,
        noting: Noting,
    ) -> None:
        self._store = store
        self._now = now
        self._search = search
        self._outcomes = outcomes
        self._noting = noting

    async def superseded(
        self,
        branch: str,
        label: str,
        text: str,
        apart: Collection[int | str] = (),
        own: Block | None = None,
    ) -> list[Rival]:
        """Return the entries that a text which was just written most likely supersedes.

        Args:
            branch: Whose blocks are compared; the archive is everybody's.
            label: The block that was written to, empty for none; of equals, its entries go first.
            text: What was written.
            apart: What is not compared with, being what was written: lines of that block from 1,
                names of passages.
            own: That block as it is with the text, where the caller has it; else it is read.

        Raises:
            TokenspaceError: the file cannot be read.
        """
        news = parts(text, by_sentence=not label)[:MOST_NEW]
        if not news:
            return []
        near = await self._search.alike(news[:_ASKED], (_BLOCKS, _ARCHIVE), NEAR_PATIENCE_S)

        def work(view: Searcher) -> list[Rival]:
            standing = _standing(view, branch, label, news, apart, own)
            filed = [*_by_words(view, news, _ARCHIVE), *(find for found in near for find in found)]
            texts = {f.name: f.text for f in filed if f.place == "archive" and f.name not in apart}
            standing += of_passages(texts)
            return rivals(news, standing, [_cosines(standing, found) for found in near])

        return await self._store.search(work)

    async def sweep(self, branch: str = MAIN, seconds: float = _SWEEP_S) -> list[Pair]:
        """Return entries of blocks that repeat or contradict each other, the most certain first.

        Twenty at most, and as many as are found in about so many seconds: what is most alike is
        looked at first.
        """
        blocks, _ = await self._store.read(lambda view: readable(view, branch))
        return await anyio.to_thread.run_sync(_clashing, blocks, seconds)

    async def report(self) -> Status:
        """Return how the space stands."""
        now = self._now()
        await self._noting.write()
        seen = await self._store.search(lambda view: _seen(view, now))
        pairs = await anyio.to_thread.run_sync(_clashing, seen.blocks, _SWEEP_S)
        oldest_first = sorted(seen.blocks, key=lambda block: block.at)
        index = await self._search.state()
        return Status(
            point=seen.point,
            blocks=tuple(seen.blocks),
            damaged=tuple(seen.damaged),
            order=_overtaken(order(oldest_first, now, pairs=pairs), seen.recent),
            old=seen.old,
            oldest=tuple(seen.oldest),
            unread=tuple(unread(seen.blocks, seen.reads, now)),
            losses=tuple(seen.losses),
            unlearned=seen.unlearned,
            run=seen.run,
            outcomes=await self._outcomes.account(),
            index=index,
            how=await self._search.how(index),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one look at the file gives; `recent` are entries that are too new to be overtaken."""

    point: Point
    blocks: Sequence[Block]
    damaged: Sequence[BlockInfo]
    losses: Sequence[Lost]
    unlearned: int
    run: Run | None
    old: int
    oldest: Sequence[Find]
    reads: Reads
    recent: frozenset[tuple[str, str]]


def _seen(view: Searcher, now: datetime) -> _Seen:
    blocks, damaged = readable(view, MAIN)
    aged = view.newest_docs(replace(_BLOCKS, until=now - _OLD), _MOST_ENTRIES)
    young = view.newest_docs(replace(_BLOCKS, since=now - _PASSING), _AGED)
    return _Seen(
        point=Point(MAIN, view.head(MAIN)),
        blocks=blocks,
        damaged=damaged,
        losses=lost(view, MAIN),
        unlearned=view.episode_count(view.learned()),
        run=view.run(),
        old=len(aged),
        oldest=view.finds(aged[::-1][:_OLDEST]),
        reads=view.reads(),
        recent=frozenset((find.name, find.text) for find in view.finds(young)),
    )


def _overtaken(tidy: WorkOrder, recent: frozenset[tuple[str, str]]) -> WorkOrder:
    """Leave out what was written so lately that its "tomorrow" may be still to come."""
    names = {(label, entry) for label, text in recent for entry in parts(text)}
    stale = (
        one
        for one in tidy.stale
        if not one.why.startswith("says") or (one.spot.label, one.spot.entry) not in names
    )
    return replace(tidy, stale=tuple(stale))


def _clashing(blocks: Sequence[Block], seconds: float) -> list[Pair]:
    """Return the clashes of all entries; those that have a likely partner are asked first."""
    newest_first = sorted(blocks, key=lambda block: -block.change)
    among = spots(newest_first)[:_MOST_ENTRIES]
    found = clashes(likely(among), among, 10 * MOST_PAIRS, seconds)
    sure = [pair for pair in found if pair.kind == "contradicts" or pair.likeness >= _SURE]
    return sure[:MOST_PAIRS]


def _standing(
    view: Searcher,
    branch: str,
    label: str,
    news: Sequence[str],
    apart: Collection[int | str],
    own: Block | None,
) -> list[Spot]:
    """Return the entries of blocks that new ones are compared with; of one block first.

    Where there are too many, it is those that the index finds.
    """
    key = label_key(label) if label else ""
    infos = view.infos(branch)
    first = spots([own]) if own else _of_block(view, branch, label)
    found = [spot for spot in first if spot.line not in apart]
    room = _MOST_CHARS
    for info in infos:
        if label_key(info.label) == key:
            continue
        room -= info.chars
        if info.chars and room >= 0:
            found += _of_block(view, branch, info.label)
    if room < 0:
        known = {spot.label for spot in found}
        for find in _by_words(view, news, _BLOCKS):
            if find.name not in known:
                entry = "".join(parts(find.text)[:1])
                there = _of_block(view, branch, find.name)
                found += [spot for spot in there if entry in spot.entry][:1]
    return found


def _of_block(view: Searcher, branch: str, label: str) -> list[Spot]:
    """Return the entries of a block; none where there is none, or it cannot be read."""
    try:
        block = view.block(branch, label) if label else None
    except (CorruptError, LetGoError):
        return []
    return spots([block] if block else [])


def _by_words(view: Searcher, news: Sequence[str], where: Scope) -> Iterator[Find]:
    """Yield what has most of the words of new entries: a few for each."""
    if not view.newest_docs(where, 1):  # asking for words takes longer than this
        return
    for new in news[:_ASKED]:
        coverage = view.by_words(parsed(new), where)
        best = nlargest(_FOUND, coverage, key=coverage.__getitem__)
        yield from view.finds(best)


def _cosines(standing: Sequence[Spot], near: Sequence[Find]) -> dict[int, float]:
    """Return the cosines of what was found near by meaning, by its place among what stands."""
    at = {(spot.label, spot.entry): index for index, spot in enumerate(standing)}
    found: dict[int, float] = {}
    for find in near:
        for entry in parts(find.text, by_sentence=find.place == "archive")[:1]:
            index = at.get((find.name, entry))
            if index is not None:
                found[index] = find.score
    return found
