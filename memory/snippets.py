"""The part of a text that answers a question: a window around the most of its words."""

from .lines import content, split_lines
from .terms import STOP_WORDS, words

_STEM = 4  # words count as the same where one begins as the other does, for so many letters


def snippet(text: str, wanted: frozenset[str], most: int) -> str:
    """Return at most `most` characters of a text on one line, with `…` where it goes on.

    The window is the one with the most different wanted words; of equals, the first.
    """
    line = " ".join(part.strip() for part in map(content, split_lines(text)) if part.strip())
    if len(line) <= most:
        return line
    stems = {word[: max(_STEM, len(word) - 3)] for word in wanted - STOP_WORDS if len(word) > 1}
    hits = _hits(line, stems)
    room = most - 2
    best, start = 0, 0
    for at, _ in hits:
        found = len({stem for place, stem in hits if at <= place < at + room - 20})
        if found > best:
            best, start = found, at
    start = 0 if start < room // 2 else _word_start(line, max(0, start - room // 4))
    end = min(len(line), start + room)
    if end < len(line):
        cut = line.rfind(" ", start + room // 2, end)
        end = cut if cut > 0 else end
    return ("…" if start else "") + line[start:end].strip() + ("…" if end < len(line) else "")


def _hits(line: str, stems: set[str]) -> list[tuple[int, str]]:
    """Return where wanted words begin, and which each is."""
    found: list[tuple[int, str]] = []
    at = 0
    lower = line.casefold()
    if len(lower) != len(line):  # a few letters fold to two: places would be off
        lower = line.lower() if len(line.lower()) == len(line) else line
    for word in words(line):
        place = lower.find(word, at)
        if place < 0:
            continue
        at = place + len(word)
        found += [(place, stem) for stem in stems if word.startswith(stem)]
    return found


def _word_start(line: str, at: int) -> int:
    space = line.find(" ", at)
    return at if at == 0 or space < 0 or space - at > 40 else space + 1
