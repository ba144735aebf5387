"""Lines of a text: split, numbered, and shown around a change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.lines import (
    changed_lines,
    content,
    has_line_numbers,
    newline,
    numbered,
    snippet,
    split_lines,
    with_newline,
)

from .support import storable, texts


@given(storable)
def test_joined_lines_are_the_text_again(text: str) -> None:
    """Splitting loses nothing, whatever line-like characters a text holds."""
    assert "".join(split_lines(text)) == text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a\n"]),
        ("\n", ["\n"]),
        ("a\n\nb", ["a\n", "\n", "b"]),
        ("a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        ("a\rb\x0bc\u2028d", ["a\rb\x0bc\u2028d"]),
    ],
)
def test_only_a_line_feed_ends_a_line(text: str, lines: list[str]) -> None:
    """A final newline makes no empty line after it, as in an editor."""
    assert split_lines(text) == lines


@pytest.mark.parametrize(
    ("line", "bare"),
    [("a\n", "a"), ("a\r\n", "a"), ("a\r", "a\r"), ("\ta \n", "\ta "), ("\n", "")],
)
def test_the_content_of_a_line_is_all_but_its_ending(line: str, bare: str) -> None:
    """Spaces, tabs and a carriage return that ends nothing belong to the content."""
    assert content(line) == bare


@pytest.mark.parametrize(
    ("text", "ending"),
    [("", "\n"), ("a", "\n"), ("a\nb\n", "\n"), ("a\r\nb\r\n", "\r\n"), ("a\r\nb\n", "\n")],
)
def test_crlf_is_the_ending_only_where_it_ends_every_line(text: str, ending: str) -> None:
    """A mixed text takes new lines with a plain line feed."""
    assert newline(text) == ending


def test_an_ending_is_never_doubled() -> None:
    """Endings that are right already stay as they are."""
    assert with_newline("a\nb\r\n", "\r\n") == "a\r\nb\r\n"
    assert with_newline("a\nb\r\n", "\n") == "a\nb\r\n"


def test_numbers_frame_every_line() -> None:
    """Each line is shown with its number, even one that looks numbered itself."""
    assert numbered(["a\n", "9→b\r\n", "\n"], 8) == "8→a\n9→9→b\n10→"


@pytest.mark.parametrize(
    ("text", "found"),
    [("12→a", True), ("a\n \t3→b", True), ("see step 2→", False), ("→a", False), ("12", False)],
)
def test_a_pasted_number_is_seen_at_a_line_start_only(text: str, found: bool) -> None:
    """`see step 2→` inside a line is ordinary text."""
    assert has_line_numbers(text) is found


@given(texts(), texts())
def test_what_is_outside_the_changed_lines_is_unchanged(before: str, after: str) -> None:
    """The range covers every difference."""
    old, new = split_lines(before), split_lines(after)
    start, end = changed_lines(before, after)
    tail = len(new) - end
    assert 0 <= start <= end <= len(new)
    assert old[:start] == new[:start]
    assert old[len(old) - tail :] == new[end:]
    assert (start, end) == (len(new), len(new)) or before != after


def test_a_snippet_shows_the_change_with_two_lines_around_it() -> None:
    """An answer shows the place that changed, not the whole block."""
    before = "".join(f"{n}\n" for n in range(1, 10))
    assert snippet(before, before.replace("5\n", "five\n")) == "3→3\n4→4\n5→five\n6→6\n7→7"
    assert snippet(before, before.replace("5\n", "")) == "3→3\n4→4\n5→6\n6→7"


@given(st.integers(0, 80), st.integers(4, 30))
def test_a_snippet_has_an_upper_bound(size: int, most: int) -> None:
    """A long change is cut in its middle, and says how many lines are missing."""
    shown = snippet("", "x\n" * size, most=most).split("\n")
    left_out = [row for row in shown if row.startswith("…")]
    assert len(shown) <= most + 1
    assert bool(left_out) == (size > most)
    if left_out:
        assert f" {size - (len(shown) - 1)} " in left_out[0]
