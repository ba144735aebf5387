"""Whether an insert names the line that it contradicts, through the real server, and its cost.

Each row of the data is ten facts and one more that contradicts one of them. It is inserted over
stdio by the real tool, into the block of the ten facts, and into spaces of 2,000 facts:
in one block, and in 200. The first line that the answer names is right or wrong. Labelled pairs
tell how often it is silent where it should be. Everything goes by words alone.
"""

import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from calls import fact
from measure import Options, Row, compared, run_alone, taking_turns
from peer import Peer, ours
from retrieval import AtLeast

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FACTS = DATA / "core-memory" / "core_memory_update.jsonl"
PAIRS = DATA / "memory-pairs" / "pairs.jsonl"
POOLED = 2_000
BLOCKS = 200
BESIDE = 9
"""Lines of other pairs beside the one that a pair's new line is inserted to."""

NAMED = re.compile(r"^line (\d+) of (\S+) (?:may say|is like)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """Facts, a new one that contradicts some of them, and which (from 0)."""

    facts: tuple[str, ...]
    new: str
    right: frozenset[int]


def bench(options: Options) -> list[Row]:
    """Insert every contradicting fact; count those whose line is named first."""
    if not FACTS.exists():
        sys.stderr.write(f"skipped: there is no {FACTS}\n")
        return []
    cases = _cases()
    pool = _pool(cases)
    right = [{pool.index(case.facts[at]) for at in case.right} for case in cases]
    with _by_words():
        ten = _hits(cases, None)
        one = _hits(cases, (pool, len(pool), right))
        many = _hits(cases, (pool, len(pool) // BLOCKS, right))
        alarms = _alarms()
        slower = _latencies(options)
    rows: list[Row] = [
        AtLeast(what=f"named first of ten lines, n={len(cases)}", value=ten, unit="%", budget=95),
        AtLeast(what=f"named first of {len(pool):,}, in one block", value=one, unit="%", budget=90),
        AtLeast(what=f"the same in {BLOCKS} blocks", value=many, unit="%", budget=90),
    ]
    rows += [Row(what=f"a {label} pair is named", value=v, unit="%") for label, v in alarms.items()]
    return rows + slower


def _pairs() -> list[dict[str, str]]:
    return [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]


def _cases() -> list[Case]:
    rows: list[dict[str, Any]] = [
        json.loads(line)["agent_args"]["extra"] for line in FACTS.read_text("utf-8").splitlines()
    ]
    return [
        Case(
            tuple(row["facts"]),
            row["contradicting_fact"],
            frozenset(row["supporting_fact_indices"]),
        )
        for row in rows
    ]


def _pool(cases: Sequence[Case]) -> list[str]:
    """Return distinct facts of all rows, filled up with lines of the labelled pairs, shuffled."""
    sought = dict.fromkeys(case.facts[at] for case in cases for at in case.right)
    every = [fact for case in cases for fact in case.facts]
    every += [pair[side] for pair in _pairs() for side in ("old", "new")]
    pool = list(dict.fromkeys([*sought, *every]))[:POOLED]
    random.Random(1).shuffle(pool)  # noqa: S311 - the same order each time
    return pool


def _hits(
    cases: Sequence[Case], pooled: tuple[Sequence[str], int, Sequence[set[int]]] | None
) -> float:
    """Return the share of cases whose line is named first, in percent.

    `pooled` has the facts that stand instead of a case's own, how many a block has, and which of
    them each case contradicts.
    """
    with _served() as server:
        hits: list[bool] = []
        size = len(cases[0].facts)
        if pooled is not None:
            facts, size, _ = pooled
            for start in range(0, len(facts), size):
                _fill(server, f"facts{start // size}", facts[start : start + size])
        for number, case in enumerate(cases):
            if pooled is None:
                _fill(server, "facts0", case.facts)
            right = case.right if pooled is None else pooled[2][number]
            label = f"facts{min(right) // size}"
            answer, change = _inserted(server, label, case.new)
            first = NAMED.search(answer)
            named = (first[2], int(first[1])) if first else None
            hits.append(any(named == (f"facts{at // size}", at % size + 1) for at in right))
            server.call("memory_restore", undo=change)
    return 100 * mean(hits)


def _alarms() -> dict[str, float]:
    """Return by label how many labelled pairs are named, in percent: the new line to the old."""
    pairs = _pairs()
    olds = list(dict.fromkeys(pair["old"] for pair in pairs))
    chance = random.Random(2)  # noqa: S311 - the same lines each time
    found: dict[str, list[bool]] = {}
    with _served() as server:
        for pair in pairs:
            others = chance.sample([old for old in olds if old != pair["old"]], BESIDE)
            _fill(server, "facts0", [*others, pair["old"]])
            answer, _ = _inserted(server, "facts0", pair["new"])
            lines = {int(line) for line, _ in NAMED.findall(answer)}
            found.setdefault(pair["label"], []).append(BESIDE + 1 in lines)
    return {label: 100 * mean(named) for label, named in sorted(found.items())}


def _latencies(options: Options) -> list[Row]:
    """Time inserts beside replacements, which look for no rivals, in blocks of two sizes."""
    rows: list[Row] = []
    for lines in (20, 500, 2_000):
        with _served() as server:
            _fill(server, "facts0", [fact(number) for number in range(lines)])
            turns = Turns(server, lines)
            found = taking_turns(
                {"insert": turns.insert, "replacement": turns.replace}, options.rounds
            )
        what = f"insert into {lines:,} lines"
        rows.append(compared(what, found, "insert", "replacement"))
        gaps = [a - b for a, b in zip(found["insert"], found["replacement"], strict=True)]
        rows.append(Row(what="  more than that", value=1_000 * median(gaps), unit="ms"))
    return rows


class Turns:
    """Adds a line in one of two ways, and takes it out again, untimed."""

    def __init__(self, server: Peer, lines: int) -> None:
        self._server = server
        self._number = lines

    def insert(self) -> float:
        """Return the seconds of an insert at the end."""
        new = self._next()
        took = self._server.call("memory_insert", label="facts0", new_string=new)
        self._out(new)
        return took

    def replace(self) -> float:
        """Return the seconds of putting the same line behind the first one."""
        new, first = self._next(), fact(0)
        took = self._server.call(
            "memory_replace", label="facts0", old_string=first, new_string=f"{first}\n{new}"
        )
        self._out(new)
        return took

    def _next(self) -> str:
        self._number += 1
        return fact(self._number)

    def _out(self, line: str) -> None:
        self._server.call("memory_replace", label="facts0", old_string=f"\n{line}", new_string="")


@contextmanager
def _served() -> Generator[Peer]:
    """Yield a client of a server over a new space."""
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        with Peer(ours(cwd / "memory.db"), cwd) as server:
            yield server.greet()


def _fill(server: Peer, label: str, facts: Iterable[str]) -> None:
    """Make a block of these lines and nothing else."""
    text = "\n".join(facts)
    server.call("memory_rethink", label=label, new_memory=text, drop=["*"])


def _inserted(server: Peer, label: str, new: str) -> tuple[str, int]:
    """Insert a line at the end of a block; return what is said, and the change that it made."""
    _, result = server.timed(
        "tools/call", {"name": "memory_insert", "arguments": {"label": label, "new_string": new}}
    )
    return result["content"][0]["text"], result["_meta"]["tokenspace/change"]


@contextmanager
def _by_words() -> Generator[None]:
    """Let servers start without a model meanwhile."""
    before = os.environ.get("TOKENSPACE_MODEL")
    os.environ["TOKENSPACE_MODEL"] = "none"
    try:
        yield
    finally:
        del os.environ["TOKENSPACE_MODEL"]
        if before is not None:
            os.environ["TOKENSPACE_MODEL"] = before


if __name__ == "__main__":
    run_alone(__doc__, bench)
