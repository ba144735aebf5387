"""The part of a text that is shown of a find."""

import random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.snippets import snippet, stem
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


@pytest.mark.parametrize("text", ["İzmir ﬁne łódź", "Cafe\u0301 berthed", "港の Berth閉鎖"])
def test_a_place_is_right_whatever_stands_before_it(text: str) -> None:
    """Letters that fold to two, marks of their own and other scripts move no window."""
    for word in words(text):
        found = snippet(f"{FILLER} {text} {FILLER}", frozenset({word}), 80)
        assert text in found or len(word) == 1


@pytest.mark.parametrize(
    ("word", "begins"),
    [("berths", "bert"), ("berth", "bert"), ("tea", "tea"), ("locksmith", "locksm")],
)
def test_a_stem_is_what_words_of_one_kind_begin_with(word: str, begins: str) -> None:
    """Four letters at least, where there are so many."""
    assert stem(word) == begins


@pytest.mark.parametrize(
    "piece", ["berth dredging ", "łódź cafe\u0301 berth ", "\u0301", "é", "x\n"]
)
def test_a_long_text_full_of_hits_takes_no_longer_than_its_length(piece: str) -> None:
    """256 KB, and a question of many words: what was quadratic took twenty seconds."""
    text = piece * (262_144 // len(piece.encode()))
    wanted = frozenset(words(text[:1_000])) | {f"berth{n}" for n in range(1_000)}
    begun = perf_counter()
    assert len(snippet(text, wanted, 300)) <= 300
    assert perf_counter() - begun < 1


def test_the_window_is_the_first_of_those_with_most_words() -> None:
    """As counting every window anew would find it."""
    dice = random.Random(7)  # noqa: S311 - not for secrets
    kinds = ["alpha", "bravo", "charlie", "delta", *["filler"] * 12]
    for _ in range(50):
        parts = [dice.choice(kinds) for _ in range(200)]
        text = " ".join(parts)
        wanted = frozenset(kinds[:4])
        places = [len(" ".join(parts[:n])) + (n > 0) for n in range(200)]
        kept = [(at, word) for at, word in zip(places, parts, strict=True) if word in wanted]
        counts = [len({w for b, w in kept if at <= b < at + 78}) for at, _ in kept]
        start = kept[counts.index(max(counts))][0]
        shown = snippet(text, wanted, 100).strip("…")
        found = text.index(shown)
        assert found <= start < found + len(shown)


@given(st.text(max_size=400), st.text(max_size=40), st.integers(40, 200))
def test_a_snippet_is_never_too_long_nor_two_lines(text: str, query: str, most: int) -> None:
    """Whatever the text: no more characters than asked for, all of them the text's."""
    found = snippet(text, frozenset(words(query)), most)
    assert len(found) <= most
    assert len(found.splitlines()) <= 1
    flat = "".join(text.split())
    assert "".join(found.strip("…").split()) in flat or "…" in text
