"""Which entries a new one most likely contradicts or repeats: pure.

What it names is advice to whoever wrote the new one, not a finding: whether two entries that are
alike go together is for a reader to tell.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, TypeAlias

from .candidates import Entries
from .likeness import likeness
from .lines import content, split_lines
from .pairing import Pairing, pairing
from .segments import bare
from .sweeping import Spot
from .terms import PARAGRAPH_CHARS, STOP_WORDS, heading, sentences, words

Kind: TypeAlias = Literal["contradicts", "repeats", "near"]

MOST_RIVALS = 5

_MOST_EACH = 3  # of one new entry
_CLOSEST = 5  # standing entries that a new one is compared with closely, by words and by meaning
_LIKE = 0.3  # likeness of letters from which two entries are worth a look at both
_MEANT = 0.5  # the same of their cosine
_SAME, _SAME_MEANT = 0.6, 0.8  # and from which they say the same, though in other words
_VALUE_WORDS = 6  # of a value; what is longer is a text under a heading
_BESIDE = 0.5  # of the best one's score, below which a further entry is not worth naming
_SENTENCES = 40  # of a passage

_COMPARED_CHARS = 1_000  # of an entry
_RARE = 5  # words of an entry by which its likes are looked for
_COMMON = 30  # entries that have a word from which it tells little
_PARTNER = 0.3  # share of the words of two entries that both have, from which they may clash

_KEYED = re.compile(r"([^:\n]{1,40}):\s+(\S.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """An entry that stood already when a new one was written.

    Attributes:
        new: The new entry, without its bullet.
        place: Label of the block, or name of the passage, that has the other one.
        line: Its line there, from 1; 0 in a passage.
        entry: The other one, without its bullet.
        kind: It says otherwise; it says the same; or it is only about the same.
        differs: The words that only the older and only the new one has, place by place.
        score: How surely it is meant, 0 to 1; comparable within one answer.
    """

    new: str
    place: str
    line: int
    entry: str
    kind: Kind
    differs: tuple[tuple[str, str], ...]
    score: float


def rivals(
    news: Sequence[str],
    standing: Sequence[Spot],
    meant: Sequence[Mapping[int, float]] = (),
) -> list[Rival]:
    """Return the entries that new ones most likely supersede, the surest first: five at most.

    Args:
        news: New entries, without bullets.
        standing: What stands already; of equals, the earlier one is named first.
        meant: For each new entry the cosines of standing ones, by their place in that list. Empty
            where there is no model: then it goes by words alone.
    """
    known = Entries([spot.entry for spot in standing])
    found: list[Rival] = []
    for at, new in enumerate(news):
        found += _of_one(new, standing, known, meant[at] if at < len(meant) else {})
    return sorted(found, key=lambda rival: -rival.score)[:MOST_RIVALS]


def _of_one(
    new: str, standing: Sequence[Spot], known: Entries, cosines: Mapping[int, float]
) -> list[Rival]:
    scores = dict(known.nearest(new, _CLOSEST))
    close = sorted(cosines, key=lambda index: -cosines[index])[:_CLOSEST]
    for index in close:
        scores.setdefault(index, 0.0)
    order = sorted(scores, key=lambda index: (-_score(scores[index], cosines.get(index)), index))
    found: list[Rival] = []
    for index in order:
        spot = standing[index]
        cosine = cosines.get(index)
        score = _score(scores[index], cosine)
        if found and score < _BESIDE * found[0].score:
            break
        if (cosine or 0.0) < _MEANT and likeness(spot.entry, new) < _LIKE:
            continue  # a closer look takes longer
        seen = pairing(spot.entry, new)
        found.append(
            Rival(
                new=new,
                place=spot.label,
                line=spot.line,
                entry=spot.entry,
                kind=_kind(seen, cosine, spot.entry, new),
                differs=seen.differs,
                score=score,
            )
        )
        if len(found) == _MOST_EACH:
            break
    return found


def _kind(seen: Pairing, cosine: float | None, old: str, new: str) -> Kind:
    """Return what two entries are to each other: letters or vectors may show it.

    Where words stand in place of others, only what is very much alike is said to be the same.
    """
    by_meaning = seen if cosine is None else replace(seen, cosine=cosine)
    if seen.contradicts or by_meaning.contradicts:
        return "contradicts"
    same = not seen.differs or seen.likeness >= _SAME or (cosine or 0.0) >= _SAME_MEANT
    if same and (seen.repeats or by_meaning.repeats):
        return "repeats"
    return "contradicts" if _other_value(old, new) else "near"


def _other_value(old: str, new: str) -> bool:
    """Tell whether two entries give one thing two values: `City: Paris`, `City: Rome`."""
    one, other = _KEYED.fullmatch(old), _KEYED.fullmatch(new)
    if one is None or other is None or words(one[1]) != words(other[1]):
        return False
    values = words(one[2]), words(other[2])
    return values[0] != values[1] and max(map(len, values)) <= _VALUE_WORDS


def _score(words: float, cosine: float | None) -> float:
    """Return one score of what two entries have in common in words and, if known, in meaning."""
    return words if cosine is None else max(words, (words + cosine) / 2)


def parts(text: str, *, by_sentence: bool = False) -> list[str]:
    """Return the entries of a text, without bullets, headings and what has no words.

    A line that is a whole paragraph is taken sentence by sentence; with `by_sentence`, every line.
    """
    found: list[str] = []
    for line in map(content, split_lines(text)):
        if heading(line) is not None:
            continue
        entry = bare(line)
        long = by_sentence or len(entry) > PARAGRAPH_CHARS
        found += filter(words, sentences(entry) if long else [entry])
    return found


def of_passages(texts: Mapping[str, str]) -> list[Spot]:
    """Return what passages say, sentence by sentence, from their texts by name."""
    return [
        Spot(name, 0, entry)
        for name, text in texts.items()
        for entry in parts(text, by_sentence=True)[:_SENTENCES]
    ]


def likely(every: Sequence[Spot]) -> list[Spot]:
    """Return the entries that share much with another one, those that share most first.

    That is a quick look at words alone, to begin a slow one where it is most worth its time.
    """
    bags = [frozenset(words(spot.entry[:_COMPARED_CHARS])) - STOP_WORDS for spot in every]
    common = Counter(word for bag in bags for word in bag)
    having: defaultdict[str, list[int]] = defaultdict(list)
    for index, bag in enumerate(bags):
        telling = [word for word in bag if common[word] <= _COMMON]
        for word in sorted(telling, key=lambda word: (common[word], word))[:_RARE]:
            having[word].append(index)
    best: defaultdict[int, float] = defaultdict(float)
    for some in having.values():
        for one, other in combinations(some, 2):
            both = len(bags[one] & bags[other])
            share = both / (len(bags[one]) + len(bags[other]) - both)
            if share >= _PARTNER:
                best[one] = max(best[one], share)
                best[other] = max(best[other], share)
    order = sorted(best, key=lambda index: (-best[index], index))
    return [every[index] for index in order]
