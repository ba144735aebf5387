"""Episodes that belong together: of one task, or alike in their words."""

import math
from collections import Counter
from collections.abc import Sequence

from .passages import Passage
from .terms import STOP_WORDS, words

_ALIKE = 0.3  # cosine of two texts' weighted words, from which they are of one kind
_READ = 2_000  # characters of a text that are looked at


def clusters(episodes: Sequence[Passage]) -> list[list[Passage]]:
    """Return episodes in groups, each in its old order; a group is of one source, or alike.

    One without a source joins the group that has the text most like it.
    """
    groups: list[list[int]] = []
    by_source: dict[str, list[int]] = {}
    vectors = _vectors(episodes)
    for n, episode in enumerate(episodes):
        key = episode.source.strip().casefold()
        group = by_source.get(key) if key else _nearest(n, groups, vectors)
        if group is None:
            group = list[int]()
            groups.append(group)
        if key:
            by_source[key] = group
        group.append(n)
    return [[episodes[n] for n in group] for group in groups]


def _nearest(
    number: int, groups: Sequence[list[int]], vectors: Sequence[dict[str, float]]
) -> list[int] | None:
    scored = (
        (max(_cosine(vectors[number], vectors[n]) for n in group), -at, group)
        for at, group in enumerate(groups)
    )
    best = max(scored, key=lambda row: row[:2], default=None)
    return best[2] if best is not None and best[0] >= _ALIKE else None


def _vectors(episodes: Sequence[Passage]) -> list[dict[str, float]]:
    """Return the words of each text, those heavy that few texts have; each of length 1."""
    counted = [
        Counter(word for word in words(episode.text[:_READ]) if word not in STOP_WORDS)
        for episode in episodes
    ]
    spread = Counter(word for found in counted for word in found)
    made: list[dict[str, float]] = []
    for found in counted:
        heavy = {
            word: math.sqrt(n) * math.log(1 + len(episodes) / spread[word])
            for word, n in found.items()
        }
        size = math.sqrt(sum(weight * weight for weight in heavy.values())) or 1.0
        made.append({word: weight / size for word, weight in heavy.items()})
    return made


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    few, many = sorted((one, other), key=len)
    return sum(weight * many.get(word, 0.0) for word, weight in few.items())
