"""An entry without its bullet, wherever entries are taken from lines."""

import time
from datetime import UTC, datetime

import pytest

from tokenspace.memory.ledger import ledger
from tokenspace.memory.model import Block
from tokenspace.memory.naming import essence
from tokenspace.memory.rivals import parts
from tokenspace.memory.segments import bare
from tokenspace.memory.sweeping import spots

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def block(value: str) -> Block:
    """Return a block of this text."""
    return Block(
        uid="u1", label="project", version="", chars=len(value), change=1, at=NOW, value=value
    )


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("Deploy on Friday - never on Monday", "Deploy on Friday - never on Monday"),
        ("Port is 80. Host is x", "Port is 80. Host is x"),
        ("- Deploy - never", "Deploy - never"),
        ("  12) Port is 80. Host is x", "Port is 80. Host is x"),
        ("\t• - twice", "- twice"),
        ("-no bullet", "-no bullet"),
    ],
)
def test_only_a_bullet_that_opens_a_line_is_taken_off(line: str, entry: str) -> None:
    """A dash or a number in the middle belongs to what is said, wherever entries are read."""
    assert bare(line) == entry
    assert [spot.entry for spot in spots([block(line)])] == [entry]
    assert parts(line) == [entry]
    assert essence(line) == entry.casefold().rstrip(".")


@pytest.mark.parametrize("gap", [" ", "- ", "8"])
def test_a_line_with_a_long_gap_is_read_in_linear_time(gap: str) -> None:
    """Two words far apart take no longer than any text of that length."""
    line = f"one{gap * (200_000 // len(gap))} two"
    began = time.monotonic()
    assert bare(line) == line
    assert [spot.entry for spot in spots([block(line)])] == [line]
    assert parts(line, by_sentence=True) == [line]
    assert essence(line).startswith("one")
    assert ledger(line, f"{line}\nmore").kept == 1
    assert time.monotonic() - began < 5
