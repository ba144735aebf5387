"""The values: labels, drafts, intents."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.errors import InvalidError, TooLargeError
from tokenspace.memory.model import (
    MAX_BLOCK_BYTES,
    MAX_NOTE_CHARS,
    Author,
    Draft,
    Intent,
    label_key,
    normal_label,
)

from .support import ADA, NOW, block


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("human", "human"),
        ("/project/conventions", "project/conventions"),
        (" notes\n", "notes"),
        ("a-b_c.d", "a-b_c.d"),
        (".hidden", ".hidden"),
        ("Größe", "Größe"),
        (unicodedata.normalize("NFD", "Größe"), "Größe"),
        ("x" * 128, "x" * 128),
    ],
)
def test_a_label_is_stored_in_one_form(given: str, stored: str) -> None:
    """No leading slash, no space around it, NFC; its case is kept."""
    assert normal_label(given) == stored


@pytest.mark.parametrize(
    "label",
    ["", " ", "/", "//a", "a//b", "a/", "a b", "a@1", ".", "a/../b", "..", "a\nb", "a:b", "x" * 129,
     "a\0b", "\ud800", "<b>", "a\u200bb"],
)  # fmt: skip
def test_what_is_not_a_label_is_refused(label: str) -> None:
    """The refusal says what a label is made of."""
    with pytest.raises(InvalidError, match="is not a block label: use 1 to 128 letters, digits"):
        normal_label(label)


@pytest.mark.parametrize(("one", "other"), [("Human", "hUMAN"), ("straße", "STRASSE"), ("É", "é")])
def test_labels_that_differ_in_case_only_are_one_label(one: str, other: str) -> None:
    """Uniqueness ignores case."""
    assert label_key(one) == label_key(other)


@given(st.text(max_size=12))
def test_normalising_a_label_twice_changes_nothing(text: str) -> None:
    """The stored form is a label again, and so is its key's."""
    try:
        label = normal_label(text)
    except InvalidError:
        return
    assert normal_label(label) == label
    assert label_key(label) == label_key(text)


def test_a_value_may_be_exactly_as_large_as_the_ceiling() -> None:
    """The ceiling is in bytes of UTF-8, and itself allowed."""
    assert Draft(uid=None, label="a", value="é" * (MAX_BLOCK_BYTES // 2))
    with pytest.raises(TooLargeError, match=r"block a would be 262,145 bytes; .* at most 262,144"):
        Draft(uid=None, label="a", value="é" * (MAX_BLOCK_BYTES // 2) + "x")


BAD_TEXT = [
    ("a\0", "holds a NUL byte at character 1; remove it"),
    ("ab\ud83d", r"holds a lone surrogate \(U\+D83D\) at character 2, which is not text"),
]


@pytest.mark.parametrize(("bad", "why"), BAD_TEXT)
def test_text_that_no_store_can_carry_is_refused_wherever_it_stands(bad: str, why: str) -> None:
    """Value, description, tags, metadata and the circumstances of a write alike."""
    with pytest.raises(InvalidError, match=f"block a {why}"):
        Draft(uid=None, label="a", value=bad)
    with pytest.raises(InvalidError, match=f"the description {why}"):
        Draft(uid=None, label="a", value="", description=bad)
    with pytest.raises(InvalidError, match=f"a tag {why}"):
        Draft(uid=None, label="a", value="", tags=("ok", bad))
    for pair in ({bad: "x"}, {"x": bad}):
        with pytest.raises(InvalidError, match=f"the metadata {why}"):
            Draft(uid=None, label="a", value="", metadata=pair)
    with pytest.raises(InvalidError, match=f"the reason {why}"):
        Intent(author=ADA, tool="t", reason=bad)
    with pytest.raises(InvalidError, match=f"the request's id {why}"):
        Intent(author=ADA, tool="t", request_id=bad)
    with pytest.raises(InvalidError, match=f"the author {why}"):
        Intent(author=Author(client=bad), tool="t")


def test_a_note_has_a_ceiling() -> None:
    """A description or a reason is not a place to hide a block in."""
    assert Intent(author=ADA, tool="t", reason="x" * MAX_NOTE_CHARS)
    with pytest.raises(InvalidError, match=r"the reason is 2,001 characters; keep it under 2,000"):
        Intent(author=ADA, tool="t", reason="x" * (MAX_NOTE_CHARS + 1))
    with pytest.raises(InvalidError, match="the description is 2,001 characters"):
        Draft(uid=None, label="a", value="", description="x" * (MAX_NOTE_CHARS + 1))


@pytest.mark.parametrize("limit", [0, -1, 2**31 + 1])
def test_a_budget_is_at_least_one_character(limit: int) -> None:
    """A limit that no block could keep is refused."""
    with pytest.raises(InvalidError, match="out of range: give 1 or more characters"):
        Draft(uid=None, label="a", value="", limit=limit)


def test_an_author_reads_as_far_as_it_is_known() -> None:
    """The person, the program with its version, the model."""
    assert str(Author("ada", "cli", "1.0", "m1")) == "ada · cli 1.0 · m1"
    assert str(Author(client="cli")) == "cli"
    assert str(Author()) == "unknown"


def test_a_version_is_shown_by_its_first_digits() -> None:
    """Eight digits are enough to quote."""
    assert block("x", version="ab" * 16, at=NOW).short == "abababab"
