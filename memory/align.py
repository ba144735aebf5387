"""How one list of lines became another: what was replaced, and which entries only moved.

An entry is a line with a word in it. Blank lines, rules and braces are structure.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import groupby

_FINE_PAIRS = 50_000
"""Most pairs of equal lines that are tried: texts of a few repeated lines are slow to align."""

_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `[start, end)` of the base became `lines`, which start at line `at` of the new list."""

    start: int
    end: int
    lines: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A hunk as small as it gets, without the entries that only moved.

    Two edits are equal when they do the same to the base, wherever that stands in their texts.

    Attributes:
        start: The first line of the base that it replaces, or before which it inserts.
        end: The line of the base that it leaves alone again.
        lines: What it puts there.
        rows: Where these stand in the new list.
        at: Where they start there, or would if there were any.
    """

    start: int
    end: int
    lines: tuple[str, ...]
    rows: tuple[int, ...] = field(default=(), compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Side:
    """A list of lines against its base, with the entries that it moved back in their old places.

    Attributes:
        rows: The new list.
        origin: Which line of the base each of its rows is; None for a row that is new.
        moved: Where entries of the base went: its line, and the row.
        edits: What else was done, first to last. They may touch, but do not overlap.
    """

    rows: list[str]
    origin: list[int | None]
    moved: dict[int, int]
    edits: list[Edit]


def is_entry(line: str) -> bool:
    """Tell whether a line holds a word."""
    return _WORD.search(line) is not None


def is_heading(line: str) -> bool:
    """Tell whether a line is the title of what follows."""
    return line.startswith("#")


def headings(rows: list[str]) -> list[int]:
    """Return for each row which one is the heading that it stands under; -1 where there is none."""
    found: list[int] = []
    last = -1
    for row, line in enumerate(rows):
        found.append(last)
        last = row if is_heading(line) else last
    return found


def hunks(base: list[str], new: list[str]) -> list[Hunk]:
    """Return what turns `base` into `new`, first to last, none touching the next.

    Lines that stand once in both hold the two together; only what is between them is aligned.
    """
    found: list[Hunk] = []
    budget = _FINE_PAIRS
    low = fresh_low = 0
    for anchor, fresh_anchor in [*_anchors(base, new), (len(base), len(new))]:
        high, fresh_high = anchor, fresh_anchor
        while low < high and fresh_low < fresh_high and base[low] == new[fresh_low]:
            low, fresh_low = low + 1, fresh_low + 1
        while low < high and fresh_low < fresh_high and base[high - 1] == new[fresh_high - 1]:
            high, fresh_high = high - 1, fresh_high - 1
        old, fresh = base[low:high], new[fresh_low:fresh_high]
        known = Counter(old)
        pairs = sum(known[line] for line in fresh)
        if pairs <= budget:
            budget -= pairs
            found += _aligned(old, fresh, low, fresh_low)
        else:
            found.append(Hunk(low, high, tuple(fresh), fresh_low))
        low, fresh_low = anchor + 1, fresh_anchor + 1
    return found


def _anchors(base: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return where lines stand that occur once in both: most of those that keep their order."""
    in_base, in_new = Counter(base), Counter(new)
    place = {line: at for at, line in enumerate(base) if in_base[line] == 1}
    pairs = [
        (place[line], at) for at, line in enumerate(new) if in_new[line] == 1 and line in place
    ]
    lows: list[int] = []  # the lowest end of an ascending run of each length, and which pair it is
    ends: list[int] = []
    before: list[int] = []
    for index, (low, _) in enumerate(pairs):
        length = bisect_left(lows, low)
        before.append(ends[length - 1] if length else -1)
        lows[length : length + 1], ends[length : length + 1] = [low], [index]
    chain: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _aligned(old: list[str], fresh: list[str], offset: int, fresh_offset: int) -> list[Hunk]:
    """Return what turns `old` into `fresh`; the offsets are the lines at which they start."""
    matcher = SequenceMatcher(None, old, fresh, autojunk=False)
    return [
        Hunk(offset + a, offset + b, tuple(fresh[c:d]), fresh_offset + c)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def moves(base: Sequence[str], new: Sequence[str], found: list[Hunk]) -> dict[int, int]:
    """Return which entries stand elsewhere now: a line of `base` and its line in `new`.

    They occur once in both, and the hunks between the two remove and add them. A line without a
    word never moves. Lines are compared as they are: endings count.
    """
    in_base, in_new = Counter(base), Counter(new)
    removed = {base[i]: i for hunk in found for i in range(hunk.start, hunk.end)}
    return {
        removed[line]: hunk.at + n
        for hunk in found
        for n, line in enumerate(hunk.lines)
        if line in removed and in_base[line] == in_new[line] == 1 and is_entry(line)
    }


def side(base: list[str], rows: list[str]) -> Side:
    """Return what `rows` made of `base`, with its moves apart from the rest."""
    found = hunks(base, rows)
    moved = moves(base, rows, found)
    origin: list[int | None] = []
    at = 0
    for hunk in found:
        origin += range(at, hunk.start)
        origin += [None] * len(hunk.lines)
        at = hunk.end
    origin += range(at, len(base))
    for line, row in moved.items():
        origin[row] = line
    edits = [edit for hunk in found for edit in _edits(base, hunk, moved, origin)]
    return Side(rows, origin, moved, edits)


def _edits(
    base: list[str], hunk: Hunk, moved: dict[int, int], origin: list[int | None]
) -> Iterator[Edit]:
    """Yield what a hunk does beside moving entries away and taking some in.

    As many lines as were removed replace them one by one. Otherwise the new lines stand in place of
    the first lines that are gone together; entries between those and the next have moved away.
    """
    removed = [i for i in range(hunk.start, hunk.end) if i not in moved]
    at, end = hunk.at, hunk.at + len(hunk.lines)
    added = [n for n in range(at, end) if origin[n] is None]
    lines = [hunk.lines[n - at] for n in added]
    if len(removed) == len(added):
        for i, n, line in zip(removed, added, lines, strict=True):
            if base[i] != line:
                yield Edit(i, i + 1, (line,), (n,), n)
    elif not removed:
        yield Edit(hunk.start, hunk.start, tuple(lines), tuple(added), added[0])
    else:
        for start, stop in _runs(removed):
            yield Edit(start, stop, tuple(lines), tuple(added), added[0] if added else at)
            added, lines, at = [], [], end


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the ranges `[start, end)` that ascending numbers are made of."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield found[0], found[-1] + 1
