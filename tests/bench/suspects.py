"""Simulated task streams: does the scan name the edit that was planted, and nothing where none was?

A stream is 31 versions of a memory, one edit between each two, and some outcomes a version. Harm
lowers the chance of success from 0.8 to 0.4 at one edit; scores are success or failure, within
5 % noise. What can be known is limited by chance: the reference is who knows that scores fell, and
both rates, and only looks for the place. "Inside" is harm in the middle half of the edits; with a
handful of outcomes on one side no test can be sure.
"""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from measure import Options, Row, run_alone

from tokenspace.memory.suspects import Trial, suspects

RUNS = 500
EDITS = 30
GOOD, BAD = 0.8, 0.4
NOISE = 0.05
TASKS = 5
EACH = 4
"""Outcomes a version that the budgets are for; `SCALED` is counted with 2 and 8 as well."""

SCALED = ("harm inside", "no harm", "model swap, no harm")


@dataclass(frozen=True, slots=True)
class Stream:
    """Outcomes, and what was planted: the harmful edit, or None."""

    trials: list[Trial]
    harm: int | None = None

    @property
    def edits(self) -> range:
        """Every version but the first came by an edit."""
        return range(1, EDITS + 1)


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

    def both(coin: random.Random) -> Stream:
        harm, swap = apart(coin)
        return stream(coin, each, harm, swap)

    return {
        "harm inside": lambda coin: stream(coin, each, inside(coin)),
        "harm anywhere": lambda coin: stream(coin, each, anywhere(coin)),
        "no harm": lambda coin: stream(coin, each),
        "model swap, no harm": lambda coin: stream(coin, each, swap=anywhere(coin)),
        "worse model, no harm": lambda coin: worse_model(stream(coin, each), anywhere(coin), coin),
        "model swap, harm elsewhere": both,
    }


def worse_model(plain: Stream, swap: int, coin: random.Random) -> Stream:
    """Return a stream whose model is half as good from version `swap` on."""
    trials = [
        trial
        if trial.change < swap
        else Trial(
            trial.change, trial.task, trial.score * (coin.random() < BAD / GOOD), "another model"
        )
        for trial in plain.trials
    ]
    return Stream(trials)


def foretold(made: Stream) -> int:
    """Return the edit that one names who knows the rates and that there was harm."""
    gain = math.log(BAD / GOOD), math.log((1 - BAD) / (1 - GOOD))
    by_version = [0.0] * (EDITS + 2)
    for trial in made.trials:
        by_version[trial.change] += gain[0] if trial.score >= 0.5 else gain[1]
    return max(made.edits, key=lambda edit: sum(by_version[edit:]))


@dataclass(frozen=True, slots=True)
class Counted:
    """Shares of the runs."""

    named: float
    near: float
    exact: float
    foretold: float
    seconds: float


def counted(make: Maker, runs: int, seed: int) -> Counted:
    """Return how often something was named, within two edits, exactly; and what could be known."""
    coin = random.Random(seed)  # noqa: S311 - the same streams each time
    made = [make(coin) for _ in range(runs)]
    began = time.perf_counter()
    first = [next(iter(suspects(one.edits, one.trials).suspects), None) for one in made]
    seconds = (time.perf_counter() - began) / runs
    away = [
        abs(found.change - one.harm)
        for found, one in zip(first, made, strict=True)
        if found is not None and one.harm is not None
    ]
    known = [abs(foretold(one) - one.harm) <= 2 for one in made if one.harm is not None]
    return Counted(
        named=sum(found is not None for found in first) / runs,
        near=sum(distance <= 2 for distance in away) / runs,
        exact=away.count(0) / runs,
        foretold=sum(known) / runs,
        seconds=seconds,
    )


def bench(options: Options) -> list[Row]:
    """Return the counts; `--rounds 20` (the default) makes 500 runs of each."""
    runs = max(1, options.rounds * RUNS // Options.rounds)
    rows: list[Row] = []
    for each in (EACH, 2, 8):
        for name, make in makers(each).items():
            if each != EACH and name not in SCALED:
                continue
            rows += _rows(f"{each} a version, {name}", counted(make, runs, each), each)
    return rows


def _rows(what: str, found: Counted, each: int) -> Sequence[Row]:
    """Return the rows of one kind of streams: what must not happen has the budget."""
    if found.foretold == 0:
        budget = 10.0 if "model" in what else 5.0
        return [
            Row(what=f"{what}: memory blamed", value=found.named * 100, unit="%", budget=budget)
        ]
    return [
        Row(what=f"{what}: missed", value=(1 - found.named) * 100, unit="%"),
        Row(
            what=f"{what}: not within two edits",
            value=(1 - found.near) * 100,
            unit="%",
            against="all but the place known",
            reference=(1 - found.foretold) * 100,
            budget=15.0 if each == EACH and "swap" not in what else None,
        ),
        Row(what=f"{what}: not exact", value=(1 - found.exact) * 100, unit="%"),
        Row(what=f"{what}: a verdict", value=found.seconds * 1_000, unit="ms"),
    ]


if __name__ == "__main__":
    run_alone(__doc__, bench)
