"""How alike two texts are by their letters: works without any model."""

import math
from collections import Counter

from .remembered import remembered
from .terms import words


class Letters:
    """A text's counts of three-letter sequences, to be compared with those of several others."""

    __slots__ = ("_counts", "_size")

    def __init__(self, text: str) -> None:
        padded = f" {' '.join(words(text))} "
        self._counts = Counter(padded[at : at + 3] for at in range(len(padded) - 2))
        self._size = math.sqrt(sum(n * n for n in self._counts.values()))

    def like(self, other: "Letters") -> float:
        """Return the cosine of two texts' counts, 0 to 1."""
        few, many = sorted((self._counts, other._counts), key=len)
        product = sum(n * many[gram] for gram, n in few.items() if gram in many)
        return min(1.0, product / max(self._size * other._size, 1e-9))


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are by their letters, 0 to 1."""
    return _letters(one).like(_letters(other))


@remembered(512)
def _letters(text: str) -> Letters:
    return Letters(text)
