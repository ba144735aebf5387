"""Which edit made the agent worse."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.suspects import Trial, Verdict, suspects
from tokenspace.server.verdicts import verdict_rows

EDITS = range(1, 31)


def stream(
    seed: int,
    harm: int = 99,
    swap: int = 99,
    back: int = 99,
    rates: tuple[float, float] = (0.8, 0.4),
) -> list[Trial]:
    """Return four outcomes a version; it is worse from `harm` to `back`, by another model later."""
    coin = random.Random(seed)  # noqa: S311 - the same streams each time
    return [
        Trial(
            version,
            f"task {coin.randrange(3)}",
            float(coin.random() < rates[harm <= version < back]),
            "new" if version >= swap else "old",
        )
        for version in range(31)
        for _ in range(4)
    ]


def scores(*of_changes: list[float], model: str = "") -> list[Trial]:
    """Return outcomes of one task, by change from 0."""
    return [Trial(n, "task", score, model) for n, of in enumerate(of_changes) for score in of]


def test_planted_harm_is_found_within_two_edits() -> None:
    """In most streams; the bench counts hundreds."""
    planted = [(seed, 9 + seed % 13) for seed in range(14)]
    found = [(suspects(EDITS, stream(seed, harm)), harm) for seed, harm in planted]
    near = [v for v, harm in found if v.suspects and abs(v.suspects[0].change - harm) <= 2]
    assert len(near) >= 9
    assert all(v.suspects[0].before > v.suspects[0].after for v in near)


def test_streams_without_harm_have_no_suspect() -> None:
    """But for a few: the level is 3.5 %."""
    assert sum(bool(suspects(EDITS, stream(seed)).suspects) for seed in range(40)) <= 5


def test_a_worse_model_is_not_blamed_on_memory() -> None:
    """What fell with the model is told as that, with the edit that came at the same place."""
    blamed = 0
    for seed in range(24):
        verdict = suspects(EDITS, stream(seed, harm=15, swap=15))
        blamed += bool(verdict.suspects)
        swap = verdict.model_change
        assert swap is not None
        assert (swap.change, swap.before, swap.after, swap.edits) == (15, "old", "new", (15,))
        assert verdict.suspects or not swap.fell or "old to new" in verdict.why
    assert blamed <= 4


def test_harm_is_found_beside_a_change_of_the_model_elsewhere() -> None:
    """Outcomes of either model are compared with its own."""
    verdict = suspects(EDITS, stream(1, harm=20, swap=6, rates=(0.95, 0.2)))
    assert abs(verdict.suspects[0].change - 20) <= 2
    assert verdict.model_change is not None
    assert verdict.model_change.change == 6


def test_a_model_changed_beside_the_edit_lowers_the_confidence() -> None:
    """Two explanations that lie next to each other are each worth less."""
    plain = stream(2, harm=20, rates=(1.0, 0.1))
    later = [replace(t, model="new") if t.change >= 21 else t for t in plain]
    alone, beside = suspects(EDITS, plain).suspects[0], suspects(EDITS, later).suspects
    assert alone.confidence > 0.8
    assert beside[0].change == 20
    assert beside[0].confidence <= alone.confidence / 2 + 0.05


def test_harm_that_was_taken_back_is_found() -> None:
    """With the edit from which scores rise again."""
    found = suspects(EDITS, stream(3, harm=14, back=24, rates=(0.9, 0.1))).suspects[0]
    assert abs(found.change - 14) <= 1
    assert found.until is not None
    assert abs(found.until - 24) <= 2
    assert found.after < 0.4


def test_a_memory_that_grew_better_has_no_suspect() -> None:
    """A rise is no fall, wherever it stands."""
    verdict = suspects(EDITS, stream(4, harm=0, back=15, rates=(1.0, 0.2)))
    assert verdict.suspects == ()


def test_edits_between_the_same_outcomes_are_reported_together() -> None:
    """Nothing tells them apart."""
    trials = [Trial(change, "t", score) for change, score in ((1, 1.0), (9, 0.0)) for _ in range(9)]
    found = suspects([1, 4, 5, 7], trials).suspects[0]
    assert {found.change, *found.others} == {4, 5, 7}
    assert (found.before, found.after, found.trials_before, found.trials_after) == (1.0, 0.0, 9, 9)


def test_graded_scores_work_as_well() -> None:
    """A small fall is clear where scores vary little."""
    coin = random.Random(5)  # noqa: S311 - the same each time
    trials = [Trial(n, "t", (0.8 if n < 12 else 0.7) + coin.gauss(0, 0.02)) for n in range(24)]
    found = suspects(range(24), trials).suspects[0]
    assert found.change == 12
    assert found.confidence > 0.8


def test_a_harder_task_is_not_taken_for_a_worse_memory() -> None:
    """Tasks that come often are compared with themselves."""
    easy = [Trial(n, "easy", 1.0 if n % 5 else 0.0) for n in range(20) for _ in range(2)]
    hard = [Trial(n, "hard", 0.0 if n % 5 else 1.0) for n in range(15, 30) for _ in range(2)]
    assert suspects(range(30), easy + hard).suspects == ()


@pytest.mark.parametrize(
    ("edits", "trials", "why"),
    [
        ([], [], "too few outcomes: 0; about 8 on either side are needed"),
        ([1], scores([1.0], [0.0, 0.0]), "too few outcomes: 3; about 8 on either side are needed"),
        ([], scores([1.0] * 9, [0.0] * 9), "no edit lies between outcomes"),
        ([1], scores([0.0] * 9, [1.0] * 9), "scores do not fall anywhere"),
        ([1], scores([1.0] * 9, [1.0] * 9), "scores do not fall anywhere"),
        ([1], scores([1.0, 0.0] * 9, [1.0, 0.0, 0.0] * 4), "by more than chance"),
    ],
)
def test_why_there_is_no_suspect_is_said(edits: list[int], trials: list[Trial], why: str) -> None:
    """One plain clause."""
    verdict = suspects(edits, trials)
    assert verdict.suspects == ()
    assert why in verdict.why
    assert verdict.trials == len(trials)


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_the_order_of_outcomes_does_not_matter(order: random.Random, seed: int) -> None:
    """Nor does a verdict change when it is asked for again."""
    trials = stream(seed, harm=16)[20:100]
    mixed = list(trials)
    order.shuffle(mixed)
    assert suspects(EDITS, mixed) == suspects(EDITS, trials)


TRIALS = st.lists(
    st.builds(
        Trial,
        st.integers(0, 9),
        st.sampled_from(["a", "b"]),
        st.floats(0, 1),
        st.sampled_from(["", "m"]),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(TRIALS, st.sets(st.integers(0, 12)))
def test_a_verdict_is_sound_whatever_it_is_asked(trials: list[Trial], edits: set[int]) -> None:
    """Suspects are edits, shares are shares, and there is a reason or a suspect."""
    verdict: Verdict = suspects(sorted(edits), trials)
    assert bool(verdict.suspects) != bool(verdict.why)
    for found in verdict.suspects:
        assert {found.change, *found.others} <= edits
        assert len(found.others) <= 5
        assert 0 < found.confidence <= 1
        assert found.trials_before > 0
        assert found.trials_after > 0


def test_a_fall_between_tasks_that_differ_is_told_with_that_doubt() -> None:
    """Harder ones may be the reason; what was done before and after leaves none."""
    same = scores(*[[1.0] * 4] * 4, *[[0.0] * 4] * 4)
    apart = [Trial(t.change, f"{'late' if t.change > 3 else 'early'} {n % 9}", t.score)
             for n, t in enumerate(same)]  # fmt: skip
    for trials, shared in ((same, True), (apart, False)):
        verdict = suspects(range(1, 8), trials)
        assert [one.same_tasks for one in verdict.suspects] == [shared]
        (row,) = verdict_rows(verdict, {})
        assert ("harder tasks may be the reason" in row) is not shared
