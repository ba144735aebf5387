"""Laws of the merge, whatever the three texts are."""

from collections import Counter
from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.align import side
from tokenspace.memory.lines import content, split_lines
from tokenspace.memory.merge import merge

from .support import texts

POOL = ["# A", "# B", "- a", "- b", "- c", "- d", "- e", "", "", "---", "x"]


@st.composite
def edited(draw: st.DrawFn, base: list[str]) -> list[str]:
    """Return some lines after a few edits: lines and blocks moved, rewritten, removed, added."""
    rows = list(base)
    for kind in draw(st.lists(st.sampled_from(["move", "edit", "remove", "add"]), max_size=5)):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(rows))] * 2)))
        if kind == "move":
            block, rows[start:end] = rows[start:end], []
            at = draw(st.integers(0, len(rows)))
            rows[at:at] = block
        elif kind == "add":
            rows[start:start] = draw(st.lists(st.sampled_from([*POOL, "new"]), max_size=2))
        elif kind == "edit":
            rows[start:end] = [row + draw(st.sampled_from("!?")) for row in rows[start:end]]
        else:
            del rows[start : start + 1]
    return rows


@st.composite
def three(draw: st.DrawFn, pool: Sequence[str] = POOL) -> tuple[str, str, str]:
    """Return a base and two texts made of it, each with a final newline or without."""
    base = draw(st.lists(st.sampled_from(pool), max_size=8, unique=draw(st.booleans())))
    sides = [base, draw(edited(base)), draw(edited(base))]
    final = draw(st.sampled_from(["", "\n"]))
    one, two, other = ("\n".join(rows) + (final if rows else "") for rows in sides)
    return one, two, other


cases = st.one_of(three(), st.tuples(texts(), texts(), texts()))


def rows(text: str) -> list[str]:
    """Return the contents of a text's lines."""
    return [content(line) for line in split_lines(text)]


def text(rows: Iterable[str]) -> str:
    """Return lines as a text."""
    return "".join(f"{row}\n" for row in rows)


@given(texts(), texts())
def test_a_side_that_did_nothing_changes_nothing(base: str, other: str) -> None:
    """merge(b, m, b) == m, merge(b, b, t) == t, and both doing the same is done once."""
    assert merge(base, other, base) == other
    assert merge(base, base, other) == other
    assert merge(base, other, other) == other


@given(st.integers(2, 12), st.data(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_edits_of_different_lines_always_merge(
    size: int, data: st.DataObject, ending: str, final: bool
) -> None:
    """Each side's new line stands where its old line stood; nothing else moves."""
    base = [f"line {n}" for n in range(size)]
    one, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))

    def text(*changes: tuple[int, str]) -> str:
        changed = [dict(changes).get(n, line) for n, line in enumerate(base)]
        return ending.join(changed) + (ending if final else "")

    both = merge(text(), text((one, "mine")), text((other, "theirs")))
    assert both == text((one, "mine"), (other, "theirs"))


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)), st.sampled_from([" new", None]))
def test_a_new_order_fits_to_edits_in_place(
    order: list[int], places: set[int], what: str | None
) -> None:
    """Whoever did which: the order is the one's, the wording or what is left the other's."""
    base = [f"line {n}" for n in range(8)]
    edited = [f"{line}{what}" if n in places else line for n, line in enumerate(base)]
    left = [n for n in range(8) if what or n not in places]
    anew = text(base[n] for n in order)
    reworded = text(edited[n] for n in left)
    both = text(edited[n] for n in order if n in left)
    assert merge(text(base), anew, reworded) == both
    assert merge(text(base), reworded, anew) == both


@given(cases)
def test_nothing_that_either_side_added_is_lost(case: tuple[str, str, str]) -> None:
    """A merge holds every line that one of the two added; none is there that neither has."""
    base, *sides = map(rows, case)
    both = merge(*case, lambda overlap: (*overlap.theirs, *overlap.mine))
    assert isinstance(both, str)
    have = Counter(rows(both))
    for one in sides:
        assert not Counter(one) - Counter(base) - have
    assert not have - Counter(sides[0]) - Counter(sides[1])


@given(cases)
def test_it_does_not_matter_who_comes_first(case: tuple[str, str, str]) -> None:
    """The other way round there are the same overlaps, or the same lines in another order."""
    base, mine, theirs = case
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    if isinstance(one, str):
        assert isinstance(other, str)
        assert Counter(rows(one)) == Counter(rows(other))
    else:
        assert isinstance(other, list)
        assert [(o.base, o.mine, o.theirs) for o in one] == [
            (o.base, o.theirs, o.mine) for o in other
        ]


@given(
    st.permutations(range(5)),
    st.permutations(range(5)),
    st.sets(st.integers(0, 5)),
    st.sets(st.integers(0, 5)),
)
def test_merging_again_adds_nothing(
    one: list[int], two: list[int], my_places: set[int], their_places: set[int]
) -> None:
    """Where nothing is deleted: a side that has theirs already gets nothing twice.

    Nor does anything else happen, if nothing was moved. A line that was deleted beside one that was
    inserted reads as a line that was changed: once merged, that may overlap with the deletion.
    """
    base = [f"line {n}" for n in range(5)]

    def side(order: list[int], who: str, places: set[int]) -> list[str]:
        rows = [base[n] for n in order]
        for place in sorted(places, reverse=True):
            rows.insert(place, f"{who} {place}")
        return rows

    for moved in (True, False):
        mine = text(side(one if moved else [*range(5)], "mine", my_places))
        theirs = text(side(two if moved else [*range(5)], "theirs", their_places))
        both = merge(text(base), mine, theirs)
        assert isinstance(both, str)
        again = merge(text(base), both, theirs)
        assert isinstance(again, str)
        assert Counter(rows(again)) == Counter(rows(both))
        assert moved or again == both


@given(cases, st.sampled_from(["\n", "\r\n"]))
def test_an_overlap_points_at_the_text_as_it_now_reads(
    case: tuple[str, str, str], ending: str
) -> None:
    """Its line is where their version stands in the current text, unless they moved part of it."""
    base, mine, theirs = (text.replace("\n", ending) for text in case)
    found = merge(base, mine, theirs)
    if isinstance(found, str):
        return
    now = rows(theirs)
    moved = side(rows(base), now).moved
    for overlap in found:
        start = overlap.line - 1
        assert 0 <= start <= len(now)
        shown = now[start : start + len(overlap.theirs)]
        assert moved or shown == [content(line) for line in overlap.theirs]
