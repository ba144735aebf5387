"""The pieces that facts are made of: words, numbers, identifiers and the marks between them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .fact_words import NUMBERS, UNITS

# Nothing repeats what repeats, and what may be long ends where it must: time is linear.
_PIECE = re.compile(
    r"`[^`\n]{1,200}`"
    r"|[$€£]?\d{1,3}(?:,\d{3}){1,4}(?!,?\d)(?:\.\d{1,9})?(?:[kKM%](?!\w))?"
    r"|(?:--|[$€£]|[~@#/.]{1,2})?\w(?:[\w.:/@+'\u2019\-]*\w)?%?"
    r"|°[cC]?|[€$£%]|[.!?:;|\n]"
)
_FINE = re.compile(r"\d+(?:[.:]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_LIST_NUMBER = re.compile(r"^[ \t]{0,20}\d{1,3}[.)](?=[ \t])", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_RANGE = re.compile(r"([1-9]\d{0,3})-([1-9]\d{0,3})[a-z]{0,4}%?")
_FILE = re.compile(
    r"[\w\-.]+\.(?:py|sh|js|ts|tsx|rs|go|c|h|json|ya?ml|toml|md|txt|csv|cfg|ini|sql|html|css|lock"
    r"|env|db|log|dev|com|org|io|net|example|local)",
    re.IGNORECASE,
)
_HUMPS = re.compile(r"[a-z]+[A-Z]")
_PATH_MARKS = frozenset("~@#/.-$")
_MARKS = frozenset("°%€$£.!?:;|\n")

NUMBER = re.compile(r"([$€£]?)(\d{1,15}(?:,\d{3})*(?:\.\d{1,9})?)(?:(-?)([A-Za-z]{1,12}|%))?")
"""A number: sign of a currency, digits, and what is written together with it."""

CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::[0-5]\d)?([aApP][mM])?")
ISO_DATE = re.compile(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:T.{0,30})?")


class Piece(NamedTuple):
    """A piece of a text, and where it stands in it."""

    text: str
    start: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a text; what only looks like an identifier falls into its words.

    The numbers of a numbered list are none.
    """
    bare = _LIST_NUMBER.sub(lambda found: " " * len(found[0]), text)
    for found in _PIECE.finditer(bare):
        start, end = found.span()
        if is_word(found[0]) or _is_whole(found[0]):
            yield Piece(found[0], start, end)
            continue
        for part in _FINE.finditer(found[0]):
            yield Piece(part[0], start + part.start(), start + part.end())


def is_word(text: str) -> bool:
    """Tell whether a piece is a word of letters, with an apostrophe at most."""
    return text.isalpha() or _WORD.fullmatch(text) is not None


def is_mark(text: str) -> bool:
    """Tell whether a piece is punctuation, or the sign of a unit."""
    return text in _MARKS or text.startswith("°")


def _is_whole(text: str) -> bool:
    """Tell whether a piece that is no word is one thing: a mark, a number, an identifier."""
    if text[0] == "`" or is_mark(text) or text.lower() in ("a.m", "p.m"):
        return True
    if text[0].isalpha():
        first, dash, rest = text.lower().partition("-")
        return bool(dash and first in NUMBERS and rest in UNITS) or _is_identifier(text)
    if any(shape.fullmatch(text) for shape in (NUMBER, CLOCK, ISO_DATE)):
        return True
    spread = _RANGE.fullmatch(text)
    return _is_identifier(text) and not (spread and int(spread[1]) < int(spread[2]))


def _is_identifier(text: str) -> bool:
    if not text.isascii():
        return False
    if text[0] in _PATH_MARKS or "_" in text or "@" in text or "://" in text:
        return True
    if "/" in text and ("." in text or text.count("/") > 1):
        return True
    if any(char.isdigit() for char in text):
        return True
    return _FILE.fullmatch(text) is not None or _HUMPS.match(text) is not None
