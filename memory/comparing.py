"""What differs between two places in history."""

from dataclasses import dataclass, replace
from datetime import datetime

from .errors import LetGoError, NotFoundError
from .model import Block
from .places import block_at, point_at
from .reading import absent, is_version, version_part
from .refs import Point
from .store import Snapshot
from .transact import Step


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two points: each block that does, before and after."""

    before: Point
    after: Point
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Comparing:
    """Places of one branch and moment, compared."""

    view: Snapshot
    branch: str
    now: datetime

    def all(self, start: str | None, end: str | None) -> Comparison:
        """Return what differs between two places in every block."""
        view, after = self.view, self.point(end)
        if start is None:
            before = Point(after.branch, view.change(after.change).parent)
        else:
            before = self.point(start)
        old = {b.uid: b for b in view.blocks_at(before.branch, before.change)}
        new = {b.uid: b for b in view.blocks_at(after.branch, after.change)}
        steps = (Step(old.get(uid), new.get(uid)) for uid in dict.fromkeys((*old, *new)))
        return Comparison(before, after, tuple(s for s in steps if _differs(s)))

    def one(self, label: str, start: str | None, end: str | None) -> Comparison:
        """Return what differs between two places in one block, whatever its label was then."""
        new = self.block(label, end)
        if start is not None:
            old = self.block(label, start, new)
        elif new is not None:
            made = self.view.change(new.change)
            old = self.view.state(made.branch, new.uid, made.number - 1)
        else:
            raise absent(self.view, self.branch, label, end)
        if old is None and new is None:
            raise absent(self.view, self.branch, label, start or end)
        step = Step(old, new)
        steps = (step,) if _differs(step) else ()
        return Comparison(self._made(old), self._made(new), steps)

    def _made(self, block: Block | None) -> Point:
        """Return where a state of a block was made."""
        if block is None:
            return Point(self.branch, 0)
        return Point(self.view.change(block.change).branch, block.change)

    def point(self, place: str | None) -> Point:
        """Return the point that a place names: without one, what the branch has now."""
        if place is None:
            return Point(self.branch, self.view.head(self.branch))
        return point_at(self.view, self.branch, place, self.now)

    def block(self, label: str, place: str | None, same: Block | None = None) -> Block | None:
        """Return a block at a place; None where it was not there.

        Where no block had that label then, it is the one that `same` is a later state of.
        """
        if place is None:
            return self.view.block(self.branch, label)
        try:
            return block_at(self.view, self.branch, label, place, self.now)
        except LetGoError:
            raise
        except NotFoundError:
            if is_version(version_part(place)) and not place.isdecimal():
                raise
            point = point_at(self.view, self.branch, place, self.now)  # is there such a place?
            return self.view.state(point.branch, same.uid, point.change) if same else None


def _differs(step: Step) -> bool:
    """Tell whether a block reads, or is described, another way."""
    if step.before is None or step.after is None:
        return True
    plain = replace(step.before, change=step.after.change, at=step.after.at)
    return plain != step.after
