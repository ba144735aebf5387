"""Outcomes over changes: the values that are told of them, and the curve of losses.

The curve is that of all outcomes, of each task, or of each model.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

_RUN = 8  # outcomes that a model must have in a row, or it was only tried
_PURE = 0.8  # share that it must have of those, or others work beside it
_LEAST_SPREAD = 0.25  # sum of squares: that of one doubtful outcome, so that none is certain
_CLEAR = 2.0  # standard errors from which a fall is one


@dataclass(frozen=True, slots=True)
class Trial:
    """An outcome, bound to the newest change of main that the agent's memory showed.

    Attributes:
        score: 0 (failed) to 1.
        model: Which model did the task; "" where nobody said.
    """

    change: int
    task: str
    score: float
    model: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """What outcomes say of memory as it was after a change.

    Attributes:
        count: Number of outcomes.
        mean: Their mean score.
        loss: 1 - mean.
        cumulative: Sum of 1 - score over all outcomes up to and with this change's.
    """

    change: int
    count: int
    mean: float
    loss: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class ModelChange:
    """Where one model took over from another.

    Attributes:
        change: The first change of main that the new model showed outcomes of.
        before: The old model's name, `after` the new one's; "" where nobody said.
        score_before: Mean score of the old model's outcomes, `score_after` of the new one's.
        edits: Edits made between the two: what they did and what the model did cannot be told
            apart.
        fell: Whether scores fell here by more than two standard errors.
    """

    change: int
    before: str
    after: str
    score_before: float
    score_after: float
    edits: tuple[int, ...]
    fell: bool

    @property
    def told(self) -> str:
        """What it says of a fall, as a clause."""
        models = " to ".join(name or "an unnamed one" for name in (self.before, self.after))
        why = f"scores fall where the model was changed from {models}"
        if not self.edits:
            return why
        return f"{why}; what edits did at the same place cannot be told apart from that"


@dataclass(frozen=True, slots=True)
class Suspect:
    """An edit after which tasks went worse.

    Attributes:
        change: The edit's number.
        others: Edits that explain it nearly as well, ascending: those of the 90 % credible set, at
            most five. All edits between the same two outcomes are equals.
        confidence: 0 to 1: the share of `change` and `others` in the posterior (evidence of each
            edit, all equal before), times 1 - p of the alarm; half of it where the model was
            changed about there too.
        before: Mean score of the outcomes before the edit, `after` of those that saw it; only
            what can be compared: same model, same task.
        trials_before: Number of outcomes that `before` is of, `trials_after` that `after` is.
        until: The edit from which scores rise again; None where they do not.
        same_tasks: Whether a task was done on both sides; if none was, harder tasks may be the
            reason.
    """

    change: int
    others: tuple[int, ...]
    confidence: float
    before: float
    after: float
    trials_before: int
    trials_after: int
    until: int | None = None
    same_tasks: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What outcomes say of the edits.

    Attributes:
        suspects: The clearest fall first; then others before it or after it.
        model_change: Where another model took over, if one did.
        trials: Number of outcomes that were looked at.
        why: A clause that says why there is no suspect, "" where there is one.
    """

    suspects: tuple[Suspect, ...]
    model_change: ModelChange | None
    trials: int
    why: str


def share_task(before: Iterable[Trial], after: Iterable[Trial]) -> bool:
    """Tell whether a task stands, by its name, among both of some outcomes."""
    return not {trial.task for trial in before}.isdisjoint(trial.task for trial in after)


def points(trials: Iterable[Trial]) -> list[Point]:
    """Return a point for each change that has outcomes, in the order of changes."""
    found: list[Point] = []
    cumulative = 0.0
    for change, of_change in groupby(sorted(trials, key=_place), key=lambda trial: trial.change):
        scores = [trial.score for trial in of_change]
        mean = math.fsum(scores) / len(scores)
        cumulative += len(scores) - math.fsum(scores)
        found.append(Point(change, len(scores), mean, 1 - mean, cumulative))
    return found


