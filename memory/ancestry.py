"""What lies behind a point in history, and what two points have in common."""

from collections.abc import Iterator, Sequence

from .merging import common
from .model import Block
from .refs import Point
from .store import Snapshot

Past = dict[str, int]
"""All that a point is made of: each branch, and up to which change of it."""


def past(view: Snapshot, point: Point) -> Past:
    """Return all that a point is made of."""
    reached: Past = {}
    waiting = [point]
    while waiting:
        at = waiting.pop()
        if reached.get(at.branch, -1) >= at.change:
            continue
        reached[at.branch] = at.change
        fork = view.fork(at.branch)
        if fork is not None:
            waiting.append(Point(fork.branch, min(fork.change, at.change)))
        waiting += _taken_in(view, at)
    return reached


def _taken_in(view: Snapshot, point: Point) -> Iterator[Point]:
    """Yield what was merged into a branch and has not been taken back since.

    Taking back a merge, or bringing everything back to before it, makes it undone: the same can be
    merged again. Taking that back makes it done.
    """
    undone: set[int] = set()
    upto = point.change
    for turn in view.turns(point.branch, point.change):  # newest first
        if turn.number > upto or turn.number in undone:
            continue
        if turn.undoes is not None:
            undone.add(turn.undoes)
        if turn.merged is not None:
            yield turn.merged
        if turn.restores is not None and turn.restores.branch == point.branch:
            upto = turn.restores.change


def contains(view: Snapshot, behind: Past, change: int) -> bool:
    """Tell whether a change is part of a past."""
    return behind.get(view.change(change).branch, 0) >= change


def base_blocks(view: Snapshot, one: Past, other: Past) -> list[Block]:
    """Return the blocks that a three-way merge of two points, given by their pasts, starts from.

    They are those of the newest point that lies behind both. Where there are several, since each
    side took what the other had at different times, those are merged first, as in git's recursive
    strategy.
    """
    return _virtual(view, _bases(view, one, other))


def _virtual(view: Snapshot, points: Sequence[Point]) -> list[Block]:
    """Return the blocks of several points merged into one state."""
    blocks: list[Block] = []
    known: Past = {}
    for point in points:
        new, theirs = view.blocks_at(point.branch, point.change), past(view, point)
        if known:
            base = _virtual(view, _bases(view, known, theirs))
            blocks = common(base, blocks, new)
        else:
            blocks = new
        known = _both(known, theirs)
    return blocks


def _bases(view: Snapshot, one: Past, other: Past) -> list[Point]:
    """Return the newest points that lie behind both, oldest first; none lies behind another."""
    shared = [Point(name, min(one[name], other[name])) for name in one.keys() & other.keys()]
    found: list[Point] = []
    covered: Past = {}
    for point in sorted(shared, key=lambda point: (point.change, point.branch), reverse=True):
        if covered.get(point.branch, -1) < point.change:
            found.append(point)
            covered = _both(covered, past(view, point))
    return found[::-1]


def _both(one: Past, other: Past) -> Past:
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}
