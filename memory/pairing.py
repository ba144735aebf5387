"""Two entries beside each other: do they say the same, or contradict each other?

Likeness alone cannot tell these apart: a line with another number is as like as a rewording. So
hard facts decide, and the words that one has in place of the other's are shown to whoever judges.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, get_args

from .candidates import COMPARED_CHARS, bag
from .fact_words import NO_NAMES, OPPOSITES, ORDERING
from .facts import Holdings, Kind
from .likeness import likeness
from .terms import STOP_WORDS, words

Reason: TypeAlias = Literal["number", "date", "name", "code", "negation", "antonym", "order"]

SAME_LIKENESS, SAME_COSINE = 0.28, 0.54
"""From here on two entries without a reason against it say the same."""

AGAINST_LIKENESS, AGAINST_COSINE = 0.45, 0.7
"""From here on two entries of the same subject with a reason contradict each other."""

_KNOWN = 1_000  # entries of which it is remembered what they say
_ALIGNED = 200  # words of an entry that are aligned, which takes their square
_ABOUT_AS_LONG = 0.6  # one negated, one not: only then is that a difference of what is said
_REASON: dict[str, Reason] = {
    **{"number": "number", "name": "name", "code": "code"},
    **dict.fromkeys(("time", "date", "day"), "date"),
}
_OPPOSITE: dict[str, frozenset[str]] = {
    word: frozenset(other for group in OPPOSITES if word in group for other in group) - {word}
    for word in {word for group in OPPOSITES for word in group}
}
_WORD = re.compile(r"[^\W_]+(?:[._/\-:'\u2019][^\W_]+)*|[%$€]")
_OPENING = re.compile(
    r"\W*([A-Z][a-z]+)('s)?\s+(is|has|was|does|will|can|left|[a-z]*[^s\W]s|[a-z]+ed)\b"
)
_ENDINGS = ("ations", "ation", "ments", "ment", "sses", "ies", "edly", "ing", "ed", "es", "ly", "s")
_BECOMES = {"ations": "at", "ation": "at", "sses": "ss", "ies": "y"}


@dataclass(frozen=True, slots=True)
class Pairing:
    """An old entry beside a new one.

    Attributes:
        likeness: How alike their letters are, 0 to 1.
        reasons: Why they may contradict each other, in the order of `Reason`.
        differs: Words that only the old one has, and what stands there in the new one.
        same_subject: They do not seem to be about different things.
        cosine: How alike their vectors are, None where there are none.
    """

    likeness: float
    reasons: tuple[Reason, ...]
    differs: tuple[tuple[str, str], ...]
    same_subject: bool
    cosine: float | None = None

    @property
    def repeats(self) -> bool:
        """Tell whether the one says what the other says, if perhaps more of it."""
        return not self.reasons and self._reaches(SAME_LIKENESS, SAME_COSINE)

    @property
    def contradicts(self) -> bool:
        """Tell whether both can hardly be true: few are found wrongly, many are not found."""
        against = bool(self.reasons) and self.same_subject
        return against and self._reaches(AGAINST_LIKENESS, AGAINST_COSINE)

    def _reaches(self, least: float, least_cosine: float) -> bool:
        return self.likeness >= least if self.cosine is None else self.cosine >= least_cosine


class _Run(NamedTuple):
    """Words in place of others; `at` is where, 0 the beginning and 1 the end of the old entry."""

    old: list[str]
    new: list[str]
    at: float


def pairing(old: str, new: str, cosine: float | None = None) -> Pairing:
    """Set two entries beside each other; with the cosine of their vectors, that decides."""
    old, new = old[:COMPARED_CHARS], new[:COMPARED_CHARS]
    runs = list(_runs(old, new))
    return Pairing(
        likeness=likeness(old, new),
        reasons=tuple(_reasons(old, new)),
        differs=tuple((" ".join(run.old), " ".join(run.new)) for run in runs),
        same_subject=len(runs) < 2 or all(run.at > 1 / 3 for run in runs),
        cosine=cosine,
    )


def _reasons(old: str, new: str) -> Iterator[Reason]:
    """Yield why two entries may contradict each other, the hardest reason first."""
    in_old, in_new = _held(old), _held(new)
    one, other = in_old.facts, in_new.facts
    only_old: set[Kind] = {fact.kind for fact in one if not in_new.has(fact)}
    only_new: set[Kind] = {fact.kind for fact in other if not in_old.has(fact)}
    if ("name" in only_old) != ("name" in only_new) and _opens_otherwise(
        *((old, new) if "name" in only_new else (new, old))
    ):
        only_old.add("name")
        only_new.add("name")
    both = {_REASON[kind] for kind in only_old & only_new if kind in _REASON}
    yield from (reason for reason in get_args(Reason) if reason in both)
    sizes = sorted((len(_telling(old)), len(_telling(new))))
    negated = [any(fact.kind == "negation" for fact in each) for each in (one, other)]
    if negated[0] != negated[1] and sizes[0] >= _ABOUT_AS_LONG * sizes[1]:
        yield "negation"
    said, says = bag(old), bag(new)
    if any(_OPPOSITE.get(word, frozenset()) & (says - said) for word in said - says):
        yield "antonym"
    if _reordered(old, new):
        yield "order"


@lru_cache(maxsize=_KNOWN)
def _held(entry: str) -> Holdings:
    """Return the hard facts of an entry: most that a new one is compared with are asked again."""
    return Holdings(entry)


def _opens_otherwise(text: str, other: str) -> bool:
    """Tell whether a capitalised word opens an entry and does something, and the other has it not.

    It may be a name in place of a name of the other.
    """
    found = _OPENING.match(text)
    own = found[1].lower() if found else ""
    if not own or own in STOP_WORDS or own in NO_NAMES:
        return False
    return not any(word.startswith(own[:-1]) for word in bag(other))


def _reordered(old: str, new: str) -> bool:
    """Tell whether two entries have the same words, and others of them where the order matters.

    "Tabs over spaces" became "spaces over tabs"; "before lunch, tea" is "tea before lunch".
    """
    one, other = roots(old), roots(new)
    same = len(one) == len(other) and sorted(one) == sorted(other)
    return same and _followers(old) != _followers(new)


def _followers(text: str) -> list[tuple[str, str]]:
    """Return the words around which the order matters, each with the telling one after it."""
    found: list[tuple[str, str]] = []
    last = ""
    for word in words(text):
        if word in ORDERING:
            last = word
        elif last and word not in STOP_WORDS:
            found.append((last, _root(word)))
            last = ""
    return sorted(found)


def _runs(old: str, new: str) -> Iterator[_Run]:
    """Yield where one entry has words in place of the other's; the words that both have do not."""
    one, other = _telling(old)[:_ALIGNED], _telling(new)[:_ALIGNED]
    own_roots, other_roots = roots(old)[:_ALIGNED], roots(new)[:_ALIGNED]
    in_one, in_other = set(own_roots), set(other_roots)
    for a, b, c, d in _between(own_roots, other_roots, in_one & in_other):
        away = [one[at] for at in range(a, b) if own_roots[at] not in in_other]
        here = [other[at] for at in range(c, d) if other_roots[at] not in in_one]
        if away and here:
            yield _Run(away, here, a / len(one))


