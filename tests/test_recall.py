"""What search finds among three hundred lines: by identifiers, by other words, by noise."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from tokenspace.memory.querying import PLACES, Scope

from .embedding import NEEDS_MODEL
from .recall import Asked, filled, pairs, sections, with_vectors
from .support import storable

LEAST_PARAPHRASES = 0.85


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[asyncio.Runner, Path]]:
    """An event loop, and a path for the space."""
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        yield runner, Path(folder, "memory.db")


@pytest.fixture(scope="module")
def by_words(place: tuple[asyncio.Runner, Path]) -> Iterator[Asked]:
    """The space as one searches it that has no model."""
    runner, path = place
    asked = Asked(runner, runner.run(filled(path)))
    yield asked
    runner.run(asked.space.close())


@pytest.fixture(scope="module")
def hybrid(place: tuple[asyncio.Runner, Path], by_words: Asked) -> Iterator[Asked]:
    """The same with the default model, all vectors made."""
    assert by_words.space.is_current()
    runner, path = place
    asked = Asked(runner, runner.run(with_vectors(path)))
    yield asked
    runner.run(asked.space.close())


def test_the_questions_are_about_lines_that_are_there() -> None:
    """Each names one line of memory, and no line stands there twice."""
    lines = [line for section in sections().values() for line in section]
    assert len(lines) == len(set(lines)) >= 300
    for name in ("identifiers", "paraphrases"):
        asked = pairs(name)
        assert len(asked) == len(dict(asked)) >= 60
        assert {line for _, line in asked} <= set(lines)


def test_identifiers_are_found_by_words_alone(by_words: Asked) -> None:
    """Paths, names, versions, hashes, tickets, addresses, amounts, other scripts: all of them."""
    assert by_words.missed("identifiers") == []


@NEEDS_MODEL
@pytest.mark.slow
def test_identifiers_are_found_by_words_and_meaning(hybrid: Asked) -> None:
    """A model takes none of them away."""
    assert hybrid.missed("identifiers") == []


@NEEDS_MODEL
@pytest.mark.slow
def test_what_is_asked_in_other_words_is_found(hybrid: Asked) -> None:
    """Most lines are among the best five for a question that shares few words with them."""
    missed = hybrid.missed("paraphrases")
    assert len(missed) <= (1 - LEAST_PARAPHRASES) * len(pairs("paraphrases")), missed


@NEEDS_MODEL
@pytest.mark.slow
def test_a_search_by_meaning_says_so(hybrid: Asked, by_words: Asked) -> None:
    """There is a reason exactly where a search went by words alone."""
    assert hybrid.find("What are her pets called?").why == ""
    assert by_words.find("What are her pets called?").why


def test_a_longer_identifier_is_another_one(by_words: Asked) -> None:
    """What only holds the name as a part of its own comes after what is called so."""
    for query, first in (
        ("foo_bar1", "foo_bar1 is"),
        ("SHIP-104", "SHIP-104:"),
        ("#42", "PR #42 "),
    ):
        assert by_words.texts(query)[0].startswith(first)


def test_a_loud_question_is_answered_as_a_quiet_one(by_words: Asked) -> None:
    """Capitals make no difference, except that names may be written with them."""
    for query in ("who reads code reviews", "ops-17", "what is ship-1043"):
        assert by_words.texts(query.upper()) == by_words.texts(query)


def test_a_name_is_found_however_its_letters_are_written(by_words: Asked) -> None:
    """Diacritics, letters of their own and decomposed ones do not matter."""
    for query in ("Łukasz", "lukasz", "Wo\u0301jcik", "WÓJCIK", "wojcik"):
        assert by_words.texts(query)[0].startswith("Łukasz Wójcik")
    assert by_words.texts("groessere oder grössere Anderungen")[0].startswith("Größere")


@pytest.mark.parametrize(
    "query",
    [
        *[
            "",
            " ",
            "\n\t",
            "?",
            "…",
            "+",
            "-",
            "*",
            '"',
            '""',
            "'",
            "(",
            "()",
            ")(",
            "^",
            ":",
            "\\",
        ],
        *[
            "AND",
            "OR NOT",
            "NEAR(a b, 2)",
            "body: berth",
            "{body context}: berth",
            "berth*",
            "^berth",
        ],
        *[
            '"berth',
            'berth"',
            '"berth" OR',
            "a+b",
            "berth + quay",
            "berth -quay",
            "--",
            ";",
            "%",
            "_",
        ],
        *[
            "the of and",
            "the",
            "x",
            "🙂",
            "\ud7ff",
            "٣",
            "١٢",
            "ﬁ",
            "İ",
            "ǆ",
            "\u200b",
            "\x01",
            "9" * 400,
        ],
    ],
)
def test_no_syntax_of_the_index_is_understood_in_a_question(by_words: Asked, query: str) -> None:
    """A mark is a mark: every question is answered, and what has a word of memory finds it."""
    found = by_words.find(query, Scope(places=frozenset(PLACES)))
    assert len(found.finds) <= 5
    if "berth" in query:
        assert any("berth" in find.text.casefold() for find in found.finds)


def test_no_question_brings_the_newest(by_words: Asked) -> None:
    """Nothing to look for: what was written last comes first, and there is more."""
    found = by_words.find("  ", limit=3)
    assert len(found.finds) == 3
    assert found.more
    assert all(find.score == 0 for find in found.finds)


def test_words_that_nothing_has_find_nothing(by_words: Asked) -> None:
    """Without a model, what shares no word is no answer."""
    assert by_words.find("zyzzyva qwxz").finds == ()


def test_a_question_of_stop_words_looks_for_those(by_words: Asked) -> None:
    """There is nothing better to look for."""
    assert by_words.find("where is it").finds


@pytest.mark.parametrize("piece", ["berth dredging ", "foo_bar1/", "Aa1", "横浜", "2024-05-06 "])
def test_a_very_long_question_is_answered_within_a_second(by_words: Asked, piece: str) -> None:
    """Ten kilobytes, whatever they are made of."""
    began = time.perf_counter()
    by_words.find((piece * 10_240)[:10_240], Scope(places=frozenset(PLACES)), 20)
    assert time.perf_counter() - began < 1


WORDS = st.sampled_from(
    [
        "berth",
        "foo_bar1",
        "SHIP-1042:",
        '"',
        "NEAR(",
        "AND",
        "the",
        "May",
        "2026-02-30",
        "港",
        "C++",
    ]
)


@tries(max_examples=60)
@given(st.one_of(st.text(max_size=300), storable, st.lists(WORDS, max_size=60).map(" ".join)))
def test_any_text_is_a_question(by_words: Asked, query: str) -> None:
    """None raises, none takes a second."""
    began = time.perf_counter()
    found = by_words.find(query, Scope(places=frozenset(PLACES)), 20)
    assert time.perf_counter() - began < 1
    scores = [find.score for find in found.finds]
    assert scores == sorted(scores, reverse=True)
