"""Three-way merge by entries: neither side's work is lost, and an overlap is shown where it is."""

import pytest

from tokenspace.memory.merge import Overlap, merge


def lined(text: str) -> str:
    """Return a text of one line for each word; `_` is a space within a line, `.` a blank line."""
    return "".join(f"{'' if row == '.' else row.replace('_', ' ')}\n" for row in text.split())


def merged(base: str, mine: str, theirs: str) -> str | list[Overlap]:
    """Merge texts that are written as `lined` reads them."""
    return merge(lined(base), lined(mine), lined(theirs))


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
    ("base", "mine", "theirs", "both"),
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
        ("a\nb\nc", "c\na\nb", "a\nb\nc\nd", "c\na\nb\nd"),
    ],
)
def test_edits_side_by_side_merge(base: str, mine: str, theirs: str, both: str) -> None:
    """Neighbouring lines, a deletion beside an insert, a final newline: all of it is kept."""
    assert merge(base, mine, theirs) == both


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("a b c", "c a b", "a b C", "C a b"),
        ("a b c", "c a b", "a b", "a b"),
        ("a b c", "c a b", "a b c d", "c a b d"),
        ("a b c d", "d a b c", "a d b c", "a d b c"),
        ("a b c d", "a d b c", "d a b c", "d a b c"),
        ("a b c d", "a c d b", "x a b c d y", "x a c d b y"),
        ("a b c d", "c a b d", "a X d", "a X d"),
        ("a b c d", "a c b d", "A B C D", "A C B D"),
        ("a b c d", "a x c b d", "a B d", "a x B d"),
        ("# A a # B b", "# A # B b a", "# A a a2 # B b", "# A a2 # B b a"),
        ("# A a . # B b . # C c", "# B b . # A a . # C c", "# A a . # B b b2 . # C c",
         "# B b b2 . # A a . # C c"),
        ("# A a # B b # C c", "# C c # A a # B b", "# A a # B b # C c x", "# C c x # A a # B b"),
        ("# A a # B b # C c", "# C c # A a # B b", "# A a # B b # C x c", "# C x c # A a # B b"),
        ("# A a # B b # C c", "# C c # A a # B b", "# A a # B b # C c # D d",
         "# C c # A a # B b # D d"),
        ("# A a # B b # C c", "# C # A a c # B b", "# A a # B b # C c x", "# C x # A a c # B b"),
    ],
)  # fmt: skip
def test_a_move_is_no_overlap(base: str, mine: str, theirs: str, both: str) -> None:
    """An entry goes where it was moved, as the other left it; so does what a moved section got."""
    one, two, other = [side.replace("# ", "#_") for side in (base, mine, theirs)]
    assert merged(one, two, other) == lined(both.replace("# ", "#_"))


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("a", "a x", "a x y", "a x y"),
        ("a", "a x m", "a t x", "a t x m"),
        ("a b", "a x b", "a b x", "a b x"),
        ("#A a #B b", "#A a x #B b", "#A a #B b x", "#A a x #B b x"),
        ("#A a", "#A a #N x m", "#A a #N x t", "#A a #N x t m"),
        ("#A a b", "#A a #N m b", "#A a b #N t", "#A a #N m b #N t"),
        ("#A a", "#A a #N m #O o", "#A a #N t #P p", "#A a #N t #P p #N m #O o"),
        ("a", "a x x", "a x t", "a x t x x"),
        ("a", "a --- m", "a --- t", "a --- t --- m"),
        ("a", "a . m", "a . t", "a . t . m"),
        ("a", "a . m", "a . m t", "a . m t"),
        ("a b", "x b", "a b x", "b x"),
    ],
)
def test_what_both_added_is_added_once(base: str, mine: str, theirs: str, both: str) -> None:
    """An entry that each added once below one heading; theirs stays. Rules and blanks are kept."""
    assert merged(base, mine, theirs) == lined(both)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("a b c", "A B c", "a b C", "A B C"),
        ("a b", "A B", "a y b", "A y B"),
        ("a b", "A B", "A b", "A B"),
        ("a b c", "A B c", "A B C", "A B C"),
        ("a", "A", "A x", "A x"),
        ("a", "A x", "A", "A x"),
        ("a", "A", "x A", "x A"),
        ("a b", "A B", "A B x", "A B x"),
        ("a b", "X", "X", "X"),
    ],
)
def test_doing_the_same_and_more_is_no_overlap(
    base: str, mine: str, theirs: str, both: str
) -> None:
    """Rewritten lines pair off one by one; where one side did what the other did, it stands."""
    assert merged(base, mine, theirs) == lined(both)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "a\nb?\nc\n", Overlap(2, ("b\n",), ("B\n",), ("b?\n",))),
        ("a\nb\nc\n", "a\nc\n", "x\na\nb?\nc\n", Overlap(3, ("b\n",), (), ("b?\n",))),
        ("a\nb\nc\n", "a\nB\nc\n", "a\nc\n", Overlap(2, ("b\n",), ("B\n",), ())),
        ("a\nb\n", "X\n", "a\ny\nb\n", Overlap(1, ("a\n", "b\n"), ("X\n",), ("a\n", "y\n", "b\n"))),
        ("a\nb\n", "A\nB\n", "a?\nb\n", Overlap(1, ("a\n",), ("A\n",), ("a?\n",))),
        ("a\nb\n", "X\n", "X\ny\n", Overlap(1, ("a\n", "b\n"), ("X\n",), ("X\n", "y\n"))),
        ("a\nb\nc\n", "c\na\nB\n", "a\nb?\nc\n", Overlap(2, ("b\n",), ("B\n",), ("b?\n",))),
        ("a\nb\nc\n", "a\nB\nc\n", "c\na\nb?\n", Overlap(3, ("b\n",), ("B\n",), ("b?\n",))),
    ],
)  # fmt: skip
def test_edits_of_one_entry_overlap(base: str, mine: str, theirs: str, expected: Overlap) -> None:
    """The whole place is shown as each side has it; what moved does not count."""
    assert merge(base, mine, theirs) == [expected]


