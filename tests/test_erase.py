"""Erasing: nothing of it is left anywhere, and nothing else is lost."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from tokenspace.memory.errors import InvalidError, NotFoundError, ReadOnlyError
from tokenspace.memory.model import MAIN, Draft
from tokenspace.memory.redact import MARK
from tokenspace.memory.store import Erased, Found, backup, verify
from tokenspace.memory.store.connector import Connection

from .histories import History, every_state
from .secret import LATER, SECRET, bytes_left, erase, texts, with_a_secret
from .support import BY, HAND, because


@pytest.fixture
async def history(db: Path) -> AsyncGenerator[History]:
    """A secret wherever one can be."""
    made = await with_a_secret(db)
    yield made
    await made.store.close()


READ = """
import sys, asyncio
from pathlib import Path
from tokenspace.memory.store import SqliteStore
async def main():
    store = await SqliteStore.open(Path(sys.argv[1]))
    for _ in sys.stdin:
        found = await store.read(lambda v: v.block("main", "a"))
        print(found.value.count("\\n"), flush=True)
    await store.close()
asyncio.run(main())
"""


def reading(path: Path) -> "subprocess.Popen[str]":
    """Start a process that reads a block each time it is asked."""
    command = [sys.executable, "-c", READ, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(process: "subprocess.Popen[str]") -> str:
    """Have the other process read, and return what it says."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline()


async def test_nothing_of_a_secret_is_left(history: History, db: Path) -> None:
    """In no byte of any file and in no text; another process has it open, and goes on."""
    backup(db, db.with_name("memory.db.format1.bak"))
    assert set(bytes_left(db)) == {"memory.db", "memory.db-wal", "memory.db.format1.bak"}
    with reading(db) as other:
        assert ask(other) == "58\n"
        done = await erase(history.store, SECRET, replace(BY, reason=f"it is {SECRET}"))
        assert (done.texts, done.versions, done.reasons) == (60, 60, 1)
        assert (done.descriptions, done.labels, done.checkpoints, done.left) == (2, 1, 2, ())
        assert await history.store.purge()
        assert bytes_left(db) == []
        assert ask(other) == "58\n"
    assert {file.name for file in db.parent.iterdir()} == {
        "memory.db", "memory.db-shm", "memory.db-wal",
    }  # fmt: skip
    assert not [text for text in texts(db) if SECRET in text]
    assert verify(db).findings == ()
    changes = await history.store.read(lambda v: v.since(0))
    assert [c.number for c in changes if c.number > len(history.made)] == list(done.changes)
    assert [c.branch for c in changes[-2:]] == ["draft", MAIN]
    assert changes[-1].reason == "it is [erased]"
    assert await erase(history.store, SECRET) == Erased(entry=done.entry)
    assert await history.store.read(lambda v: v.newest()) == done.changes[-1]


async def test_everything_else_stands(history: History) -> None:
    """Every version on every branch keeps its name, its place and all its other lines."""
    before = await every_state(history.store, "gone")
    changes = await history.store.read(lambda v: v.since(0))
    await erase(history.store, SECRET)
    after = await every_state(history.store, "gone")
    for point, blocks in before.items():
        for old, new in zip(blocks, after[point], strict=True):
            assert (new.uid, new.version, new.change) == (old.uid, old.version, old.change)
            rest = [line for line in old.value.splitlines() if SECRET not in line]
            assert [x for x in new.value.splitlines() if "[erased]" not in x] == rest
            assert new.label == old.label.replace(SECRET, "erased")
            named = await history.store.read(
                lambda v, b=new: v.versions(MAIN, b.label, b.version[:12])
            )
            assert [state.value for state in named] == [new.value]
    for old, new in zip(changes, await history.store.read(lambda v: v.since(0)), strict=False):
        assert (new.number, new.hash, new.at) == (old.number, old.hash, old.at)
        assert new.reason == old.reason.replace(SECRET, "[erased]")
    checkpoints = await history.store.read(lambda v: v.checkpoints())
    assert {(c.name, c.message) for c in checkpoints} == {
        ("here", "before [erased]"), ("at-erased", ""),
    }  # fmt: skip


async def test_what_was_written_after_the_search_is_erased_too(history: History, db: Path) -> None:
    """The search goes by numbers; what is newer is looked at while others wait."""
    found = await history.store.read(lambda v: v.holding(SECRET, Found(), 10_000))
    assert found.complete
    await history.write("late", f"- {SECRET}\nand {SECRET} again\n", tags=(SECRET,))
    await history.store.write(lambda tx: tx.erase(BY, LATER, f" {SECRET}\n", found))
    late = await history.store.read(lambda v: v.block(MAIN, "late"))
    assert late is not None
    assert (late.value, late.tags) == ("and [erased] again\n", ())
    assert not [text for text in texts(db) if SECRET in text]


