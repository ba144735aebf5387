"""The scan of signs against a reference that counts them one by one."""

import math
import random
import subprocess
import sys
from array import array
from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.store.bits import SignBits, rescored

pytest.importorskip("numpy")

DIMS = st.sampled_from([8, 12, 40, 300, 64, 200, 384, 768, 1024])
SEEDS = st.integers(0, 2**32)
Vectors = dict[int, bytes]  # id -> signed bytes


def signed(row: bytes) -> list[int]:
    """Return the numbers of a row."""
    return array("b", row).tolist()


def floats(numbers: Collection[float]) -> bytes:
    """Return a query as it is handed over."""
    return array("f", numbers).tobytes()


def some(seed: int, count: int, dim: int) -> tuple[Vectors, list[float]]:
    """Return vectors of every direction under ids in no order, and a query."""
    source = random.Random(seed)  # noqa: S311
    ids = source.sample(range(-5, 10 * count), count)
    query = [source.uniform(-1, 1) for _ in range(dim)]
    return {at: source.randbytes(dim).replace(b"\x80", b"\x00") for at in ids}, query


def filled(vectors: Vectors, dim: int) -> SignBits:
    """Return the scan over all of them."""
    signs = SignBits(dim)
    signs.append(list(vectors), b"".join(vectors.values()))
    return signs


def differing(row: bytes, query: list[float]) -> int:
    """Return in how many signs two vectors differ."""
    return sum((a > 0) != (b > 0) for a, b in zip(signed(row), query, strict=True))


def by_signs(vectors: Vectors, query: list[float]) -> list[int]:
    """Return the ids, those first that differ least, then as they came."""
    return sorted(vectors, key=lambda at: differing(vectors[at], query))


def by_score(vectors: Vectors, query: list[float], norm: float = 1) -> list[tuple[int, float]]:
    """Return ids and norm times cosine, the best first, then by id."""
    length = math.hypot(*query)

    def score(row: bytes) -> float:
        numbers = signed(row)
        product = sum(a * b for a, b in zip(numbers, query, strict=True))
        return norm * product / (math.hypot(*numbers) * length)

    return sorted(((at, score(row)) for at, row in vectors.items()), key=lambda x: (-x[1], x[0]))


@given(SEEDS, DIMS, st.integers(0, 40), st.integers(0, 50))
def test_the_nearest_are_those_with_the_fewest_different_signs(
    seed: int, dim: int, count: int, wanted: int
) -> None:
    """In order, as many as there are, whatever the number of dimensions."""
    vectors, query = some(seed, count, dim)
    assert filled(vectors, dim).nearest(floats(query), wanted) == by_signs(vectors, query)[:wanted]


@settings(max_examples=40)
@given(SEEDS, st.sampled_from([384, 768]), st.integers(1, 20), st.floats(0.1, 1))
def test_all_candidates_rescored_are_the_exact_ranking(
    seed: int, dim: int, count: int, norm: float
) -> None:
    """Scores are the norm times the cosine, to the precision of 32 bits."""
    vectors, query = some(seed, count, dim)
    chosen = filled(vectors, dim).nearest(floats(query), count)
    found = rescored(floats(query), [(at, vectors[at], norm) for at in chosen], count)
    expected = by_score(vectors, query, norm)
    assert dict(found) == pytest.approx(dict(expected), abs=1e-5)
    assert [score for _, score in found] == pytest.approx([s for _, s in expected], abs=1e-5)


@given(SEEDS, DIMS, st.integers(1, 40), st.data())
def test_only_what_is_allowed_is_found(
    seed: int, dim: int, count: int, data: st.DataObject
) -> None:
    """A filter comes before the choice, so it costs no candidates; unknown ids do no harm."""
    vectors, query = some(seed, count, dim)
    allowed = data.draw(st.sets(st.sampled_from([*vectors, -77])))
    wanted = data.draw(st.integers(0, 10))
    found = filled(vectors, dim).nearest(floats(query), wanted, allowed)
    assert found == [at for at in by_signs(vectors, query) if at in allowed][:wanted]


@given(SEEDS, DIMS, st.lists(st.integers(0, 15), max_size=6))
def test_vectors_in_pieces_are_vectors_at_once(seed: int, dim: int, pieces: list[int]) -> None:
    """Room grows as they come."""
    vectors, query = some(seed, sum(pieces), dim)
    signs, left = SignBits(dim), list(vectors)
    for piece in pieces:
        now, left = left[:piece], left[piece:]
        signs.append(now, b"".join(vectors[at] for at in now))
    assert len(signs) == len(vectors)
    assert signs.nearest(floats(query), 100) == by_signs(vectors, query)


