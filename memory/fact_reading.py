"""How hard facts are read from a text: once, piece by piece, from left to right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .fact_pieces import CLOCK, ISO_DATE, NUMBER, is_mark, is_word, pieces
from .fact_words import (
    CLOCK_WORDS,
    DAYS,
    MONTH_BEFORE,
    MONTHS,
    NEGATIONS,
    NO_NAMES,
    NUMBERS,
    ORDINALS,
    SCALES,
    SHORT_DAYS,
    TITLES,
    UNITS,
    VAGUE_NUMBERS,
    VERB_MONTHS,
)
from .terms import STOP_WORDS

Kind: TypeAlias = Literal["number", "time", "date", "day", "name", "code", "negation"]
_Found: TypeAlias = tuple[Kind, str]

_DAY_OF_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NO_NAMES = STOP_WORDS | NO_NAMES | TITLES
_ENDS = frozenset(".!?:;|\n")
_NAME: _Found = ("name", "")
_NEGATED: _Found = ("negation", "not")
_SHORT: dict[str, _Found] = {short: ("day", day) for short, day in SHORT_DAYS.items()}
_FIXED: dict[str, _Found] = {
    **{word: ("day", day) for word, day in DAYS.items()},
    **{word: ("number", str(place)) for word, place in ORDINALS.items()},
    **{word: ("time", time) for word, time in CLOCK_WORDS.items()},
    **dict.fromkeys(NEGATIONS, _NEGATED),
}
"""Words that are a fact whatever stands around them."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A hard fact.

    Attributes:
        value: What it is, however it is written: "14 days", "15:00", "05-12" (12 May), "05" (May).
        text: How it is written.
    """

    kind: Kind
    value: str
    text: str


def read(text: str) -> Iterator[Fact]:
    """Yield the hard facts of a text; names that follow each other are one."""
    begin = end = -1
    for kind, value, start, stop in _Reading(text).found():
        joined = kind == "name" and begin >= 0 and text[end:start] in (" ", "-")
        if begin >= 0 and not joined:
            yield _named(text[begin:end])
            begin = -1
        if kind == "name":
            begin, end = begin if joined else start, stop
        else:
            yield Fact(kind, value, text[start:stop])
    if begin >= 0:
        yield _named(text[begin:end])


def _named(text: str) -> Fact:
    name = text.removesuffix("'s").removesuffix("\u2019s")
    return Fact("name", name.casefold(), name)


class _Reading:
    """A text and how far it is read: `_at` is the piece that is being read.

    Attributes:
        _opens: The piece begins a sentence, so that its capital says nothing.
        _quiet: It stands in a heading, or in a line of capitals: neither says anything.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces = list(pieces(text))
        self._at = 0
        self._opens = True
        self._quiet = self._is_quiet(0)

    def found(self) -> Iterator[tuple[Kind, str, int, int]]:
        """Yield kind and value of each fact, and where it stands."""
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            fact = self._fact(piece.text)
            last = self._pieces[self._at]
            if fact is not None:
                yield *fact, piece.start, last.end
            self._opens = last.text in _ENDS and not (last.text == "." and self._after_title())
            if last.text == "\n":
                self._quiet = self._is_quiet(last.end)
            self._at += 1

    def _fact(self, text: str) -> _Found | None:
        """Return the fact that a piece begins; what else belongs to it is read as well."""
        if is_mark(text):
            return None
        if is_word(text):
            return self._word(text, text.lower().replace("\u2019", "'"))
        return self._figures(text) or ("code", text.strip("` ").lower())

    def _figures(self, text: str) -> _Found | None:
        """Read what is written with digits, or is an amount with a hyphen: "two-week"."""
        if text[0].isalpha():
            first, _, rest = text.lower().partition("-")
            amount = first in NUMBERS and rest in UNITS
            return ("number", _amount(NUMBERS[first], rest)) if amount else None
        if found := ISO_DATE.fullmatch(text):
            return ("date", f"{found[2]}-{found[3]}")
        if found := CLOCK.fullmatch(text):
            return _clock(int(found[1]), int(found[2]), found[3] or self._half())
        found = NUMBER.fullmatch(text)
        return self._number(text, found) if found else None

    def _word(self, text: str, low: str) -> _Found | None:
        if low in MONTHS:
            return self._month(low)
        if low in ("half", "quarter"):
            return self._part(low)
        if low in NUMBERS:
            return self._number_word(low)
        if found := _FIXED.get(low) or (text[0].isupper() and _SHORT.get(low)):
            return found
        if low.endswith("n't"):
            return _NEGATED
        if not text.islower() and len(low) > 1 and self._is_name(text, low):
            return _NAME
        return ("code", low) if text[0].islower() and not text.islower() else None

    def _is_name(self, text: str, low: str) -> bool:
        own, _, end = low.partition("'")
        if not text[0].isupper() or self._quiet or own in _NO_NAMES:
            return False
        humps = not text[1 : len(own)].islower() and len(own) > 1
        return not self._opens or humps or end == "s"

    def _month(self, low: str) -> _Found | None:
        before = self._pieces[self._at - 1].text.lower() if self._at else ""
        day = _DAY_OF_MONTH.fullmatch(self._ahead())
        if day is not None and 1 <= int(day[1]) <= 31:
            self._at += 1
            return ("date", f"{MONTHS[low]:02}-{int(day[1]):02}")
        near = before in MONTH_BEFORE or _YEAR.fullmatch(self._ahead())
        return ("date", f"{MONTHS[low]:02}") if near or low not in VERB_MONTHS else None

    def _number(self, text: str, found: re.Match[str]) -> _Found:
        """Read a number with its half of the day, its month, its scale and its unit."""
        sign, digits, dash, unit = found[1], found[2].replace(",", ""), found[3], found[4] or ""
        low = unit.lower()
        half = low if low in ("am", "pm") else "" if unit else self._half()
        if half and digits.isdecimal() and int(digits) <= 24:
            return _clock(int(digits), 0, half)
        ordinal = low in ("st", "nd", "rd", "th")
        if (ordinal or not unit) and digits.isdecimal() and (month := self._month_after(digits)):
            return ("date", f"{month:02}-{int(digits):02}")
        if ordinal or (dash and low not in UNITS):
            return ("number", _plain(digits))
        scale = SCALES.get(low, 0) if unit != "m" or sign else 0
        if unit and not scale and low not in UNITS and unit != "m":
            return ("code", text.lower())
        return self._counted(digits, sign or ("" if scale else low), scale)

    def _month_after(self, digits: str) -> int:
        """Return the month that a day of the month stands before, 0 if there is none."""
        away = 2 if self._ahead() == "of" else 1
        month = MONTHS.get(self._ahead(away).lower(), 0) if 1 <= int(digits) <= 31 else 0
        self._at += away if month else 0
        return month

    def _number_word(self, low: str) -> _Found | None:
        number = int(NUMBERS[low])
        ones = NUMBERS.get(self._ahead().lower(), 0)
        if number >= 20 and 1 <= ones <= 9:
            self._at += 1
            number += int(ones)
        found = self._counted(str(number), "", 0)
        return None if low in VAGUE_NUMBERS and found[1] in ("0", "1") else found

    def _counted(self, digits: str, unit: str, scale: float) -> _Found:
        """Return an amount; the scale and the unit that follow it are read."""
        if not unit and not scale and len(self._ahead()) > 1:
            scale = SCALES.get(self._ahead().lower(), 0)
            self._at += 1 if scale else 0
        if not unit and self._ahead().lower() in UNITS:
            unit = self._ahead().lower()
            self._at += 1
        if not unit and not scale:
            return ("number", _plain(digits))
        return ("number", _amount(float(digits) * (scale or 1), unit))

    def _part(self, low: str) -> _Found | None:
        """Read "half past seven" and "half an hour"."""
        following, then = self._ahead().lower(), self._ahead(2).lower()
        hour = int(NUMBERS.get(then, int(then) if then.isdecimal() and len(then) < 3 else 0))
        if following in ("past", "to") and 1 <= hour <= 12:
            self._at += 2
            minutes = 30 if low == "half" else 15 if following == "past" else 45
            return ("time", f"{hour - (minutes == 45):02}:{minutes}")
        if following in ("a", "an") and then in UNITS:
            self._at += 2
            return ("number", _amount(0.5 if low == "half" else 0.25, then))
        return None

    def _half(self) -> str:
        """Read am or pm, if it comes next."""
        said = self._ahead().lower().replace(".", "")
        if said not in ("am", "pm"):
            return ""
        self._at += 1
        return said

    def _ahead(self, away: int = 1) -> str:
        at = self._at + away
        return self._pieces[at].text if at < len(self._pieces) else ""

    def _after_title(self) -> bool:
        return self._at > 0 and self._pieces[self._at - 1].text.lower() in TITLES

    def _is_quiet(self, start: int) -> bool:
        end = self._text.find("\n", start)
        line = self._text[start : end if end >= 0 else None]
        return line.startswith("#") or (line.isupper() and len(line.split()) > 3)


def _clock(hour: int, minute: int, half: str) -> _Found:
    hour = hour % 12 + 12 * (half.lower() == "pm") if half else hour
    return ("time", f"{hour:02}:{minute:02}")


def _plain(digits: str) -> str:
    """Return a number without a unit; 3.10 stays what it is, as it may be a version."""
    return digits if "." in digits else str(int(digits))


def _amount(number: float, unit: str) -> str:
    """Return an amount in the unit that all of its kind are compared in."""
    factor, base = UNITS.get(unit, (1.0, unit))
    total = round(number * factor, 6)
    for larger, seconds in (("days", 86_400), ("minutes", 60)):
        if base == "seconds" and total % seconds == 0:
            base, total = larger, total / seconds
    return f"{int(total) if total.is_integer() else total} {base}".rstrip()
