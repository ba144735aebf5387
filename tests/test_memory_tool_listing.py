"""A folder of very much, as the tool `memory` shows it: short, and all of it can be reached."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from tokenspace.memory.model import BlockInfo
from tokenspace.memory.paths import Tree, located

MOST_CHARS = 4_096


def tree(labels: Iterable[str]) -> Tree:
    """Return a space with these files."""
    return Tree(
        BlockInfo(uid=label, label=label, version="0" * 32, chars=9, change=1, at=datetime.now(UTC))
        for label in labels
    )


LARGE = {
    "flat": [f"n{number:04}" for number in range(2_000)],
    "deep": [f"d{number % 60:02}/n{number:04}" for number in range(2_000)],
    "one-folder": [f"d/n{number:04}" for number in range(2_000)],
    "below": [f"a/b/n{number:04}" for number in range(2_000)],
    "long": [f"{number:04}{'x' * 90}/{'y' * 30}" for number in range(500)],
}


def named(listing: str, folder: str) -> list[str]:
    """Return the names that a listing shows right below a folder."""
    return re.findall(rf"^[\d.]+[BKMG]\t{re.escape(folder)}/([^/\n]+)/?$", listing, re.MULTILINE)


@pytest.mark.parametrize("labels", LARGE.values(), ids=LARGE)
def test_a_long_listing_is_bounded_and_says_what_is_beyond(labels: list[str]) -> None:
    """4 KB, whatever the shape; following what it says reaches every name once."""
    files = tree(labels)
    for folder, below in folders(labels).items():
        found: list[str] = []
        span: list[int] | None = None
        while True:
            listing = files.listing(located(folder), span)
            assert len(listing) <= MOST_CHARS
            found += named(listing, folder)
            more = re.search(r"^… ([\d,]+) more: view (\S+) with view_range \[(\d+), (\d+)]$",
                             listing, re.MULTILINE)  # fmt: skip
            if more is None:
                break
            assert more[2] == folder
            assert int(more[1].replace(",", "")) == int(more[4]) - len(found)
            span = [int(more[3]), int(more[4])]
            assert span[0] == len(found) + 1
        assert found == sorted(below)


def folders(labels: list[str]) -> dict[str, set[str]]:
    """Return some folders with what lies right in them: the root, and the first on each level."""
    first = min(labels).split("/")[:-1]
    paths = ["/".join(first[:size]) for size in range(len(first) + 1)]
    return {
        f"/memories/{path}".rstrip("/"): {
            label.removeprefix(f"{path}/" if path else "").split("/")[0]
            for label in labels
            if not path or label.startswith(f"{path}/")
        }
        for path in paths
    }


def test_what_is_below_is_shown_in_part_too() -> None:
    """With how to see the rest; a folder with little in it stands whole."""
    listing = tree([*LARGE["one-folder"], "few/a", "few/b"]).listing(located("/memories"))
    assert "\t/memories/few/a\n" in listing
    shown = len(named(listing, "/memories/d"))
    assert shown > 100
    assert f"\n… {2_000 - shown:,} more: view /memories/d\n" in listing


def test_a_span_of_a_short_listing_is_ignored() -> None:
    """As the reference does."""
    short = tree(["a", "b", "c"])
    assert short.listing(located("/memories"), [2, 2]) == short.listing(located("/memories"))


@pytest.mark.parametrize("span", [[0, 3], [2_001, -1], [5, 2], [1], [-4, -9]])
def test_any_span_is_answered(span: list[int]) -> None:
    """What is no pair, or lies outside, does no harm."""
    listing = tree(LARGE["flat"]).listing(located("/memories"), span)
    assert listing.startswith("Here're the files")
    assert len(listing) <= MOST_CHARS
