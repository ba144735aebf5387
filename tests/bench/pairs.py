"""How well pairs of entries and losses are judged, against labels that a person gave.

By words alone, and with the cosines of the default model. The reference is what was measured with
the same rules on all of the labelled data, of which the folder beside the checkout holds half: a
question is two to eight percent there. `fresh` was labelled after the rules were made; trust that.

- repeats: pairs labelled duplicate, merged or partial; contradicts: those labelled contradiction
- losses: old lines whose rewrite dropped or changed them, or part of them
- hit@1: the line that a new fact contradicts is the nearest one
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

from measure import Options, Row, run_alone

from tokenspace.memory.candidates import Entries
from tokenspace.memory.embedding import Absent, Vector, WorkerEmbedder, find, installed
from tokenspace.memory.ledger import Ledger, ledger, open_questions, reworded
from tokenspace.memory.pairing import pairing

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SPLITS = ("dev", "test", "fresh")
POOL = 2_000
BATCH = 32

REPEATS = frozenset(("duplicate", "merged", "partial"))
CONTRADICTS = frozenset(("contradiction",))
REFERENCE: dict[str, tuple[tuple[int, int], ...]] = {
    "repeats, words": ((85, 98), (86, 95), (72, 87)),
    "repeats, cosine": ((88, 97), (92, 95), (78, 95)),
    "contradicts, words": ((90, 72), (79, 92), (73, 55)),
    "contradicts, cosine": ((95, 72), (81, 68), (85, 55)),
    "losses, words": ((92, 96), (88, 96), (69, 85)),
    "losses, cosine": ((88, 96), (88, 96), (73, 85)),
}
"""Precision and recall of each rule in percent, split by split."""

Cosine = Callable[[str, str], float]


@dataclass(slots=True)
class Marks:
    """What was found, and what should have been, a pair of answers a question."""

    given: list[tuple[bool, bool]] = field(default_factory=list[tuple[bool, bool]])

    def rows(self, what: str, reference: tuple[int, int]) -> list[Row]:
        """Return the two lines of the table; none if there was no question."""
        both = sum(found and right for found, right in self.given)
        said = sum(found for found, _ in self.given)
        meant = sum(right for _, right in self.given)
        shares = zip(("precision", "recall"), (said, meant), reference, strict=True)
        return [
            Row(
                what=f"{what}: {name}",
                value=100 * both / max(1, of),
                unit="%",
                against=f"all labels; here {of}",
                reference=then,
            )
            for name, of, then in shares
            if self.given
        ]


def bench(_: Options) -> list[Row]:
    """Judge all pairs and rewrites; without the data or a model, only what can be."""
    pairs = _read("memory-pairs/pairs.jsonl")
    rewrites = _read("memory-pairs/rewrites.jsonl")
    if not pairs:
        print(f"skipped: {DATA} holds no pairs", file=sys.stderr)
        return []
    rows = _judged("words", pairs, rewrites, None)
    if installed() and not isinstance(find(), Absent):
        cosine = asyncio.run(_cosines(pairs, rewrites))
        rows += _judged("cosine", pairs, rewrites, cosine)
    return [*rows, *_supersedes()]


def _judged(
    way: str,
    pairs: Sequence[Mapping[str, Any]],
    rewrites: Sequence[Mapping[str, Any]],
    cosine: Cosine | None,
) -> list[Row]:
    """Return the lines of one way to judge."""
    marks: dict[tuple[str, str], Marks] = {}
    for row in pairs:
        old, new, label = row["old"], row["new"], row["label"]
        found = pairing(old, new, cosine(old, new) if cosine else None)
        for rule, said, right in (
            ("repeats", found.repeats, label in REPEATS),
            ("contradicts", found.contradicts, label in CONTRADICTS),
        ):
            marks.setdefault((rule, row["split"]), Marks()).given.append((said, right))
    for row in rewrites:
        taken = _taken(row["old"], row["new"], cosine)
        lost = {account.line for account in taken.losses}
        given = marks.setdefault(("losses", row["split"]), Marks()).given
        given += [(n in lost, label != "kept") for n, label in enumerate(row["labels"], 1)]
    return [
        line
        for rule in ("repeats", "contradicts", "losses")
        for at, split in enumerate(SPLITS)
        for line in marks.get((rule, split), Marks()).rows(
            f"{rule}, {way}, {split}", REFERENCE[f"{rule}, {way}"][at]
        )
    ]


def _taken(old: Sequence[str], new: str, cosine: Cosine | None) -> Ledger:
    found = ledger("\n".join(old), new)
    if cosine is None:
        return found
    asked, segments = open_questions(found)
    return reworded(found, [[cosine(entry, part) for part in segments] for entry in asked])


async def _cosines(
    pairs: Sequence[Mapping[str, Any]], rewrites: Sequence[Mapping[str, Any]]
) -> Cosine:
    """Return what gives the cosine of two of all the texts that will be compared."""
    texts = dict.fromkeys(row[side] for row in pairs for side in ("old", "new"))
    for row in rewrites:
        for some in open_questions(ledger("\n".join(row["old"]), row["new"])):
            texts |= dict.fromkeys(some)
    model = WorkerEmbedder(find)
    await model.model()
    vectors: dict[str, Vector] = {}
    for batch in _batches(texts):
        made = await model.passages([(text, "") for text in batch])
        vectors.update(zip(batch, made, strict=True))
    await model.close()
    return lambda one, other: _cosine(vectors[one], vectors[other])


def _batches(texts: Iterable[str]) -> Iterable[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _cosine(one: Vector, other: Vector) -> float:
    a, b = (memoryview(vector.data).cast("b").tolist() for vector in (one, other))
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


def _supersedes() -> list[Row]:
    """Return how often the nearest line is the one that a new fact contradicts."""
    asked = [row["agent_args"]["extra"] for row in _read("core-memory/core_memory_update.jsonl")]
    others = [row["agent_args"]["extra"] for row in _read("core-memory/core_memory_read.jsonl")]
    pool = list(dict.fromkeys(fact for row in [*asked, *others] for fact in row["facts"]))[:POOL]
    known = Entries(pool)
    few, many = list[bool](), list[bool]()
    for row in asked:
        new = row["contradicting_fact"]
        goal = {row["facts"][at] for at in row["supporting_fact_indices"]}
        few.append(row["facts"][Entries(row["facts"]).nearest(new, 1)[0][0]] in goal)
        if goal <= set(pool):
            many.append(pool[known.nearest(new, 1)[0][0]] in goal)
    return [
        Row(
            what=f"hit@1 {where}, {half} half",
            value=100 * mean(hits[start::2]),
            unit="%",
            against="all rows",
            reference=then,
        )
        for where, hits, then in (("in ten lines", few, 95.2), (f"of {len(pool):,}", many, 90.3))
        for start, half in enumerate(("one", "other"))
        if hits
    ]


def _read(name: str) -> list[dict[str, Any]]:
    file = DATA / name
    return (
        [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    )


if __name__ == "__main__":
    run_alone(__doc__, bench)
