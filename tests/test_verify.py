"""Looking a file over: nothing wrong is missed, nothing whole is called wrong, nothing changes."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tokenspace.memory.errors import CorruptError
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore, verify

from .histories import History, bytes_beside, cut, overwrite_page, tamper
from .secret import with_vectors
from .test_database import newer_program, other_program, state


@pytest.fixture
async def history(db: Path) -> AsyncGenerator[History]:
    """Two blocks, a branch with a change of its own, a deleted branch, a checkpoint."""
    store = await SqliteStore.open(db)
    made = History(store)
    await made.write("a", "one\n" * 50, description="what a is")
    await made.write("b", "two\n")
    await made.branch("draft")
    await made.branch("gone")
    await made.write("a", "one\n" * 50 + "three\n", "draft")
    await made.write("b", "four\n", "gone")
    await store.write(lambda tx: tx.close_branch("gone", made.now))
    await made.write("a", None)
    await made.checkpoint("here")
    yield made
    await store.close()


async def test_a_whole_file_is_found_whole(history: History, db: Path) -> None:
    """Open in a process, with its newest writes still in the -wal; and closed. It is counted."""
    for _ in range(2):
        report = verify(db)
        assert report.bytes == sum(file.stat().st_size for file in db.parent.glob("*[bl]"))
        assert report.findings == ()
        assert (report.changes, report.versions, report.texts) == (5, 4, 4)
        assert (report.blocks, report.branches) == (2, 3)
        await history.store.close()


async def test_looking_takes_no_lock_away(history: History, db: Path) -> None:
    """As opening and closing the file otherwise would: another process may not remove the -wal."""
    verify(db)
    assert list(bytes_beside(db)) == ["memory.db", "memory.db-shm", "memory.db-wal"]
    program = "import apsw, sys; apsw.Connection(sys.argv[1]).execute('SELECT * FROM change')"
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program, str(db)], check=True)
    assert list(bytes_beside(db)) == ["memory.db", "memory.db-shm", "memory.db-wal"]
    await history.write("a", "next")
    assert verify(db).findings == ()


async def test_nothing_is_changed_by_looking(history: History, db: Path) -> None:
    """Not a byte, and no file comes or goes beside it."""
    await history.store.close()
    before = state(db)
    verify(db)
    assert state(db) == before


TAMPERING = {
    "UPDATE change SET reason = 'x' WHERE number = 2": "not the one recorded: 1 change: 2",
    "UPDATE change SET at = at + 1 WHERE number = 3": "of them): 1 change: 3",
    "UPDATE change SET tool = 'x' WHERE number > 1": "of them): 4 changes: 2, 3, 4, 5",
    "UPDATE change SET author_id = 77 WHERE number = 2": "of them): 1 change: 2",
    "DELETE FROM change WHERE number = 5": "says that its newest change is 5, but it is 2",
    "UPDATE block_version SET label = 'x' WHERE change = 3": "of them): 1 change: 3",
    "UPDATE block_version SET action = 'x' WHERE change = 5": "of them): 1 change: 5",
    "UPDATE block_version SET object_id = 1 WHERE change = 2": "is another one: 1 version: b@",
    "DELETE FROM object WHERE id = 2": "1 row of block_version refer to rows of object",
    "DELETE FROM object WHERE id = 1": "damaged or missing: 2 versions: a@",
    "UPDATE object SET data = x'00' WHERE id = 2": "damaged or missing: 1 version: b@",
    "UPDATE object SET hash = zeroblob(16) WHERE id = 2": "damaged or missing: 1 version: b@",
    "UPDATE about SET description = 'x' WHERE id = 1": "metadata are not as recorded: 3 versions",
    "UPDATE block_head SET change = 1 WHERE branch_id = 2": "branch draft does not have the newest",
    "INSERT INTO block_head VALUES (3, 2, 4, 'b')": "branch gone does not have the newest",
    "DELETE FROM block_head WHERE branch_id = 1": "newest of its past: 1 block: b",
    "UPDATE block_version SET object_id = NULL WHERE change = 2": "newest of its past: 1 block: b",
    "UPDATE branch SET head_change = 1 WHERE id = 2": "its newest change is 1, but it is 3",
    "UPDATE checkpoint SET change = 99": "checkpoint here names change 99, which is not there",
    "DELETE FROM meta WHERE key = 'hash_key'": "the key of this space's hashes cannot be read",
    "DROP INDEX object_by_base": "texts could not be checked to the end",
}


@pytest.mark.parametrize("sql", TAMPERING)
async def test_what_was_tampered_with_is_named(history: History, db: Path, sql: str) -> None:
    """In a sentence that says which change, version, branch or checkpoint."""
    await history.store.close()
    tamper(db, sql)
    assert TAMPERING[sql] in "\n".join(verify(db).findings)


@pytest.fixture
async def archive(history: History) -> History:
    """The same with two passages and an episode, one edited and one deleted, and vectors."""
    await history.write("b", "two\nlines\n", tags=("T",))
    await history.file("one", source="book", tags=("t",))
    await history.file("what was done", kind="episode")
    await history.file("two", 1, source="book")
    await history.file("three", source="book")
    await with_vectors(history.store)
    await history.file(None, 3)
    return history


async def test_an_archive_is_counted_and_found_whole(archive: History, db: Path) -> None:
    """Passages that were deleted count as blocks do."""
    report = verify(db)
    assert report.findings == ()
    assert (report.passages, report.blocks, report.texts, report.changes) == (3, 2, 9, 11)
    assert archive.made[-1].number == 11


ARCHIVE_TAMPERING = {
    "UPDATE passage_version SET valid_from = 1 WHERE change = 7": "of them): 1 change: 7",
    "UPDATE passage SET kind = 'passage' WHERE id = 2": "of them): 1 change: 8",
    "DELETE FROM passage_version WHERE change = 9": "the newest of its past: 1 passage: p1",
    "UPDATE passage SET change = 7 WHERE id = 1": "the newest of its past: 1 passage: p1",
    "UPDATE passage_version SET object_id = NULL WHERE change = 8": "newest of its past: 1 passage",
    "UPDATE passage_version SET object_id = 1 WHERE change = 7": "is another one: 1 version: p1@",
    "UPDATE object SET data = x'00' WHERE chars = 13": "damaged or missing: 1 version: e2@",
    "UPDATE about SET tags = '[]' WHERE tags = '[\"t\"]'": "not as recorded: 1 version: p1@",
    "UPDATE about SET metadata = '{}' WHERE metadata <> '{}'": "3 versions: p1@",
    "DELETE FROM passage WHERE id = 3": "rows of passage_version refer to rows of passage",
    "DELETE FROM doc WHERE kind = 3": "does not look through what is there: 1 place: e2",
    "UPDATE doc SET item_id = 3 WHERE kind = 2": "what is there: 2 places: p1, p3",
    "UPDATE doc SET source = 'x' WHERE kind = 2": "what is there: 1 place: p1",
    "UPDATE doc SET text = 'x' WHERE text = 'two'": "what is there: 1 place: b",
    "INSERT INTO doc SELECT 99, kind, item_id, at, source, entity, context, text FROM doc LIMIT 1":
        "what is there: 1 place: b",
    "DELETE FROM doc_tag WHERE tag = 't'": "what is there: 1 place: b",
    "DELETE FROM doc_text WHERE rowid = (SELECT max(rowid) FROM doc_text)":
        "without a counterpart in doc or doc_text: 1 row.",
    "DELETE FROM past_text": "in past or past_text: 50 rows.",
    "UPDATE embedding SET doc_id = 99 WHERE id = 1": "as long as their model makes them: 1 vector.",
    "UPDATE embedding SET i8 = x'00' WHERE id < 3": "model makes them: 2 vectors.",
}  # fmt: skip


@pytest.mark.parametrize("sql", ARCHIVE_TAMPERING)
async def test_what_was_tampered_with_in_the_archive_is_named(
    archive: History, db: Path, sql: str
) -> None:
    """Passages by their names; what search looks through by the block or passage it is of."""
    await archive.store.close()
    tamper(db, sql)
    assert ARCHIVE_TAMPERING[sql] in "\n".join(verify(db).findings)


async def test_a_damaged_page_is_named_and_hides_nothing_else(history: History, db: Path) -> None:
    """Which table, which page, which texts; the other blocks stay readable."""
    for n in range(60):
        await history.write(f"c{n}", f"{n * 7919**20}\n" * 4)
    await history.store.close()
    page = overwrite_page(db, "object")
    tamper(db, "UPDATE checkpoint SET change = 99")
    report = verify(db)
    found = "\n".join(report.findings)
    assert f"in object, page {page}" in found
    assert "the text is damaged or missing: " in found
    assert "checkpoint here names change 99" in found
    assert report.changes == 65
    store = await SqliteStore.open(db)
    try:
        last = await store.read(lambda v: v.block(MAIN, "c59"))
        assert last is not None
        assert last.value.startswith(f"{59 * 7919**20}\n")
        with pytest.raises(CorruptError):
            await store.read(lambda v: v.block(MAIN, "b"))
    finally:
        await store.close()


async def test_a_file_that_was_cut_is_called_cut(history: History, db: Path) -> None:
    """By how much."""
    await history.store.close()
    left = cut(db, 10_000)
    found = verify(db).findings[0]
    assert found.startswith(
        f"memory.db is cut short: {left:,} bytes are there of {left + 10_000:,}"
    )


async def test_a_wal_that_is_missing_or_overwritten_is_noticed(history: History, db: Path) -> None:
    """Both mean that acknowledged writes are gone; the file alone may look whole."""
    assert await history.store.read(lambda v: v.newest()) == 5
    copies = db.parent / "copies"
    copies.mkdir()
    for name in ("memory.db", "memory.db-shm"):
        shutil.copy(db.with_name(name), copies / name)
    found = "\n".join(verify(copies / "memory.db").findings)
    assert "memory.db-wal is missing, though memory.db-shm is there" in found
    (copies / "memory.db-shm").unlink()
    (copies / "memory.db-wal").write_bytes(b"\xa5" * 10_000)
    found = "\n".join(verify(copies / "memory.db").findings)
    assert "memory.db-wal (10,000 bytes) is overwritten" in found


def test_what_is_no_space_of_this_program_is_said(db: Path) -> None:
    """Missing, empty, a folder, text, another program's, a newer program's: a finding each."""
    assert verify(db).findings == (f"{db} does not exist.",)
    assert verify(db.parent).findings == (f"{db.parent} is a folder.",)
    db.touch()
    assert verify(db).findings == (f"{db} is empty.",)
    db.write_text("# Notes\n", encoding="utf-8")
    assert "is not an SQLite database" in verify(db).findings[0]
    db.unlink()
    other_program(db)
    assert "is a database of another program" in verify(db).findings[0]
    db.unlink()
    newer_program(db)
    assert "was written by a newer tokenspace" in verify(db).findings[0]
