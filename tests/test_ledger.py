"""What became of each entry of a text that was rewritten."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.ledger import Account, Ledger, ledger, open_questions, reworded
from tokenspace.memory.lines import content, split_lines
from tokenspace.memory.segments import bare

from .support import texts

OLD = """\
# Team
- Deploys happen on 12 May at 09:40.
- Maria Keller leads the billing team.
- Audit logs are kept for two weeks.
- Never force-push to main.
- The user is allergic to peanuts.
- The office plant likes shade.
"""
NEW = """\
# Team
- Billing team: led by Maria Keller; audit logs are kept 14 days.
- Force-push to main.
- Deploys happen on 12 June at 09:40.
- The user is allergic to peanuts.
"""

lines = st.sampled_from(
    [
        "- Port 80 is open.",
        "Ada leads search since 2021.",
        "* never npm",
        "",
        "a",
        "## Head",
        "x y.",
    ]
)
documents = st.lists(lines, max_size=8)


def statuses(found: Ledger) -> list[str]:
    """Return what became of each entry, in short."""
    return [account.status for account in found.accounts]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb\n", "b\na\n", ["kept", "kept"]),
        ("- a\n* b\n", "1. A.\n2)   b", ["kept", "kept"]),
        ("a  b\t c", "a b c ;", ["kept"]),
        ("a\n\n- \n", "", ["unaccounted"]),
        ("- port 80\n- port 81\n", "- port 80", ["kept", "unaccounted"]),
        ("x\nx\n", "x\n", ["kept", "kept"]),
        ("c\r\nb\r\n  a\r\n", "b", ["unaccounted", "kept", "unaccounted"]),
        ("", "a", []),
        ("Tea is drunk at 4 pm.", "Tea is drunk at 16:00.", ["kept"]),
        ("Two cats live here.", "Two cats live here, and a very old dog called Rex.", ["merged"]),
        ("Lunch is at noon. Bob cooks it.", "- Lunch is at noon.\n- Bob cooks.", ["kept"]),
        ("Lunch is at noon. Bob cooks it.", "- Lunch is at noon.\n", ["unaccounted"]),
        ("Lunch is at noon. Cake follows.", "- Lunch is at noon.\n", ["unaccounted"]),
        ("Bob has the key of\nthe shed by the lake", "Bob has the key\nof the shed by the lake",
         ["kept", "kept"]),
    ],
)  # fmt: skip
def test_an_entry_is_kept_when_its_words_are(before: str, after: str, expected: list[str]) -> None:
    """Order, bullets, spacing, capitals and final punctuation do not count, nor does spelling."""
    assert statuses(ledger(before, after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "missing"),
    [
        ("- Data is in /Data/App", "- Data is in /data/app", "/Data/App"),
        ("The limit is MAX_SIZE.", "The limit is max_size.", "MAX_SIZE"),
        ("see getUser for that", "see getuser for that", "getUser"),
        ("the file is Read.md", "the file is read.md", "Read.md"),
        ("it is C:\\Data\\App", "it is c:\\data\\app", "C:\\Data\\App"),
        ("run `make -C lib`", "run `make -c lib`", "`make -C lib`"),
        ("the `URLParser2` is slow", "the `UrlParser2` is slow", "`URLParser2`"),
    ],
)
def test_code_in_other_capitals_is_other_code(before: str, after: str, missing: str) -> None:
    """The words are the same ones, but the path or identifier is another one."""
    (account,) = ledger(before, after).accounts
    assert (account.status, account.missing) == ("changed", (missing,))
    assert statuses(ledger(before, before.replace("is", "IS").replace("see", "See"))) == ["kept"]


def test_each_entry_is_told_what_became_of_it() -> None:
    """With where it went, and the hard facts that are nowhere in the new text."""
    found = ledger(OLD, NEW)
    assert statuses(found) == [
        "kept", "changed", "merged", "merged", "changed", "kept", "unaccounted",
    ]  # fmt: skip
    deploys, force = found.accounts[1], found.accounts[4]
    assert deploys.into == "- Deploys happen on 12 June at 09:40."
    assert (deploys.line, deploys.missing) == (2, ("12 May",))
    assert (force.into, force.missing) == ("- Force-push to main.", ("Never",))
    assert "14 days" in found.accounts[3].into
    assert found.kept == 4
    assert [loss.line for loss in found.losses] == [2, 5, 7]
    assert not found.collapsed


def test_values_that_changed_places_are_a_change() -> None:
    """Both are somewhere in the new text, but no entry says what it said."""
    found = ledger("The web is on port 80.\nThe api is on port 81.\n",
                   "The web is on port 81.\nThe api is on port 80.\n")  # fmt: skip
    assert statuses(found) == ["changed", "changed"]


def test_a_line_that_stands_for_another_entry_is_no_successor() -> None:
    """It may say the same, but what it does not say did not become it."""
    found = ledger("- Rex is 4.\n- Rex is 5.\n", "- Rex is 4.\n")
    assert found.accounts[1] == Account(2, "Rex is 5.", "unaccounted", missing=("5",), score=0.0)


def test_an_entry_that_is_only_like_one_that_stands_is_lost() -> None:
    """What stood there before has not become it; but what says all of it keeps it."""
    before = "The user likes green tea.\nThe user likes black coffee, and milk.\n"
    assert statuses(ledger(before, before.partition("\n")[2])) == ["unaccounted", "kept"]
    before = "The user likes milk.\nThe user likes black coffee, and milk.\n"
    assert statuses(ledger(before, before.partition("\n")[2])) == ["merged", "kept"]


@pytest.mark.parametrize(
    ("drop", "left", "unknown"),
    [
        (["*"], [], ()),
        (["2", "7"], [5], ()),
        (["- the office plant likes shade"], [2, 5], ()),
        (["The office plant…", "Never force-"], [2], ()),
        (["The", "99", "no such entry"], [2, 5, 7], ("The", "99", "no such entry")),
        (["3"], [2, 5, 7], ()),
    ],
)
def test_what_the_caller_names_may_go(
    drop: list[str], left: list[int], unknown: tuple[str, ...]
) -> None:
    """By its text, its beginning or its line; what names nothing is handed back."""
    found = ledger(OLD, NEW, drop)
    assert sorted(loss.line for loss in found.losses) == left
    assert found.unknown == unknown
    assert found.kept == 4


def test_a_beginning_that_two_entries_have_names_neither() -> None:
    """It is not clear which one may go."""
    found = ledger("The same words here\nThe same words there\n", "", ["The same words"])
    assert (len(found.losses), found.unknown) == (2, ("The same words",))


def test_a_text_that_keeps_under_a_third_of_its_entries_has_collapsed() -> None:
    """Of six entries or more, those aside that may go."""
    before = "\n".join(("apple", "bread", "cider", "dates", "eggs", "figs"))
    assert ledger(before, "apple").collapsed
    assert not ledger(before, "apple\nbread").collapsed
    assert not ledger(before, "apple", ["*"]).collapsed
    assert not ledger("apple\nbread", "").collapsed


def test_a_model_of_meaning_is_asked_only_about_prose_that_is_not_found() -> None:
    """What misses a number is lost whatever it means; what stands for another is no answer."""
    before = "Eats plants only, on all days.\nHas 3 dogs.\nLikes tea.\n"
    found = ledger(before, "Likes tea.\nA vegetarian; lives in Rome.\n")
    asked, segments = open_questions(found)
    assert asked == ["Eats plants only, on all days."]
    assert segments[0] == "A vegetarian; lives in Rome."
    assert "A vegetarian" in segments
    assert "Likes tea." not in segments
    cosines = [[0.7 if segment == "A vegetarian" else 0.54 for segment in segments]]
    after = reworded(found, cosines)
    assert statuses(after) == ["kept", "unaccounted", "kept"]
    assert after.accounts[0].into == "A vegetarian"
    assert reworded(found, [[0.54] * len(segments)]) == found
    assert open_questions(after) == ([], [])


def test_a_model_is_asked_about_a_bounded_part_of_a_large_text() -> None:
    """The segments that have words of the entries come first."""
    before = "\n".join(
        f"{chr(97 + n)}{chr(97 + n)}owl hoots softly in the dark barn all night long"
        for n in range(26)
    )
    after = "\n".join(f"some quite other line of filler {'x' * n}" for n in range(99)) + "\nnight"
    asked, segments = open_questions(ledger(before, after))
    assert (len(asked), len(segments)) == (20, 60)
    assert segments[0] == "night"


def test_the_work_on_large_texts_is_bounded() -> None:
    """Unchanged lines cost nothing, and of a text that is all new so many pairs are compared."""
    rows = [f"The item {n} of shelf {n % 7} costs {n * 3} euros" for n in range(1_000)]
    some = [*rows[:500], "The item 500 moved", *rows[501:]]
    assert ledger("\n".join(rows), "\n".join(rows)).compared == 0
    assert ledger("\n".join(rows), "\n".join(some)).compared <= 40
    found = ledger("\n".join(rows), "\n".join(row.replace("costs", "cost") for row in rows[1:]))
    assert 0 < found.compared <= 3_100
    assert len(found.accounts) == 1_000


@given(texts(), texts())
def test_every_entry_is_accounted_for_once(before: str, after: str) -> None:
    """No entry is passed over, and none is made up."""
    found = ledger(before, after)
    rows = enumerate(split_lines(before), 1)
    entries = [(n, bare(content(line))) for n, line in rows if line.strip(" \t\r\n.;,-*+•")]
    assert [(each.line, each.entry) for each in found.accounts] == entries
    assert found.kept + len(found.losses) == len(entries)
    assert ledger(before, after, ["*"]).losses == []


@given(documents, documents, st.randoms(use_true_random=False))
def test_a_text_loses_nothing_where_it_grows_or_is_reordered(
    before: list[str], more: list[str], chance: Random
) -> None:
    """Neither to itself, nor to one that has its lines in any order among others."""
    after = [*before, *more]
    chance.shuffle(after)
    assert ledger("\n".join(before), "\n".join(after)).losses == []
    assert ledger("\n".join(before), "\n".join(before)).kept == sum(map(bool, before))


@given(documents, st.integers(10_000, 99_999), st.integers(0, 8))
def test_a_line_with_a_number_of_its_own_is_never_lost_silently(
    rows: list[str], number: int, at: int
) -> None:
    """Whatever the rest of the text is like."""
    before = [*rows[:at], f"- The port of the api is {number}.", *rows[at:]]
    (loss,) = ledger("\n".join(before), "\n".join(rows)).losses
    assert loss.missing == (str(number),)