def _between(
    one: Sequence[str], other: Sequence[str], shared: Collection[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the places where two sequences have something in place of the other's: `one[a:b]`.

    Where each of what they share is there once and in the same order, that is how they are
    aligned; to find it otherwise takes long.
    """
    here = [at for at, root in enumerate(one) if root in shared]
    there = [at for at, root in enumerate(other) if root in shared]
    if len(here) == len(shared) and [one[at] for at in here] == [other[at] for at in there]:
        a = c = 0
        for b, d in zip((*here, len(one)), (*there, len(other)), strict=True):
            if a < b and c < d:
                yield a, b, c, d
            a, c = b + 1, d + 1
        return
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    yield from ((a, b, c, d) for tag, a, b, c, d in matcher.get_opcodes() if tag == "replace")


@lru_cache(maxsize=_KNOWN)
def roots(text: str) -> tuple[str, ...]:
    """Return the words of an entry that say what it is about, without their endings."""
    return tuple(map(_root, _telling(text)))


@lru_cache(maxsize=_KNOWN)
def _telling(text: str) -> tuple[str, ...]:
    """Return the words of an entry that say what it is about, as they are written."""
    found = (word.removesuffix("'s").removesuffix("\u2019s") for word in _WORD.findall(text))
    return tuple(word for word in found if word.lower() not in STOP_WORDS)


@lru_cache(maxsize=8 * _KNOWN)
def _root(word: str) -> str:
    """Return what a word has in common with its other forms."""
    root = word.casefold()
    for ending in _ENDINGS:
        if root.endswith(ending) and len(root) - len(ending) >= 3:
            root = root.removesuffix(ending) + _BECOMES.get(ending, "")
            break
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls":
        root = root[:-1]
    return root.removesuffix("e") if len(root) > 3 else root
