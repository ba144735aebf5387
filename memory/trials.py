"""Which outcomes say something of main, and of which of its changes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .ancestry import Past, past
from .learned import Outcome
from .model import MAIN
from .store import Snapshot
from .suspects import Trial, Verdict, suspects

_NEWEST_EDITS = 5_000  # that are looked at; what is older is no suspect any more
_NEWEST = 2_000  # outcomes that are looked at: harm that is older has long been lived with
_ROUNDS = 2  # how often what is named may prove to be taken back, before all that was is left out


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict on main is made from.

    Attributes:
        edits: Changes of main that made a block read otherwise, oldest first.
        trials: The outcomes that count, by the newest change of main that memory showed.
        gone: Changes of main that were taken back, each with the change that did it.
    """

    edits: tuple[int, ...]
    trials: tuple[Trial, ...]
    gone: Mapping[int, int]


def evidence(view: Snapshot, outcomes: Iterable[Outcome]) -> Evidence:
    """Return what outcomes say of main.

    One of another branch counts from the merge that brought into main what memory showed then, and
    not at all while there is none.
    """
    merges = _Merges(view)
    placed = [(merges.entered(one.branch, one.shown), one) for one in outcomes]
    counted = [(shown, one) for shown, one in placed if shown is not None]
    if not counted:
        return Evidence((), (), {})
    edits = view.edits(MAIN, _NEWEST_EDITS)
    trials = [Trial(shown, one.task, one.score, one.author.model) for shown, one in counted]
    trials.sort(key=lambda trial: trial.change)
    return Evidence(tuple(edits), tuple(trials), merges.gone(edits))


def by_edit(found: Evidence) -> tuple[Trial, ...]:
    """Return the outcomes by the newest edit that memory showed, 0 before the first.

    All between two edits are of the same memory, though each is a change itself.
    """
    edits = (0, *found.edits)
    newest = (edits[bisect_right(edits, trial.change) - 1] for trial in found.trials)
    return tuple(replace(t, change=edit) for t, edit in zip(found.trials, newest, strict=True))


def judged(found: Evidence) -> Verdict:
    """Return which edits made tasks go worse.

    What was taken back is not named again. Where the scan names it, the outcomes of the memory that
    had it say nothing of the one that stands: they are left out, and the scan is made anew.
    """
    edits: Sequence[int] = found.edits
    trials: Sequence[Trial] = found.trials[-_NEWEST:]
    verdict, rounds = suspects(edits, trials), 0
    while True:
        named = {number for s in verdict.suspects for number in (s.change, *s.others)}
        ended = {number: found.gone[number] for number in named if number in found.gone}
        if not ended:
            return verdict
        rounds += 1
        if rounds > _ROUNDS:
            ended = found.gone
        edits = [edit for edit in edits if edit not in ended]
        spans: dict[int, int] = {}
        for edit, end in ended.items():
            spans[end] = min(edit, spans.get(end, edit))
        trials = [t for t in trials if not any(e <= t.change < end for end, e in spans.items())]
        verdict = suspects(edits, trials)


class _Merges:
    """What was brought into main, and what of it and of main's own was taken back since."""

    def __init__(self, view: Snapshot) -> None:
        self._view = view
        self._turns = view.turns(MAIN, view.head(MAIN))
        self._pasts: list[tuple[int, Past]] | None = None

    def gone(self, edits: Iterable[int] = ()) -> dict[int, int]:
        """Return which of main's edits, merges and ways back were taken back, and by which change.

        Taking that back again makes them stand.
        """
        numbers = sorted({*edits, *(turn.number for turn in self._turns)})
        gone: dict[int, int] = {}
        for turn in self._turns:  # newest first
            if turn.number in gone:
                continue
            if turn.undoes is not None:
                gone[turn.undoes] = turn.number
            if turn.restores is not None:
                upto = past(self._view, turn.restores).get(MAIN, 0)
                lost = numbers[bisect_right(numbers, upto) : bisect_left(numbers, turn.number)]
                gone.update((number, turn.number) for number in lost if number not in gone)
        return gone

    def entered(self, branch: str, change: int) -> int | None:
        """Return the change since which main has another branch's change; None: it has not."""
        if branch == MAIN:
            return change
        if self._pasts is None:
            gone = self.gone()
            self._pasts = [
                (turn.number, past(self._view, turn.merged))
                for turn in reversed(self._turns)
                if turn.merged is not None and turn.number not in gone
            ]
        behind = (number for number, past in self._pasts if past.get(branch, 0) >= change)
        return next(behind, None)
