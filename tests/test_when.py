"""Times as people write them, to spans of moments."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.errors import InvalidError
from tokenspace.memory.when import is_time, latest, span

from .support import NOW

MICRO = timedelta(microseconds=1)


def at(*parts: int) -> datetime:
    """Return a moment of UTC."""
    year, month, day, *rest = parts
    return datetime(year, month, day, *rest, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026", at(2026, 1, 1), at(2027, 1, 1)),
        ("2026-12", at(2026, 12, 1), at(2027, 1, 1)),
        ("2024-02", at(2024, 2, 1), at(2024, 3, 1)),
        (" 2024-02-29 ", at(2024, 2, 29), at(2024, 3, 1)),
        ("2026-11-20+02:00", at(2026, 11, 19, 22), at(2026, 11, 20, 22)),
        ("2026-11-20Z", at(2026, 11, 20), at(2026, 11, 21)),
        ("today", at(2026, 1, 2), at(2026, 1, 3)),
        ("Yesterday", at(2026, 1, 1), at(2026, 1, 2)),
    ],
)
def test_a_period_is_all_of_itself(text: str, first: datetime, after: datetime) -> None:
    """From its first moment to its last, which is no part of the next."""
    assert span(text, NOW) == (first, after - MICRO)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("2026-11-20T14:30", at(2026, 11, 20, 14, 30)),
        ("2026-11-20 14:30Z", at(2026, 11, 20, 14, 30)),
        ("2026-11-20T14:30+02:00", at(2026, 11, 20, 12, 30)),
        ("2 hours ago", NOW - timedelta(hours=2)),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("1 week ago", NOW - timedelta(weeks=1)),
        ("3 months ago", NOW - timedelta(days=90)),
        ("5 mins ago", NOW - timedelta(minutes=5)),
    ],
)
def test_a_moment_is_both_ends(text: str, moment: datetime) -> None:
    """A clock time, or so long ago."""
    assert span(text, NOW) == (moment, moment)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13", "2026-02-30", "0000", "9999", "20-01-01", "2026-01-01T25:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """With an example of one that is; years at the calendar's edge have no other side."""
    with pytest.raises(InvalidError, match="is not a time"):
        span(text, NOW)


def test_a_name_of_a_place_is_no_time() -> None:
    """A year could be a change's number; a day can be nothing else."""
    assert not any(map(is_time, ["2026", "2026-11", "7", "main", "release-2026-11-20"]))
    assert all(map(is_time, ["2026-11-20", "2026-11-20 14:30", "2 days ago", "NOW", " today "]))


def test_the_latest_moment_of_today_is_now() -> None:
    """Its end has not come."""
    assert latest("today", NOW) == NOW
    assert latest("2025-12-31", NOW) == at(2026, 1, 1) - MICRO


@given(st.integers(0, 999_999), st.sampled_from(["minutes", "h", "days", "weeks", "years"]))
def test_any_time_ago_is_a_moment(count: int, unit: str) -> None:
    """However long ago: never after now, never before the calendar begins."""
    first, last = span(f"{count} {unit} ago", NOW)
    assert first == last <= NOW


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Nothing else happens, and no span ends before it begins."""
    try:
        first, last = span(text, NOW)
    except InvalidError:
        return
    assert first <= last
