"""When two entries are the same, and which of several a name means."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from .lines import split_lines
from .segments import bare

T = TypeVar("T")

ALL = "*"
"""What names every entry, of those that may go."""

_LEAST_CHARS = 12  # of the beginning by which an entry may be named
_SPACE = re.compile(r"\s+")


def essence(line: str) -> str:
    """Return the words of an entry: what two entries have in common that are the same."""
    return _SPACE.sub(" ", bare(line)).rstrip(".;, ").casefold()


def essences(texts: Iterable[str]) -> frozenset[str]:
    """Return the essence of every entry of some texts."""
    return frozenset(essence(line) for text in texts for line in split_lines(text)) - {""}


def by_text(named: str, entries: Sequence[tuple[T, str]]) -> list[T]:
    """Return the entries that an essence names: those that have it, or the only one it begins.

    A beginning has 12 characters or more, and no other entry begins so.

    Args:
        named: The essence of a name.
        entries: What to return of each entry, and its essence.
    """
    if found := [key for key, words in entries if words == named]:
        return found
    begun = [(key, words) for key, words in entries if words.startswith(named)]
    unique = len(named) >= _LEAST_CHARS and len({words for _, words in begun}) == 1
    return [key for key, _ in begun] if unique else []
