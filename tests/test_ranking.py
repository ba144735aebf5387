"""The order of what was found."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.querying import Query, parsed
from tokenspace.memory.ranking import Candidate, ranked, scored

from .support import NOW

PLAIN = parsed("where does she live")


@dataclass(frozen=True)
class Found:
    """A doc that was found, by meaning, by words, or both."""

    number: int
    cosine: float | None = None
    coverage: float = 0.0
    at: datetime = NOW
    group: str | None = None
    entity: str = ""


def scores(found: Iterable[Found], query: Query = PLAIN) -> list[tuple[int, float]]:
    """Return the ids with their scores, in their order."""
    found = list(found)
    covered = {doc.number: doc.coverage for doc in found}
    cosine = {doc.number: doc.cosine for doc in found if doc.cosine is not None}
    candidates = [
        Candidate(
            id=doc.number,
            at=doc.at,
            group=None if doc.group is None else (2, doc.group),
            entity=frozenset(doc.entity.split()),
        )
        for doc in found
    ]
    return ranked(query, scored(covered, cosine), candidates)


def order(query: str, *found: Found) -> list[int]:
    """Return the ids in their order."""
    return [doc_id for doc_id, _ in scores(found, parsed(query))]


def test_nothing_is_in_order() -> None:
    """There is nothing to sort."""
    assert scores([]) == []


def test_words_that_cover_the_question_outweigh_a_closer_meaning() -> None:
    """All words at once are no chance."""
    assert order("x", Found(1, 0.6), Found(2, 0.2, 0.9)) == [2, 1]


def test_a_word_that_agrees_by_chance_does_not_outweigh_meaning() -> None:
    """Where nothing has half of the question's words, they count less."""
    close, chance = Found(1, 0.5), Found(2, 0.3, 0.3)
    assert order("x", close, chance) == [1, 2]
    assert order("x", close, chance, Found(3, 0.0, 0.9)) == [3, 2, 1]


def test_without_vectors_words_count_whole() -> None:
    """There is nothing else; the scores are as they would be of a better question."""
    (_, low), (_, high) = sorted(scores([Found(1, None, 0.1), Found(2, None, 0.4)]))
    alone = scores([Found(1, None, 0.1)])
    assert alone == [(1, low)]
    assert high > 4 * low > 0


def test_what_has_no_vector_yet_is_taken_for_the_farthest() -> None:
    """It is neither lost nor put first."""
    found = order("x", Found(1, 0.3), Found(2, 0.1), Found(3, None, 0.9), Found(4))
    assert found == [3, 1, 4, 2]


def test_who_or_what_is_named_goes_first() -> None:
    """Unless all are about it: then the name tells nothing."""
    ada, bob = Found(1, 0.5, entity="ada"), Found(2, 0.55, entity="bob")
    assert order("what does Ada like", ada, bob) == [1, 2]
    both = [replace(found, entity="ada") for found in (ada, bob)]
    assert order("what does Ada like", *both) == [2, 1]


def test_what_is_of_the_time_named_goes_first() -> None:
    """A month or year in the question is compared with when something began to hold."""
    then = Found(1, 0.4, at=datetime(2023, 5, 8, tzinfo=UTC))
    other = Found(2, 0.5, at=datetime(2024, 6, 8, tzinfo=UTC))
    assert order("what happened in May 2023", then, other) == [1, 2]
    assert order("what happened", then, other) == [2, 1]


def test_good_company_helps() -> None:
    """Of two alike, the one goes first whose source has other good ones."""
    found = [Found(1, 0.5, group="a"), Found(3, 0.45, group="a")]
    found += [Found(2, 0.5, group="b"), Found(4, 0.1, group="b")]
    assert order("x", *found) == [1, 2, 3, 4]


def test_of_equals_the_newer_goes_first() -> None:
    """It was filed later."""
    assert order("x", *(Found(number, 0.5, 0.5) for number in (2, 3, 1))) == [3, 2, 1]


shares = st.floats(0, 1.5)
cosines = st.none() | st.floats(-1, 1)


@pytest.mark.parametrize("field", ["cosine", "coverage"])
@given(found=st.lists(st.tuples(cosines, shares), min_size=1, max_size=8), more=st.floats(0, 1))
def test_more_of_either_never_harms(
    field: str, found: list[tuple[float | None, float]], more: float
) -> None:
    """A closer meaning or more words never move a doc down."""
    docs = [Found(n, cosine, coverage) for n, (cosine, coverage) in enumerate(found)]
    if docs[0].cosine is None and field == "cosine":
        return
    before = [doc_id for doc_id, _ in scores(docs)].index(0)
    docs[0] = replace(docs[0], **{field: getattr(docs[0], field) + more})
    after = [doc_id for doc_id, _ in scores(docs)]
    assert sorted(after) == list(range(len(docs)))
    if all(doc.cosine is not None for doc in docs):
        assert after.index(0) <= before
