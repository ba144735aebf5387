"""The candidate that an error offers."""

import pytest

from tokenspace.memory.nearest import nearest_label, nearest_line

LABELS = ["human", "persona", "project/conventions", "Zeit"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("humna", "human"),
        ("PERSONA", "persona"),
        ("project/convention", "project/conventions"),
        ("zeit", "Zeit"),
        ("qqqq", None),
    ],
)
def test_a_mistyped_label_finds_the_one_that_was_meant(asked: str, meant: str | None) -> None:
    """Capitals do not count; something far away is not offered."""
    assert nearest_label(asked, LABELS) == meant


def test_no_label_is_near_where_there_are_none() -> None:
    """An empty space has nothing to offer."""
    assert nearest_label("human", []) is None


TEXT = "- likes tea\n- lives in Paris since 2019\n- works on compilers\r\n"


@pytest.mark.parametrize(
    ("quoted", "line"),
    [
        ("lives in Rome since 2019", (2, "- lives in Paris since 2019")),
        ("\n\n- works on a compilers\n", (3, "- works on compilers")),
        ("LIKES tea!", (1, "- likes tea")),
        ("zebra", None),
        ("", None),
    ],
)
def test_a_wrong_quote_finds_the_line_that_was_meant(
    quoted: str, line: tuple[int, str] | None
) -> None:
    """The first line with text of a quote is compared; a line ending never shows."""
    assert nearest_line(quoted, TEXT) == line


def test_the_likeliest_of_many_alike_lines_wins() -> None:
    """Words choose the candidates, letters decide among them."""
    text = "".join(f"server {n} runs version {n}.0\n" for n in range(200))
    assert nearest_line("server 150 runs version 150.1", text) == (
        151,
        "server 150 runs version 150.0",
    )