def test_overlaps_that_touch_the_same_lines_are_one() -> None:
    """However many edits of either side are chained together; others are shown apart."""
    assert merged("a b c d e s f", "X c Y s F", "a P e s G") == [
        Overlap(
            1,
            ("a\n", "b\n", "c\n", "d\n", "e\n"),
            ("X\n", "c\n", "Y\n"),
            ("a\n", "P\n", "e\n"),
        ),
        Overlap(5, ("f\n",), ("F\n",), ("G\n",)),
    ]


def test_an_overlap_may_be_resolved() -> None:
    """The lines that are given stand in its place; what is left open is returned, and only that."""
    sides = lined("a b c d"), lined("d A b C"), lined("a? b c? d")
    assert merge(*sides, lambda overlap: (*overlap.theirs, *overlap.mine)) == lined("d a? A b c? C")
    assert merge(*sides, lambda overlap: () if overlap.line == 1 else ("x",)) == lined("d b x")
    left = merge(*sides, lambda overlap: ("x\n",) if overlap.line == 1 else None)
    assert left == [Overlap(3, ("c\n",), ("C\n",), ("c?\n",))]


def joined(*sides: list[str]) -> str | list[Overlap]:
    """Merge a base and two texts that are given as lines, without a final newline."""
    base, mine, theirs = map("\n".join, sides)
    return merge(base, mine, theirs)


def test_long_texts_merge_as_short_ones_do() -> None:
    """Thousands of edits on either side, blank lines among them, still fit between each other."""
    base = [f"{n}" if n % 2 else "" for n in range(40_000)]
    mine = [line + "!" if n % 8 == 1 else line for n, line in enumerate(base)]
    theirs = [line + "?" if n % 8 == 5 else line for n, line in enumerate(base)]
    both = [t if t != b else m for b, m, t in zip(base, mine, theirs, strict=True)]
    assert joined(base, mine, theirs) == "\n".join(both)


def test_a_long_text_may_be_turned_round() -> None:
    """Thousands of moves take no longer than thousands of edits."""
    base = [f"{n}" for n in range(10_000)]
    theirs = [line + "?" if n % 2 else line for n, line in enumerate(base)]
    assert joined(base, base[::-1], theirs) == "\n".join(theirs[::-1])


def test_a_rewrite_overlaps_with_every_edit_of_the_old_text() -> None:
    """As one place; line by line where it has as many lines."""
    base = [f"{n}" for n in range(10_000)]
    theirs = [line + "?" if n % 2 else line for n, line in enumerate(base)]
    (whole,) = joined(base, ["all new"], theirs)
    assert isinstance(whole, Overlap)
    assert (whole.line, len(whole.base), len(whole.theirs)) == (1, 10_000, 10_000)
    overlaps = joined(base, [line + "!" for line in base], theirs)
    assert isinstance(overlaps, list)
    assert [o.line for o in overlaps] == list(range(2, 10_001, 2))


def test_few_repeated_lines_are_merged_roughly_rather_than_slowly() -> None:
    """The worst texts to align become one edit; what stands beside it still merges."""
    base, mine = "a\nb\n" * 1_000, "b\nb\na\n" * 666
    assert merge(base + "end\n", mine + "end\n", base + "end\ntheirs\n") == mine + "end\ntheirs\n"
    assert merge(base, base + "a\n", "b\n" + base) == "b\n" + base + "a\n"


def test_the_same_work_is_the_same_however_roughly_it_was_aligned() -> None:
    """What theirs alone did is aligned finely, what mine did beside more of it is not."""
    one, other = ["a", "b"] * 150, ["c", "d"] * 150
    new_one, new_other = ["b", "b", "a"] * 70, ["d", "d", "c"] * 70
    mine, theirs = [*new_one, "-", "end", *new_other], [*one, "-", "end", *new_other]
    assert joined([*one, "-", "end", *other], mine, theirs) == "\n".join(mine)
