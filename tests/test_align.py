"""How one text became another: the least that was replaced, and the entries that only moved."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.align import hunks, moves, side

lines = st.lists(st.sampled_from(["a", "b", "c", "d", "", "---"]), max_size=10)
entries = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(lines, lines)
def test_hunks_turn_the_one_list_into_the_other(base: list[str], new: list[str]) -> None:
    """Applied from the last to the first, they give the new list; none touches the next."""
    found = hunks(base, new)
    made = list(base)
    for hunk in reversed(found):
        made[hunk.start : hunk.end] = hunk.lines
    assert made == new
    assert all(one.end < other.start for one, other in pairwise(found))


@given(lines, lines)
def test_a_hunk_knows_where_its_lines_stand(base: list[str], new: list[str]) -> None:
    """Also where it only removes: the next line stands there."""
    found = hunks(base, new)
    assert all(tuple(new[h.at : h.at + len(h.lines)]) == h.lines for h in found)
    assert all(base[h.end :][:1] == new[h.at + len(h.lines) :][:1] for h in found)


@pytest.mark.parametrize(
    ("base", "new", "moved"),
    [
        ("a b c", "c a b", {2: 0}),
        ("a b c", "b c a", {0: 2}),
        ("a b c d", "x d b", {3: 1}),
        ("a b c", "a B c", {}),
        ("a b c", "a b c b", {}),
        ("b a b", "a b", {}),
        ("--- }", "} ---", {}),
        ("- a é", "é - a", {2: 0}),
    ],
)
def test_only_an_entry_that_stands_once_in_both_moves(
    base: str, new: str, moved: dict[int, int]
) -> None:
    """Not what occurs twice, nor what holds no word; most entries stay where they are."""
    old, rows = base.split(" "), new.split(" ")
    assert moves(old, rows, hunks(old, rows)) == moved


@given(entries, entries)
def test_entries_that_occur_once_stay_or_move(base: list[str], new: list[str]) -> None:
    """None of them is removed here and added there."""
    one = side(base, new)
    assert sorted(i for i in one.origin if i is not None) == [
        i for i, line in enumerate(base) if line in new
    ]


@given(lines, lines)
def test_a_side_is_its_base_edited_and_then_moved(base: list[str], new: list[str]) -> None:
    """Every row is a line of the base or the work of one edit; the others are as they were."""
    one = side(base, new)
    assert [i for i in one.origin if i is not None and i not in one.moved] == sorted(
        i for i in one.origin if i is not None and i not in one.moved
    )
    made = {
        row: line for edit in one.edits for row, line in zip(edit.rows, edit.lines, strict=True)
    }
    replaced = {i for edit in one.edits for i in range(edit.start, edit.end)}
    assert all(earlier.end <= later.start for earlier, later in pairwise(one.edits))
    for row, (line, origin) in enumerate(zip(new, one.origin, strict=True)):
        if origin is None and row not in made:  # it replaces an equal line, so that is no edit
            assert line in base
        else:
            assert line == (made[row] if origin is None else base[origin])
    assert replaced.isdisjoint({i for i in one.origin if i is not None})


@pytest.mark.parametrize(
    ("base", "new", "edits"),
    [
        ("a b c", "x y c", [(0, 1, "x"), (1, 2, "y")]),
        ("a b c", "x c", [(0, 2, "x")]),
        ("a b c", "x y z c", [(0, 2, "x y z")]),
        ("a b c d e", "x z d e b", [(0, 1, "x"), (2, 3, "z")]),
        ("a b c d e", "x d e b", [(0, 1, "x"), (2, 3, "")]),
        ("a b c", "c x b a", [(0, 0, "x")]),
        ("a b c", "b c a", []),
    ],
)
def test_edits_are_as_small_as_entries(
    base: str, new: str, edits: list[tuple[int, int, str]]
) -> None:
    """As many lines for as many are one edit each; what moved away stands between them."""
    found = side(base.split(), new.split()).edits
    assert [(edit.start, edit.end, " ".join(edit.lines)) for edit in found] == edits


def test_few_repeated_lines_are_aligned_roughly_rather_than_slowly() -> None:
    """The worst texts to align become one hunk."""
    base, new = ["a", "b"] * 1_000, ["b", "b", "a"] * 666
    assert len(hunks(base, new)) == 1
