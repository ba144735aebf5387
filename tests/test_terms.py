"""The words that a text is found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.terms import (
    STOP_WORDS,
    entity,
    entries,
    heading,
    indexed,
    is_unspaced,
    words,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("foo_bar-Baz.py", ["foo", "bar", "baz", "py"]),
        ("1.2.3-rc1", ["1", "2", "3", "rc1"]),
        ("Größe, Łódź, Øre", ["grösse", "lódź", "ore"]),
        ("Bjo\u0308rn", ["björn"]),
        ("\uff21\uff22\uff23\uff11\uff12", ["abc12"]),
        ("横浜port", ["横", "浜", "port"]),
        ("佐々木", ["佐", "々", "木"]),
        ("서울", ["서", "울"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("… — !?", []),
    ],
)
def test_words_are_letters_and_digits_in_lower_case(text: str, found: list[str]) -> None:
    """Whatever stands between them; unspaced scripts give a word a character."""
    assert words(text) == found


@given(st.text())
def test_what_is_kept_has_the_words_that_are_asked_for(text: str) -> None:
    """The index gets the same words that a question for them has."""
    assert words(indexed(text)) == words(text)
    assert all(len(word) == 1 for word in words(text) if is_unspaced(word))


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("Ada: hello", (), "ada"),
        ("- Ada Lovelace: hello", (), "ada lovelace"),
        ("the way to do it well: hello", (), ""),
        ("a very long way: no speaker", (), ""),
        ("https://x.example/ is up", (), ""),
        ("hello", ("The Big Boat", "boat"), "big boat"),
        ("Ada: hello", ("ada",), "ada"),
    ],
)
def test_an_entity_is_who_speaks_and_what_is_named(
    text: str, names: tuple[str, ...], found: str
) -> None:
    """In three words or fewer, without stop words and repeats."""
    assert entity(text, *names) == found


@pytest.mark.parametrize(
    ("line", "text"),
    [("# One", "One"), ("  ###### Six ##", "Six"), ("#no", None), ("####### 7", None), ("x", None)],
)
def test_headings_are_those_of_markdown(line: str, text: str | None) -> None:
    """A mark without a space is a word."""
    assert heading(line) == text


def test_a_heading_of_any_length_is_read_in_one_go() -> None:
    """Of cubic time this would be years."""
    wide = "a" + " " * 200_000 + "b"
    assert heading(f"# {wide} ##") == wide


def test_an_entry_stands_under_its_label_and_heading() -> None:
    """A heading is an entry too, under the label alone; what has no words is none."""
    lines = ["- one", "", "# Two", "three ", "---", "## Four", "five"]
    assert entries("notes", lines) == [
        ("- one", "notes"),
        ("# Two", "notes"),
        ("three", "notes > Two"),
        ("## Four", "notes"),
        ("five", "notes > Four"),
    ]


def test_stop_words_are_words() -> None:
    """As `words` gives them, so that they are recognised."""
    assert all(words(word) == [word] for word in STOP_WORDS)
