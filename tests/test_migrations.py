"""Files of every older format, as the programs of their time wrote them, opened by this one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tokenspace.memory.model import Intent
from tokenspace.memory.querying import Scope
from tokenspace.memory.store import SqliteStore, restore_backup, verify
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.store.database import APPLICATION_ID, migrations

from .histories import History
from .support import ADA, NOW, opened, text
from .test_database import query

DATA = Path(__file__).parent / "data"
NEWEST = migrations()[-1][0]


def make(path: Path, version: int) -> None:
    """Make a file of an older format from what was then put into its tables."""
    db = Connection(path)
    db.script("".join(sql for number, _, sql in migrations() if number <= version))
    db.script((DATA / f"format{version}.sql").read_text(encoding="utf-8"))
    db.script(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version}")
    db.close()


async def test_a_file_of_format_1_goes_on_where_it_ended(db: Path) -> None:
    """Its blocks, its whole history and its chain of hashes are as they were; control is new."""
    make(db, 1)
    by = Intent(author=ADA, tool="memory_restore")
    async with opened(db) as space:
        assert await space.head() == 28
        assert await text(space, "human") == "- Name: Ada\n- City: Rome\n"
        assert await text(space, "human", "2") == "- Name: Ada\n- City: Paris\n"
        plan, _ = await space.read("plan")
        assert (plan.read_only, plan.tags, plan.limit, plan.value.count("\n")) == (
            (True, ("a", "b"), 99, 22)
        )
        assert len(await space.changes("plan", limit=100)) == 23
        await space.history.checkpoint(by, "upgraded")
        await space.history.restore(by, "3", "human")
        await space.history.make_branch(by, "try", "2026-11-02")
        assert (await space.context(branch="try")).blocks
    assert verify(db).findings == ()
    assert verify(db.with_name("memory.db.format1.bak")).findings == ()


async def test_a_file_of_format_2_can_be_searched_at_once(db: Path) -> None:
    """What blocks of main say, and what they said; branches and an erasure stand as they were."""
    make(db, 2)
    async with opened(db) as space:
        assert await space.head() == 16
        assert await text(space, "human") == "# Home\n- Name: Ada\n- City: Oslo\n"
        assert [branch.name for branch in await space.history.branches()] == ["main", "draft"]
        assert {made.name for made in await space.history.checkpoints()} >= {"here"}
    entries = "SELECT text FROM doc WHERE id IN (SELECT rowid FROM doc_text WHERE doc_text MATCH ?)"
    past = "SELECT text FROM past WHERE id IN (SELECT rowid FROM past_text WHERE past_text MATCH ?)"
    for sql, words, found in (
        (entries, "home city", ["- City: Oslo"]),
        (entries, "only branch", ["only on the branch"]),
        (entries, "key", ["the key is [erased]"]),
        (past, "city", ["- City: Paris", "- City: Rome"]),
        (past, "marks", ["x marks the spot"]),
    ):
        assert [row[0] for row in query(db, sql.replace("?", f"'{words}'"))] == found
    assert query(db, "SELECT count(*) FROM embed_queue") == query(db, "SELECT count(*) FROM doc")
    assert verify(db).findings == ()
    assert verify(db.with_name("memory.db.format2.bak")).findings == ()


async def test_a_file_of_format_3_can_learn_at_once(db: Path) -> None:
    """Its passages, episodes and search stand as they were; nothing of them is learned yet."""
    make(db, 3)
    async with opened(db) as space:
        assert await space.head() == 10
        assert await text(space, "project") == "- only on the branch"
        passage, _ = await space.archive.read("p1")
        assert (passage.text, passage.tags) == ("Deploys run at 10:15 from main.", ("ops",))
        found = await space.search.find("deploys", Scope(), 5)
        assert [find.name for find in found.finds] == ["p1"]
    store = await SqliteStore.open(db)
    assert await store.read(lambda view: (view.learned(), view.episode_count(0))) == (0, 1)
    await store.close()
    assert verify(db).findings == ()
    assert verify(db.with_name("memory.db.format3.bak")).findings == ()


async def test_a_file_of_format_4_notes_reads_from_now_on(db: Path) -> None:
    """What it has learned stands as it was; of reads it knows nothing yet, and since when."""
    make(db, 4)
    before = datetime.now(UTC)
    async with opened(db) as space:
        assert await space.head() == 13
        assert await text(space, "project") == (
            "- Deploys run at 10:15.\n- A deploy can hang for an hour."
        )
        status = await space.review.report()
        assert [(one.label, one.entry) for one in status.losses] == [("human", "- City: Paris")]
        assert status.run is not None
        assert (status.run.branch, status.unlearned, status.unread) == ("consolidate-2", 1, ())
        (outcome,) = await space.outcomes.told()
        assert (outcome.task, outcome.score, outcome.shown) == ("release 1", 0.25, 6)
    store = await SqliteStore.open(db)
    reads = await store.read(lambda view: view.reads())
    await store.close()
    assert len(reads.last) == 1
    assert before - timedelta(seconds=1) < reads.since < datetime.now(UTC)
    assert verify(db).findings == ()
    assert verify(db.with_name("memory.db.format4.bak")).findings == ()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
async def test_a_backup_of_an_older_format_comes_back_as_the_newest(db: Path, version: int) -> None:
    """Searched and filed in like any other; the backup itself stays of its format."""
    kept = db.with_name("kept.db")
    make(kept, version)
    done = restore_backup(kept, db, ADA, NOW)
    assert done.newest == {1: 28, 2: 16, 3: 10, 4: 13}[version]
    assert query(db, "PRAGMA user_version") == [(NEWEST,)]
    assert query(kept, "PRAGMA user_version") == [(version,)]
    history = History(await SqliteStore.open(db))
    assert await history.file("another passage") == {1: 1, 2: 1, 3: 4, 4: 5}[version]
    await history.store.close()
    found = "SELECT DISTINCT kind FROM doc ORDER BY kind"
    assert query(db, found) == [(1,), (2,)] + [(3,)] * (version >= 3)
    assert verify(db).findings == ()
