"""Hard facts of a text: what must be there to the letter, or be a loss.

Numbers, times, dates, weekdays, names, code and negations, each with a value that does not depend
on how it is written: "two weeks" is "14 days".
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from .fact_reading import Fact, Kind, read
from .terms import words

__all__ = ["Fact", "Holdings", "Kind", "facts", "missing", "spelt"]

_EITHER_HALF = re.compile(r"\d:\d\d|[^\d].* \S+")
"""A time that may be of the morning or of the evening: "7:30", "half past seven"."""

_CASED = re.compile(
    r"[_/\\]|\w\.\w|[a-z][A-Z]|[A-Z]{2}[a-z]|[^\W\d_]-?\d|(?:^|`)(?:--?|\$)[A-Za-z]"
)
"""What makes a word code of which the capitals count: `a_b`, `/x`, `x.py`, `aB`, `x86`, `-C`."""

_AROUND = ".,;:!?()[]{}\"'`*"
_RUN = re.compile(r"[^\W_]+")
_VISITS = 1_000  # places in a text at which code is looked for


def facts(text: str) -> tuple[Fact, ...]:
    """Return the hard facts of a text, in its order; what is said twice is there twice."""
    return tuple(read(text))


def missing(old: str, new: str) -> tuple[str, ...]:
    """Return the hard facts of `old`, as written there, that `new` does not have anywhere."""
    return Holdings(new).lacks(facts(old))


def spelt(text: str) -> str:
    """Return a text as it is compared with others: of plain words the capitals do not count."""
    return " ".join(word if _CASED.search(word) else word.casefold() for word in text.split())


class Holdings:
    """The hard facts that a text has, to be asked for those of other texts."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._codes: dict[str, bool] = {}

    def lacks(self, wanted: Iterable[Fact]) -> tuple[str, ...]:
        """Return those that the text does not have, as they are written, each once."""
        return tuple(dict.fromkeys(text for fact in wanted if (text := self._lacking(fact))))

    def recased(self, entry: str, besides: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the code of an entry that the text has in other capitals only, each once.

        What is `besides` known to be missing is left out. More is taken for code than is a fact of
        its own; a capital that only opens the entry does not count.
        """
        own = _trimmed(entry)
        known = {word for text in besides for word in _trimmed(text)}
        opening = f"{own[0][:1].lower()}{own[0][1:]}" if own else ""
        found: list[str] = []
        for word in dict.fromkeys(own):
            if word in known or not _CASED.search(word):
                continue
            there = self._cased.get(word.casefold(), {word})
            if word not in there and not (word == own[0] and opening in there):
                found.append(word)
        return tuple(found)

    def has(self, fact: Fact) -> bool:
        """Tell whether the text has a fact, however it is written there."""
        return not self._lacking(fact)

    def _lacking(self, fact: Fact) -> str:
        if fact.kind == "name":
            return " ".join(part for part in fact.text.split() if not self._names(part))
        there = not self._given.isdisjoint(_wanted(fact))
        there = there or (fact.kind == "code" and self._has_code(fact.text.strip("` ")))
        return "" if there else fact.text

    def _names(self, name: str) -> bool:
        said = words(name)
        there = bool(said) and self._words.issuperset(said)
        return there or f"name {name.casefold()}" in self._given

    def _has_code(self, code: str) -> bool:
        if code not in self._codes:
            self._codes[code] = self._written(code)
        return self._codes[code]

    def _written(self, code: str) -> bool:
        """Tell whether code stands in the text where it is not marked as such, or part of more.

        It is looked for where its rarest word is: a text may be long, and much asked of it.
        """
        low = _lower(code)
        runs = [(self._places.get(run[0], ()), run.start()) for run in _RUN.finditer(low)]
        if not runs:
            return low in self._low
        places, offset = min(runs, key=lambda run: len(run[0]))
        exact = spelt(code)
        for place in places[:_VISITS]:
            at = place - offset
            end = at + len(low)
            if at < 0 or not self._low.startswith(low, at):
                continue
            around = self._low[max(0, at - 1) : at] + self._low[end : end + 1]
            whole = not any(char.isalnum() for char in around)
            if whole and spelt(self._text[at:end]) == exact:
                return True
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
    def _cased(self) -> dict[str, set[str]]:
        """How each word is written, by the word in small letters."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for word in _trimmed(self._text):
            found[word.casefold()].add(word)
        return dict(found)

    @cached_property
    def _low(self) -> str:
        return _lower(self._text)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where each run of letters and digits begins."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for run in _RUN.finditer(self._low):
            found[run[0]].append(run.start())
        return dict(found)


def _trimmed(text: str) -> list[str]:
    """Return the words of a text, without the marks around them."""
    return [word.strip(_AROUND) for word in text.split()]


def _lower(text: str) -> str:
    """Return a text in lower case, each character in its place: only İ would become two."""
    return text.replace("\u0130", "i").lower()


def _wanted(fact: Fact) -> set[str]:
    """Return the keys of which a text must give one to have a fact.

    A bare number is satisfied by any amount of it, and an amount by the bare number.
    """
    if fact.kind == "number":
        amount, _, unit = fact.value.partition(" ")
        return {fact.value, amount} if unit else {amount, f"{amount} *"}
    return _halves(fact) if fact.kind == "time" else {_key(fact)}


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
    keys = {_key(fact)}
    return keys | {f"date {fact.value[:2]}"} if fact.kind == "date" else keys


def _key(fact: Fact) -> str:
    """Return what two facts of a kind have in common that are the same."""
    value = spelt(fact.text.strip("` ")) if fact.kind == "code" else fact.value
    return f"{fact.kind} {value}"


def _halves(fact: Fact) -> set[str]:
    """Return the keys of a time: two where it may be of the morning or of the evening."""
    hour, minute = int(fact.value[:2]), fact.value[3:]
    hours = {hour, hour + 12} if _EITHER_HALF.fullmatch(fact.text) and hour < 12 else {hour}
    return {f"time {one:02}:{minute}" for one in hours}
