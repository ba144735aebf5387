"""The picture of the curve."""

from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.curve import Trial, points
from tokenspace.server.plot import plot

STEADY = points([Trial(n, "t", 0.0) for n in range(1, 11)])


def test_nothing_has_no_picture() -> None:
    """There is nothing to draw."""
    assert plot([]) == ""


def test_the_curve_climbs_to_its_scale() -> None:
    """The first column is low, the last full; both ends are named."""
    lines = plot(STEADY, width=20, height=3).splitlines()
    assert lines[0].startswith("10.0 │")
    assert lines[0].endswith("█")
    assert lines[2].startswith("   0 │▂")
    assert lines[3].split() == ["1", "10"]


def test_suspects_and_model_changes_are_marked_below_their_place() -> None:
    """One column may be both; what lies outside has no mark, and the legend names what is there."""
    lines = plot(STEADY, width=16, height=2, suspects=[1, 10, 99], swaps=[10]).splitlines()
    assert lines[2].strip() == "^" + " " * 8 + "*"
    assert "^ suspect, * both" in lines[-1]
    assert "another model" not in lines[-1]


def test_an_encoding_without_blocks_gets_ascii() -> None:
    """An unknown one as well."""
    for encoding in ("ascii", "latin-1", "no such encoding"):
        assert plot(STEADY, encoding=encoding, suspects=[3]).isascii()
    assert not plot(STEADY).isascii()


def test_no_loss_is_a_flat_line() -> None:
    """Perfect scores divide by nothing."""
    assert "█" not in plot(points([Trial(n, "t", 1.0) for n in range(4)]))


@given(
    st.lists(st.builds(Trial, st.integers(0, 10**6), st.just("t"), st.floats(0, 1)), min_size=1),
    st.integers(24, 120),
    st.integers(2, 12),
)
def test_a_picture_keeps_to_its_size(trials: list[Trial], width: int, height: int) -> None:
    """Whatever the changes' numbers are; the caption alone may be longer."""
    lines = plot(points(trials), width, height).splitlines()
    assert len(lines) == height + 2
    assert max(map(len, lines[:-1])) <= width
