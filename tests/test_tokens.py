"""The estimate of tokens."""

import pytest
from hypothesis import given

from tokenspace.memory.tokens import approximate_tokens

from .support import storable


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a" * 36, 10), ("a" * 37, 11), ("記憶", 2), ("éé", 1), ("a" * 36 + "記é", 12)],
)
def test_each_script_counts_by_its_own_weight(text: str, tokens: int) -> None:
    """ASCII / 3.6 + CJK x 1 + others x 0.5, rounded up."""
    assert approximate_tokens(text) == tokens


@given(storable, storable)
def test_more_text_is_never_fewer_tokens(text: str, more: str) -> None:
    """The estimate grows with the text, and parts never count for less than the whole."""
    whole = approximate_tokens(text + more)
    assert approximate_tokens(text) <= whole
    assert whole <= approximate_tokens(text) + approximate_tokens(more)
