"""A backup comes back without losing anything silently, also under servers that go on."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tokenspace.memory.errors import CorruptError, InvalidError, NotFoundError
from tokenspace.memory.store import SqliteStore, backup, database, restore_backup, verify

from .histories import (
    History,
    bytes_beside,
    cut,
    every_state,
    overwrite_page,
    short_history,
    tamper,
    value,
)
from .secret import with_vectors
from .support import ADA, NOW, opened, put
from .test_database import other_program, query

LATER = NOW + timedelta(days=1)


@pytest.fixture
async def live(db: Path) -> AsyncGenerator[History]:
    """A space that is open, with a few changes."""
    history = await short_history(db)
    yield history
    await history.store.close()


@pytest.fixture
def kept(db: Path) -> Path:
    """Where a backup goes."""
    return db.with_name("kept.db")


async def test_a_backup_comes_back_under_servers_that_go_on(
    live: History, db: Path, kept: Path
) -> None:
    """Two stores have the file open: both read what was restored, and write on, numbers upward."""
    other = History(await SqliteStore.open(db))
    backup(db, kept)
    before = await value(live.store)
    await live.write("a", "new\n" * 100)
    await other.write("b", "other\n" * 100)
    assert await value(live.store, "b") == await value(other.store, "b")
    pulse = await other.store.pulse()

    done = await asyncio.to_thread(restore_backup, kept, db, ADA, LATER)
    assert (done.change, done.newest, done.at) == (8, 5, NOW)
    assert (done.dropped, done.dropped_newest) == (2, 7)
    assert (done.damaged, done.erased_since) == (False, False)
    assert await other.store.pulse() != pulse
    for history in (live, other):
        assert history.store.is_current()
        assert await value(history.store) == before
        assert await value(history.store, "b") is None
    made = await live.store.read(lambda v: v.change(8))
    assert (made.tool, made.parent, made.author, made.at) == ("restore-backup", 5, ADA, LATER)
    assert made.reason == "backup of 2026-01-02 03:04:05 UTC"
    assert made.blocks == ()

    for n, history in enumerate((live, other, live)):
        await history.write("a", f"after {n}\n" * 90)
        await history.write(f"c{n}", f"after {n}\n" * 99)
    assert [c.number for c in other.made] == [7, 11, 12]
    states = [await every_state(history.store) for history in (live, other)]
    assert states[0] == states[1]
    await other.store.close()
    assert verify(db).findings == ()
    assert done.kept
    assert done.kept.name == "memory.db.replaced.bak"
    replaced = await SqliteStore.open(db.with_name("memory.db.replaced.bak"))
    assert await value(replaced) == "new\n" * 100
    await replaced.close()


async def test_what_was_replaced_comes_back_the_same_way(
    live: History, db: Path, kept: Path
) -> None:
    """The copy of it is a backup too, and is itself replaced."""
    backup(db, kept)
    await live.write("a", "newest")
    await asyncio.to_thread(restore_backup, kept, db, ADA, LATER)
    await live.write("a", "regretted")
    back = await asyncio.to_thread(
        restore_backup, db.with_name("memory.db.replaced.bak"), db, ADA, LATER
    )
    assert await value(live.store) == "newest"
    assert (back.change, back.newest, back.dropped, back.dropped_newest) == (9, 6, 2, 8)
    assert verify(db).findings == ()


def sequences(db: Path) -> dict[str, int]:
    """Return the highest id that each table ever gave out."""
    rows = query(db, "SELECT name, seq FROM sqlite_sequence")
    return {str(name): int(str(seq)) for name, seq in rows}


async def test_an_archive_comes_back_and_goes_on_above_what_was(
    live: History, db: Path, kept: Path
) -> None:
    """Texts, order and words are those of the backup; no number of a passage is given twice."""
    await live.file("one", source="book")
    await live.file("two", source="book")
    await with_vectors(live.store)
    backup(db, kept)
    first = await live.store.read(lambda v: v.passage(1))
    await live.file("three", source="book")
    await live.file("other", 1)
    await with_vectors(live.store)
    used = sequences(db)
    await asyncio.to_thread(restore_backup, kept, db, ADA, LATER)
    assert await live.store.read(lambda v: v.passage(1)) == first
    assert await live.store.read(lambda v: (v.passage(3), v.beside(1))) == (None, ["p2"])
    assert await live.file("four", source="book") == 4
    assert await live.store.read(lambda v: v.beside(2)) == ["p1", "p4"]
    for table in ("doc", "embed_queue", "object"):
        assert sequences(db)[table] > used[table]
    assert verify(db).findings == ()


async def test_a_backup_without_an_archive_takes_no_name_again(
    live: History, db: Path, kept: Path
) -> None:
    """Nor a vector's or a model's number, where the backup has none of either."""
    backup(db, kept)
    assert [await live.file("one"), await live.file("two")] == [1, 2]
    await with_vectors(live.store)
    used = sequences(db)
    assert {"passage", "doc", "past", "embedding", "embed_queue", "model"} <= set(used)
    await asyncio.to_thread(restore_backup, kept, db, ADA, LATER)
    restored = sequences(db)
    assert {name: max(restored[name], used[name]) for name in used} == restored
    assert await live.file("three") == 3
    assert verify(db).findings == ()


def damaged_page(db: Path) -> None:
    """Overwrite one page of texts."""
    overwrite_page(db, "object")


def cut_short(db: Path) -> None:
    """Take the last pages off."""
    cut(db, 10_000)


def overwritten(db: Path) -> None:
    """Leave nothing of a file."""
    db.write_text("nothing", encoding="utf-8")


def gone(db: Path) -> None:
    """Remove the file, but not its -wal."""
    db.rename(db.with_name("memory.db-wal"))


@pytest.mark.parametrize("damage", [damaged_page, cut_short, overwritten, gone])
async def test_a_backup_replaces_what_is_damaged_or_gone(
    live: History, db: Path, kept: Path, damage: Callable[[Path], object]
) -> None:
    """What is left of it is moved aside; nothing of it is mixed into what comes back."""
    for n in range(60):
        await live.write(f"b{n}", f"{n * 7919**20}\n" * 9)
    expected = await every_state(live.store)
    backup(db, kept)
    await live.store.close()
    damage(db)
    left = bytes_beside(db)
    done = restore_backup(kept, db, ADA, LATER)
    assert (done.change, done.damaged) == (66, True)
    aside = {name.replace(".damaged.bak", ""): data for name, data in bytes_beside(db).items()}
    assert {name for name in left if name != "kept.db"} <= set(aside)
    assert verify(db).findings == ()
    store = await SqliteStore.open(db)
    restored = await every_state(store)
    assert {point: restored[point] for point in expected} == expected
    await store.close()


async def test_servers_open_the_restored_file_anew(live: History, db: Path, kept: Path) -> None:
    """One that had the damaged file open writes nothing more to it."""
    backup(db, kept)
    cut_short(db)
    restore_backup(kept, db, ADA, LATER)
    assert not live.store.is_current()
    with pytest.raises(CorruptError, match="removed or replaced"):
        await live.write("a", "lost")


async def test_only_a_whole_backup_of_the_same_space_is_taken(
    live: History, db: Path, kept: Path
) -> None:
    """A damaged one, another space's, the file itself, none at all: refused, nothing changes."""
    backup(db, kept)
    bad, elsewhere = db.with_name("bad.db"), db.with_name("elsewhere.db")
    backup(db, bad)
    tamper(bad, "UPDATE change SET reason = 'x' WHERE number = 3")
    async with opened(elsewhere) as space:
        await put(space, "of another space", "a")
    other_program(db.with_name("other.db"))
    before = await every_state(live.store)
    for source, error, why in (
        (bad, CorruptError, r"is damaged \(the reason is not the one recorded: 1 change: 3\)"),
        (elsewhere, InvalidError, "is a backup of another space than"),
        (db, InvalidError, "is the space itself"),
        (db.with_name("no.db"), NotFoundError, "does not exist"),
    ):
        with pytest.raises(error, match=why):
            restore_backup(source, db, ADA, LATER)
    with pytest.raises(CorruptError, match="database of another program"):
        restore_backup(kept, db.with_name("other.db"), ADA, LATER)
    assert await every_state(live.store) == before

    done = restore_backup(elsewhere, db, ADA, LATER, force=True)
    assert done.dropped == 5
    assert not live.store.is_current()
    store = await SqliteStore.open(db)
    assert await value(store) == "of another space"
    await store.close()


