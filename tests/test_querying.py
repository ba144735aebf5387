"""Questions taken apart: terms, identifiers, dates."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.querying import (
    MAX_EXACT,
    MAX_QUERY_CHARS,
    MAX_TERMS,
    Day,
    parsed,
)


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("", []),
        ("Where does Elin live?", ["elin", "live"]),
        ("where is it", ["where", "is", "it"]),
        ("foo_bar.py", ["foo bar py", "foo", "bar", "py"]),
        ("the log-level", ["log level", "log", "level"]),
        ("don't panic", ["don t", "don", "panic"]),
        ("it's", ["it", "s"]),
        ("May I go", ["go"]),
        ("the plan for May 2024", ["plan", "may", "2024"]),
        ("go go Go", ["go"]),
        ("横浜港", ["横 浜 港", "横 浜", "浜 港"]),
        ("港", ["港"]),
        ("E7エラー", ["e7 エ ラ ー", "e7", "エ ラ", "ラ ー"]),
        ("서울에서", ["서 울 에 서", "서 울", "울 에", "에 서"]),
        ('"NEAR(a* OR', ["near a", "near"]),
    ],
)
def test_terms_are_words_and_what_is_written_together(query: str, terms: list[str]) -> None:
    """Stop words are left out unless there is nothing else; unspaced scripts go in pairs."""
    found = [" ".join(term) for term in parsed(query).terms]
    assert sorted(found) == sorted(terms)


@pytest.mark.parametrize(
    "name",
    [
        *["foo_bar1", "getShipmentById", "src/a.py", "1.2.3-rc1", "ABC-123", "#42", "C++", "C#"],
        *["--no-verify", "a@b.example", "10.0.0.1", "8081", "2024-05-06", "12.5%", "€12", "iPhone"],
    ],
)
def test_identifiers_are_kept_as_they_are_written(name: str) -> None:
    """What holds digits, marks, or capitals inside is the name of something."""
    assert parsed(f"where is “{name}”?").exact == (name,)


@pytest.mark.parametrize(
    "word", ["Mara", "plain", "I", "API", "Elin's", "don't", "Łukasz", "港", "?!"]
)
def test_plain_words_are_no_identifiers(word: str) -> None:
    """Neither are names of people, abbreviations, or a loud voice."""
    assert parsed(f"say {word} again").exact == ()


@pytest.mark.parametrize(
    ("query", "text", "share"),
    [
        ("foo_bar1", "the FOO_BAR1 queue", 1),
        ("foo_bar1", "foo_bar10 and afoo_bar1", 0),
        ("SHIP-104", "SHIP-1042", 0),
        ("#42", "PR #42.", 1),
        ("#42", "PR #421", 0),
        ("C++", "in C++17 and C++", 1),
        ("a.py", "src/a.py", 1),
        ("E7", "エラーE7です", 1),
        ("E7 x.y", "E7", 0.5),
        ("no names", "no names", 0),
    ],
)
def test_an_identifier_is_held_where_it_stands_whole(query: str, text: str, share: float) -> None:
    """A longer name or number is another one."""
    assert parsed(query).held(text) == share


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ("in May 2023", [Day(2023, 5)]),
        ("on 7 May, 2023", [Day(2023, 5, 7)]),
        ("on May 7th", [Day(None, 5, 7)]),
        ("the 3rd of june", [Day(None, 6, 3)]),
        ("in 2022 or 2023", [Day(2022, None), Day(2023, None)]),
        ("2024-02-29", [Day(2024, 2, 29)]),
        ("2024-02", [Day(2024, 2)]),
        ("last Sept.", [Day(None, 9)]),
        ("what he may do on the march", []),
        ("May I ask? March on. May we?", []),
        ("does she, in March, travel", [Day(None, 3)]),
        ("version 1.2023", [Day(2023, None)]),
        ("port 8081, id 12023", []),
    ],
)
def test_dates_are_seen(query: str, dates: list[Day]) -> None:
    """As far as they go; verbs that look like months are none."""
    assert list(parsed(query).dates) == dates


def test_a_day_holds_what_lies_in_it() -> None:
    """What it leaves open does not matter."""
    at = datetime(2024, 2, 29, 23, tzinfo=UTC)
    assert all(day.holds(at) for day in (Day(2024, None), Day(None, 2), Day(2024, 2, 29)))
    assert not any(day.holds(at) for day in (Day(2023, 2), Day(None, 2, 28), Day(2024, 3)))


@given(st.text(max_size=3 * MAX_QUERY_CHARS))
def test_any_text_is_taken_apart(text: str) -> None:
    """Within bounds, and no term holds what the index would read as syntax."""
    query = parsed(text)
    assert len(query.terms) <= MAX_TERMS
    assert len(query.exact) <= MAX_EXACT
    assert all(not set(word) & set('"*^:() ') for term in query.terms for word in term)
    assert 0 <= query.held(text) <= 1
    assert bool(query.terms) == bool(query.words)
