"""How a bench measures and what it prints: medians, and ratios to a reference of the same run.

Contenders take turns, so that whatever else the machine does hits all of them alike; a ratio is
the median over the turns of one contender's time to the other's in the same turn.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Options:
    """What can be asked of a bench.

    Attributes:
        rounds: Turns that each contender gets; every bench scales them to its own cost.
        changes: Length of the long history.
        passages: Size of the large archive.
    """

    rounds: int = 20
    changes: int = 100_000
    passages: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        value: What was measured, in `unit`.
        against: What it is compared with, and `reference` what that took.
        ratio: Value to reference, turn by turn; None where nothing is compared.
        budget: Most that the ratio (or, without one, the value) may be.
    """

    what: str
    value: float
    unit: str
    against: str = ""
    reference: float | None = None
    ratio: float | None = None
    budget: float | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the line's texts."""
        judged = self.value if self.ratio is None else self.ratio
        holds = "" if self.budget is None else ("yes" if judged <= self.budget else "NO")
        return (
            self.what,
            f"{_short(self.value)} {self.unit}",
            "" if self.reference is None else f"{_short(self.reference)} {self.unit}",
            self.against,
            "" if self.ratio is None else f"{self.ratio:.2f}x",
            "" if self.budget is None else f"<= {self.budget:g}{'' if self.ratio is None else 'x'}",
            holds,
        )


Bench = Callable[[Options], list[Row]]
HEADINGS = ("what", "median", "reference", "of", "ratio", "budget", "holds")


def taking_turns(
    contenders: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Return what each contender measured in each round; who begins moves on by one a round."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            found[name].append(contenders[name]())
    return found


def compared(
    what: str,
    found: Mapping[str, list[float]],
    one: str,
    other: str,
    *,
    unit: str = "ms",
    scale: float = 1_000,
    budget: float | None = None,
) -> Row:
    """Return the row that sets one contender against another."""
    ratios = [a / b for a, b in zip(found[one], found[other], strict=True)]
    return Row(
        what=what,
        value=median(found[one]) * scale,
        unit=unit,
        against=other,
        reference=median(found[other]) * scale,
        ratio=median(ratios),
        budget=budget,
    )


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(rows: list[Row]) -> str:
    """Return rows as an aligned text."""
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def asked(about: str | None, names: tuple[str, ...] = ()) -> tuple[Options, list[str]]:
    """Return the options of the command line, and which benches it names."""
    parser = argparse.ArgumentParser(description=about)
    if names:
        parser.add_argument("bench", nargs="*", help="some of " + ", ".join(names) + " (all)")
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="turns of each (20)")
    parser.add_argument(
        "--changes", type=int, default=Options.changes, help="the long history (100000)"
    )
    parser.add_argument(
        "--passages", type=int, default=Options.passages, help="the large archive (100000)"
    )
    given = parser.parse_args()
    wanted: list[str] = getattr(given, "bench", [])
    if unknown := set(wanted) - set(names):
        parser.error(f"there is no bench {min(unknown)}; there are {', '.join(names)}")
    options = Options(rounds=given.rounds, changes=given.changes, passages=given.passages)
    return options, wanted or list(names)


def run_alone(about: str | None, bench: Bench) -> None:
    """Run one bench and print its table."""
    options, _ = asked(about)
    print(table(bench(options)))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
