"""Entries of blocks that repeat or contradict each other, wherever they stand."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from .candidates import Entries
from .lines import split_lines
from .model import Block
from .naming import essence
from .pairing import Pairing, pairing
from .remembered import remembered
from .segments import bare
from .terms import words

Clash: TypeAlias = Literal["contradicts", "repeats"]

_SAME = 0.55  # likeness from which two entries without a reason against it are one too many
_CLOSEST = 5  # entries that one is compared with
_KNOWN = 4_096  # lines that are remembered as the entries that they are
_MOST_CHARS = 2_000  # of an entry that is compared; what is longer is a text


class Spot(NamedTuple):
    """An entry in its place: the label of its block, its line from 1, its text without bullet."""

    label: str
    line: int
    entry: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries that repeat or contradict each other.

    Attributes:
        one, other: In the order in which they were asked about; `one` is the newer where it counts.
        likeness: 0 to 1.
        differs: The words that only one and only the other has, place by place.
    """

    kind: Clash
    one: Spot
    other: Spot
    likeness: float
    differs: tuple[tuple[str, str], ...]


def spots(blocks: Iterable[Block]) -> list[Spot]:
    """Return the entries of blocks, without headings and what has no words."""
    return [
        Spot(block.label, number, entry)
        for block in blocks
        for number, line in enumerate(split_lines(block.value), 1)
        if (entry := _entry(line))
    ]


@remembered(_KNOWN)
def _entry(line: str) -> str:
    """Return the entry that a line is, empty for none."""
    return bare(line) if essence(line) and not line.lstrip().startswith("#") else ""


def clashes(
    asked: Sequence[Spot], among: Sequence[Spot], most: int, seconds: float | None = None
) -> list[Pair]:
    """Return pairs of an entry asked about and another one, the most certain first: `most`.

    Contradictions come before repeats, what is most alike first. After `seconds` no more entries
    are looked at.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    entries = Entries([spot.entry for spot in among])
    found: dict[frozenset[tuple[str, int]], Pair] = {}
    for spot in asked:
        if ends is not None and time.monotonic() > ends:
            break
        if len(spot.entry) > _MOST_CHARS:
            continue
        for index, _ in entries.nearest(spot.entry, _CLOSEST + 1):
            other = among[index]
            key = frozenset(((spot.label, spot.line), (other.label, other.line)))
            if len(key) == 1 or key in found or len(other.entry) > _MOST_CHARS:
                continue
            pair = _pair(spot, other)
            if pair is not None:
                found[key] = pair
    ordered = sorted(found.values(), key=lambda pair: (pair.kind != "contradicts", -pair.likeness))
    return ordered[:most]


def _pair(one: Spot, other: Spot) -> Pair | None:
    """Return what two entries are to each other, None where they go together."""
    seen = pairing(other.entry, one.entry)
    kind: Clash | None = None
    if seen.contradicts and not _of_others(seen, other.entry, one.entry):
        kind = "contradicts"
    elif seen.repeats and seen.likeness >= _SAME:
        kind = "repeats"
    if kind is None:
        return None
    differs = tuple((new, old) for old, new in seen.differs)
    return Pair(kind, one, other, seen.likeness, differs)


def _of_others(seen: Pairing, old: str, new: str) -> bool:
    """Tell whether two entries say the same of different things: only their beginnings differ.

    What is said of eu-west-1 does not contradict the same of eu-west-2.
    """
    if len(seen.differs) != 1:
        return False
    ((before, after),) = seen.differs
    begins = words(old)[:1] == words(before)[:1] and words(new)[:1] == words(after)[:1]
    return bool(before and after) and begins
