"""Diffs: as `patch` reads them, and by entry; either turns the one text into the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.diff import EntryChange, applied, entries, unified
from tokenspace.memory.patch import apply, parse

from .support import storable, texts, words

mixed = st.lists(st.tuples(words, st.sampled_from(["\n", "\r\n", "\r", ""]))).map(
    lambda rows: "".join(text + ending for text, ending in rows)
)
"""Texts whose lines end in every way."""


def patched(before: str, rows: list[str]) -> str:
    """Return a text with the body of a unified diff applied to it."""
    (section,) = parse("\n".join(["--- notes", "+++ notes", *rows, ""]))
    return apply(before, section)


@given(texts(most=14), texts(most=14), st.sampled_from(["\n", "\r\n"]), st.integers(0, 3))
def test_a_unified_diff_is_read_as_it_is_written(
    before: str, after: str, ending: str, context: int
) -> None:
    """Whatever the lines say, and whether the last one ends; both texts end theirs the same way."""
    if "→" in after and "→" not in before:
        return  # a patch would refuse it as a pasted reading
    ending = ending if "\n" in before else "\n"  # a text of one unended line says nothing
    old, new = (text.replace("\n", ending) for text in (before, after))
    rows = unified(old, new, context)
    assert bool(rows) == (old != new)
    assert not rows or patched(old, rows) == new


@pytest.mark.parametrize(
    ("before", "after", "context", "rows"),
    [
        ("a\n", "a\n", 3, []),
        ("", "a\nb\n", 3, ["@@ -0,0 +1,2 @@", "+a", "+b"]),
        ("a\n", "", 3, ["@@ -1,1 +0,0 @@", "-a"]),
        ("a\nb\nc\n", "a\nB\nc\n", 1, ["@@ -1,3 +1,3 @@", " a", "-b", "+B", " c"]),
        ("a\nb\n", "a\nx\nb\n", 0, ["@@ -1,0 +2,1 @@", "+x"]),
        ("a\nb\nc\n", "a\nc\n", 0, ["@@ -2,1 +1,0 @@", "-b"]),
        ("a", "a\n", 3, ["@@ -1,1 +1,1 @@", "-a", "\\ No newline at end of file", "+a"]),
        ("a\nb", "b", 3,
         ["@@ -1,2 +1,1 @@", "-a", " b", "\\ No newline at end of file"]),
        ("a\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n", 1,
         ["@@ -1,2 +1,2 @@", "-a", "+A", " b", "@@ -4,2 +4,2 @@", " d", "-e", "+E"]),
        ("a\nb\nc\nd\n", "A\nb\nc\nD\n", 1,
         ["@@ -1,4 +1,4 @@", "-a", "+A", " b", " c", "-d", "+D"]),
        ("a\r\nb\r\n", "a\r\n", 3, ["@@ -1,2 +1,1 @@", " a", "-b"]),
        ("a\r\nb\r\n", "a\nb\r\n", 0, ["@@ -1,1 +1,1 @@", "-a", "+a"]),
    ],
)  # fmt: skip
def test_a_unified_diff_is_one_that_every_tool_reads(
    before: str, after: str, context: int, rows: list[str]
) -> None:
    """Headers count from 1, and name the line before where there are no lines of their own."""
    assert unified(before, after, context) == rows


@given(st.one_of(mixed, texts(), storable), st.one_of(mixed, texts(), storable))
def test_changes_by_entry_leave_nothing_out(before: str, after: str) -> None:
    """Applied, they give exactly the other text: every ending, every blank line."""
    changes = entries(before, after)
    assert applied(before, changes) == after
    assert bool(changes) == (before != after)


@given(mixed, mixed)
def test_a_change_quotes_what_it_numbers(before: str, after: str) -> None:
    """Each line of either text is named once at most; what there is not has no number."""
    old, new = (text.split("\n") for text in (before, after))
    changes = entries(before, after)
    for change in changes:
        assert (change.old is None) == (change.before is None) == (change.kind == "added")
        assert (change.new is None) == (change.after is None) == (change.kind == "removed")
        if change.old is not None and change.before is not None:
            assert old[change.old - 1] == change.before.removesuffix("\n")
        if change.new is not None and change.after is not None:
            assert new[change.new - 1] == change.after.removesuffix("\n")
    for numbers in ([c.old for c in changes if c.old], [c.new for c in changes if c.new]):
        assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("a\n", "a\nb\n", [EntryChange("added", None, 2, None, "b\n")]),
        ("a\nb\n", "b\n", [EntryChange("removed", 1, None, "a\n", None)]),
        ("City: Paris\n", "City: Rome\n",
         [EntryChange("changed", 1, 1, "City: Paris\n", "City: Rome\n")]),
        ("City: Paris\n", "Likes tea\n",
         [EntryChange("removed", 1, None, "City: Paris\n", None),
          EntryChange("added", None, 1, None, "Likes tea\n")]),
        ("a\nb\nc\n", "c\na\nb\n", [EntryChange("moved", 3, 1, "c\n", "c\n")]),
        ("a\nb\nc", "c\na\nb\n", [EntryChange("moved", 3, 1, "c", "c\n")]),
        ("a", "a\nb",
         [EntryChange("changed", 1, 1, "a", "a\n"), EntryChange("added", None, 2, None, "b")]),
        ("a\r\n", "a\n", [EntryChange("changed", 1, 1, "a\r\n", "a\n")]),
        ("a\n\nb\n", "a\nb\n", [EntryChange("removed", 2, None, "\n", None)]),
        ("line one\nline two\n", "x\nline one!\ny\nline two!\n",
         [EntryChange("added", None, 1, None, "x\n"),
          EntryChange("changed", 1, 2, "line one\n", "line one!\n"),
          EntryChange("added", None, 3, None, "y\n"),
          EntryChange("changed", 2, 4, "line two\n", "line two!\n")]),
    ],
)  # fmt: skip
def test_each_entry_says_what_became_of_it(
    before: str, after: str, changes: list[EntryChange]
) -> None:
    """In the order of the text after; what was removed stands where it was."""
    assert entries(before, after) == changes


def test_a_rewrite_of_many_long_lines_is_compared_roughly_rather_than_slowly() -> None:
    """Past some work, only lines that start or end alike are still seen as changed."""
    old = [f"word{n} " * 60 for n in range(300)]
    new = [line[::-1] for line in old]
    changes = entries("\n".join(["first", *old, "last"]), "\n".join(["first!", *new, "last!"]))
    assert applied("\n".join(["first", *old, "last"]), changes) == "\n".join(
        ["first!", *new, "last!"]
    )
