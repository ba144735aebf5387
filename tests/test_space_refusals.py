"""Bad input: each refusal is a sentence that says what is wrong, what is near, and what to do."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tokenspace.memory import Draft, Space
from tokenspace.memory.errors import (
    ExistsError,
    InvalidError,
    NoMatchError,
    NotFoundError,
    ReadOnlyError,
    SeveralMatchesError,
    TokenspaceError,
    TooLargeError,
)
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore, Transaction

from .support import BY, NOW, because, put, refusal, text

TEXT = "Name: Ada\nCity: Paris\nLikes: tea\nLikes: cake\nLikes: tea\n"
NUMBERS = "the new text has line-number prefixes (like '12→'); they are only shown when reading"
READ_ONLY = "block rules is read-only; only a person can change it, with `tokenspace edit rules`."
BIG = "x" * 262_145
NUL = "holds a NUL byte at character 1; remove it."
SURROGATE = "holds a lone surrogate (U+D83D) at character 1, which is not text; remove it or send"
LABEL = "is not a block label: use 1 to 128 letters, digits, _ - . and / between parts, for example"

Call = Callable[[Space], Awaitable[object]]

UNKNOWN: list[tuple[Call, type[TokenspaceError], str]] = [
    (lambda s: s.read("humna"), NotFoundError, "there is no block 'humna'. Did you mean 'human'?"),
    (lambda s: s.read("zzz"), NotFoundError,
     "there is no block 'zzz'. Blocks here: human, persona, project, notes, rules."),
    (lambda s: s.changes("humna"), NotFoundError, "Did you mean 'human'?"),
    (lambda s: s.replace("note", "a", "b", BY), NotFoundError, "Did you mean 'notes'?"),
    (lambda s: s.insert("note", "a", -1, BY), NotFoundError, "Did you mean 'notes'?"),
    (lambda s: s.rethink("note", "a", BY, "abcd"), NotFoundError, "Did you mean 'notes'?"),
    (lambda s: s.delete("note", BY), NotFoundError, "Did you mean 'notes'?"),
    (lambda s: s.rename("note", "b", BY), NotFoundError, "Did you mean 'notes'?"),
    (lambda s: s.describe("note", BY, limit=1), NotFoundError, "Did you mean 'notes'?"),
    (lambda s: s.patch("*** Update Block: note\n+x\n", BY), NotFoundError, "mean 'notes'?"),
    (lambda s: s.read("notes", "zz"), NotFoundError,
     "'zz' is no place in the history. Give a change's number, a version, a checkpoint, "),
    (lambda s: s.read("notes", "abcd"), NotFoundError,
     "block notes has no version 'abcd'; give a version (the part after @), a change's number, "),
    (lambda s: s.read("notes", "77"), NotFoundError, "there is no change 77; the newest is 3."),
    (lambda s: s.read("notes", "1"), NotFoundError, "there was no block notes at change 1."),
    (lambda s: s.context("0"), NotFoundError, "there is no change 0; the newest is 3."),
]  # fmt: skip

EDITS: list[tuple[Call, type[TokenspaceError], str]] = [
    (lambda s: s.replace("notes", "City: Rome", "x", BY), NoMatchError,
     "block notes: old_string does not occur. Nearest is line 2: City: Paris"),
    (lambda s: s.replace("notes", "CITY: paris", "x", BY), NoMatchError,
     "block notes: old_string does not occur exactly; line 2 differs in spaces or capitals: City:"),
    (lambda s: s.replace("human", "x", "y", BY), NoMatchError,
     "block human: old_string does not occur: the block is empty."),
    (lambda s: s.replace("notes", "Likes: tea\n", "x", BY), SeveralMatchesError,
     "block notes: old_string occurs 2 times, starting in lines 3, 5; add surrounding text so that "
     "it matches once."),
    (lambda s: s.replace("notes", "", "x", BY), InvalidError,
     "block notes: old_string is empty; give the exact text to replace."),
    (lambda s: s.replace("notes", "2→City: Paris", "x", BY), NoMatchError,
     "block notes: old_string has line-number prefixes (like '12→')"),
    (lambda s: s.insert("notes", "x", 6, BY), InvalidError,
     "block notes: insert_line 6 is out of range: the block has 5 lines; give 0 (top) to 5, or -1 "
     "(end)."),
    (lambda s: s.insert("notes", "", 1, BY), InvalidError,
     "block notes: new_string is empty; there is nothing to insert."),
    (lambda s: s.replace("notes", "City: Paris", "2→City: Paris", BY), InvalidError,
     f"block notes: {NUMBERS}"),
    (lambda s: s.insert("notes", " 3→Likes: tea", 1, BY), InvalidError, f"block notes: {NUMBERS}"),
    (lambda s: s.rethink("notes", "1→a\n2→b", BY), InvalidError, f"block notes: {NUMBERS}"),
    (lambda s: s.rethink("fresh", "1→a\n2→b", BY), InvalidError, NUMBERS),
    (lambda s: s.create(Draft(uid=None, label="a", value="8→a\n9→b"), BY), InvalidError,
     NUMBERS),
    (lambda s: s.patch("*** Update Block: notes\n+1→a\n+2→b\n", BY), InvalidError,
     f"block notes: {NUMBERS}"),
    (lambda s: s.create(Draft(uid=None, label="HUMAN", value="x"), BY), ExistsError,
     "there is already a block human (0 characters); edit it, or take another label."),
    (lambda s: s.rename("notes", "Human", BY), ExistsError,
     "there is already a block human; edit that one or take another label."),
    (lambda s: s.describe("notes", BY, limit=0), InvalidError,
     "limit 0 is out of range: give 1 or more characters."),
    (lambda s: s.describe("notes", BY, description="x" * 2_001), InvalidError,
     "the description is 2,001 characters; keep it under 2,000."),
]  # fmt: skip

PROTECTED: list[tuple[Call, type[TokenspaceError], str]] = [
    (lambda s: s.replace("rules", "law", "x", BY), ReadOnlyError, READ_ONLY),
    (lambda s: s.insert("rules", "x", -1, BY), ReadOnlyError, READ_ONLY),
    (lambda s: s.rethink("Rules", "x", BY), ReadOnlyError, READ_ONLY),
    (lambda s: s.patch("*** Update Block: rules\n+x\n", BY), ReadOnlyError, READ_ONLY),
    (lambda s: s.patch("*** Delete Block: rules\n", BY), ReadOnlyError, READ_ONLY),
    (lambda s: s.delete("rules", BY), ReadOnlyError, READ_ONLY),
    (lambda s: s.rename("rules", "x", BY), ReadOnlyError, READ_ONLY),
    (lambda s: s.describe("rules", BY, read_only=False), ReadOnlyError, READ_ONLY),
]

UNSTORABLE: list[tuple[Call, type[TokenspaceError], str]] = [
    (lambda s: s.rethink("notes", BIG, BY), TooLargeError,
     "262,145 bytes; a block holds at most 262,144 (256 KiB). Split it into several blocks."),
    (lambda s: s.insert("notes", "y" * 262_140, -1, BY), TooLargeError,
     "block notes would be 262,"),
    (lambda s: s.replace("notes", "Ada", BIG, BY), TooLargeError, "a block holds at most 262,144"),
    (lambda s: s.rethink("fresh", BIG, BY), TooLargeError, "a block holds at most 262,144"),
    (lambda s: s.rethink("notes", "a\0b", BY), InvalidError, NUL),
    (lambda s: s.insert("notes", "a\0b", -1, BY), InvalidError, NUL),
    (lambda s: s.replace("notes", "Ada", "a\0b", BY), InvalidError, NUL),
    (lambda s: s.replace("notes", "a\0b", "x", BY), NoMatchError, "old_string does not occur"),
    (lambda s: s.patch("*** Update Block: notes\n+a\0b\n", BY), InvalidError, NUL),
    (lambda s: s.describe("notes", BY, description="a\0"), InvalidError, f"description {NUL}"),
    (lambda s: s.rethink("notes", "a\ud83db", BY), InvalidError, SURROGATE),
    (lambda s: s.insert("notes", "a\ud83db", -1, BY), InvalidError, SURROGATE),
    (lambda s: s.replace("notes", "Ada", "a\ud83db", BY), InvalidError, SURROGATE),
    (lambda s: s.replace("notes", "a\ud83d", "x", BY), NoMatchError, "old_string does not occur"),
    (lambda s: s.patch("*** Update Block: notes\n+a\ud83d\n", BY), InvalidError, SURROGATE),
    (lambda s: s.describe("notes", BY, tags=("a\ud83d",)), InvalidError, f"a tag {SURROGATE}"),
]  # fmt: skip

LABELS: list[tuple[Call, type[TokenspaceError], str]] = [
    (lambda s: s.read("a b"), InvalidError, f"'a b' {LABEL} project/conventions."),
    (lambda s: s.read("\ud83d"), InvalidError, f"'\\ud83d' {LABEL}"),
    (lambda s: s.rethink("a\0", "x", BY), InvalidError, f"'a\\x00' {LABEL}"),
    (lambda s: s.rename("notes", "../x", BY), InvalidError, f"'../x' {LABEL}"),
    (lambda s: s.delete("x" * 129, BY), InvalidError, f"'{'x' * 80}' {LABEL}"),
    (lambda s: s.patch("*** Add Block: a:b\n+x\n", BY), InvalidError, f"'a:b' {LABEL}"),
    (lambda s: s.patch("*** Update Block: notes\n*** Move to: a b\n", BY), InvalidError, LABEL),
    (lambda s: s.changes("?"), InvalidError, f"'?' {LABEL}"),
]


@pytest.mark.parametrize(
    ("call", "kind", "sentence"), [*UNKNOWN, *EDITS, *PROTECTED, *UNSTORABLE, *LABELS]
)
async def test_a_call_that_cannot_be_meant_is_refused_with_what_to_do(
    space: Space, call: Call, kind: type[TokenspaceError], sentence: str
) -> None:
    """Nothing of it is recorded, and the sentence fits on a screen."""
    await put(space, TEXT)
    await put(space, "law", "rules", read_only=True)
    before = await space.context()
    with pytest.raises(kind) as refused:
        await call(space)
    assert type(refused.value) is kind
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 500
    assert await space.context() == before


async def test_what_is_said_of_a_write_must_be_storable_too(space: Space) -> None:
    """A reason or a key that no store can carry is refused before anything else happens."""
    for make in (
        lambda: because("\ud83d"),
        lambda: because("", "\0"),
        lambda: because("x" * 2_001),
    ):
        with pytest.raises(InvalidError):
            make()
    assert await space.head() == 1


async def test_a_value_of_exactly_256_kib_is_kept_whole(space: Space) -> None:
    """The ceiling itself is allowed, by any way of writing."""
    line = "é\t" * 50 + "\r\n"
    largest = line * (262_144 // len(line.encode()))
    largest += "x" * (262_144 - len(largest.encode()))
    await space.rethink("notes", largest, BY)
    assert await text(space) == largest
    grown = str(await refusal(space.insert("notes", "y", -1, BY)))
    assert grown.startswith("block notes would be 262,14")
    assert await text(space) == largest


async def test_a_change_number_is_not_taken_for_a_version(db: Path) -> None:
    """Fewer digits than a version is shown with, none of them a letter, name a change."""
    store = await SqliteStore.open(db)

    def fill(tx: Transaction) -> str:
        made = tx.record(MAIN, BY, NOW, [Draft(uid=None, label="notes", value="")])
        for n in range(60_000):
            draft = Draft(uid=made.blocks[0].uid, label="notes", value=f"{n}")
            version = tx.record(MAIN, BY, NOW, [draft]).blocks[0].version or ""
            if version[:4].isdecimal() and 1_000 <= int(version[:4]) < n:
                return version[:4]
        raise AssertionError("no version looks like the number of a change")

    try:
        number = await store.write(fill)
        found, _ = await Space(store, lambda: NOW).read("notes", number)
    finally:
        await store.close()
    assert found.change == int(number)
