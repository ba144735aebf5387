"""After erasing the history still proves: what was taken out lawfully passes, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore, backup, restore_backup, verify

from .histories import History, bytes_beside, every_state, tamper
from .secret import LATER, SECRET, erase, texts, with_a_secret
from .support import ADA, because

Edit: TypeAlias = tuple[str, str, list[str], str]
"""Branch, label, lines, and what is said of them."""


@pytest.fixture
async def history(db: Path) -> AsyncGenerator[History]:
    """A secret wherever one can be."""
    made = await with_a_secret(db)
    yield made
    await made.store.close()


async def test_a_second_secret_in_the_same_texts_is_erased_as_well(
    history: History, db: Path
) -> None:
    """What a version names leads to what is there now over both erasures."""
    await erase(history.store, SECRET)
    other = "fact 20 is now 620"
    done = await erase(history.store, other, because("again"))
    assert done.texts > 20
    await erase(history.store, "[erased]")
    assert verify(db).findings == ()
    assert await history.store.purge()
    assert not [name for name, data in bytes_beside(db).items() if other.encode() in data]
    assert not [text for text in texts(db) if SECRET in text or other in text or "[erased]" in text]


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        ("UPDATE block_version SET object_id = (SELECT max(id) FROM object) WHERE change = 9",
         "the text is another one: 1 version: a@"),
        ("UPDATE object SET data = x'00' WHERE id = (SELECT max(id) FROM object)",
         "the text is damaged or missing: "),
        ("UPDATE change SET reason = 'x' WHERE number = 63", "reason is not the one recorded"),
        ("UPDATE block_version SET label = 'x' WHERE label = 'keys/erased'", "not as recorded"),
        ("DELETE FROM retraction WHERE kind = 'text' AND position < 9", "the text is another one"),
        ("UPDATE retraction SET now = was WHERE kind = 'change'", "not as recorded"),
        ("UPDATE retraction SET was = zeroblob(16) WHERE kind = 'entry'", "not as recorded"),
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


async def test_a_backup_from_before_an_erasure_says_so(history: History, db: Path) -> None:
    """What was erased may be back with it."""
    old, new = db.with_name("old.db"), db.with_name("new.db")
    backup(db, old)
    await erase(history.store, SECRET)
    backup(db, new)
    assert not restore_backup(new, db, ADA, LATER).erased_since
    assert restore_backup(old, db, ADA, LATER).erased_since
    assert verify(db).findings == ()
    await history.store.read(lambda v: v.blocks(MAIN))


words = st.sampled_from(["secret", "- secret", "the secret is", "a", "b c", "- d", "[erased]", ""])
edits = st.tuples(st.sampled_from(["main", "draft"]), st.sampled_from("xyz"),
                  st.lists(words, max_size=6), words)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(edits, min_size=1, max_size=25), st.sampled_from(["secret", "a", "b c"]))
def test_any_history_is_rid_of_it_and_proves(
    tmp_path_factory: pytest.TempPathFactory, script: list[Edit], needle: str
) -> None:
    """Nowhere is it left; every line that did not hold it is as it was; nothing looks tampered."""
    db = tmp_path_factory.mktemp("history") / "memory.db"

    async def scenario() -> None:
        history = History(await SqliteStore.open(db))
        await history.branch("draft")
        for branch, label, lines, note in script:
            history.reason = f"as {note}"
            await history.write(label, "\n".join(lines), branch, description=note, tags=(note,))
        before = await every_state(history.store)
        await erase(history.store, needle)
        after = await every_state(history.store)
        for point, blocks in before.items():
            for old, new in zip(blocks, after[point], strict=True):
                assert new.version == old.version
                assert needle not in new.value + new.description + "".join(new.tags)
                others = [line for line in old.value.split("\n") if needle not in line]
                assert [line for line in others if line] == [
                    line for line in new.value.split("\n") if line and line in others
                ]
        changes = await history.store.read(lambda v: v.since(0))
        assert not [change for change in changes if f"as {needle}" in change.reason]
        await history.store.close()

    asyncio.run(scenario())
    assert not [text for text in texts(db) if needle in text]
    assert verify(db).findings == ()
