"""Hard facts of a text: what must be there to the letter, or be a loss.

Numbers, times, dates, weekdays, names, code and negations, each with a value that does not depend
on how it is written: "two weeks" is "14 days".
"""

import re
from collections.abc import Iterable
from functools import cached_property

from .fact_reading import Fact, Kind, read
from .terms import words

__all__ = ["Fact", "Holdings", "Kind", "facts", "missing"]

_EITHER_HALF = re.compile(r"\d:\d\d|[^\d].* \S+")
"""A time that may be of the morning or of the evening: "7:30", "half past seven"."""


def facts(text: str) -> tuple[Fact, ...]:
    """Return the hard facts of a text, in its order; what is said twice is there twice."""
    return tuple(read(text))


def missing(old: str, new: str) -> tuple[str, ...]:
    """Return the hard facts of `old`, as written there, that `new` does not have anywhere."""
    return Holdings(new).lacks(facts(old))


class Holdings:
    """The hard facts that a text has, to be asked for those of other texts."""

    def __init__(self, text: str) -> None:
        self._text = text

    def lacks(self, wanted: Iterable[Fact]) -> tuple[str, ...]:
        """Return those that the text does not have, as they are written, each once."""
        return tuple(dict.fromkeys(text for fact in wanted if (text := self._lacking(fact))))

    def has(self, fact: Fact) -> bool:
        """Tell whether the text has a fact, however it is written there."""
        return not self._lacking(fact)

    def _lacking(self, fact: Fact) -> str:
        if fact.kind == "name":
            return " ".join(part for part in fact.text.split() if not self._names(part))
        there = not self._given.isdisjoint(_wanted(fact))
        there = there or (fact.kind == "code" and self._written(fact.value))
        return "" if there else fact.text

    def _names(self, name: str) -> bool:
        said = words(name)
        there = bool(said) and self._words.issuperset(said)
        return there or f"name {name.casefold()}" in self._given

    def _written(self, code: str) -> bool:
        """Tell whether code stands in the text where it is not marked as such, or part of more."""
        if not self._words.issuperset(words(code)):
            return False
        at = self._lower.find(code)
        while at >= 0:
            end = at + len(code)
            around = self._lower[max(0, at - 1) : at] + self._lower[end : end + 1]
            if not any(char.isalnum() for char in around):
                return True
            at = self._lower.find(code, at + 1)
        return False

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The hard facts of the text itself."""
        return facts(self._text)

    @cached_property
    def _given(self) -> frozenset[str]:
        return frozenset(key for fact in self.facts for key in _given(fact))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(words(self._text))

    @cached_property
    def _lower(self) -> str:
        return self._text.lower()


def _wanted(fact: Fact) -> set[str]:
    """Return the keys of which a text must give one to have a fact.

    A bare number is satisfied by any amount of it, and an amount by the bare number.
    """
    if fact.kind == "number":
        amount, _, unit = fact.value.partition(" ")
        return {fact.value, amount} if unit else {amount, f"{amount} *"}
    return _halves(fact) if fact.kind == "time" else {f"{fact.kind} {fact.value}"}


def _given(fact: Fact) -> set[str]:
    """Return the keys of what a fact says; a date gives its month, a full hour a number."""
    if fact.kind == "number":
        amount, _, unit = fact.value.partition(" ")
        return {fact.value, f"{amount} *"} if unit else {amount}
    if fact.kind == "time":
        hour, minute = int(fact.value[:2]), fact.value[3:]
        full = {f"{hour} *", f"{(hour - 1) % 12 + 1} *"} if minute == "00" else set[str]()
        return _halves(fact) | full
    if fact.kind == "name":
        return {f"name {part}" for part in fact.value.split()}
    keys = {f"{fact.kind} {fact.value}"}
    return keys | {f"date {fact.value[:2]}"} if fact.kind == "date" else keys


def _halves(fact: Fact) -> set[str]:
    """Return the keys of a time: two where it may be of the morning or of the evening."""
    hour, minute = int(fact.value[:2]), fact.value[3:]
    hours = {hour, hour + 12} if _EITHER_HALF.fullmatch(fact.text) and hour < 12 else {hour}
    return {f"time {one:02}:{minute}" for one in hours}
