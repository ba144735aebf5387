"""Where in a new text an entry of an older one went: the part of it that is most like the entry."""

from .candidates import Entries
from .likeness import Letters
from .segments import Segment, Segments, sentences
from .terms import words

LIKE = 0.4
"""Likeness from which an entry went into a segment."""

_ALMOST = 0.8  # likeness from which all sentences of an entry are there, or have become others
_HOLDS = 0.15  # of an entry's length: what is shorter cannot hold it, however like it is
_SENTENCES = 200  # of an entry that are looked for one by one
_PAIRS = 3_000  # entries and segments that are compared closely, in all
_EACH = 40  # segments that one entry is compared with
_LINES = 6  # lines that these are taken from
_VISITS = 400  # occurrences of words by which those lines are found
_CHARS = 1_000  # of an entry or segment that are compared


class Successors:
    """The new text, and how closely it was looked through.

    Attributes:
        compared: Pairs of an entry and a segment that were compared closely.
    """

    def __init__(self, after: str, asked: int) -> None:
        """Take a text in, of which `asked` entries will be looked for."""
        self.compared = 0
        self._segments = Segments(after)
        self._entries = Entries(self._segments.lines)
        self._each = max(1, min(_EACH, _PAIRS // max(1, asked)))
        self._lines = min(_LINES, self._each + 1)
        self._letters: dict[str, Letters] = {}

    def of(self, entry: str, passing: frozenset[str]) -> tuple[Segment | None, float]:
        """Return the segment that is most like an entry, and how like it is, 0 to 1.

        Lines in `passing` are passed over. An entry of several sentences that does not stand almost
        as it was may have been split: it is as near as the farthest of its sentences. Once all
        pairs are used up, nothing is found any more.
        """
        best, score = self._best(entry, passing)
        parts = sentences(entry)
        if score >= _ALMOST or not 1 < len(parts) <= _SENTENCES:
            return best, score
        found = [self._best(part, passing) for part in parts]
        return best or found[0][0], min(near for _, near in found)

    def _best(self, entry: str, passing: frozenset[str]) -> tuple[Segment | None, float]:
        bag = frozenset(words(entry[:_CHARS]))
        best, score = None, 0.0
        if self.compared >= _PAIRS:
            return None, 0.0
        own = Letters(entry[:_CHARS])
        for segment in self._candidates(bag, passing, _HOLDS * len(entry))[: self._each]:
            self.compared += 1
            near = own.like(self._letters_of(segment.text[:_CHARS]))
            if near > score:
                best, score = segment, near
        return best, score

    def _letters_of(self, text: str) -> Letters:
        if text not in self._letters:
            self._letters[text] = Letters(text)
        return self._letters[text]

    def _candidates(
        self, bag: frozenset[str], passing: frozenset[str], least: float
    ) -> list[Segment]:
        """Return the segments of `least` characters that share words with an entry, most first."""
        lines = self._entries.holding(bag, self._lines, _VISITS)
        lines = [line for line in lines if self._segments.lines[line] not in passing]
        found = [
            part for line in lines for part in self._segments.of(line) if len(part.text) >= least
        ]
        shares = {id(each): len(each.words & bag) / (len(each.words | bag) or 1) for each in found}
        return sorted(found, key=lambda each: -shares[id(each)])
