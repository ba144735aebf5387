"""How what was found is put in order: one score, of words, meaning and a few plain signals.

    score = cosine + 1.25 * trust * coverage ** 1.25 + boosts

`cosine` is that of the question with the mean of two vectors of a text: its own, and the one of it
with what stands around it. `coverage` is BM25 (the words around it count 0.3) over the sum of the
idf of what was asked: 1 is every word once, whatever the question, so that it can be added to a
cosine. One word of many says less than its share, hence the power. `trust` is the best coverage
that anything has, over 0.5 and at most 1: where no text has half of a question, it was asked in
other words, and those that agree by chance must not outweigh the meaning. Without a model there
is no cosine, words are all there is and trusted, and the rest stays. There is no floor: the best of
what there is comes first. Weights: measured on conversations with questions whose answers are
known, and on `tests/data/recall`; `tests/bench/retrieval.py` measures the former again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .querying import Query

LEXICAL = 1.25
POWER = 1.25
TRUSTED = 0.5
"""The coverage that a question's words must have somewhere, to be trusted whole."""

ENTITY = 0.1
DATE = 0.2
GROUP = 0.1
EXACT = 0.3
"""What an identifier adds that stands in a text as it was written in the question."""

_BEST = 3  # of a group


@dataclass(slots=True, kw_only=True)  # not frozen: made by the hundred, and slower so
class Candidate:
    """What is known of a doc that may be what is looked for.

    Attributes:
        at: When it began to hold, or was written, UTC.
        group: What it belongs to: a block, a source; None: it stands alone.
        entity: Words of whom or what it is about.
    """

    id: int
    at: datetime
    group: tuple[int, str] | None
    entity: frozenset[str]


def scored(coverage: Mapping[int, float], cosine: Mapping[int, float]) -> dict[int, float]:
    """Return the scores of docs by words and meaning alone.

    Args:
        coverage: How much of the question the words of a doc cover, about 0 to 1, never less.
        cosine: How close its meaning is, -1 to 1. One without counts as the farthest of all.
    """
    unknown = min(cosine.values(), default=0.0)
    trust = min(1.0, max(coverage.values(), default=0.0) / TRUSTED) if cosine else 1.0
    weight = LEXICAL * trust
    scores = dict(cosine)
    for doc_id, share in coverage.items():
        scores[doc_id] = cosine.get(doc_id, unknown) + weight * share**POWER
    return scores


def ranked(
    query: Query, by_both: Mapping[int, float], candidates: Iterable[Candidate]
) -> list[tuple[int, float]]:
    """Return the ids of candidates with their scores, best first; equals by the newer id.

    `by_both` has what words and meaning alone give each of them, as `scored` returns it.
    """
    found = list(candidates)
    scores = {c.id: by_both[c.id] for c in found}
    about = {c.id for c in found if c.entity & query.words}
    if len(about) < len(found):
        for doc_id in about:
            scores[doc_id] += ENTITY
    for c in found if query.dates else ():
        if any(day.holds(c.at) for day in query.dates):
            scores[c.id] += DATE
    for doc_id, more in _of_groups(found, scores).items():
        scores[doc_id] += more
    return sorted(scores.items(), key=lambda item: (-item[1], -item[0]))


def _of_groups(found: list[Candidate], scores: Mapping[int, float]) -> dict[int, float]:
    """Return what each gets of the best of its group; one that stands alone is its own."""
    groups: dict[tuple[int, str], list[float]] = defaultdict(list)
    for c in found:
        if c.group is not None:
            groups[c.group].append(scores[c.id])
    best = {
        group: sum(sorted(of, reverse=True)[:_BEST]) / min(_BEST, len(of))
        for group, of in groups.items()
    }
    return {c.id: GROUP * (scores[c.id] if c.group is None else best[c.group]) for c in found}
