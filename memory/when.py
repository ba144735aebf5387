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
_FIRST_YEAR = timedelta(days=366)


def is_time(text: str) -> bool:
    """Tell whether a text is meant as a time."""
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
    text = text.strip()
    if text.lower() in ("now", "today"):
        return now
    if text.lower() == "yesterday":
        text = (now - timedelta(days=1)).strftime("%Y-%m-%d")
    if ago := _AGO.fullmatch(text):
        count = int(ago[1]) if ago[1].isdecimal() else 1
        unit = ago[2].lower()
        size = _DAYS[unit[:3]] if unit.startswith(("min", "mon")) else _DAYS[unit[0]]
        furthest = now - datetime.min.replace(tzinfo=UTC) - _FIRST_YEAR
        return now - min(timedelta(days=count * size), furthest)
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        whole = timedelta(days=1) if _DAY.fullmatch(text) else timedelta()
        return found.astimezone(UTC) + whole - timedelta(microseconds=1 if whole else 0)
    except (ValueError, OverflowError):
        raise InvalidError(
            f"{text[:60]!r} is not a time; write 2026-11-20, 2026-11-20T14:30Z or '2 hours ago'."
        ) from None
