"""How alike two texts are by their letters: works without any model."""

import math
from collections import Counter

from .terms import words


def likeness(one: str, other: str) -> float:
    """Return the cosine of two texts' counts of three-letter sequences, 0 to 1."""
    a, b = _trigrams(one), _trigrams(other)
    product = sum(n * b[gram] for gram, n in a.items())
    sizes = (math.sqrt(sum(n * n for n in grams.values())) for grams in (a, b))
    return product / max(math.prod(sizes), 1e-9)


def _trigrams(text: str) -> Counter[str]:
    padded = f" {' '.join(words(text))} "
    return Counter(padded[at : at + 3] for at in range(len(padded) - 2))