def curves(
    trials: Iterable[Trial], by: Literal["task", "model"] | None = None
) -> dict[str, list[Point]]:
    """Return the points of each task, or of each model, by name; of all (named "") without `by`."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        name = "" if by is None else trial.task if by == "task" else trial.model
        groups.setdefault(name, []).append(trial)
    return {name: points(groups[name]) for name in sorted(groups)}


def as_csv(groups: Mapping[str, Sequence[Point]], by: str = "group") -> str:
    """Return curves as CSV with a header; the first column, titled `by`, names the curve."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([by, "change", "count", "mean", "loss", "cumulative"])
    for name, of_group in groups.items():
        for at in of_group:
            numbers = (f"{value:.6g}" for value in (at.mean, at.loss, at.cumulative))
            rows.writerow([name, at.change, at.count, *numbers])
    return out.getvalue()


def model_change(edits: Sequence[int], trials: Iterable[Trial]) -> ModelChange | None:
    """Return where the model was changed: where scores fell most with it, else the newest place.

    A change is where a model takes over for the first time; models that take turns make no more.
    """
    runs = _runs(sorted(trials, key=_place))
    found: list[tuple[float, ModelChange]] = []
    seen = {runs[0][0]} if runs else set[str]()
    for one, other in pairwise(runs):
        if other[0] not in seen:
            found.append(_between(edits, one, other))
            seen.add(other[0])
    if not found:
        return None
    return max(found, key=lambda pair: (pair[0] if pair[1].fell else 0.0, pair[1].change))[1]


def _place(trial: Trial) -> tuple[int, str, str, float]:
    """Return what trials are sorted by: what order they were told in must not matter."""
    return (trial.change, trial.model, trial.task, trial.score)


def _runs(trials: Sequence[Trial]) -> list[tuple[str, list[Trial]]]:
    """Return stretches of trials by the model that did most of them, change by change."""
    pieces: list[tuple[str, list[Trial]]] = []
    for _, group in groupby(trials, key=lambda trial: trial.change):
        of_change = list(group)
        counts = Counter(trial.model for trial in of_change)
        pieces.append((max(sorted(counts), key=counts.__getitem__), of_change))
    return _merged([run for run in _merged(pieces) if _is_own(*run)])


def _is_own(model: str, trials: Sequence[Trial]) -> bool:
    """Tell whether a run is one model's: long enough, and hardly anything in it is another's."""
    own = sum(trial.model == model for trial in trials)
    return own >= _RUN and own >= _PURE * len(trials)


def _merged(pieces: Sequence[tuple[str, list[Trial]]]) -> list[tuple[str, list[Trial]]]:
    return [
        (model, [trial for _, trials in run for trial in trials])
        for model, run in groupby(pieces, key=lambda piece: piece[0])
    ]


def _between(
    edits: Sequence[int], one: tuple[str, list[Trial]], other: tuple[str, list[Trial]]
) -> tuple[float, ModelChange]:
    """Return by how many standard errors scores fell from one run to the next, and the change."""
    both = one[1] + other[1]
    old, new = ([trial for trial in both if trial.model == run[0]] for run in (one, other))
    before, after = (math.fsum(trial.score for trial in of) / len(of) for of in (old, new))
    spread = sum((trial.score - before) ** 2 for trial in old)
    spread += sum((trial.score - after) ** 2 for trial in new)
    degrees = max(1, len(old) + len(new) - 2)
    error = math.sqrt(max(spread, _LEAST_SPREAD) / degrees * (1 / len(old) + 1 / len(new)))
    last, first = max(trial.change for trial in old), min(trial.change for trial in new)
    fall = (before - after) / error
    return fall, ModelChange(
        change=first,
        before=one[0],
        after=other[0],
        score_before=before,
        score_after=after,
        edits=tuple(edit for edit in edits if last < edit <= first),
        fell=fall > _CLEAR,
    )
