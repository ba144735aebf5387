"""Replace and insert as functions of a text, with the defects of Letta's tools fixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.edit import checked_new, insert, replace
from tokenspace.memory.errors import (
    InvalidError,
    NoMatchError,
    SeveralMatchesError,
    TokenspaceError,
)
from tokenspace.memory.lines import split_lines

from .support import texts


@pytest.mark.parametrize(
    ("text", "old", "new", "result"),
    [
        ("a\tb\n\tc\n", "b", "B", "a\tB\n\tc\n"),
        ("a\nb\nc\n", "b\n", "", "a\nc\n"),
        ("a b c", " b", "", "a c"),
        ("a\nb\nc", "a\nb\nc", "", ""),
        ("", "", "first", "first"),
        ("a\nb\n", "a\nb", "x\ny\nz", "x\ny\nz\n"),
        ("no newline", "newline", "end", "no end"),
        ("a\r\nb\r\nc\r\n", "a\nb", "x\ny", "x\r\ny\r\nc\r\n"),
        ("a\r\nb\r\n", "a\r\nb", "x\r\ny", "x\r\ny\r\n"),
        ("a\r\nb\r\n", "b", "x\ny", "a\r\nx\r\ny\r\n"),
        ("a\r\nb\r\n", "\nb", "\nx", "a\r\nx\r\n"),
        ("a\r\nb\n", "a\r\nb", "x\ny", "x\ny\n"),
        ("é\u2028x\n", "x", "y", "é\u2028y\n"),
        ("1→ mine\nb\n", "b", "2→ too", "1→ mine\n2→ too\n"),
        ("see step 2→", "see step 2→", "step 3→", "step 3→"),
        ("a.b", ".", "\\1$&", "a\\1$&b"),
    ],
)
def test_replace_changes_the_one_place_and_nothing_else(
    text: str, old: str, new: str, result: str
) -> None:
    """Tabs stay tabs, an empty new text deletes, line endings are those of the text."""
    assert replace(text, old, new) == result


@pytest.mark.parametrize(
    ("text", "old", "new", "kind", "message"),
    [
        ("a", "", "x", InvalidError, "old_string is empty; give the exact text to replace."),
        ("a", "1→a", "x", NoMatchError, "old_string has line-number prefixes (like '12→')"),
        ("a", "a", "1→a", InvalidError, "the new text has line-number prefixes (like '12→')"),
        ("", "", "1→x\n2→y", InvalidError, "the new text has line-number prefixes"),
        ("", "a", "x", NoMatchError, "old_string does not occur: the block is empty."),
        ("b\n  Use Tabs\n", "use tabs", "x", NoMatchError,
         "old_string does not occur exactly; line 2 differs in spaces or capitals:   Use Tabs"),
        ("a\nlives in Paris\n", "lives in Rome", "x", NoMatchError,
         "old_string does not occur. Nearest is line 2: lives in Paris"),
        ("a\nb", "zebra", "x", NoMatchError,
         "old_string does not occur, and no line is like it; read the block again."),
        ("x\nab\nab\nx\nab", "ab", "c", SeveralMatchesError,
         "old_string occurs 3 times, starting in lines 2, 3, 5; add surrounding text"),
        ("p\nq\nx\np\nq\n", "p\nq\n", "c", SeveralMatchesError,
         "old_string occurs 2 times, starting in lines 1, 4;"),
        ("aaa", "aa", "b", SeveralMatchesError, "old_string occurs twice in line 1; add"),
        ("aaaa", "aa", "b", SeveralMatchesError, "old_string occurs 3 times in line 1; add"),
        ("a a\na", "a", "b", SeveralMatchesError, "3 times, starting in lines 1, 2; add"),
        ("x\n" * 30, "x", "b", SeveralMatchesError, "18, 19, 20 …; add"),
    ],
)  # fmt: skip
def test_a_replace_that_cannot_be_meant_says_what_to_do(
    text: str, old: str, new: str, kind: type[TokenspaceError], message: str
) -> None:
    """A repeat is named with all its lines; an absent text with the nearest line."""
    with pytest.raises(kind) as refused:
        replace(text, old, new)
    assert message in str(refused.value)


def test_a_quote_as_large_as_a_block_is_answered_like_any_other() -> None:
    """Neither many repeats nor a long quote in a long text is a way to hang the server."""
    with pytest.raises(SeveralMatchesError, match="occurs more than 20 times"):
        replace("a\n" * 131_072, "a", "b")
    with pytest.raises(SeveralMatchesError, match="occurs more than 20 times"):
        replace("a" * 262_144, "a" * 131_072, "b")
    with pytest.raises(NoMatchError, match="Nearest is line 1: a b"):
        replace("a b\n" * 65_536, "a b c\n" + "c" * 200_000, "b")


@pytest.mark.parametrize(
    ("text", "new", "line", "result"),
    [
        ("", "a", -1, "a"),
        ("", "a\n", 0, "a\n"),
        ("a\n", "b", -1, "a\nb\n"),
        ("a\n", "b\n", -1, "a\nb\n"),
        ("a", "b", -1, "a\nb"),
        ("a", "b\n", 1, "a\nb"),
        ("a\nb\n", "x", 0, "x\na\nb\n"),
        ("a\nb\n", "x\ny", 1, "a\nx\ny\nb\n"),
        ("a\nb", "x", 1, "a\nx\nb"),
        ("a\nb\n", "x\n\n", 1, "a\nx\n\nb\n"),
        ("a\nb\n", "\n", 1, "a\n\nb\n"),
        ("\ta\n", "\tb", 1, "\ta\n\tb\n"),
        ("a\r\nb\r\n", "x\ny", 1, "a\r\nx\r\ny\r\nb\r\n"),
        ("a\r\nb", "x", -1, "a\r\nb\r\nx"),
        ("a\nb", "x\r\n", -1, "a\nb\nx"),
        ("a", "x\r\ny", -1, "a\r\nx\r\ny"),
        ("a\n\n", "x", -1, "a\n\nx\n"),
        ("1→a", "2→b", -1, "1→a\n2→b"),
    ],
)
def test_insert_adds_whole_lines(text: str, new: str, line: int, result: str) -> None:
    """No blank line appears in an empty text, and the end of the text stays as it was."""
    assert insert(text, new, line) == result


@pytest.mark.parametrize(
    ("text", "new", "line", "message"),
    [
        ("a\nb\n", "", -1, "new_string is empty; there is nothing to insert."),
        ("a\nb\n", "x", 3, "insert_line 3 is out of range: the block has 2 lines; give 0 (top) to "
         "2, or -1 (end)."),
        ("", "x", 1, "the block has 0 lines; give 0 (top) to 0, or -1 (end)."),
        ("a", "x", -2, "insert_line -2 is out of range"),
        ("a", "x\n1→a", 0, "the new text has line-number prefixes"),
        ("a", "11→x\n12→y", 0, "the new text has line-number prefixes (like '12→')"),
    ],
)  # fmt: skip
def test_an_insert_that_cannot_be_meant_says_what_to_do(
    text: str, new: str, line: int, message: str
) -> None:
    """Nothing is clamped silently."""
    with pytest.raises(InvalidError) as refused:
        insert(text, new, line)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("a\nb", "1→2 migrations"),
        ("a\nb", "1→2 migrations\n7→8 as well"),
        ("a\n", "2→a"),
        ("1→a", "2→b\n3→c"),
        ("1→2 migrations\nb", "1→2 migrations\nB"),
        ("x\n2→x\n", "x\n2→x\ny\n"),
        ("", "1→x"),
        ("a\n\n", "2→"),
        ("a", "99999999999→x"),
    ],
)
def test_numbers_that_are_content_may_be_written(text: str, new: str) -> None:
    """Only a reading of the very text, or a list that counts up, is taken for a pasted one."""
    assert checked_new(new, text) == new


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("a\nb", "2→b"),
        ("a\n  b\n", "new\n 2→b"),
        ("1→2 migrations", "1→1→2 migrations"),
        ("a\nb", "1→A\n2→B\nmore"),
    ],
)
def test_a_pasted_reading_is_refused(text: str, new: str) -> None:
    """Its numbers are not part of the text, and would be stored as if they were."""
    with pytest.raises(InvalidError, match="line-number prefixes"):
        checked_new(new, text)


@given(texts(), texts(), st.data())
def test_an_insert_is_a_list_insert(text: str, new: str, data: st.DataObject) -> None:
    """The lines of the result are the lines of the text with the new ones among them."""
    lines = split_lines(text)
    line = data.draw(st.integers(-1, len(lines)))
    try:
        result = insert(text, new, line)
    except InvalidError:
        assert not new or "→" in new
        return
    at = len(lines) if line == -1 else line
    added = new.removesuffix("\n").split("\n")
    expected = [*text.split("\n")[:at], *added, *text.split("\n")[at:]]
    assert result == "\n".join(expected) if text else result == new


@given(texts(), texts(), texts(), texts())
def test_a_replace_is_undone_by_its_reverse(head: str, old: str, new: str, tail: str) -> None:
    """Where both texts occur once, replacing there and back gives the text again."""
    text = head + "<" + old + ">" + tail
    try:
        changed = replace(text, f"<{old}>", f"<{new}>")
        back = replace(changed, f"<{new}>", f"<{old}>")
    except InvalidError:
        assert "→" in old + new
        return
    assert changed == head + "<" + new + ">" + tail
    assert back == text
