"""What erasing leaves of a text: nothing of the needle, everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.model import label_key
from tokenspace.memory.redact import redacted, redacted_metadata, redacted_name, redacted_tags

from .support import storable


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\nsecret\nb\n", "a\nb\n"),
        ("a\n  - secret  \nb\n", "a\nb\n"),
        ("1. secret\r\n* * secret\r\nb", "b"),
        ("secret", ""),
        ("a\nsecret", "a\n"),
        ("the secret is\n", "the [erased] is\n"),
        ("- secret: x\n", "- [erased]: x\n"),
        ("secretsecret\n", "[erased][erased]\n"),
        ("secsecretret\n", "sec[erased]ret\n"),
        ("Secret and SECRET\n", "Secret and SECRET\n"),
        ("", ""),
    ],
)
def test_a_line_of_its_own_goes_and_the_rest_is_marked(text: str, left: str) -> None:
    """Exactly as it is written, bullets and spaces around it aside."""
    assert redacted(text, "secret") == left


def test_several_lines_are_one_text() -> None:
    """They go whole where they stand alone."""
    assert redacted("a\n- x\ny\nb\n- x\ny z\n", "x\ny") == "a\nb\n- [erased] z\n"


@given(storable, st.text("ab[]erasd\n", min_size=1, max_size=4), st.integers(0, 40))
def test_nothing_of_it_is_left(text: str, needle: str, ceiling: int) -> None:
    """Not even where the mark, or what stands around it, would make it up anew."""
    if needle.strip() == needle:
        left = redacted(text + needle + text, needle, ceiling)
        assert needle not in left
        assert needle in text or redacted(text, needle) == text


def test_a_text_at_its_ceiling_gets_no_longer() -> None:
    """The mark may be longer than what it stands for."""
    assert redacted("xyxyx", "y", 5) == "xxx"
    assert redacted("xyx", "y", 10) == "x[erased]x"


def test_tags_and_metadata_lose_only_what_is_erased() -> None:
    """A tag that was nothing else goes; keys that become alike are told apart."""
    assert redacted_tags(("secret", "a", "a secret", "b"), "secret") == ("a", "a [erased]", "b")
    assert redacted_metadata({"secret": "1", "Secret": "secret", "x": "a secret"}, "secret") == {
        "erased": "1", "erased-2": "", "x": "a [erased]",
    }  # fmt: skip


def test_a_name_stays_a_name() -> None:
    """Whatever case it is written in; free, and no longer than a name may be."""
    taken = {"keys/erased", "keys/erased-2"}
    found = redacted_name("keys/SeCret", "secret", 128, taken.__contains__)
    assert found == "keys/erased-3"
    assert redacted_name("erased", "erase", 128, taken.__contains__) == "removedd"
    long = redacted_name("x" * 120 + "/s", "s", 128, taken.__contains__)
    assert label_key(long) == long
    assert len(long) < 128
