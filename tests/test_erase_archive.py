"""Erasing in the archive, and in all that search looks through."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.errors import NoMatchError, NotFoundError
from tokenspace.memory.passages import Passage
from tokenspace.memory.store import SqliteStore, collect, verify

from .histories import History, tamper
from .secret import LATER, SECRET, bytes_left, erase, texts, with_vectors, words_left
from .support import BY, because, opened
from .test_database import query


@pytest.fixture
async def history(db: Path) -> AsyncGenerator[History]:
    """A secret wherever the archive can have one, with a vector for all there is."""
    made = History(await SqliteStore.open(db))
    await made.write("a", f"# Keys\n- of the door: {SECRET}\n- {SECRET}\n", tags=(f"for {SECRET}",))
    await made.file(f"the first, {SECRET}", source="book")
    await made.file("the second", source="book")
    await made.file("the third", source="book")
    await made.file(SECRET, tags=(SECRET, "key"))
    await made.file(f"{SECRET}: I was asked", kind="episode", source=f"task {SECRET}")
    await made.file("what I did", kind="episode", source=f"task {SECRET}")
    await made.file(f"once it was {SECRET}")
    await with_vectors(made.store)
    made.reason = f"not {SECRET} any more"
    await made.file("what it is now", 7)
    made.reason = ""
    await made.file(f"gone, {SECRET}")
    await made.file(None, 8)
    await made.write("a", f"- of the gate: {SECRET}\n")
    yield made
    await made.store.close()


async def shown(store: SqliteStore) -> list[Passage]:
    """Return every passage that is there."""
    found = [await store.read(lambda v, n=n: v.passage(n)) for n in range(1, 9)]
    return [passage for passage in found if passage is not None]


async def test_nothing_of_a_secret_is_left_in_the_archive(history: History, db: Path) -> None:
    """In no byte of any file: texts, tags, sources, words, what was; all else stands."""
    before = {p.id: p for p in await shown(history.store)}
    assert words_left(db)
    done = await erase(history.store, SECRET)
    assert (done.texts, done.versions, done.passages) == (7, 7, 6)
    assert (done.reasons, done.descriptions) == (1, 3)
    assert [what for _, what in done.counts()] == (
        ["text", "version", "passage", "reason", "description"]
    )
    assert await history.store.purge()
    assert (bytes_left(db), words_left(db)) == ([], [])
    assert not [text for text in texts(db) if SECRET in text]
    assert verify(db).findings == ()
    after = {p.id: p for p in await shown(history.store)}
    assert {n: (p.text, p.tags, p.source) for n, p in after.items()} == {
        1: ("the first, [erased]", (), "book"),
        2: ("the second", (), "book"),
        3: ("the third", (), "book"),
        5: ("[erased]: I was asked", (), "task [erased]"),
        6: ("what I did", (), "task [erased]"),
        7: ("what it is now", (), ""),
    }
    assert [n for n in after if after[n].change != before[n].change] == [1, 5, 6]
    past = [await history.store.read(lambda v, n=n: v.passage(n, 12)) for n in (4, 8)]
    assert [p and (p.text, p.tags) for p in past] == [("[erased]", ("key",)), None]
    gone = await history.store.read(lambda v: v.passage(8, 10))
    assert gone is not None
    assert gone.text == "gone, [erased]"
    assert await history.store.read(lambda v: v.beside(5)) == ["e6"]


async def test_search_forgets_a_secret(history: History, db: Path) -> None:
    """Entries, what they were, tags, of whom it is; vectors of it and of what stands beside it."""
    items = "SELECT item_id FROM embedding e JOIN doc d ON d.id = e.doc_id ORDER BY 1"
    assert query(db, items) == [(n,) for n in range(1, 8)]
    await erase(history.store, SECRET)
    for sql in ("SELECT * FROM doc", "SELECT * FROM doc_tag", "SELECT * FROM past"):
        assert "hunter2" not in str(query(db, sql)).casefold()
    assert query(db, "SELECT text FROM past") == [("# Keys",), ("- of the door: [erased]",)]
    assert query(db, items) == [(3,)]  # the only one that neither had it nor stood beside it
    waiting = "SELECT d.item_id FROM embed_queue q JOIN doc d ON d.id = q.doc_id WHERE d.kind > 1"
    assert {row[0] for row in query(db, waiting)} == {1, 2, 5, 6, 7}
    assert await with_vectors(history.store) == 6
    assert verify(db).findings == ()


async def test_a_text_of_several_lines_is_erased_from_what_was(db: Path) -> None:
    """Search keeps a line at a time; parts of it go, and others that are like them stay."""
    history = History(await SqliteStore.open(db))
    await history.write("a", "- the key: one\ntwo\n- three, of iron\nend\n")
    await history.write("a", "- a key: no one\nnot two\nthree, of iron\n")
    await history.write("a", "")
    assert not (await erase(history.store, "of iron\nend\nof all")).changes
    await erase(history.store, "key: one\ntwo\n- three")
    left = query(db, "SELECT text FROM past ORDER BY id")
    assert left == [("end",), ("- a key: no one",), ("not two",), ("three, of iron",)]
    assert await history.store.purge()
    assert verify(db).findings == ()
    await history.store.close()


async def test_what_only_search_remembers_is_erased_too(db: Path) -> None:
    """Of a version whose text was let go, an entry may be left."""
    history = History(await SqliteStore.open(db))
    await history.write("a", f"- {SECRET}, once\n")
    history.now += timedelta(hours=1)
    await history.write("a", "- nothing\n")
    assert collect(db, 1, history.now + timedelta(days=1, minutes=-1)).texts == 1
    assert SECRET in str(query(db, "SELECT text FROM past"))
    done = await erase(history.store, SECRET)
    assert (len(done.changes), done.counts()) == (1, [])
    assert await history.store.purge()
    assert (bytes_left(db), words_left(db)) == ([], [])
    assert verify(db).findings == ()
    await history.store.close()


async def test_the_words_of_the_archive_itself_cannot_be_erased(db: Path) -> None:
    """The key of a source is no text of anybody: passages keep theirs."""
    history = History(await SqliteStore.open(db))
    number = await history.file("of a source", source="a source")
    await history.write("a", "", metadata={"source": "a source", "a source": "x"})
    await erase(history.store, "source")
    found = await history.store.read(lambda v: v.passage(number))
    block = await history.store.read(lambda v: v.block("main", "a"))
    assert found is not None
    assert block is not None
    assert (found.text, found.source) == ("of a [erased]", "a [erased]")
    assert block.metadata == {"source": "a [erased]", "a erased": "x"}
    assert verify(db).findings == ()
    await history.store.close()


async def test_tags_and_sources_never_get_too_long(db: Path) -> None:
    """A mark that is longer than what it stands for gives way to nothing."""
    history = History(await SqliteStore.open(db))
    number = await history.file("x", source="some" * 125, tags=("t" + "some" * 24, "some"))
    await erase(history.store, "some")
    found = await history.store.read(lambda v: v.passage(number))
    assert found is not None
    assert (found.source, found.tags) == ("", ("t",))
    await history.store.close()


async def test_a_whole_passage_is_erased(history: History, db: Path) -> None:
    """Every version, its tags, its source, why it was changed; a text that others have stays."""
    await history.write("same", "what it is now")
    history.reason = "as Ada wished"
    await history.file("what it is at last", 7, source="hers", tags=("t",))
    await with_vectors(history.store)
    done = await history.store.write(lambda tx: tx.erase_passage(because("gdpr"), LATER, 7))
    assert (done.texts, done.versions, done.passages, done.reasons) == (3, 3, 1, 2)
    assert verify(db).findings == ()
    assert await history.store.read(lambda v: v.passage(7)) is None
    same = await history.store.read(lambda v: v.block("main", "same"))
    assert same is not None
    assert same.value == "what it is now"
    changes = await history.store.read(lambda v: v.since(8))
    assert [c.reason for c in changes if c.reason] == ["[erased]", "[erased]", "gdpr"]
    assert query(db, "SELECT count(*) FROM doc WHERE kind = 2 AND item_id = 7") == [(0,)]
    assert query(db, "SELECT count(*) FROM about WHERE tags = '[\"t\"]'") == [(0,)]
    await history.store.write(lambda tx: tx.erase_passage(BY, LATER, 1))
    near = "SELECT d.item_id FROM embedding e JOIN doc d ON d.id = e.doc_id WHERE source = 'book'"
    assert query(db, near) == [(3,)]  # that of p2 was made of its words as well
    with pytest.raises(NotFoundError, match="no passage 99"):
        await history.store.write(lambda tx: tx.erase_passage(BY, LATER, 99))


async def test_an_erased_block_is_not_remembered_by_search(history: History, db: Path) -> None:
    """Its entries go, and those that it had; a passage that says the same stays."""
    block = await history.store.read(lambda v: v.block("main", "a"))
    assert block is not None
    same = await history.file(block.value, tags=block.tags)
    assert query(db, "SELECT count(*) FROM past") != [(0,)]
    await history.store.write(lambda tx: tx.erase_block(BY, LATER, block.uid))
    assert query(db, "SELECT count(*) FROM past") == [(0,)]
    assert query(db, "SELECT count(*) FROM doc WHERE kind = 1") == [(0,)]
    assert query(db, "SELECT count(*) FROM past_text_docsize") == [(0,)]
    passage = await history.store.read(lambda v: v.passage(same))
    assert passage is not None
    assert (passage.text, passage.tags) == (block.value, block.tags)
    assert verify(db).findings == ()


async def test_a_space_erases_a_passage_by_its_name(db: Path) -> None:
    """Off the disk as well; a second time there is nothing to erase, a retry is answered."""
    async with opened(db) as space:
        history = space.history
        with pytest.raises(NotFoundError, match="no passage p1"):
            await history.erase_passage(BY, "p1")
        made = History(await SqliteStore.open(db))
        await made.file(f"the key is {SECRET}", source="book")
        await made.store.close()
        done = await history.erase_passage(because("asked", "k"), "memory://archive/p1")
        assert (done.erased.passages, done.pending) == (1, False)
        assert (bytes_left(db), words_left(db)) == ([], [])
        retried = await history.erase_passage(because("asked", "k"), "p1")
        assert retried.erased.changes == done.erased.changes
        with pytest.raises(NoMatchError, match="p1 is erased already"):
            await history.erase_passage(BY, "p1")


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        ("UPDATE passage_version SET object_id = (SELECT max(id) FROM object) WHERE change = 2",
         "the text is another one: 1 version: p1@"),
        ("UPDATE passage_version SET about_id = (SELECT min(id) FROM about) WHERE change = 6",
         "not as recorded"),
        ("DELETE FROM retraction WHERE kind = 'text' AND position < 9", "the text is another one"),
        ("UPDATE retraction SET now = was WHERE kind = 'change'", "not as recorded"),
    ],
)  # fmt: skip
async def test_what_is_tampered_with_after_erasing_is_still_found(
    history: History, db: Path, sql: str, finding: str
) -> None:
    """Only what the erasing change gives account of passes."""
    await erase(history.store, SECRET)
    assert verify(db).findings == ()
    tamper(db, sql)
    assert finding in "\n".join(verify(db).findings)


words = st.sampled_from(["secret", "- secret", "x secret y", "a", "b\nc", "d: secret", "[erased]"])
steps = st.tuples(st.integers(0, 3), words, words, st.sampled_from(["", "s", "of a secret"]))


@settings(max_examples=20)
@given(st.lists(steps, min_size=1, max_size=20), st.sampled_from(["secret", "b\nc", "a"]))
def test_any_archive_is_rid_of_it_and_proves(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[int, str, str, str]], needle: str
) -> None:
    """Whatever was filed, edited, deleted before; search goes on with what is left."""
    db = tmp_path_factory.mktemp("archive") / "memory.db"

    async def scenario() -> None:
        history = History(await SqliteStore.open(db))
        made: list[int] = []
        for which, text, tag, source in script:
            tags = (tag,) if "\n" not in tag else ()
            if which == 3:
                await history.write("block", f"{text}\n{tag}\n", tags=tags)
            elif which < len(made):
                gone = text == "a" and await history.store.read(
                    lambda v, n=made[which]: v.passage(n)
                )
                await history.file(None if gone else text, made[which], tags=tags, source=source)
            else:
                made.append(await history.file(text, tags=tags, source=source))
            await with_vectors(history.store)
        await erase(history.store, needle)
        assert await history.store.purge()
        await history.store.close()

    asyncio.run(scenario())
    assert not [text for text in texts(db) if needle in text]
    for sql in ("SELECT text FROM doc", "SELECT source FROM doc", "SELECT text FROM past"):
        assert not [row for row in query(db, sql) if needle in str(row[0] or "")]
    stored = query(db, "SELECT tags || metadata FROM about")
    assert needle == "a" or not [row for row in stored if needle in str(row[0])]
    words = query(db, "SELECT block FROM doc_text_data UNION SELECT block FROM past_text_data")
    assert needle != "secret" or "ecret" not in str(words)
    assert verify(db).findings == ()
