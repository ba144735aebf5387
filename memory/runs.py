"""Runs of consolidation in a view of the space: what an order is made from, what one lacks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from . import gate
from .ancestry import base_blocks, contains, past
from .errors import NotFoundError
from .learned import Run
from .losses import Lost, confirmed, lost
from .model import MAIN, Block
from .naming import essence, essences
from .passages import Passage
from .reading import absent, readable
from .refs import Point
from .store import Snapshot, Transaction
from .workorder import MOST_EPISODES


@dataclass(frozen=True, slots=True)
class Seen:
    """What an order is made from; `later` is how many episodes are not among these."""

    blocks: Sequence[Block]
    episodes: Sequence[Passage]
    later: int
    losses: Sequence[Lost]


@dataclass(frozen=True, slots=True)
class Looked:
    """What is missing on a branch; `at` is it, its head and that of main."""

    at: tuple[str, int, int]
    missing: Sequence[gate.Finding]

    def holds(self, view: Snapshot, run: Run) -> bool:
        """Tell whether nothing has been written since."""
        return self.at == _place(view, run)


def seen(view: Snapshot, branch: str, upto: int | None) -> Seen:
    """Return what an order for a branch is made from, with the episodes up to `upto`."""
    blocks, _ = readable(view, branch)
    learned = view.learned()
    episodes = [
        episode
        for episode in view.episodes(learned, MOST_EPISODES)
        if upto is None or episode.id <= upto
    ]
    later = view.episode_count(learned) - len(episodes)
    return Seen(blocks, episodes, later, _still_lost(view, blocks))


def look(
    view: Snapshot, drop: Sequence[str], decided: Collection[str], *, by_hand: bool
) -> Looked | None:
    """Return what is missing on the run that is under way; None where there is none."""
    run = view.run()
    if run is None:
        return None
    return Looked(_place(view, run), missing(view, run.branch, drop, decided, by_hand=by_hand))


def _place(view: Snapshot, run: Run) -> tuple[str, int, int]:
    return run.branch, view.head(run.branch), view.head(MAIN)


def missing(
    view: Snapshot,
    branch: str,
    drop: Sequence[str] = (),
    decided: Collection[str] = (),
    *,
    by_hand: bool = False,
) -> list[gate.Finding]:
    """Return what keeps a branch from being merged into main."""
    main, own = (past(view, Point(name, view.head(name))) for name in (MAIN, branch))
    return gate.findings(
        base_blocks(view, main, own),
        view.blocks(branch),
        confirmed=confirmed(view, branch),
        drop=drop,
        decided=decided,
        by_hand=by_hand,
    )


def _still_lost(view: Snapshot, blocks: Sequence[Block]) -> list[Lost]:
    """Return what main has lost and nobody confirmed, and the branch has not put back."""
    there = essences(block.value for block in blocks)
    return [one for one in lost(view, MAIN) if essence(one.entry) not in there]


def under_way(tx: Transaction, now: datetime) -> Run | None:
    """Return the run that is under way; one whose branch somebody merged has landed."""
    run = tx.run()
    if run is None:
        return None
    head, fork = tx.head(run.branch), tx.fork(run.branch)
    began = fork.change if fork else 0
    if head != began and contains(tx, past(tx, Point(MAIN, tx.head(MAIN))), head):
        tx.end_run(run.branch, tx.head(MAIN))
        tx.close_branch(run.branch, now)
        return None
    return run


def required(view: Snapshot) -> Run:
    """Return the run that is under way.

    Raises:
        NotFoundError: there is none.
    """
    run = view.run()
    if run is None:
        raise NotFoundError(
            "no consolidation is under way: it was finished, abandoned, or its branch deleted. "
            "Start one."
        )
    return run


def require_block(view: Snapshot, branch: str, label: str | None) -> None:
    """Refuse a label that no block of a branch has.

    Raises:
        NotFoundError: it says what was meant.
    """
    if label is not None and view.block(branch, label) is None:
        raise absent(view, branch, label)


def free_name(tx: Transaction) -> str:
    """Return a name that no branch or checkpoint has or had."""
    numbered = (f"consolidate-{n}" for n in count(tx.runs() + 1))
    return next(name for name in numbered if tx.named_so(name) is None)
