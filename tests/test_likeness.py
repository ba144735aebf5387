"""How alike two texts are by their letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.likeness import likeness

SAME = "The launch is planned for 4 September."


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        (SAME, SAME, 0.999, 1.001),
        (SAME, "the LAUNCH is planned, for 4 september", 0.999, 1.001),
        (SAME, "The launch is planned for 5 September.", 0.85, 0.99),
        (SAME, "Launch planned for 4 September, with a freeze before.", 0.5, 0.9),
        (SAME, "Ewa counts stock each quarter", 0, 0.2),
        ("", "", 0, 1),
        ("a", "b", 0, 0),
        ("港", "港", 0.999, 1.001),
    ],
)
def test_likeness_falls_with_the_changes(one: str, other: str, least: float, most: float) -> None:
    """Case, marks and spaces do not matter."""
    assert least <= likeness(one, other) <= most


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    """Never outside 0 to 1, but for rounding."""
    found = likeness(one, other)
    assert -1e-9 <= found <= 1 + 1e-9
    assert found == pytest.approx(likeness(other, one))
    assert likeness(one, one) == pytest.approx(1) or likeness(one, one) == 0
