"""Which entries are nearest to a new one by their words: a quick look before a close one."""

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from sys import intern

from .remembered import remembered
from .terms import words

COMPARED_CHARS = 2_000
"""Of an entry that are looked at."""

_KNOWN = 4_096  # entries whose words are remembered: those of all blocks of a busy endpoint


@remembered(_KNOWN)
def bag(entry: str) -> frozenset[str]:
    """Return the words of an entry."""
    return frozenset(map(intern, words(entry)))  # most words are in many entries


class Entries:
    """Entries that are asked which of them a new one most likely supersedes.

    Two entries are as like as the words that both have are rare, among those that either has. Words
    are counted once for all questions.
    """

    def __init__(self, entries: Sequence[str]) -> None:
        bags = [bag(entry[:COMPARED_CHARS]) for entry in entries]
        self._having: defaultdict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(bags):
            for word in each:
                self._having[word].append(index)
        self._many = len(bags)
        worth = [self._rarity(having) for having in range(self._many + 1)]
        self._weight = {word: worth[len(places)] for word, places in self._having.items()}
        self._weights = [math.fsum(map(self._weight.__getitem__, each)) for each in bags]

    def nearest(self, new: str, most: int) -> list[tuple[int, float]]:
        """Return the places of the entries nearest to a new one, best first, and how near, 0 to 1.

        Entries that have no word of it are left out.
        """
        its = bag(new[:COMPARED_CHARS])
        own, shared = self._own(its), self._shared(its, None)
        far = (
            (-common / max(own + self._weights[index] - common, common), index)
            for index, common in shared.items()
        )
        return [(index, -less) for less, index in heapq.nsmallest(most, far)]

    def holding(self, words_of: frozenset[str], most: int, visits: int) -> list[int]:
        """Return the places of the entries that hold the most of some words, best first.

        Of the words' occurrences `visits` are looked at, those of the rarest words first.
        """
        shared = self._shared(words_of, visits)
        return heapq.nsmallest(most, shared, key=lambda index: (-shared[index], index))

    def _own(self, its: frozenset[str]) -> float:
        unknown = self._rarity(0)
        return math.fsum(self._weight.get(word, unknown) for word in its)

    def _shared(self, its: frozenset[str], visits: int | None) -> dict[int, float]:
        """Return the weight of the words that each entry has of some, for those that have any."""
        found: defaultdict[int, float] = defaultdict(float)
        left = visits
        for word in sorted(its & self._having.keys(), key=lambda word: (-self._weight[word], word)):
            places, weight = self._having[word][:left], self._weight[word]
            for index in places:
                found[index] += weight
            if left is not None:
                left -= len(places)
        return found

    def _rarity(self, having: int) -> float:
        return math.log((self._many + 1) / (having + 0.5))
