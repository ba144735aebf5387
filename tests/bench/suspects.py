"""Simulated task streams: does the scan name the edit that was planted, and nothing where none was?

A stream is 31 versions of a memory, one edit between each two, and some outcomes a version. Harm
lowers the chance of success from 0.8 to 0.4 at one edit; scores are success or failure, within
5 % noise. "Inside" is harm in the middle half of the edits; with a handful of outcomes on one side
no test can be sure.

What can be known is limited by chance. Two references see the same streams. "Both rates known"
knows that harm is a fall from 0.8 to 0.4, but neither whether there was any nor where. "A textbook
scan" knows no rate: at each edit it sets two rates, the lower one last, against one for all
outcomes (generalised likelihood ratio). Either names the likeliest edit, and only where its ratio
is above what 95 % of streams without harm reach, counted beforehand in streams of their own. Both
take all tasks and models to be alike: here they are, but for "worse model"; the scan cannot know.
"""

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate

from measure import Options, Row, percentile, run_alone

from tokenspace.memory.suspects import Trial, suspects

RUNS = 500
EDITS = 30
GOOD, BAD = 0.8, 0.4
NOISE = 0.05
TASKS = 5
EACH = 4
"""Outcomes a version that the budgets are for; `SCALED` is counted with 2 and 8 as well."""

LEVEL = 0.05
HARMLESS = 4_000
"""Streams without harm that a reference's threshold is counted in."""

SCALED = ("harm inside", "no harm", "model swap, no harm")


@dataclass(frozen=True, slots=True)
class Stream:
    """Outcomes, and what was planted: the harmful edit, or None."""

    trials: list[Trial]
    harm: int | None = None

    def is_wrong(self, found: int | None) -> bool:
        """Tell whether no edit within two of the harm was named; without harm, whether any was."""
        if self.harm is None:
            return found is not None
        return found is None or abs(found - self.harm) > 2


def stream(
    coin: random.Random, each: int, harm: int | None = None, swap: int | None = None
) -> Stream:
    """Return outcomes, `each` a version; the model is another one from version `swap` on."""
    trials: list[Trial] = []
    for version in range(EDITS + 1):
        rate = GOOD if harm is None or version < harm else BAD
        model = "old" if swap is None or version < swap else "new"
        for _ in range(each):
            done = float(coin.random() < rate)
            score = min(1.0, max(0.0, done + coin.gauss(0, NOISE)))
            trials.append(Trial(version, f"task {coin.randrange(TASKS)}", score, model))
    return Stream(trials, harm)


