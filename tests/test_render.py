"""Learned context as text: framed so that no value can speak as the server."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.lines import content, split_lines
from tokenspace.memory.render import (
    budget,
    framed,
    render_block,
    render_context,
    render_index,
)

from .support import block, storable

TAGS = ["memory", "block", "description", "value"]
hostile = st.lists(
    st.one_of(
        storable,
        st.sampled_from(
            ["<", "</", "< /", ">", "&lt;", "\n", "\t", " ", "1→", '"', "VALUE", *TAGS]
        ),
    ),
    max_size=12,
).map("".join)
OURS = re.compile(r"<\s*/?\s*(?:memory|block|description|value)\b", re.IGNORECASE)


@given(st.lists(hostile, min_size=1, max_size=3), hostile)
def test_a_value_cannot_leave_its_frame(values: list[str], description: str) -> None:
    """Our own tags stand in a rendering exactly as often as there are blocks."""
    blocks = [block(value, description=description) for value in values]
    found = [re.sub(r"\s", "", tag.lower()) for tag in OURS.findall(render_context(blocks, 3))]
    frame = ["<block", "<description", "</description", "<value", "</value", "</block"]
    assert found == ["<memory", *frame * len(blocks), "</memory"]


def test_a_hostile_value_takes_no_longer() -> None:
    """However many blanks follow a `<`: nothing goes over them twice."""
    blank = "<" + " " * 250_000
    assert framed(blank) == blank
    assert framed(f"{blank}/memory>") == "&lt;" + f"{blank}/memory>"[1:]


@given(hostile)
def test_a_frame_changes_nothing_but_our_own_tags(value: str) -> None:
    """Ordinary text, other markup included, is shown as it is."""
    assert framed(value).replace("&lt;", "<") == value.replace("&lt;", "<")
    if not OURS.search(value):
        assert framed(value) == value


@given(hostile, hostile, st.lists(hostile, max_size=3))
def test_every_line_of_a_value_is_numbered_and_no_other_is(
    value: str, description: str, tags: list[str]
) -> None:
    """In the numbered form the number is the frame."""
    lines = split_lines(value)
    shown = render_block(block(value, description=description, tags=tuple(tags))).split("\n")
    head = 2 if description else 1
    expected = [f"{n}→{content(line)}" for n, line in enumerate(lines, 1)] or ["(empty)"]
    assert shown[head:] == "\n".join(expected).split("\n")
    assert shown[0].startswith("notes@01234567 · ")


def test_a_block_shows_what_a_reader_needs_to_know() -> None:
    """Label and version, how full, read-only, tags, what it is about, its lines."""
    shown = render_block(
        block("a\n\tb\n", description="two\n lines", read_only=True, tags=("x", "y"), limit=4)
    )
    assert shown == (
        "notes@01234567 · 5 of 4 characters, 1 over (≈2 tokens) · read-only · tags: x, y\n"
        "about: two lines\n1→a\n2→\tb"
    )


def test_a_part_of_a_block_says_that_it_is_one() -> None:
    """Lines asked for keep their numbers; too large a range is cut; none says so."""
    shown = block("a\nb\nc\nd\n")
    assert render_block(shown, 2, 3).split("\n")[1:] == ["2→b", "3→c", "(lines 2 to 3 of 4)"]
    assert render_block(shown, 3, 99).split("\n")[1:] == ["3→c", "4→d", "(lines 3 to 4 of 4)"]
    assert render_block(shown, 5).split("\n")[1:] == ["(no such lines: the block has 4)"]
    assert render_block(shown, 1, 4).split("\n")[-1] == "4→d"


def test_the_context_marks_what_matters_about_a_block() -> None:
    """A full or a protected block says so in its frame."""
    shown = render_context([block("abc", read_only=True, limit=2, label="a/b")], 9)
    assert shown == (
        '<memory change="9">\n'
        '<block label="a/b" version="01234567" chars="3" limit="2" read_only="true" '
        'over_limit="true">\n<description></description>\n<value>\nabc\n</value>\n</block>\n'
        "</memory>"
    )


@given(st.lists(st.integers(0, 40), max_size=5), st.integers(0, 100))
def test_the_context_has_an_upper_bound(sizes: list[int], most: int) -> None:
    """What does not fit is cut at a line, counted, and told how to be read."""
    shown = render_context([block("x\n" * size) for size in sizes], 1, most)
    rest = re.findall(r"… (\d+) more lines: memory_read\(label='notes'\)", shown)
    assert shown.count("x\n") * 2 <= most
    assert shown.count("x\n") + sum(map(int, rest)) == sum(sizes)
    assert bool(rest) == (2 * sum(sizes) > most)


def test_the_index_has_one_line_a_block() -> None:
    """A description of several lines does not make several blocks of one."""
    shown = render_index([block("abc", description="a\nb"), block("", read_only=True, label="x")])
    assert shown == "notes@01234567 · 3/5,000 · a b\nx@01234567 · 0/5,000 · read-only · "


def test_a_budget_says_how_far_over_a_block_is() -> None:
    """In exact characters, and tokens as an estimate."""
    assert budget(block("x" * 36, limit=36)) == "36 of 36 characters (≈10 tokens)"
    assert budget(block("x" * 36, limit=30)) == "36 of 30 characters, 6 over (≈10 tokens)"
