"""Which change each entry of a block comes from."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from .errors import NotFoundError
from .lines import content, split_lines
from .model import Block, Change
from .refs import Point
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of a block, counted from 1, and the change that it came with.

    `change` is None where that lies further back than was looked, or was let go.
    """

    line: int
    text: str
    change: Change | None


class _Search:
    """Lines that are followed back through the versions of a block.

    A line is known by its content: one that moved keeps its origin. Of equal lines, those further
    down are the newer ones.
    """

    def __init__(self, view: Snapshot, block: Block, until: float | None) -> None:
        self._view = view
        self._block = block
        self._until = until
        self.found: dict[int, Change] = {}

    def follow(self, branch: str, state: Block, wanted: Mapping[str, list[int]]) -> None:
        """Find where `wanted` (line numbers by content) came into `state` or what was before it."""
        while wanted:
            older = self._view.state(branch, state.uid, state.change - 1)
            have = Counter(_rows(older)) if older else Counter[str]()
            if any(len(at) > have[row] for row, at in wanted.items()):
                self._take(state.change, wanted, have)
                wanted = {row: at[: have[row]] for row, at in wanted.items() if have[row]}
            if older is None or (self._until is not None and time.monotonic() > self._until):
                return
            state = older

    def _take(self, number: int, wanted: Mapping[str, list[int]], have: Counter[str]) -> None:
        """Note what a change brought; what a merge brought is followed into its source."""
        change = self._view.change(number)
        known = self._merged(change, wanted) if change.merged is not None else {}
        for row, at in wanted.items():
            for line in at[have[row] :]:
                self.found[line] = known.get(line, change)

    def _merged(self, merge: Change, wanted: Mapping[str, list[int]]) -> dict[int, Change]:
        """Return where lines came from on the branch that was merged."""
        source = self._view.change(merge.merged or 0)
        view, at = self._view, (source.branch, self._block.uid, source.number)
        # a block that each side had made for itself has another identity there
        state = view.state(*at) or view.block_at(at[0], self._block.label, at[2])
        if state is None:
            return {}
        there = Counter(_rows(state))
        search = _Search(view, state, self._until)
        search.follow(
            source.branch,
            state,
            {row: at[-there[row] :] for row, at in wanted.items() if there[row]},
        )
        return search.found


def blame(view: Snapshot, point: Point, block: Block, seconds: float | None) -> list[Origin]:
    """Return each line of a block's state on a branch with the change that it came with.

    Looks back for at most `seconds` (None: as far as it takes).
    """
    rows = _rows(block)
    wanted: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows, 1):
        wanted[row].append(number)
    until = None if seconds is None else time.monotonic() + seconds
    search = _Search(view, block, until)
    with suppress(NotFoundError):  # the texts before it were let go
        search.follow(point.branch, block, dict(wanted))
    return [Origin(number, row, search.found.get(number)) for number, row in enumerate(rows, 1)]


def _rows(block: Block) -> list[str]:
    return [content(line) for line in split_lines(block.value)]
