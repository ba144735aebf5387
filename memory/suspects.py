"""Which edit made the agent worse: a scan for a fall of the scores, over all edits at once.

It is a change-point scan by generalised likelihood ratios (James, James and Siegmund, 1987), with
an effect for each stratum: outcomes of one model, and of one task that comes often, are compared
with one another only, so that a harder task or another model is not taken for a worse memory. With

    U = sum over the outcomes before an edit of (score - mean of its stratum)
    W = sum over strata of n_before * n_after / (n_before + n_after)

U / W is by how much scores fall at the edit, and U / (s * sqrt(W)) the same in standard errors (s:
the standard deviation within strata). The size of a fall is taken as normal, about `_EFFECT` wide,
and integrated out: the likelihood ratio becomes a Bayes factor, whose logarithm is the edit's
evidence. A rise is none. Scores are 0 and 1 or anything between.

The scan is made in several stretches: in all outcomes; without the newest, because harm may have
been taken back; in the newest alone, because what was long ago may have been worse still. The
alarm is the sum over stretches and edits, beside the same of scores that are shuffled within their
strata: it keeps its level whatever the scores are like and however many edits are looked at.
A search by halves, as for a bug in code, mostly ends elsewhere: each verdict is half chance.
"""

import math
import random
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from operator import sub

from .curve import ModelChange, Suspect, Trial, Verdict, model_change, share_task

__all__ = ["ModelChange", "Suspect", "Trial", "Verdict", "suspects"]

