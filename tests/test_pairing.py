"""Two entries beside each other, and the entries that a new one most likely supersedes."""

from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.candidates import Entries
from tokenspace.memory.pairing import Reason, pairing

from .support import storable


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ("User takes 10 mg daily.", "User takes 20 mg daily.", ("number",)),
        ("Deploys happen on Tuesdays.", "Deploys happen on Fridays.", ("date",)),
        ("The lead of search is Jonas.", "The lead of search is Elena.", ("name",)),
        ("Maria leads the billing team.", "The billing team is led by Jonas.", ("name",)),
        ("Call `make lint` first.", "Call `make docs` first.", ("code",)),
        ("Data is in /Data/App.", "Data is in /data/app.", ("code",)),
        ("Force-push to main.", "Never force-push to main.", ("negation",)),
        ("The cache is enabled.", "The cache is disabled.", ("negation", "antonym")),
        ("We prefer tabs over spaces.", "We prefer spaces over tabs.", ("order",)),
        ("Lint before a push.", "Before a push, lint.", ()),
        ("Kept for two weeks.", "Kept for 14 days.", ()),
    ],
)
def test_the_reasons_say_why_two_entries_clash(
    old: str, new: str, reasons: tuple[Reason, ...]
) -> None:
    """The same fact in another spelling is none, and neither is another place in the sentence."""
    found = pairing(old, new)
    assert found.reasons == reasons
    assert found.contradicts == bool(reasons)
    assert not (found.repeats and found.contradicts)


def test_a_rewording_repeats_and_another_subject_does_neither() -> None:
    """Two differing places, one of them at the beginning, are another subject."""
    assert pairing("Audit logs are kept for two weeks.", "Audit logs: kept 14 days.").repeats
    other = pairing("The office in Paris opens at 8:00.", "The shop in Oslo opens at 9:00.")
    assert (other.same_subject, other.contradicts, other.repeats) == (False, False, False)


def test_the_words_in_place_of_others_are_shown() -> None:
    """As they are written, those that both have left out."""
    found = pairing("Sessions live in Redis since May.", "Sessions live in Postgres since May.")
    assert found.differs == (("Redis", "Postgres"),)


def test_the_cosine_decides_where_there_is_one() -> None:
    """A rewording that shares no letters repeats; likeness of letters alone does not."""
    old, new = "The user is vegetarian.", "Eats neither meat nor fish."
    assert not pairing(old, new).repeats
    assert not pairing("Budget: 10 euros", "Budget: 20 euros", 0.6).contradicts
    assert pairing("Budget: 10 euros", "Budget: 20 euros", 0.7).contradicts
    assert pairing("We like the sea.", "We love the ocean.", 0.54).repeats
    assert not pairing("We like the sea.", "We love the ocean.", 0.53).repeats


@given(storable, storable)
def test_a_pairing_is_there_for_any_two_texts(old: str, new: str) -> None:
    """Likeness is a share, and a text never clashes with itself."""
    assert 0 <= pairing(old, new).likeness <= 1
    assert pairing(old, old).reasons == ()
    assert pairing(old, old).differs == ()


@given(*[st.lists(st.sampled_from(["fig", "oak", "elm", "ash", "bay", "yew"]))] * 2)
def test_words_stand_against_each_other_as_difflib_aligns_them(
    old: list[str], new: list[str]
) -> None:
    """Also where words come twice, or in another order."""
    told: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        away = " ".join(word for word in old[a:b] if word not in new)
        here = " ".join(word for word in new[c:d] if word not in old)
        told += [(away, here)] if tag == "replace" and away and here else []
    assert pairing(" ".join(old), " ".join(new)).differs == tuple(told)


def test_the_entry_with_the_rarest_words_in_common_is_nearest() -> None:
    """Words that many entries have count for little."""
    entries = ["Ada likes tea.", "Ada likes the sea.", "Ada reads Proust.", "Bob drinks tea."]
    assert [at for at, _ in Entries(entries).nearest("Bob drinks coffee.", 2)] == [3]
    found = Entries(entries).nearest("Ada likes green tea.", 9)
    assert found[0][0] == 0
    assert [near for _, near in found] == sorted((near for _, near in found), reverse=True)
    assert Entries(entries).nearest("Ada likes tea.", 1)[0][1] == pytest.approx(1)
    assert Entries(entries).nearest("", 3) == Entries([]).nearest("x", 3) == []


def test_the_entries_that_hold_words_are_found_by_the_rare_ones() -> None:
    """A long entry is as good as a short one, and frequent words are looked at last."""
    entries = Entries([f"the item {n} is here" for n in range(50)] + ["the fig and much else"])
    assert entries.holding(frozenset({"the", "fig"}), 2, visits=1) == [50]
    assert entries.holding(frozenset({"the", "fig"}), 2, visits=99)[0] == 50
