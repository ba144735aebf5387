"""A question, taken apart: the terms that the index is asked for, identifiers, and dates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias

from .terms import STOP_WORDS, UNSPACED, is_unspaced, words
from .when import span

Place: TypeAlias = Literal["blocks", "archive", "episodes", "history"]

PLACES: tuple[Place, ...] = ("blocks", "archive", "episodes", "history")
EVERYWHERE: frozenset[Place] = frozenset(("blocks", "archive", "episodes"))
"""Where a search looks unless it says: at all that holds now."""

PAST: frozenset[Place] = frozenset(("history",))

MAX_QUERY_CHARS = 2_000
MAX_TERMS = 40
"""Most terms that are asked for: a longer question is a text, and the first of it will do."""

MAX_EXACT = 20
"""Most identifiers that are looked for as they are written."""

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SHORT = {name[:3]: n for n, name in enumerate(_MONTHS, 1)} | {"sept": 9}
_MONTH = {name: n for n, name in enumerate(_MONTHS, 1)} | _SHORT
_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)(?:-(\d\d))?\b")
_NAMED = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?)?({_NAMES})\b\.?"
    r"(?:\s+(\d{1,2})(?:st|nd|rd|th)?\b(?!\d))?(?:,?\s+((?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_IN_WORD = rf"[^\W_{UNSPACED}]"
_BEGINS = re.compile(r"(?:^|[.!?])\W*")
_MAY = 5
_EDGES = "\"'`\u201c\u201d\u2018\u2019.,;:!?()[]{}<>\u2026"
"""What ends a word or sentence, and is no part of a name."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as a question names it; None: any."""

    year: int | None
    month: int | None
    day: int | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies in it."""
        named = ((self.year, at.year), (self.month, at.month), (self.day, at.day))
        return all(wanted is None or wanted == found for wanted, found in named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for.

    Attributes:
        terms: Words, and sequences of words for what is written together (`foo_bar.py`).
        words: All words of the question, stop words included, in lower case.
        exact: Identifiers as they were written: with digits, marks or capitals inside.
        dates: Dates that it names.
    """

    text: str
    terms: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    exact: tuple[str, ...]
    dates: tuple[Day, ...]

    def held(self, text: str) -> float:
        """Return the share of its identifiers that a text holds, whole; capitals do not matter."""
        lower = text.lower() if text.isascii() else None
        found = sum(_holds(text, lower, name) for name in self.exact)
        return found / max(1, len(self.exact))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a search looks; what is None or empty does not matter.

    Attributes:
        tags: A doc has one of them, or with `every` all of them.
        since, until: When it began to hold, or was written; both ends belong to it. UTC.
    """

    places: frozenset[Place] = EVERYWHERE
    tags: tuple[str, ...] = ()
    every: bool = False
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def scope(
    now: datetime,
    *,
    places: Iterable[Place] | None = None,
    tags: Iterable[str] | None = None,
    every: bool = False,
    source: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Scope:
    """Return where to look, as a person or a model says it; what is not given does not matter.

    Raises:
        InvalidError: `since` or `until` is no time.
    """
    return Scope(
        places=frozenset(places or EVERYWHERE),
        tags=tuple(tag.strip() for tag in tags or () if tag.strip()),
        every=every,
        source=source or None,
        since=span(since, now)[0] if since else None,
        until=span(until, now)[1] if until else None,
    )


def parsed(text: str) -> Query:
    """Take a question apart."""
    text = text[:MAX_QUERY_CHARS]
    every = words(text)
    dates = _dates(text)
    stop = STOP_WORDS if any(day.month == _MAY for day in dates) else STOP_WORDS | {"may"}
    single = _terms([word for word in every if word not in stop]) or _terms(every)
    chunks = [chunk.strip(_EDGES) for chunk in text.split()]
    together = [parts for chunk in chunks if len(parts := tuple(words(chunk))) > 1]
    together = [parts for parts in together if not stop.issuperset(parts)]
    exact = [chunk for chunk in chunks if _is_identifier(chunk)]
    return Query(
        text=text,
        terms=tuple(dict.fromkeys([*together, *single]))[:MAX_TERMS],
        words=frozenset(every),
        exact=tuple(dict.fromkeys(exact))[:MAX_EXACT],
        dates=dates,
    )


def _terms(found: list[str]) -> list[tuple[str, ...]]:
    """Return words as terms; neighbours of an unspaced script in pairs, as one says little."""
    terms: list[tuple[str, ...]] = []
    for at, word in enumerate(found):
        after = found[at + 1] if at + 1 < len(found) else ""
        if is_unspaced(word) and is_unspaced(after):
            terms.append((word, after))
        elif not (is_unspaced(word) and at and is_unspaced(found[at - 1])):
            terms.append((word,))
    return terms


def _holds(text: str, lower: str | None, name: str) -> bool:
    """Tell whether a text has an identifier; `lower` is the text in lower case if it is ASCII.

    Most texts that are asked do not have it, which a plain search finds out far more quickly.
    """
    if lower is not None and name.isascii() and name.lower() not in lower:
        return False
    return _as_written(name).search(text) is not None


@lru_cache(maxsize=256)
def _as_written(name: str) -> re.Pattern[str]:
    """Return what finds an identifier that is not part of a longer word or number."""
    before = f"(?<!{_IN_WORD})" if name[0].isalnum() else ""
    after = f"(?!{_IN_WORD})" if name[-1].isalnum() else ""
    return re.compile(before + re.escape(name) + after, re.IGNORECASE)


def _is_identifier(chunk: str) -> bool:
    """Tell whether a word is the name of something, to be found as it is written."""
    if len(chunk) < 2 or not any(char.isalnum() for char in chunk):
        return False
    inner = chunk.removesuffix("'s").replace("'", "").replace("\u2019", "")
    odd = any(not char.isalpha() for char in inner)
    mixed = any(char.isupper() for char in inner[1:]) and not inner.isupper()
    return odd or mixed  # capitals alone are an abbreviation or a loud voice


def _dates(text: str) -> tuple[Day, ...]:
    found = [
        Day(int(match[1]), int(match[2]), int(match[3]) if match[3] else None)
        for match in _ISO.finditer(text)
    ]
    rest = _ISO.sub(" ", text)
    for match in _NAMED.finditer(rest):
        before, name, after, year = match.groups()
        named = name[0].isupper() and not _BEGINS.fullmatch(_sentence(rest, match.start(2)))
        if name.lower() in ("may", "mar", "march") and not (before or after or year or named):
            continue  # "may" and "march" are verbs as well
        day = before or after
        found.append(
            Day(int(year) if year else None, _MONTH[name.lower()], int(day) if day else None)
        )
    rest = _NAMED.sub(" ", rest)
    found += [Day(int(match[1]), None) for match in _YEAR.finditer(rest)]
    return tuple(dict.fromkeys(found))


def _sentence(text: str, at: int) -> str:
    """Return what stands before a place in its sentence, with the mark that ends the last one."""
    return re.split(r"(?=[.!?])", text[:at])[-1]
