"""Patches: both formats read, every hunk at its one place, a unified diff exactly applied."""

from difflib import unified_diff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.errors import (
    InvalidError,
    NoMatchError,
    SeveralMatchesError,
    TokenspaceError,
)
from tokenspace.memory.lines import split_lines
from tokenspace.memory.patch import Section, apply, parse

from .support import texts

TEXT = "Name: Ada\nCity: Paris\n\nLikes: tea\n"


def patched(text: str, body: str) -> str:
    """Return `text` with the one section of a patch."""
    (section,) = parse(body)
    return apply(text, section)


def diff(before: str, after: str, context: int = 3) -> str:
    """Return what `diff -u` prints, with its marker for a missing final newline."""
    rows = unified_diff(split_lines(before), split_lines(after), "notes", "notes", n=context)
    return "".join(
        row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows
    )


def named(section: Section) -> tuple[str, str, str | None, str | None]:
    """Return what a section does to which block."""
    return section.action, section.label, section.version, section.new_label


def test_a_patch_names_what_it_does_to_each_block() -> None:
    """Update, rename, add and delete; a version may stand behind the label."""
    sections = parse(
        "*** Begin Patch\n"
        "*** Update Block: human@0a1b2c3d\n*** Move to: person/ada\n@@ facts\n-City: Paris\n+City\n"
        "*** Add Block: project/tests\n+Run them.\n"
        "*** Delete Block: scratch\n"
        "*** End Patch\n"
    )
    assert list(map(named, sections)) == [
        ("update", "human", "0a1b2c3d", "person/ada"),
        ("add", "project/tests", None, None),
        ("delete", "scratch", None, None),
    ]
    assert apply("", sections[1]) == "Run them.\n"


def test_a_unified_diff_names_the_same() -> None:
    """Both sides name the block; the null device stands for none."""
    sections = parse(
        "--- a/human@0a1b\t2026-01-02\n+++ b/human\n@@ -1 +1 @@\n-x\n+y\n"
        "--- notes\n+++ archive/notes\n@@ -1 +1 @@\n-x\n+y\n"
        "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n"
        "--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "--- a/b\n+++ a/b\n@@ -1 +1 @@\n-x\n+y\n"
    )
    assert list(map(named, sections)) == [
        ("update", "human", "0a1b", None),
        ("update", "notes", None, "archive/notes"),
        ("add", "new", None, None),
        ("delete", "old", None, None),
        ("update", "a/b", None, None),
    ]


@pytest.mark.parametrize(
    ("text", "body", "result"),
    [
        (TEXT, " Name: Ada\n-City: Paris\n+City: Rome", TEXT.replace("Paris", "Rome")),
        (TEXT, "@@\n-City: Paris\n@@\n Likes: tea\n+Has: a cat",
         "Name: Ada\n\nLikes: tea\nHas: a cat\n"),
        (TEXT, "\n-Name: Ada\n+Name: Eve\n City: Paris\n\n Likes: tea", TEXT.replace("Ada", "Eve")),
        (TEXT, "-Likes: tea\n+Likes: mate\n\n\n", TEXT.replace("tea", "mate")),
        (TEXT, "+Has: a cat", TEXT + "Has: a cat\n"),
        ("a\nb", "-b\n+c", "a\nc"),
        ("a\nb", "-b", "a"),
        ("a", "-a", ""),
        ("", "+a\n+b", "a\nb\n"),
        ("\ta\n", "-\ta\n+\tb", "\tb\n"),
        ("a\r\nb\r\n", " a\n-b\n+c", "a\r\nc\r\n"),
        ("a\na\r\nb\n", " a\n a\n-b\n+c", "a\na\r\nc\n"),
        ("x\n-- y\n", " x\n--- y\n++++ z", "x\n+++ z\n"),
        ("1→ mine\n", " 1→ mine\n+2→ too", "1→ mine\n2→ too\n"),
    ],
)  # fmt: skip
def test_hunks_find_their_place_by_their_lines(text: str, body: str, result: str) -> None:
    """Kept lines keep even their endings; blank lines below a hunk are not part of it."""
    assert patched(text, f"*** Update Block: notes\n{body}\n") == result


@pytest.mark.parametrize(
    ("text", "hunk", "result"),
    [
        ("x\nx\nx\n", "@@ -2 +2 @@\n-x\n+y\n", "x\ny\nx\n"),
        ("a\nx\n", "@@ -7 +7 @@\n-x\n+y\n", "a\ny\n"),
        ("a\nb\n", "@@ -1,0 +2 @@\n+x\n", "a\nx\nb\n"),
        ("a\nb\n", "@@ -0,0 +1 @@\n+x\n", "x\na\nb\n"),
        ("-- a\nb\n", "@@ -1,2 +1,2 @@\n--- a\n+++ a\n b\n", "++ a\nb\n"),
        ("a\nb\n", "@@ -1,2 +1 @@\n a\n-b\n--- other\n", "a\n"),
    ],
)
def test_a_diffs_header_decides_among_equal_places(text: str, hunk: str, result: str) -> None:
    """Its line number is a hint, not a condition; its counts tell lines from headings."""
    section = parse(f"--- notes\n+++ notes\n{hunk}")[0]
    assert apply(text, section) == result


@given(texts(most=14), texts(most=14), st.sampled_from(["\n", "\r\n"]), st.integers(0, 3))
def test_a_unified_diff_turns_one_text_into_the_other(
    before: str, after: str, ending: str, context: int
) -> None:
    """Whatever the lines say, how they end, and whether the last one ends at all."""
    old, new = (text.replace("\n", ending) for text in (before, after))
    if old and "\n" not in old:
        ending = "\n"  # a text of one unended line has no ending of its own
        new = after
    made = diff(old, new, context)
    if "→" in after and "→" not in before:
        return
    expected = new if old or ending == "\n" else after
    assert (patched(old, made) if made else old) == expected


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("", InvalidError, "the patch names no block; start each part with '*** Update Block:"),
        ("\n\n", InvalidError, "the patch names no block"),
        ("hello", InvalidError, "line 1 of the patch is not understood: 'hello'. Lines start with"),
        ("*** Update Block: notes\n@@\nhello", InvalidError, "line 3 of the patch is not"),
        ("--- /dev/null\n+++ /dev/null\n", InvalidError, "line 2 of the patch names no block"),
        ("*** Update Block: notes\n-City: Rome\n", NoMatchError,
         "block notes: the hunk that starts with 'City: Rome' does not match. Nearest to its first "
         "line is line 2: City: Paris"),
        ("*** Update Block: notes\n-zebra\n", NoMatchError, "with 'zebra' does not match."),
        ("*** Update Block: notes\n-Likes: tea\n@@\n-Name: Ada\n", NoMatchError, "'Name: Ada'"),
        ("*** Update Block: notes\n-x\n", SeveralMatchesError,
         "block notes: the hunk's lines stand at several places (lines 5, 6); add more lines"),
        ("*** Update Block: notes\n+1→Name: Ada\n", InvalidError, "has line-number prefixes"),
    ],
)  # fmt: skip
def test_a_patch_that_cannot_be_meant_says_what_to_do(
    body: str, kind: type[TokenspaceError], message: str
) -> None:
    """The line of the patch, or the nearest line of the block, is shown."""
    with pytest.raises(kind) as refused:
        patched(TEXT + "x\nx\n", body)
    assert message in str(refused.value)
