"""Files of every older format, as the programs of their time wrote them, opened by this one."""

from pathlib import Path

from tokenspace.memory.model import Intent
from tokenspace.memory.store import verify
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.store.database import APPLICATION_ID, migrations

from .support import ADA, opened, text

DATA = Path(__file__).parent / "data"


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
