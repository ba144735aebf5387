"""Three-way merge by lines: neither side's work is lost, and an overlap is shown where it is."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.lines import content, split_lines
from tokenspace.memory.rebase import Overlap, hunks, merge

from .support import texts

lines = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=10)


def rows(text: str) -> list[str]:
    """Return the contents of a text's lines."""
    return [content(line) for line in split_lines(text)]


@given(lines, lines)
def test_hunks_turn_the_one_list_into_the_other(base: list[str], new: list[str]) -> None:
    """Applied from the last to the first, they give the new list; none touches the next."""
    found = hunks(base, new)
    made = list(base)
    for hunk in reversed(found):
        made[hunk.start : hunk.end] = hunk.lines
    assert made == new
    assert all(one.end < other.start for one, other in pairwise(found))


@given(texts(), texts())
def test_a_side_that_did_nothing_changes_nothing(base: str, other: str) -> None:
    """merge(b, m, b) == m, merge(b, b, t) == t, and both doing the same is done once."""
    assert merge(base, other, base) == other
    assert merge(base, base, other) == other
    assert merge(base, other, other) == other


@given(st.integers(2, 12), st.data(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_edits_of_different_lines_always_merge(
    size: int,
    data: st.DataObject,
    ending: str,
    final: bool,
) -> None:
    """Each side's new line stands where its old line stood; nothing else moves."""
    base = [f"line {n}" for n in range(size)]
    one, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))

    def text(*changes: tuple[int, str]) -> str:
        changed = [dict(changes).get(n, line) for n, line in enumerate(base)]
        return ending.join(changed) + (ending if final else "")

    merged = merge(text(), text((one, "mine")), text((other, "theirs")))
    assert merged == text((one, "mine"), (other, "theirs"))


@pytest.mark.parametrize("final", ["", "\n", "\r\n"])
@pytest.mark.parametrize("base", ["", "a"])
def test_both_appending_keeps_both_theirs_first(base: str, final: str) -> None:
    """Two inserts at one place do not overlap; the end of the text stays as it was."""
    ending = final or "\n"
    text = base + final if base else ""
    start = base + ending if base else ""
    mine, theirs = f"{start}mine{final}", f"{start}theirs{final}"
    assert merge(text, mine, theirs) == f"{start}theirs{ending}mine{final}"


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        ("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n", "a\nc\nd\n"),
        ("a\nb\nc\n", "A\nb\nc\n", "a\nx\nb\nc\n", "A\nx\nb\nc\n"),
        ("a\nb\n", "a\nB\n", "x\na\nb\n", "x\na\nB\n"),
        ("a\nb", "a\nb\n", "x\na\nb", "x\na\nb\n"),
        ("a\nb\n", "a\nb", "x\na\nb\n", "x\na\nb"),
        ("a\n", "", "a\nb\n", "b\n"),
        ("a\nb\n", "", "", ""),
        ("a\nb\nc\n", "b\nc\n", "a\nb\n", "b\n"),
        ("a\r\nb", "a\r\nb\r\nmine", "b", "b\r\nmine"),
        ("a\n", "", "\na", "\n"),
        ("a\nb", "a\nb\nmine", "x\na\nb", "x\na\nb\nmine"),
    ],
)
def test_edits_side_by_side_merge(base: str, mine: str, theirs: str, merged: str) -> None:
    """Neighbouring lines, a deletion beside an insert, a final newline: all of it is kept."""
    assert merge(base, mine, theirs) == merged


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "a\nβ\nc\n", Overlap(2, ("b\n",), ("B\n",), ("β\n",))),
        ("a\nb\nc\n", "a\nc\n", "x\na\nβ\nc\n", Overlap(3, ("b\n",), (), ("β\n",))),
        ("a\nb\nc\n", "a\nB\nc\n", "a\nc\n", Overlap(2, ("b\n",), ("B\n",), ())),
        ("a\nb\n", "X\n", "a\ny\nb\n", Overlap(2, (), ("X\n",), ("y\n",))),
    ],
)
def test_edits_of_one_line_overlap(base: str, mine: str, theirs: str, expected: Overlap) -> None:
    """The place is named with what each side made of it."""
    assert merge(base, mine, theirs) == [expected]


@given(texts(), texts(), texts())
def test_nothing_that_either_side_added_is_lost(base: str, mine: str, theirs: str) -> None:
    """A merge that goes through holds every line that one of the two added."""
    merged = merge(base, mine, theirs)
    if isinstance(merged, list):
        assert merged
        return
    have = Counter(rows(merged))
    for side in (mine, theirs):
        added = Counter(rows(side)) - Counter(rows(base))
        assert not added - have


@given(texts(), texts(), texts())
def test_nothing_is_invented(base: str, mine: str, theirs: str) -> None:
    """Every line of a merge comes from one of the three texts, none more often than in both."""
    merged = merge(base, mine, theirs)
    if isinstance(merged, str):
        assert not Counter(rows(merged)) - (Counter(rows(mine)) + Counter(rows(theirs)))


@given(texts(), texts(), texts(), st.sampled_from(["\n", "\r\n"]))
def test_an_overlap_points_at_the_text_as_it_now_reads(
    base: str, mine: str, theirs: str, ending: str
) -> None:
    """Its line is where their version stands in the current text."""
    sides = [text.replace("\n", ending) for text in (base, mine, theirs)]
    merged = merge(*sides)
    if isinstance(merged, str):
        return
    now = rows(sides[2])
    for overlap in merged:
        start = overlap.line - 1
        assert now[start : start + len(overlap.theirs)] == [content(x) for x in overlap.theirs]


def test_long_texts_merge_as_short_ones_do() -> None:
    """Thousands of edits on either side, blank lines among them, still fit between each other."""
    base = [f"{n}" if n % 2 else "" for n in range(40_000)]
    mine = [line + "!" if n % 8 == 1 else line for n, line in enumerate(base)]
    theirs = [line + "?" if n % 8 == 5 else line for n, line in enumerate(base)]
    both = [t if t != b else m for b, m, t in zip(base, mine, theirs, strict=True)]
    assert merge(*("\n".join(side) for side in (base, mine, theirs))) == "\n".join(both)


def test_a_rewrite_overlaps_with_every_edit_of_the_old_text() -> None:
    """However many overlaps there are, each has its place."""
    base = [f"{n}" for n in range(10_000)]
    theirs = [line + "?" if n % 2 else line for n, line in enumerate(base)]
    overlaps = merge("\n".join(base), "all new", "\n".join(theirs))
    assert isinstance(overlaps, list)
    assert [o.line for o in overlaps] == list(range(2, 10_001, 2))


def test_few_repeated_lines_are_aligned_roughly_rather_than_slowly() -> None:
    """The worst texts to align become one hunk; what stands beside it still merges."""
    base, mine = "a\nb\n" * 1_000, "b\nb\na\n" * 666
    assert merge(base + "end\n", mine + "end\n", base + "end\ntheirs\n") == mine + "end\ntheirs\n"
    assert merge(base, base + "a\n", "b\n" + base) == "b\n" + base + "a\n"