def inside(coin: random.Random) -> int:
    """Return an edit of the middle half."""
    return coin.randint(EDITS // 4 + 1, EDITS - EDITS // 4)


def apart(coin: random.Random) -> tuple[int, int]:
    """Return an edit of the middle half for the harm, and one at some distance for the model."""
    harm = inside(coin)
    return harm, coin.choice([at for at in range(1, EDITS + 1) if abs(at - harm) > EDITS // 5])


def anywhere(coin: random.Random) -> int:
    """Return any edit."""
    return coin.randint(1, EDITS)


Maker = Callable[[random.Random], Stream]


def makers(each: int) -> dict[str, Maker]:
    """Return how the streams of each kind are made, with so many outcomes a version."""
    return {
        "harm inside": lambda coin: stream(coin, each, inside(coin)),
        "harm anywhere": lambda coin: stream(coin, each, anywhere(coin)),
        "no harm": lambda coin: stream(coin, each),
        "model swap, no harm": lambda coin: stream(coin, each, swap=anywhere(coin)),
        "worse model, no harm": lambda coin: worse_model(stream(coin, each), anywhere(coin), coin),
        "model swap, harm elsewhere": lambda coin: stream(coin, each, *apart(coin)),
    }


def worse_model(plain: Stream, swap: int, coin: random.Random) -> Stream:
    """Return a stream whose model is half as good from version `swap` on."""
    trials = [
        trial
        if trial.change < swap
        else replace(trial, score=trial.score * (coin.random() < BAD / GOOD), model="another")
        for trial in plain.trials
    ]
    return Stream(trials)


Tally = list[tuple[int, int]]
"""Successes and failures by version."""


def tally(made: Stream) -> Tally:
    """Return what became of the tasks; the noise is too small to hide it."""
    found = Counter((trial.change, trial.score > 0.5) for trial in made.trials)
    return [(found[version, True], found[version, False]) for version in range(EDITS + 1)]


def both_rates_known(of: Tally) -> tuple[float, int]:
    """Return the largest log likelihood ratio of a fall from GOOD to BAD, and its edit."""
    success, failure = math.log(BAD / GOOD), math.log((1 - BAD) / (1 - GOOD))
    after = accumulate(done * success + failed * failure for done, failed in reversed(of))
    return max(zip(after, range(EDITS, 0, -1), strict=False))


def textbook(of: Tally) -> tuple[float, int]:
    """Return the largest log likelihood ratio of two rates, the later one lower, and its edit."""
    (good, bad), (later, worse), found = (0, 0), map(sum, zip(*of, strict=True)), [(0.0, 1)]
    alike = likelihood(later, worse)
    for edit, (done, failed) in enumerate(of[:-1], 1):
        good, bad, later, worse = good + done, bad + failed, later - done, worse - failed
        if good * worse > later * bad:  # the rate falls
            found.append((likelihood(good, bad) + likelihood(later, worse) - alike, edit))
    return max(found)


def likelihood(done: int, failed: int) -> float:
    """Return the logarithm of how likely outcomes are at the rate that fits them best."""
    return sum(n * math.log(n / (done + failed)) for n in (done, failed) if n)


REFERENCES: dict[str, Callable[[Tally], tuple[float, int]]] = {
    "both rates known": both_rates_known,
    "a textbook scan": textbook,
}


@cache
def threshold(reference: str, each: int) -> float:
    """Return what a reference's ratio exceeds in no more than 5 % of streams without harm."""
    coin = random.Random(f"{each} a version, harmless")  # noqa: S311 - the same streams each time
    scan = REFERENCES[reference]
    return percentile([scan(tally(stream(coin, each)))[0] for _ in range(HARMLESS)], 1 - LEVEL)


def named_by(reference: str, made: Stream, each: int) -> int | None:
    """Return the edit that a reference names, None for none."""
    ratio, edit = REFERENCES[reference](tally(made))
    return edit if ratio > threshold(reference, each) else None


def bench(options: Options) -> list[Row]:
    """Return the counts; `--rounds 20` (the default) makes 500 runs of each."""
    runs = max(1, options.rounds * RUNS // Options.rounds)
    return [
        row
        for each in (EACH, 2, 8)
        for kind, make in makers(each).items()
        if each == EACH or kind in SCALED
        for row in counted(kind, make, runs, each)
    ]


def counted(kind: str, make: Maker, runs: int, each: int) -> list[Row]:
    """Return the rows of one kind of streams: how often the scan and the references are wrong."""
    coin = random.Random(each)  # noqa: S311 - the same streams each time
    made = [make(coin) for _ in range(runs)]
    began = time.perf_counter()
    verdicts = [suspects(range(1, EDITS + 1), one.trials).suspects for one in made]
    took = (time.perf_counter() - began) / runs
    found = [named[0].change if named else None for named in verdicts]
    what, harmless = f"{each} a version, {kind}", kind.endswith("no harm")
    budget = (10.0 if "model" in kind else 5.0) if harmless else 15.0
    rows = [
        Row(
            what=f"{what}: {'memory blamed' if harmless else 'not within two edits'}",
            value=percent(map(Stream.is_wrong, made, found)),
            unit="%",
            against=name,
            reference=percent(one.is_wrong(named_by(name, one, each)) for one in made),
            budget=budget if harmless or (each == EACH and "swap" not in kind) else None,
        )
        for name in REFERENCES
    ]
    if harmless:
        return rows
    exact = (edit == one.harm for edit, one in zip(found, made, strict=True))
    return [
        Row(what=f"{what}: missed", value=percent(edit is None for edit in found), unit="%"),
        *rows,
        Row(what=f"{what}: not exact", value=100 - percent(exact), unit="%"),
        Row(what=f"{what}: a verdict", value=took * 1_000, unit="ms"),
    ]


def percent(which: Iterable[bool]) -> float:
    """Return of how many in a hundred something is true."""
    known = list(which)
    return 100 * sum(known) / len(known)


if __name__ == "__main__":
    run_alone(__doc__, bench)
