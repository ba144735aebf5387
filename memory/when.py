"""Times as people and models write them: `2026-11-20`, `2026-11-20 14:30`, `2 hours ago`."""

import re
from datetime import UTC, datetime, timedelta

from .errors import InvalidError

_AGO = re.compile(
    r"(\d{1,6}|an?|one)\s*(minutes?|mins?|hours?|h|days?|d|weeks?|w|months?|years?)\s+ago",
    re.IGNORECASE,
)
_DAYS = {"h": 1 / 24, "d": 1, "w": 7, "y": 365, "min": 1 / 1440, "mon": 30}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(Z|[+-]\d\d:\d\d)?")
_FIRST_YEAR = timedelta(days=366)
_INSTANT = timedelta(microseconds=1)


def is_time(text: str) -> bool:
    """Tell whether a text is meant as a time, and can be nothing else."""
    text = text.strip()
    return bool(
        text.lower() in ("now", "today", "yesterday")
        or _AGO.fullmatch(text)
        or _DAY.fullmatch(text)
        or _TIME.fullmatch(text)
    )


def latest(text: str, now: datetime) -> datetime:
    """Return the last moment that a time names: a day includes all of itself. UTC unless it says.

    Raises:
        InvalidError: there is no such day or hour.
    """
    return now if text.strip().lower() == "today" else span(text, now)[1]


def span(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last moment of a time: of a day, month or year, all of it.

    They are those of UTC, unless an offset follows: `2026-11-20+02:00`.

    Raises:
        InvalidError: there is no such time.
    """
    text = text.strip()
    if text.lower() == "now":
        return now, now
    if text.lower() in ("today", "yesterday"):
        text = (now - timedelta(days=text.lower() == "yesterday")).strftime("%Y-%m-%d")
    if ago := _AGO.fullmatch(text):
        then = _back(int(ago[1]) if ago[1].isdecimal() else 1, ago[2].lower(), now)
        return then, then
    try:
        if period := _PERIOD.fullmatch(text):
            return _whole(period)
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidError(
            f"{text[:60]!r} is not a time; write 2026-11-20, 2026-11-20T14:30Z or '2 hours ago'."
        ) from None
    return found, found


def _back(count: int, unit: str, now: datetime) -> datetime:
    size = _DAYS[unit[:3]] if unit.startswith(("min", "mon")) else _DAYS[unit[0]]
    furthest = now - datetime.min.replace(tzinfo=UTC) - _FIRST_YEAR
    return now - min(timedelta(days=count * size), furthest)


def _whole(period: re.Match[str]) -> tuple[datetime, datetime]:
    """Return the ends of a year, month or day."""
    year, month, day, zone = period.groups()
    first = datetime.fromisoformat(f"{year}-{month or '01'}-{day or '01'}T00:00{zone or 'Z'}")
    if day:
        after = first + timedelta(days=1)
    elif month:
        after = (first + timedelta(days=31)).replace(day=1)
    else:
        after = first.replace(year=first.year + 1)
    return first.astimezone(UTC), after.astimezone(UTC) - _INSTANT
