"""The part of a text that answers a question: a window around the most of its words."""

import re
from collections import Counter
from collections.abc import Iterator

from .terms import STOP_WORDS, UNSPACED, words

_STEM = 4  # words count as the same where one begins as the other does, for so many letters
_LOOKED_AT = 48 * 1024  # characters; of a longer text, words further on are not looked for
_SPACED = re.compile(rf"[^\W_{UNSPACED}]+(?:[\u0300-\u036f]+[^\W_{UNSPACED}]*)*")


def stem(word: str) -> str:
    """Return what a word must begin with to count as this one: without up to three last letters."""
    return word[: max(_STEM, len(word) - 3)]


def snippet(text: str, wanted: frozenset[str], most: int) -> str:
    """Return at most `most` characters of a text on one line, with `…` where it goes on.

    The window is the one with the most different wanted words; of equals, the first. Words are
    looked for in the first 48 K characters only, as a search shows many texts at once.
    """
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    room = most - 2
    stems = {stem(word) for word in wanted - STOP_WORDS if len(word) > 1}
    start = _densest(line, stems, room - 20) if stems else 0
    start = 0 if start < room // 2 else _word_start(line, max(0, start - room // 4))
    end = min(len(line), start + room)
    if end < len(line):
        cut = line.rfind(" ", start + room // 2, end)
        end = cut if cut > 0 else end
    return ("…" if start else "") + line[start:end].strip() + ("…" if end < len(line) else "")


def _densest(line: str, stems: set[str], width: int) -> int:
    """Return where the first stretch of `width` characters with the most of the stems begins."""
    inside = Counter[str]()
    hits = list(_hits(line, stems))
    best, start, after = 0, 0, 0
    for at, found in hits:
        while after < len(hits) and hits[after][0] < at + width:
            inside[hits[after][1]] += 1
            after += 1
        if len(inside) > best:
            best, start = len(inside), at
        inside[found] -= 1
        if inside[found] <= 0:
            del inside[found]
    return start


def _hits(line: str, stems: set[str]) -> Iterator[tuple[int, str]]:
    """Yield where wanted words begin, in order, and which each is."""
    lengths = sorted({len(begins) for begins in stems})
    known: dict[str, list[str]] = {}  # the same words come again and again
    for match in _SPACED.finditer(line, 0, _LOOKED_AT):
        word = match[0]
        found = known.get(word)
        if found is None:
            found = known[word] = _wanted(word, stems, lengths)
        for begins in found:
            yield match.start(), begins


def _wanted(word: str, stems: set[str], lengths: list[int]) -> list[str]:
    """Return the stems that a word, as it is written in a text, begins with."""
    found: list[str] = []
    for plain in [word.casefold()] if word.isascii() else words(word):
        for length in lengths:
            if length > len(plain):
                break
            if plain[:length] in stems:
                found.append(plain[:length])
    return found


def _word_start(line: str, at: int) -> int:
    space = line.find(" ", at)
    return at if at == 0 or space < 0 or space - at > 40 else space + 1
