"""The parts of a text that an entry of an older one may have gone into."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from . import terms
from .lines import content, split_lines
from .terms import words

_CLAUSE_END = re.compile(r"[;,:|()]\s+|\s[|\u2013\u2014-]\s|\s\(|\)")
_EDGES = " \t\r.;,:|()*#"
_STOPS = (".", "!", "?", ":", ";")
_LEAST_CHARS = 3  # of a clause
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_MARKED = re.compile(r"\s*(?:[-*+•#|>]|\d+[.)]\s)")


@dataclass(frozen=True)
class Segment:
    """A part of a text.

    Attributes:
        text: The part. Of a whole line: as it is written, bullet and all.
        line: The line that it is of, from 0; of two lines the first.
        whole: It is all of its line.
    """

    text: str
    line: int
    whole: bool

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that it has."""
        return frozenset(words(self.text))


def bare(line: str) -> str:
    """Return a line without its bullet and what stands around it."""
    return _BULLET.sub("", content(line), count=1).strip()


def sentences(entry: str) -> list[str]:
    """Return the sentences of an entry."""
    return [part for part in map(str.strip, terms.sentences(entry)) if part]


class Segments:
    """The lines of a text, each taken apart when it is asked for."""

    def __init__(self, text: str) -> None:
        self.lines = [content(line) for line in split_lines(text)]
        self._known: dict[int, tuple[Segment, ...]] = {}

    def of(self, line: int) -> tuple[Segment, ...]:
        """Return the segments of a line, from 0: itself first, then the smaller ones."""
        if line not in self._known:
            texts = dict.fromkeys(self._parts(line))
            texts.pop(bare(self.lines[line]), None)
            smaller = (Segment(text, line, whole=False) for text in texts)
            self._known[line] = (Segment(self.lines[line], line, whole=True), *smaller)
        return self._known[line]

    def _parts(self, line: int) -> Iterator[str]:
        """Yield sentences, two together, and clauses; a line that may be wrapped, with the next."""
        text = bare(self.lines[line])
        found = sentences(text)
        if len(found) > 1:
            yield from found
            yield from (f"{one} {other}" for one, other in pairwise(found))
        for sentence in found:
            clauses = [part.strip(_EDGES) for part in _CLAUSE_END.split(sentence)]
            if len(clauses) > 1:
                yield from (clause for clause in clauses if len(clause) >= _LEAST_CHARS)
        own, following = self.lines[line], "".join(self.lines[line + 1 : line + 2])
        marked = _MARKED.match(own) or _MARKED.match(following) or text.endswith(_STOPS)
        if text and following.strip() and not marked:
            yield f"{text} {following.strip()}"
