"""Three-way merge of a text by entries: what two hands did to one base, without losing either.

An entry is a line with a word in it. That one side moved an entry does not keep the other from
editing or deleting it, and what both added under the same heading is added once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from .align import Edit, Side, headings, is_entry, is_heading, side
from .lines import content, newline, split_lines
from .weave import MINE, NEITHER, THEIRS, Chosen, Sides, Weave


@dataclass(frozen=True, slots=True)
class Overlap:
    """A region of the base that both sides changed, and all that each of them made of it.

    What either moved away stands in its old place here. `line` counts from 1 in the current text,
    which is theirs: their version starts there.
    """

    line: int
    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


Resolve = Callable[[Overlap], Sequence[str] | None]
"""Gives the lines, with their endings, to put in place of an overlap; None leaves it open."""


def merge(
    base: str, mine: str, theirs: str, resolve: Resolve = lambda _: None
) -> str | list[Overlap]:
    """Return `theirs` with what `mine` did to `base`, or the overlaps that `resolve` left open.

    Both inserting at one place do not overlap: theirs comes first. Both doing the same is done
    once, and where one did the same and more, that is done. If both moved an entry, it stands where
    theirs has it. `merge(b, m, b) == m` and `merge(b, b, t) == t`.
    """
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    ending = newline(theirs)
    rows, end = _terminated(base, ending)
    mine_rows, mine_end = _terminated(mine, ending)
    their_rows, their_end = _terminated(theirs, ending)
    sides = side(rows, their_rows), side(rows, mine_rows)
    chosen: list[Chosen] = []
    overlaps: list[Overlap] = []
    for group in _groups(sides):
        settled = _settled(rows, group)
        if isinstance(settled, Edit):
            overlap = _overlap(rows, group, settled, sides[THEIRS])
            if (found := resolve(overlap)) is None:
                overlaps.append(overlap)
                continue
            lines = split_lines("".join(_ended(line, ending) for line in found))
            settled = [(replace(settled, lines=tuple(lines)), NEITHER)]
        chosen += settled
    if overlaps:
        return overlaps
    merged = Weave(rows, sides).woven(_without_repeats(chosen, sides))
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
        return [*lines[:-1], _ended(lines[-1], ending)], False
    return lines, True


def _ended(line: str, ending: str) -> str:
    return line if line.endswith("\n") else line + ending


def _groups(sides: Sides) -> Iterator[list[Chosen]]:
    """Yield the edits of both sides in their order, with those that touch the same lines together.

    So are two inserts at one place. What both did is yielded once, as theirs.
    """
    done = set(sides[THEIRS].edits)
    edits = [(edit, THEIRS) for edit in sides[THEIRS].edits]
    edits += [(edit, MINE) for edit in sides[MINE].edits if edit not in done]
    group: list[Chosen] = []
    end = -1
    for edit, whose in sorted(edits, key=lambda pair: (pair[0].start, pair[0].end, pair[1])):
        overlapping = edit.start < end
        inserts = bool(group) and group[0][0].start == end == edit.end
        if group and not overlapping and not inserts:
            yield group
            group = []
        group.append((edit, whose))
        end = max(end, edit.end)
    if group:
        yield group


def _settled(base: list[str], group: list[Chosen]) -> list[Chosen] | Edit:
    """Return the edits of a group that are made, or where they clash: what mine did there."""
    theirs, mine = ([edit for edit, whose in group if whose == one] for one in (THEIRS, MINE))
    if not theirs or not mine:
        return group
    start, end = group[0][0].start, max(edit.end for edit, _ in group)
    their_lines, my_lines = (_version(base, edits, start, end) for edits in (theirs, mine))
    if _more(their_lines, my_lines, end - start):
        return [(edit, THEIRS) for edit in theirs]
    if _more(my_lines, their_lines, end - start):
        return [(edit, MINE) for edit in mine]
    return group if start == end else Edit(start, end, my_lines)


def _version(base: list[str], edits: list[Edit], start: int, end: int) -> tuple[str, ...]:
    """Return what edits make of lines `[start, end)` of the base."""
    lines: list[str] = []
    for edit in edits:
        lines += base[start : edit.start]
        lines += edit.lines
        start = edit.end
    return (*lines, *base[start:end])


def _more(long: tuple[str, ...], short: tuple[str, ...], replaced: int) -> bool:
    """Tell whether one version is the other, or that and more at one place of it.

    The other must have replaced all lines of the base, or deleting them would count as the less.
    """
    if long == short:
        return True
    if not replaced <= len(short) < len(long):
        return False
    head = 0
    while head < len(short) and long[head] == short[head]:
        head += 1
    return long[len(long) - len(short) + head :] == short[head:]


def _overlap(base: list[str], group: list[Chosen], clash: Edit, theirs: Side) -> Overlap:
    """Return a clash with its place in the current text."""
    edits = [edit for edit, whose in group if whose == THEIRS]
    before = sum(i not in theirs.moved for i in range(clash.start, edits[0].start))
    return Overlap(
        edits[0].at - before + 1,
        tuple(base[clash.start : clash.end]),
        clash.lines,
        _version(base, edits, clash.start, clash.end),
    )


def _without_repeats(chosen: list[Chosen], sides: Sides) -> list[Chosen]:
    """Return the edits without the entries of mine that theirs added too, under the same heading.

    Each must have added it once; more often, nobody knows which ones are the same.
    """
    theirs, mine = (_additions(one.edits, one.rows) for one in sides)
    made = {row for edit, whose in chosen if whose == THEIRS for row in edit.rows}
    repeats = {
        rows[0]
        for key, rows in mine.items()
        if len(rows) == len(theirs.get(key, ())) == 1 and theirs[key][0] in made
    }

    def left(edit: Edit) -> Edit:
        rows = tuple(row for row in edit.rows if row not in repeats)
        return replace(edit, rows=rows, lines=tuple(sides[MINE].rows[row] for row in rows))

    return [(left(edit) if whose == MINE else edit, whose) for edit, whose in chosen]


def _additions(edits: list[Edit], rows: list[str]) -> dict[tuple[object, ...], list[int]]:
    """Return the rows that added an entry, by its text and the heading that it stands under.

    A heading is the same only where it is inserted at the same place, and alone: the entries below
    it may then stand below the other's.
    """
    titles = headings(rows)
    found: dict[tuple[object, ...], list[int]] = {}
    for edit in edits:
        alone = sum(map(is_heading, edit.lines)) == 1
        for row, line in zip(edit.rows, edit.lines, strict=True):
            place = (edit.start, edit.end) if is_heading(line) else None
            if is_entry(line) and (alone or not place):
                above = content(rows[titles[row]]) if titles[row] >= 0 else None
                found.setdefault((content(line), above, place), []).append(row)
    return found
