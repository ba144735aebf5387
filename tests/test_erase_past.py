"""Erasing from what search keeps of the past, where a paragraph is kept sentence by sentence."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.lines import split_lines
from tokenspace.memory.store import SqliteStore, collect, verify
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.terms import PARAGRAPH_CHARS, entries, words

from .histories import History, bytes_beside
from .secret import bytes_left, erase, texts
from .test_database import query

FILLER = "Nothing of it is of note. " * (PARAGRAPH_CHARS // 26 + 1)
ENDS = f"{FILLER}It all begins with tulip77. Then comes rose99, they say. That is it."


def past(db: Path) -> set[str]:
    """Return the entries that search knows of the past."""
    return {str(text) for (text,) in query(db, "SELECT text FROM past")}


def remembered(db: Path, word: str) -> bool:
    """Tell whether the full-text table of the past has a word, whatever its rows are."""
    file = Connection(db)
    rows = file.all("SELECT rowid FROM past_text WHERE past_text MATCH ?", f'"{word}"')
    file.close()
    return bool(rows)


@pytest.mark.parametrize(
    ("value", "needle", "stays"),
    [
        (f"{ENDS}\n- else\n", "tulip77. Then comes rose99", {"That is it.", "- else"}),
        (f"- one\n{ENDS}\n- two rose99\n",
         "tulip77. Then comes rose99, they say. That is it.\n- two rose99", {"- one"}),
        (f"- of tulip77\n{ENDS}\n- two\n", f"tulip77\n{ENDS}", {"- two"}),
    ],
)  # fmt: skip
async def test_a_text_across_sentences_is_erased_from_what_was(
    db: Path, value: str, needle: str, stays: set[str]
) -> None:
    """Whether it ends in a paragraph or goes over one; entries that it does not touch stay."""
    history = History(await SqliteStore.open(db))
    await history.write("a", value)
    await history.write("b", "That is it, they said.\n- two\n")
    await history.write("b", "")
    await history.write("a", "")
    assert remembered(db, "tulip77")
    await erase(history.store, needle)
    assert not [text for text in past(db) if "tulip77" in text or "rose99" in text]
    assert past(db) >= stays | {"That is it, they said.", "- two"}
    assert not remembered(db, "tulip77")
    assert await history.store.purge()
    assert bytes_left(db, "tulip77. Then comes rose99") == []
    kept = b"".join(bytes_beside(db).values())
    assert (b"ulip77" in kept, b"ose99" in kept) == (False, False)  # as full-text tables have them
    assert verify(db).findings == ()
    await history.store.close()


async def test_sentences_go_with_those_of_a_version_that_was_let_go(db: Path) -> None:
    """Where no text is left that tells what stood beside them; those of other blocks stay."""
    history = History(await SqliteStore.open(db))
    await history.write("a", f"{ENDS}\n")
    history.now += timedelta(hours=1)
    await history.write("a", "- nothing\n")
    await history.write("b", "Then comes rose99, they say.\n")
    await history.write("b", "tulip77. Then comes rose99\n")
    assert collect(db, 1, history.now + timedelta(days=1, minutes=-1)).texts == 1
    await erase(history.store, "tulip77. Then comes rose99")
    assert query(db, "SELECT text FROM past WHERE text LIKE '%rose99%'") == [
        ("Then comes rose99, they say.",)
    ]
    assert not remembered(db, "tulip77")
    assert verify(db).findings == ()
    await history.store.close()


async def test_what_is_redacted_twice_is_still_found_by_what_stands_beside_it(db: Path) -> None:
    """A paragraph may have become a line by the first time, and its sentences are known."""
    history = History(await SqliteStore.open(db))
    long = f"{'x' * 30} and so on. " * 12
    await history.write("a", f"{long}Of tulip77 there are few. Then comes rose99.\n")
    await history.write("a", "")
    await erase(history.store, "x" * 30)
    await erase(history.store, "few. Then comes rose99")
    assert not remembered(db, "rose99")
    assert not remembered(db, "few")
    assert not [text for text in past(db) if "rose99" in text or "few" in text]
    await history.store.close()


SENTENCES = [f"{FILLER[:n]}{name}{n} {verb}." for n, name, verb in [
    (0, "tulip", "grows"), (7, "rose", "wilts"), (130, "aster", "blooms"), (390, "lily", "is cut"),
    (200, "iris", "stands"), (0, "fern", "- hides"),
]]  # fmt: skip
paragraphs = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).map(" ".join)
values = st.lists(paragraphs, max_size=3).map("\n".join)
spans = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(4, 700))


@settings(max_examples=15)
@given(st.lists(values, min_size=1, max_size=5), st.lists(spans, min_size=1, max_size=2))
def test_search_remembers_nothing_but_what_versions_have(
    tmp_path_factory: pytest.TempPathFactory,
    versions: list[str],
    erased: list[tuple[int, int, int]],
) -> None:
    """Whatever part of whichever text is erased, once or twice."""
    db = tmp_path_factory.mktemp("past") / "memory.db"
    gone: set[str] = set()

    async def scenario() -> None:
        history = History(await SqliteStore.open(db))
        for value in (*versions, ""):
            await history.write("a", value)
        for which, start, size in erased:
            stored = sorted(texts(db))
            text = stored[which % len(stored)]
            needle = text[start % (len(text) or 1) :][:size].strip()
            if needle:
                gone.update(word for word in words(needle) if not word.isalpha())
                await erase(history.store, needle)
        await history.store.close()

    asyncio.run(scenario())
    left = [entries("a", split_lines(text)) for text in texts(db)]
    assert past(db) <= {text for found in left for text, _ in found}
    still = {word for text in texts(db) for word in words(text)}
    assert not [word for word in gone - still if remembered(db, word)]
    rows = query(db, "SELECT count(*) FROM past"), query(db, "SELECT count(*) FROM past_text")
    assert rows[0] == rows[1]
    assert verify(db).findings == ()
