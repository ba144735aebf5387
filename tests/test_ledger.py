"""What a rewrite left behind."""

from collections import Counter

import pytest
from hypothesis import given

from tokenspace.memory.ledger import Ledger, ledger
from tokenspace.memory.lines import content, split_lines

from .support import texts


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb\n", "b\na\n", Ledger(2, ())),
        ("- a\n* b\n", "1. A.\n2)   b", Ledger(2, ())),
        ("a  b\t c", "a b c ;", Ledger(1, ())),
        ("a\n\n- \n", "", Ledger(0, ("a",))),
        ("- port 80\n- port 81\n", "- port 80", Ledger(1, ("- port 81",))),
        ("x\nx\n", "x\n", Ledger(1, ("x",))),
        ("c\r\nb\r\n  a\r\n", "b", Ledger(1, ("c", "a"))),
        ("", "a", Ledger(0, ())),
    ],
)
def test_an_entry_is_gone_when_its_words_are(before: str, after: str, expected: Ledger) -> None:
    """Order, bullets, spacing, capitals and final punctuation do not count; repeats do."""
    assert ledger(before, after) == expected


@given(texts(), texts())
def test_every_entry_is_accounted_for_once(before: str, after: str) -> None:
    """Nothing that is gone is passed over, and nothing that stands is called gone."""
    found = ledger(before, after)
    entries = [content(line).strip() for line in split_lines(before)]
    standing = Counter(content(line).strip() for line in split_lines(after))
    assert not Counter(found.gone) - Counter(entries)
    assert found.kept + len(found.gone) == len([entry for entry in entries if entry.strip("- ")])
    for entry, lost in Counter(found.gone).items():
        assert Counter(entries)[entry] - lost >= min(standing[entry], Counter(entries)[entry])


@given(texts())
def test_a_text_loses_nothing_to_itself(text: str) -> None:
    """An edit that changes nothing has an empty ledger."""
    assert ledger(text, text).gone == ()
