"""Three-way merge of a text by lines: what two hands did to one base, without losing either."""

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from .lines import content, newline, split_lines

_FINE_PAIRS = 50_000
"""Most pairs of equal lines that are tried: texts of a few repeated lines are slow to align."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `[start, end)` of the base became `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """A place that both sides changed: what theirs made of `base`, and mine of it and around it.

    `line` counts from 1 in the current text, which is theirs.
    """

    line: int
    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


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
            found += _aligned(old, fresh, low)
        else:
            found.append(Hunk(low, high, tuple(fresh)))
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


def _aligned(old: list[str], fresh: list[str], offset: int) -> list[Hunk]:
    """Return what turns `old`, which starts at line `offset`, into `fresh`."""
    matcher = SequenceMatcher(None, old, fresh, autojunk=False)
    return [
        Hunk(offset + a, offset + b, tuple(fresh[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def merge(base: str, mine: str, theirs: str) -> str | list[Overlap]:
    """Return `theirs` with what `mine` did to `base`, or the places where both did something.

    Both inserting at one place do not overlap: theirs comes first. Both doing the same is done
    once. `merge(b, m, b) == m` and `merge(b, b, t) == t`.
    """
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    ending = newline(theirs)
    rows, end = _terminated(base, ending)
    mine_rows, mine_end = _terminated(mine, ending)
    their_rows, their_end = _terminated(theirs, ending)
    ours, others = hunks(rows, mine_rows), hunks(rows, their_rows)
    if overlaps := _overlaps(rows, ours, others):
        return overlaps
    merged = _applied(rows, ours, others)
    final = mine_end if mine_end != end else their_end
    if merged and not final:  # but an empty line is nothing without its ending
        merged[-1] = content(merged[-1]) or merged[-1]
    return "".join(merged)


def _terminated(text: str, ending: str) -> tuple[list[str], bool]:
    """Return lines that all end in a newline, and whether the last one did before.

    Without this, appending to a text with no final newline would count as changing its last line.
    """
    lines = split_lines(text)
    if lines and not lines[-1].endswith("\n"):
        return [*lines[:-1], lines[-1] + ending], False
    return lines, True


def _clash(mine: Hunk, theirs: Hunk) -> bool:
    """Tell whether two different hunks touch the same lines of the base."""
    if mine == theirs:
        return False
    if mine.start == mine.end or theirs.start == theirs.end:
        return mine.start < theirs.start < mine.end or theirs.start < mine.start < theirs.end
    return mine.start < theirs.end and theirs.start < mine.end


def _overlaps(rows: list[str], mine: list[Hunk], theirs: list[Hunk]) -> list[Overlap]:
    """Return every clash; its line is where theirs stands in the current text."""
    starts, ends = [h.start for h in theirs], [h.end for h in theirs]
    grown = [0, *accumulate(len(h.lines) - (h.end - h.start) for h in theirs)]
    return [
        Overlap(t.start + grown[at] + 1, tuple(rows[t.start : t.end]), m.lines, t.lines)
        for m in mine
        for at in range(bisect_left(ends, m.start), bisect_right(starts, m.end))
        if _clash(m, t := theirs[at])
    ]


def _applied(rows: list[str], mine: list[Hunk], theirs: list[Hunk]) -> list[str]:
    """Return the base with both sides' hunks; at one place theirs comes first."""
    ordered = sorted(
        {*((h, 0) for h in theirs), *((h, 1) for h in set(mine) - set(theirs))},
        key=lambda pair: (pair[0].start, pair[0].end, pair[1]),
    )
    out: list[str] = []
    at = 0
    for hunk, _ in ordered:
        out += rows[at : hunk.start]
        out += hunk.lines
        at = max(at, hunk.end)
    return out + rows[at:]
