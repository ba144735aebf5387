"""What changed between two texts: as a unified diff, or entry by entry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from .align import Hunk, hunks, moves
from .lines import content, split_lines

_ALIKE = 0.5
"""How alike (0 to 1) a removed and an added line must be to count as one that was changed."""

_COMPARED_CHARS = 400
_COMPARED_AHEAD = 8  # added lines that each removed one is compared with
_COMPARED_PAIRS = 2_000_000  # of characters, in all: past this only obvious changes are seen

Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What became of one line.

    Attributes:
        kind: Whether it was added, removed, changed where it stood, or moved as it was.
        old: Its number, from 1, in the text before; None where it was added.
        new: Its number, from 1, in the text after; None where it was removed.
        before: Its text before, with its ending.
        after: Its text after, with its ending; that of a moved line may differ.
    """

    kind: Kind
    old: int | None
    new: int | None
    before: str | None
    after: str | None


def unified(before: str, after: str, context: int = 3) -> list[str]:
    r"""Return the body of a unified diff: its `@@` headers and its rows, without line endings.

    A line of which only the ending changed is shown as removed and added, and reads the same in
    both rows: a reader sees that it changed, `patch` leaves it as it is. Equal texts give nothing.
    """
    old, new = split_lines(before), split_lines(after)
    rows: list[str] = []
    for group in _grouped(hunks(old, new), 2 * context):
        first, last = group[0], group[-1]
        start, end = max(0, first.start - context), min(len(old), last.end + context)
        fresh = first.at - (first.start - start)
        fresh_end = last.at + len(last.lines) + end - last.end
        rows.append(f"@@ -{_span(start, end)} +{_span(fresh, fresh_end)} @@")
        for hunk in group:
            rows += _signed(" ", old[start : hunk.start])
            rows += _signed("-", old[hunk.start : hunk.end])
            rows += _signed("+", hunk.lines)
            start = hunk.end
        rows += _signed(" ", old[start:end])
    return rows


def _grouped(found: list[Hunk], apart: int) -> Iterator[list[Hunk]]:
    """Yield the hunks, with those together that have at most `apart` lines between them."""
    group: list[Hunk] = []
    for hunk in found:
        if group and hunk.start - group[-1].end > apart:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _span(start: int, end: int) -> str:
    """Return lines `[start, end)` as a header has them; no lines are named by the one before."""
    return f"{start + (start < end)},{end - start}"


def _signed(sign: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield sign + content(line)
        if not line.endswith("\n"):
            yield r"\ No newline at end of file"


def entries(before: str, after: str) -> list[EntryChange]:
    """Return what happened to each line that is not as and where it was, in the order of `after`.

    Lines are the same when they are so without their endings; one that only has another ending was
    changed. Nothing is left out, so `applied(before, entries(before, after)) == after`.
    """
    old, new = split_lines(before), split_lines(after)
    plain, fresh = list(map(content, old)), list(map(content, new))
    found = hunks(plain, fresh)
    moved = moves(plain, fresh, found)
    changed = _changed(plain, fresh, found, moved)
    came = {n: i for i, n in (*changed.items(), *moved.items())}

    def change(kind: Kind, i: int | None, n: int | None) -> EntryChange:
        one, other = (None if i is None else i + 1), (None if n is None else n + 1)
        return EntryChange(kind, one, other, i if i is None else old[i], n if n is None else new[n])

    changes: list[EntryChange] = []
    at = row = 0
    for hunk in (*found, Hunk(len(old), len(old), (), len(new))):
        kept = zip(range(at, hunk.start), range(row, hunk.at), strict=True)
        changes += [change("changed", i, n) for i, n in kept if old[i] != new[n]]
        at, row = hunk.end, hunk.at + len(hunk.lines)
        gone = [i for i in range(hunk.start, at) if i not in moved and i not in changed]
        changes += [change("removed", i, None) for i in gone]
        for n in range(hunk.at, row):
            i = came.get(n)
            kind: Kind = "added" if i is None else "moved" if i in moved else "changed"
            changes.append(change(kind, i, n))
    return changes


def _changed(
    old: list[str], new: list[str], found: list[Hunk], moved: dict[int, int]
) -> dict[int, int]:
    """Return which removed lines were changed into which added ones; both keep their order."""
    pairs: dict[int, int] = {}
    arrived = set(moved.values())
    alike = _Likeness()
    for hunk in found:
        added = [n for n in range(hunk.at, hunk.at + len(hunk.lines)) if n not in arrived]
        for i in (i for i in range(hunk.start, hunk.end) if i not in moved):
            near = enumerate(added[:_COMPARED_AHEAD])
            like = next((k for k, n in near if alike(old[i], new[n])), None)
            if like is not None:
                pairs[i] = added[like]
                del added[: like + 1]
    return pairs


class _Likeness:
    """Tells whether one line looks like another, for as long as that is not too much work."""

    def __init__(self) -> None:
        self.left = _COMPARED_PAIRS

    def __call__(self, one: str, other: str) -> bool:
        one, other = one[:_COMPARED_CHARS], other[:_COMPARED_CHARS]
        shorter, all_chars = min(len(one), len(other)), len(one) + len(other)
        if 2 * shorter < _ALIKE * all_chars:
            return False
        same = _shared(one, other)
        same += min(shorter - same, _shared(one[::-1], other[::-1]))
        if 2 * same >= _ALIKE * all_chars:
            return True
        self.left -= len(one) * len(other)
        if self.left < 0:
            return False
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _shared(one: str, other: str) -> int:
    """Return with how many equal characters two lines start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def applied(before: str, changes: Sequence[EntryChange]) -> str:
    """Return what `changes`, as `entries` gives them, make of the text they were made from."""
    gone = {change.old for change in changes}
    fresh = {change.new: change.after or "" for change in changes if change.new is not None}
    kept = [line for number, line in enumerate(split_lines(before), 1) if number not in gone]
    rest = iter(kept)
    return "".join(
        fresh[number] if number in fresh else next(rest)
        for number in range(1, len(kept) + len(fresh) + 1)
    )