@given(SEEDS, st.sampled_from([8, 384]), st.integers(1, 30), st.data())
def test_what_is_dropped_is_not_found_and_the_rest_is(
    seed: int, dim: int, count: int, data: st.DataObject
) -> None:
    """Also after the gaps were filled, and with new vectors behind them."""
    vectors, query = some(seed, count, dim)
    gone = data.draw(st.sets(st.sampled_from([*vectors, -77])))
    signs = filled(vectors, dim)
    signs.drop(gone)
    kept = {at: row for at, row in vectors.items() if at not in gone}
    again = {at: vectors[at] for at in gone if at in vectors}
    for now in (kept, kept | again):
        assert len(signs) == len(now)
        found = signs.nearest(floats(query), 100)
        assert sorted(found) == sorted(now)
        distances = [differing(now[at], query) for at in found]
        assert distances == sorted(distances)
        signs.append(list(again), b"".join(again.values()))


def test_a_few_candidates_hold_the_best_of_many() -> None:
    """Vectors around topics, as texts are: a sixth of them as candidates, the exact best ten."""
    source = random.Random(3)  # noqa: S311
    topics = [[source.gauss() for _ in range(384)] for _ in range(12)]

    def near(topic: list[float]) -> list[float]:
        numbers = [number + source.gauss(0, 0.8) for number in topic]
        largest = max(map(abs, numbers))
        return [number * 127 / largest for number in numbers]

    vectors = {at: array("b", map(round, near(topics[at % 12]))).tobytes() for at in range(600)}
    signs, hits = filled(vectors, 384), 0
    for topic in topics:
        query = near(topic)
        rows = [(at, vectors[at], 1.0) for at in signs.nearest(floats(query), 100)]
        best = {at for at, _ in by_score(vectors, query)[:10]}
        hits += len(best & {at for at, _ in rescored(floats(query), rows, 10)})
    assert hits >= 117  # of 120


def test_the_choice_is_exact_where_the_sample_misleads() -> None:
    """Every third of 60,000 is looked at first, and just these are the query's own twins."""
    twin, other = bytes([1] * 64), bytes([1] * 40 + [255] * 24)
    signs = SignBits(64)
    signs.append(range(60_000), (twin + other + other) * 20_000)
    found = signs.nearest(floats([1.0] * 64), 25_000)
    assert found[:20_000] == list(range(0, 60_000, 3))
    assert found[20_000:] == [at for at in range(7_500) if at % 3]


def test_what_points_the_other_way_is_farthest() -> None:
    """Even where every sign of a long vector differs, no count runs over."""
    near, half, away = bytes([1] * 1024), bytes([1] * 512 + [255] * 512), bytes([255] * 1024)
    signs = SignBits(1024)
    signs.append([1, 2, 3], away + half + near)
    assert signs.nearest(floats([1.0] * 1024), 3) == [3, 2, 1]


def test_memory_is_a_bit_a_number_and_an_id() -> None:
    """At most doubled by the room that is kept for more."""
    signs = SignBits(384)
    for at in range(5_000):
        signs.append([at], bytes(384))
    assert 5_000 * 56 <= signs.size <= 10_000 * 56


def test_equal_scores_are_ordered_by_id() -> None:
    """So that two servers answer alike; a vector without a direction scores nothing."""
    row, away, none = bytes([1] * 8), bytes([255] * 8), bytes(8)
    rows = [(9, row, 0.5), (4, row, 0.5), (5, away, 1.0), (2, none, 1.0)]
    found = rescored(floats([1.0] * 8), rows, 4)
    assert [at for at, _ in found] == [4, 9, 2, 5]
    assert [score for _, score in found] == pytest.approx([0.5, 0.5, 0, -1])
    assert rescored(floats([1.0] * 8), rows, 1) == found[:1]
    assert rescored(floats([1.0] * 8), [], 10) == []


def test_a_vector_of_another_size_is_refused() -> None:
    """Nothing is taken in then."""
    signs = SignBits(16)
    with pytest.raises(ValueError, match="31 bytes for 2 vectors of 16"):
        signs.append([1, 2], bytes(31))
    with pytest.raises(ValueError, match="reshape"):
        signs.nearest(floats([1.0] * 8), 1)
    assert len(signs) == 0


def test_numpy_is_imported_for_vectors_only() -> None:
    """An installation without an encoder has none, and a start-up has no time for it."""
    code = "import sys, tokenspace.memory.store.bits; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
