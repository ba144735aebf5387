"""Hard facts: what is one, what it is worth, and whether another text has it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.facts import Fact, Holdings, facts, missing

from .support import storable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kept for two weeks", [Fact("number", "14 days", "two weeks")]),
        ("a 30-day trial", [Fact("number", "30 days", "30-day")]),
        ("half an hour", [Fact("number", "30 minutes", "half an hour")]),
        ("$12k or 2,500 euros", ["12000 USD", "2500 EUR"]),
        ("1k users, 2.1 million, 1,234,567", ["1000", "2100000", "1234567"]),
        ("80 percent, 19 °C, 10mg", ["80 %", "19 degrees", "10 mg"]),
        ("twenty-five of the third", ["25", "3"]),
        ("Python 3.10", ["3.10"]),
        ("at 3 pm", [Fact("time", "15:00", "3 pm")]),
        ("until 6 p.m. or noon", ["18:00", "12:00"]),
        ("at half past seven", [Fact("time", "07:30", "half past seven")]),
        ("on 12 May", [Fact("date", "05-12", "12 May")]),
        ("on May 12th", [Fact("date", "05-12", "May 12th")]),
        ("the 1st of June", [Fact("date", "06-01", "1st of June")]),
        ("on 2026-11-22", [Fact("date", "11-22", "2026-11-22")]),
        ("since March 2026", ["03", "2026"]),
        ("you may march on", []),
        ("on Mondays", [Fact("day", "monday", "Mondays")]),
        ("the sun", []),
        ("led by Priya Nair", [Fact("name", "priya nair", "Priya Nair")]),
        ("see Dr. Osei", [Fact("name", "osei", "Osei")]),
        ("Leo's bedtime", [Fact("name", "leo", "Leo")]),
        ("It works. Then it ends.", []),
        ("# Big Title Words", []),
        ("1. do\n2) it", []),
        ("run `make lint`", [Fact("code", "make lint", "`make lint`")]),
        ("in src/a_b.py with --force", ["src/a_b.py", "--force"]),
        ("at 192.168.1.20 or 555-0134", ["192.168.1.20", "555-0134"]),
        ("and/or July/August", ["07", "08"]),
        ("we don't", [Fact("negation", "not", "don't")]),
        ("会议在3点", ["3"]),
    ],
)
def test_a_fact_has_a_value_whatever_its_spelling(text: str, expected: list[Fact | str]) -> None:
    """A text gives its facts, in order; the values do not depend on how they are written."""
    found = facts(text)
    whole = any(isinstance(each, Fact) for each in expected)
    assert (list(found) if whole else [f.value for f in found if f.kind != "name"]) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("two weeks", "14 days"),
        ("24 hours", "one day"),
        ("a budget of 12,000 dollars", "Budget: $12k"),
        ("five times", "5 retries"),
        ("at 09:40", "9:40 am"),
        ("bedtime is half past seven", "to bed at 7:30 pm"),
        ("between 5 and 7 in the morning", "5-7 am"),
        ("in May 2026", "on 3 May, 2026"),
        ("led by Priya Nair", "Nair, Priya: lead"),
        ("run `make lint`", "Make lint runs first."),
        ("never npm", "npm is forbidden"),
        ("set `MAX_SIZE`", "MAX_SIZE is set"),
        ("in App_x", "İ: see /srv/app_x/ and /srv/App_x/"),
        ("use `=>`", "a=>b"),
    ],
)
def test_a_fact_is_there_in_any_spelling(old: str, new: str) -> None:
    """What is written otherwise is not missing."""
    assert missing(old, new) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("on 12 May at 09:40", "in May, 9:45", ("12 May", "09:40")),
        ("30 days", "30 minutes", ("30 days",)),
        ("3.10", "3.1", ("3.10",)),
        ("port 80", "port 8080, 1.80", ("80",)),
        ("at 192.168.1.31", "192.168.1.20 and port 31", ("192.168.1.31",)),
        ("with Ruth Adler", "with ruth", ("Adler",)),
        ("use api_v2", "use api_v2x", ("api_v2",)),
        ("at 7:30 am", "at 7:30 pm", ("7:30 am",)),
        ("5 and 5 again", "none", ("5",)),
        ("in /Data/App", "in /data/app", ("/Data/App",)),
        ("set MAX_SIZE", "set max_size", ("MAX_SIZE",)),
        ("call getUser", "call getuser", ("getUser",)),
        ("run `Build.sh --Fast`", "run build.sh --fast", ("`Build.sh --Fast`",)),
    ],
)
def test_a_fact_that_is_nowhere_is_named_as_it_was_written(
    old: str, new: str, expected: tuple[str, ...]
) -> None:
    """Only the part of a name that is missing is named; each fact once."""
    assert missing(old, new) == expected


_WORDS = """12 May 09:40 2,500 $12k two weeks never Priya Nair `a b` x_y.py Mondays half past 7 pm
. % — ½ ٣ 5-7 3rd of million"""
_WORD = st.sampled_from(_WORDS.split())


@given(st.one_of(storable, st.lists(_WORD, max_size=9).map(" ".join)), storable)
def test_a_text_has_all_its_own_facts(text: str, more: str) -> None:
    """Also where more lines follow, and each fact is written in it."""
    assert missing(text, f"{text}\n{more}") == ()
    assert all(fact.text in text for fact in facts(text))


@pytest.mark.parametrize(
    "part", ["#", "a.", "1,234", "`", "half past ", "may 1 ", "9", "\n# ", "-"]
)
def test_no_text_takes_long_to_read(part: str) -> None:
    """Twice the text has about twice the facts, and a large one is read through."""
    text = part * (16_384 // len(part))
    assert 2 * len(facts(text)) - 4 <= len(facts(text * 2)) <= 2 * len(facts(text)) + 4


def test_a_text_is_read_once_for_many_questions() -> None:
    """Holdings answer for several texts."""
    held = Holdings("The job runs on Fridays at 15:00 with 4 GB.")
    assert held.lacks(facts("Friday, 3 pm, 4 gb")) == ()
    assert held.lacks(facts("Saturday with 5 GB")) == ("Saturday", "5 GB")


def test_code_that_stands_in_other_capitals_only_is_told_apart() -> None:
    """Whatever of it is a fact; but not plain words, nor one that only opened a sentence."""
    held = Holdings("and/or see foo.bar, src/app, (c:\\data) or github. never tea")
    assert held.recased("Foo.Bar in Src/App of C:\\Data, GitHub") == (
        "Foo.Bar", "Src/App", "C:\\Data", "GitHub",
    )  # fmt: skip
    assert held.recased("And/or NEVER Tea, foo.bar; src/App2") == ()
    assert Holdings("foo.bar or Foo.Bar").recased("in Foo.Bar") == ()


def test_many_questions_for_code_to_a_long_text_take_little_time() -> None:
    """Each is answered from an index, the same one once, and common words are not all visited."""
    codes = [f"src/part_{number}/x.py" for number in range(4_000)]
    held = Holdings(" ".join(f"src-part-x-py-{number}" for number in range(8_000)))
    began = time.monotonic()
    wanted = facts(" ".join(codes))
    assert held.lacks(wanted) == tuple(codes)
    assert held.lacks(wanted) == tuple(codes)
    assert time.monotonic() - began < 5
