"""The part of a text that is shown of a find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.snippets import snippet
from tokenspace.memory.terms import words

FILLER = " ".join(f"filler{number}" for number in range(100))


def test_a_short_text_is_shown_whole_on_one_line() -> None:
    """Line ends and indents become spaces; empty lines go."""
    assert snippet("one\n\n  two \r\nthree", frozenset(), 100) == "one two three"


def test_a_long_text_without_hits_is_shown_from_its_beginning() -> None:
    """It ends with a word, and says that it goes on."""
    found = snippet(FILLER, frozenset({"nothing"}), 60)
    assert found.startswith("filler0 filler1 ")
    assert found.endswith("…")
    assert found[:-1] in FILLER
    assert FILLER[len(found) - 1] == " "


@pytest.mark.parametrize("wanted", ["berths", "berth", "berthing"])
def test_the_window_is_where_the_words_are(wanted: str) -> None:
    """Endings do not matter."""
    text = f"{FILLER} the berth is closed {FILLER}"
    found = snippet(text, frozenset({wanted, "the"}), 80)
    assert "berth is closed" in found
    assert found[0] == found[-1] == "…"


def test_more_different_words_win_over_more_of_one() -> None:
    """What holds both is shown, though it comes later."""
    text = f"{FILLER} berth berth berth {FILLER} berth dredging {FILLER}"
    assert "dredging" in snippet(text, frozenset({"berth", "dredging"}), 80)


def test_other_scripts_are_found_too() -> None:
    """Characters of unspaced scripts are words of one letter: the text is shown from its start."""
    text = "港" * 200
    assert snippet(text, frozenset({"港"}), 50) == "港" * 48 + "…"


@given(st.text(max_size=400), st.text(max_size=40), st.integers(40, 200))
def test_a_snippet_is_never_too_long_nor_two_lines(text: str, query: str, most: int) -> None:
    """Whatever the text: no more characters than asked for, all of them the text's."""
    found = snippet(text, frozenset(words(query)), most)
    assert len(found) <= most
    assert "\n" not in found
    flat = "".join(text.split())
    assert "".join(found.strip("…").split()) in flat or "…" in text