async def test_a_read_only_block_is_erased_by_hand_only(history: History, db: Path) -> None:
    """Where it holds the text now; refused, nothing at all is erased."""
    await history.write("rules", f"{SECRET}\n", read_only=True)
    newest = await history.store.read(lambda v: v.newest())
    with pytest.raises(ReadOnlyError, match="block rules on branch main is read-only"):
        await erase(history.store, SECRET)
    assert await history.store.read(lambda v: v.newest()) == newest
    await erase(history.store, SECRET, HAND)
    rules = await history.store.read(lambda v: v.block(MAIN, "rules"))
    assert rules is not None
    assert (rules.value, rules.read_only) == ("", True)
    assert verify(db).findings == ()


async def test_nothing_to_erase_is_refused(history: History) -> None:
    """Blanks stand everywhere."""
    with pytest.raises(InvalidError, match="nothing to erase"):
        await erase(history.store, " \n")


async def test_labels_that_become_alike_are_told_apart(history: History, db: Path) -> None:
    """Now and in the past, whatever their case; a rename's old label goes as well."""
    await history.write("keys/hunter2", "1")
    await history.write("HUNTER2", "2")
    await history.write("erased", "3")
    hunter = await history.store.read(lambda v: v.block(MAIN, "hunter2"))
    assert hunter is not None
    renamed = Draft(uid=hunter.uid, label="key", value="2")
    await history.store.write(lambda tx: tx.record(MAIN, BY, LATER, [renamed]))
    done = await erase(history.store, "Hunter2")
    assert done.labels == 3
    labels = [info.label for info in await history.store.read(lambda v: v.infos(MAIN))]
    assert labels[-4:] == ["keys/erased-correct-horse-7731", "keys/erased", "key", "erased"]
    [last] = (await history.store.read(lambda v: v.change(hunter.change + 2))).blocks
    assert (last.label, last.old_label) == ("key", "erased-2")
    assert verify(db).findings == ()


async def test_a_whole_block_is_erased(history: History, db: Path) -> None:
    """Deleted on every open branch, a mark in all of the past; its label and others' texts stay."""
    before = await every_state(history.store, "gone")
    block = await history.store.read(lambda v: v.block(MAIN, "a"))
    assert block is not None
    await history.write("same", block.value)
    done = await history.store.write(lambda tx: tx.erase_block(BY, LATER, block.uid))
    assert (len(done.changes), done.labels) == (2, 0)
    after = await every_state(history.store, "gone")
    for point, blocks in before.items():
        for old, new in zip(blocks, after[point], strict=True):
            value = MARK if old.uid == block.uid else old.value
            assert new == replace(old, value=value, chars=len(value))
    for branch in (MAIN, "draft"):
        assert await history.store.read(lambda v, b=branch: v.block(b, "a")) is None
    same = await history.store.read(lambda v: v.block(MAIN, "same"))
    assert same is not None
    assert same.value == block.value
    assert verify(db).findings == ()
    again = await history.store.write(lambda tx: tx.erase_block(BY, LATER, block.uid))
    assert (len(again.changes), again.reasons) == (0, 0)
    assert verify(db).findings == ()
    with pytest.raises(NotFoundError, match="no such block"):
        await history.store.write(lambda tx: tx.erase_block(BY, LATER, "nobody"))


async def test_what_was_said_of_an_erased_block_goes_too(history: History, db: Path) -> None:
    """Descriptions, tags, metadata, and why it was changed."""
    block = await history.store.read(lambda v: v.block(MAIN, "b"))
    assert block is not None
    done = await history.store.write(lambda tx: tx.erase_block(because("gdpr"), LATER, block.uid))
    assert (done.texts, done.reasons, done.descriptions) == (2, 1, 2)
    changes = await history.store.read(lambda v: v.changes(MAIN, label="b"))
    assert [change.reason for change in changes] == ["gdpr", "", "[erased]"]
    assert verify(db).findings == ()


async def test_a_reader_of_the_past_holds_up_the_purge(history: History, db: Path) -> None:
    """It is said that something is pending, and it goes with the next purge."""
    other = Connection(db)
    other.execute("BEGIN")
    other.scalar("SELECT count(*) FROM change")
    await erase(history.store, SECRET)
    assert not await history.store.purge()
    other.close()
    assert await history.store.purge()
    assert bytes_left(db) == []