_EFFECT = 0.3
_LEVEL = 0.035  # of false alarms; nominal, so that counted ones stay under 5 %
_SHUFFLES, _FEWEST_SHUFFLES, _SHUFFLED = 199, 49, 150_000
_TESTED = 64  # edits that the alarm looks at; all are looked at for the culprit
_STRETCHES = ((0, 1), (0, 0.5), (0, 0.75), (0, 0.875), (0.5, 1), (0.75, 1))
_RISE = 3.0  # evidence from which scores count as risen again
_OFTEN = 8  # outcomes from which a task is compared with itself only
_LEAST = 2.0  # W from which a place is looked at: three outcomes or so on its shorter side
_ENOUGH = 8  # outcomes on either side
_NEWEST = 4_000  # outcomes that are looked at
_CREDIBLE, _OTHERS = 0.9, 5


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Outcomes `[start, end)`, and the places in it that can be looked at.

    Attributes:
        places: Indices of the stream's places; `cuts` how many outcomes of the stretch lie before
            each, `weights` its W.
        spans: For each stratum, where its outcomes of the stretch lie among all by strata.
    """

    start: int
    end: int
    places: list[int]
    cuts: list[int]
    weights: list[float]
    spans: list[tuple[int, int]]


@dataclass(slots=True)
class _Stream:
    """Outcomes in order, by strata, and the places where edits part them.

    Attributes:
        trials: By change; within one, in an order that does not depend on how they were given.
        places: How many outcomes lie before, and the edits there.
        strata: Each outcome's stratum.
        members: Indices of outcomes, stratum by stratum; `rank` is its inverse.
        scores: As `members`; `variance` is theirs within strata.
    """

    trials: Sequence[Trial]
    places: list[tuple[int, tuple[int, ...]]]
    strata: list[int] = field(init=False)
    members: list[int] = field(init=False)
    rank: list[int] = field(init=False)
    scores: list[float] = field(init=False)
    variance: float = field(init=False)

    def __post_init__(self) -> None:
        often = Counter((t.model, t.task) for t in self.trials)
        keys = [
            (t.model, True, t.task) if often[t.model, t.task] >= _OFTEN else (t.model, False, "")
            for t in self.trials
        ]
        numbers = {key: number for number, key in enumerate(sorted(set(keys)))}
        self.strata = [numbers[key] for key in keys]
        self.members = sorted(range(len(keys)), key=self.strata.__getitem__)
        self.rank = [0] * len(keys)
        for rank, index in enumerate(self.members):
            self.rank[index] = rank
        self.scores = [self.trials[index].score for index in self.members]
        sums: list[list[float]] = [[] for _ in numbers]
        for trial, stratum in zip(self.trials, self.strata, strict=True):
            sums[stratum].append(trial.score)
        left = math.fsum((v - math.fsum(of) / len(of)) ** 2 for of in sums for v in of)
        self.variance = left / max(1, len(keys) - len(numbers))

    def stretch(self, start: int, end: int, places: Sequence[int]) -> _Stretch:
        """Return a stretch, with those of the places that have enough on either side in it."""
        strata = self.strata[start:end]
        totals = Counter(strata)
        spans: list[tuple[int, int]] = []
        for stratum in range(max(self.strata) + 1):
            low = bisect_left(self.members, (stratum, start), key=lambda i: (self.strata[i], i))
            spans.append((low, low + totals[stratum]))
        seen: Counter[int] = Counter()
        weights = [0.0]
        for stratum in strata:
            size = totals[stratum]
            weights.append(weights[-1] + (size - 2 * seen[stratum] - 1) / size)
            seen[stratum] += 1
        inside = [
            place
            for place in places
            if start < (at := self.places[place][0]) < end and weights[at - start] >= _LEAST
        ]
        cuts = [self.places[place][0] - start for place in inside]
        return _Stretch(start, end, inside, cuts, [weights[cut] for cut in cuts], spans)

    def evidence(self, stretch: _Stretch, scores: Sequence[float]) -> list[float]:
        """Return the logarithm of each place's Bayes factor, -inf where scores do not fall.

        `scores` are by strata, as `members` are.
        """
        sums = [0.0, *accumulate(scores)]
        means = [(sums[high] - sums[low]) / max(1, high - low) for low, high in stretch.spans]
        inside = slice(stretch.start, stretch.end)
        values = map(scores.__getitem__, self.rank[inside])
        falls = list(accumulate(map(sub, values, map(means.__getitem__, self.strata[inside]))))
        size = stretch.end - stretch.start
        found: list[float] = []
        for cut, weight in zip(stretch.cuts, stretch.weights, strict=True):
            fall = falls[cut - 1]
            share = min(0.99, fall * fall / (weight * self.variance * size))
            width = _EFFECT * _EFFECT * weight / self.variance
            ratio = -0.5 * size * math.log1p(-share)
            value = ratio * width / (1 + width) - 0.5 * math.log1p(width)
            found.append(value if fall > 1e-9 else -math.inf)
        return found

    def stretches(self, places: Sequence[int]) -> list[_Stretch]:
        """Return the stretches that are scanned; outcomes of one change stay together."""
        changes = [trial.change for trial in self.trials]
        ends = [*(bisect_left(changes, change) for change in changes), len(changes)]
        spans = [(ends[int(a * len(changes))], ends[int(b * len(changes))]) for a, b in _STRETCHES]
        found = (self.stretch(start, end, places) for start, end in dict.fromkeys(spans))
        return [stretch for stretch in found if stretch.places]

    def chance(self) -> float:
        """Return p: how often shuffled scores fall as clearly, about; 1 where they never fall."""
        size = len(self.trials)
        places = range(0, len(self.places), math.ceil(len(self.places) / _TESTED))
        tested = self.stretches(places)
        clear = self._clear(tested, self.scores)
        if clear == -math.inf:
            return 1.0
        shuffles = max(_FEWEST_SHUFFLES, min(_SHUFFLES, _SHUFFLED // size))
        coin = random.Random(repr(self.scores))  # noqa: S311 - same outcomes, same verdict
        strata = [self.strata[index] for index in self.members]
        as_clear = 1
        for done in range(1, shuffles + 1):
            keys = [coin.random() + stratum for stratum in strata]
            order = sorted(range(size), key=keys.__getitem__)
            as_clear += (
                self._clear(tested, list(map(self.scores.__getitem__, order))) >= clear - 1e-9
            )
            if as_clear > _LEVEL * (shuffles + 1):
                return as_clear / (done + 2)  # roughly: it is not clear, and that is enough
        return as_clear / (shuffles + 1)

    def _clear(self, stretches: Sequence[_Stretch], scores: Sequence[float]) -> float:
        return _log_sum([value for of in stretches for value in self.evidence(of, scores)])


def suspects(edits: Sequence[int], trials: Sequence[Trial]) -> Verdict:
    """Return which edits made tasks go worse, if any did.

    Args:
        edits: Numbers of changes of main that touched what an agent sees, ascending.
        trials: Outcomes, in any order; one at a change has seen all edits up to it. The newest
            4,000 or so are looked at.
    """
    ordered = sorted(trials, key=lambda t: (t.change, t.model, t.task, t.score))
    if len(ordered) > _NEWEST:
        oldest = ordered[-_NEWEST].change
        ordered = [trial for trial in ordered if trial.change >= oldest]
    edits = sorted(set(edits))
    swap = model_change(edits, ordered)
    found, chance = _scan(edits, ordered)
    if found is None:
        return Verdict((), swap, len(ordered), _why(edits, ordered, swap, chance))
    near = (found.change, *found.others)
    others = [
        _scan(edits, [t for t in ordered if t.change < min(near)])[0],
        _scan(edits, [t for t in ordered if t.change >= max(near)])[0],
    ]
    judged = tuple(_beside(swap, edits, one) for one in (found, *others) if one is not None)
    return Verdict(judged, swap, len(ordered), "")


def _scan(edits: Sequence[int], trials: Sequence[Trial]) -> tuple[Suspect | None, float]:
    """Return the suspect of the clearest fall, if it is clear enough, and p."""
    places: dict[int, list[int]] = defaultdict(list)
    changes = [trial.change for trial in trials]
    for edit in edits:
        places[bisect_left(changes, edit)].append(edit)
    inside = [(at, tuple(of)) for at, of in places.items() if 0 < at < len(trials)]
    if not inside:
        return None, 1.0
    stream = _Stream(trials, inside)
    chance = stream.chance() if stream.variance > 1e-12 else 1.0
    return (_named(stream, chance) if chance <= _LEVEL else None), chance


def _named(stream: _Stream, chance: float) -> Suspect:
    """Return the likeliest edit, with those that are nearly as likely."""
    by_place: dict[int, list[tuple[float, _Stretch]]] = defaultdict(list)
    for stretch in stream.stretches(range(len(stream.places))):
        for place, value in zip(
            stretch.places, stream.evidence(stretch, stream.scores), strict=True
        ):
            by_place[place].append((value, stretch))
    logs = {place: _log_sum([value for value, _ in of]) for place, of in by_place.items()}
    every = {edit: logs[place] for place in logs for edit in stream.places[place][1]}
    total = _log_sum(list(every.values()))
    shares = {edit: math.exp(value - total) for edit, value in every.items()}
    likely = sorted(shares, key=lambda edit: (-shares[edit], edit))
    before = accumulate((shares[edit] for edit in likely), initial=0.0)
    credible = [edit for edit, sum_ in zip(likely, before, strict=False) if sum_ < _CREDIBLE]
    named, *others = credible[: 1 + _OTHERS]
    place = next(p for p in by_place if named in stream.places[p][1])
    stretch = max(by_place[place], key=lambda pair: pair[0])[1]
    at, until = stream.places[place][0], _rise(stream, place)
    end = stretch.end if until is None else stream.places[until][0]
    old, new = _comparable(stream, range(stretch.start, at), range(at, end))
    return Suspect(
        change=named,
        others=tuple(sorted(others)),
        confidence=sum(shares[edit] for edit in (named, *others)) * (1 - chance),
        before=math.fsum(old) / len(old),
        after=math.fsum(new) / len(new),
        trials_before=len(old),
        trials_after=len(new),
        until=None if until is None else stream.places[until][1][0],
        same_tasks=share_task(stream.trials[stretch.start : at], stream.trials[at:end]),
    )


def _rise(stream: _Stream, place: int) -> int | None:
    """Return the place after `place` where scores rise most clearly, None where they do not."""
    later = range(place + 1, len(stream.places))
    after = stream.stretch(stream.places[place][0], len(stream.trials), later)
    rises = stream.evidence(after, [-score for score in stream.scores])
    clear, best = max(zip(rises, after.places, strict=True), default=(0.0, 0))
    return best if clear > _RISE else None


def _comparable(stream: _Stream, one: range, other: range) -> tuple[list[float], list[float]]:
    """Return the scores on either side, of the strata that both have."""
    both = {stream.strata[i] for i in one} & {stream.strata[i] for i in other}
    old, new = (
        [stream.trials[i].score for i in of if stream.strata[i] in both] for of in (one, other)
    )
    return old, new


def _beside(swap: ModelChange | None, edits: Sequence[int], found: Suspect) -> Suspect:
    """Return a suspect with half its confidence where the model was changed among its edits."""
    near = (found.change, *found.others)
    low, high = bisect_left(edits, min(near)), bisect_left(edits, max(near)) + 1
    after = edits[high] if high < len(edits) else math.inf
    doubtful = swap is not None and edits[max(0, low - 1)] <= swap.change <= after
    return replace(found, confidence=found.confidence / 2) if doubtful else found


def _why(
    edits: Sequence[int], trials: Sequence[Trial], swap: ModelChange | None, chance: float
) -> str:
    """Return why nothing is suspected."""
    if len(trials) < 2 * _ENOUGH:
        return f"too few outcomes: {len(trials)}; about {_ENOUGH} on either side are needed"
    if not any(trials[0].change < edit <= trials[-1].change for edit in edits):
        return "no edit lies between outcomes"
    if swap is not None and swap.fell:
        return swap.told
    return "scores do not fall anywhere" + (" by more than chance" if chance < 1 else "")


def _log_sum(logs: Sequence[float]) -> float:
    """Return the logarithm of the sum of what `logs` are logarithms of."""
    if (most := max(logs, default=-math.inf)) == -math.inf:
        return most
    return most + math.log(math.fsum(math.exp(value - most) for value in logs))