async def test_a_backup_of_an_older_format_is_brought_up_to_date(
    db: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backup itself stays as it is."""
    every = database.migrations()
    monkeypatch.setattr(database, "migrations", lambda: every[:1])
    database.prepare(kept)
    monkeypatch.undo()
    before = bytes_beside(kept)
    assert verify(kept).findings == ()
    done = restore_backup(kept, db, ADA, LATER)
    assert (done.change, done.newest, done.at, done.kept) == (1, 0, None, None)
    assert verify(db).findings == ()
    after = bytes_beside(kept)
    assert after.pop("memory.db")
    assert after == before


RESTORE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tokenspace.memory import Author
from tokenspace.memory.store import restore_backup
backup, path = map(Path, sys.argv[1:])
print("ready", flush=True)
while True:
    restore_backup(backup, path, Author(), datetime.now(UTC))
"""


async def test_a_killed_restore_leaves_the_old_or_the_new(
    live: History, db: Path, kept: Path
) -> None:
    """Whenever it is killed, the file is whole, and one or the other."""
    old = await value(live.store)
    backup(db, kept)
    for n in range(8):
        await live.write("a", f"new {n}\n" * 500)
        await asyncio.to_thread(killed_restore, kept, db, 0.003 * n)
        assert verify(db).findings == ()
        assert await value(live.store) in (old, f"new {n}\n" * 500)


def killed_restore(backup: Path, path: Path, after_s: float) -> None:
    """Let a process restore again and again, and kill it so much after it began."""
    command = [sys.executable, "-c", RESTORE, str(backup), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.kill()
