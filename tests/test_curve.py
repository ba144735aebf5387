"""The curve of losses over changes."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.curve import Point, Trial, as_csv, curves, model_change, points

TRIALS = [
    Trial(2, "sum", 1.0, "a"),
    Trial(2, "count", 0.5, "a"),
    Trial(5, "sum", 0.0, "b"),
]


def run(model: str, first: int, score: float, changes: int = 4) -> list[Trial]:
    """Return two outcomes a change by one model."""
    return [Trial(first + n, "t", score, model) for n in range(changes) for _ in range(2)]


def test_losses_add_up_over_changes() -> None:
    """One point for each change that has outcomes."""
    assert points(TRIALS) == [Point(2, 2, 0.75, 0.25, 0.5), Point(5, 1, 0.0, 1.0, 1.5)]
    assert points([]) == []


def test_curves_are_told_apart_by_task_and_by_model() -> None:
    """Each adds up its own losses."""
    assert curves(TRIALS, "task") == {
        "count": [Point(2, 1, 0.5, 0.5, 0.5)],
        "sum": [Point(2, 1, 1.0, 0.0, 0.0), Point(5, 1, 0.0, 1.0, 1.0)],
    }
    assert list(curves(TRIALS, "model")) == ["a", "b"]
    assert curves(TRIALS) == {"": points(TRIALS)}


@given(st.lists(st.builds(Trial, st.integers(0, 5), st.just("t"), st.floats(0, 1)), min_size=1))
def test_the_last_point_holds_the_whole_loss(trials: list[Trial]) -> None:
    """And the curve never falls."""
    found = points(trials)
    assert found[-1].cumulative == pytest.approx(sum(1 - trial.score for trial in trials))
    heights = [at.cumulative for at in found]
    assert heights == sorted(heights)


def test_csv_reads_back_whatever_a_task_is_called() -> None:
    """Commas, quotes and line breaks are quoted."""
    name = 'a, "b"\nc'
    text = as_csv({name: points(TRIALS)}, by="task")
    header, first, second = csv.reader(io.StringIO(text))
    assert header == ["task", "change", "count", "mean", "loss", "cumulative"]
    assert first == [name, "2", "2", "0.75", "0.25", "0.5"]
    assert second == [name, "5", "1", "0", "1", "1.5"]


def test_a_model_that_takes_over_is_found_with_the_edits_at_its_place() -> None:
    """Those after the old one's last outcome, up to the new one's first."""
    found = model_change([1, 4, 6, 9], [*run("a", 0, 1.0), *run("b", 6, 0.0)])
    assert found is not None
    assert (found.change, found.before, found.after, found.edits) == (6, "a", "b", (4, 6))
    assert (found.score_before, found.score_after, found.fell) == (1.0, 0.0, True)


def test_the_model_change_that_hurt_is_told_before_the_newest() -> None:
    """Where none hurt, the newest is."""
    hurt = [*run("a", 0, 1.0), *run("b", 4, 0.0), *run("c", 8, 0.0)]
    calm = [*run("a", 0, 1.0), *run("b", 4, 1.0), *run("c", 8, 1.0)]
    found = [model_change([], trials) for trials in (hurt, calm)]
    assert [swap and (swap.after, swap.fell) for swap in found] == [("b", True), ("c", False)]


def test_models_that_work_side_by_side_are_no_change() -> None:
    """Nor is one that was only tried."""
    both = [trial for n in range(8) for m in "ab" for trial in run(m, n, 1.0, 1)]
    tried = [*run("a", 0, 1.0), Trial(4, "t", 0.0, "b"), *run("a", 5, 1.0)]
    assert model_change([1, 5], both) is None
    assert model_change([1, 5], tried) is None
    assert model_change([], []) is None
