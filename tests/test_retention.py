"""Letting old texts go: what the policy keeps reads as before, and the history still proves."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.errors import InvalidError, LockedError, NotFoundError
from tokenspace.memory.model import MAIN, Block
from tokenspace.memory.refs import Point
from tokenspace.memory.store import Snapshot, SqliteStore, collect, retention, verify
from tokenspace.memory.store.connector import Connection

from .histories import History
from .support import NOW, opened, put
from .test_database import query
from .test_processes import check, start


@pytest.fixture
async def history(db: Path) -> AsyncGenerator[History]:
    """Four days of one block, six versions a day; a branch and a checkpoint in the middle."""
    made = History(await SqliteStore.open(db))
    lines = [f"fact {n * 7919**9}\n" for n in range(40)]
    for day in range(4):
        for hour in range(6):
            made.now = NOW + timedelta(days=day, hours=hour)
            lines[day * 6 + hour] = f"new on day {day} at {hour}\n"
            await made.write("a", "".join(lines))
            if (day, hour) == (1, 2):
                await made.checkpoint("second day")
            if (day, hour) == (2, 3):
                await made.branch("draft")
    yield made
    await made.store.close()


async def readable(store: SqliteStore) -> set[int]:
    """Return the changes of the first branch after which block a can still be read."""

    def look(view: Snapshot) -> set[int]:
        found: set[int] = set()
        for number in range(1, view.newest() + 1):
            with suppress(NotFoundError):
                found |= {number} if view.block_at(MAIN, "a", number) else set()
        return found

    return await store.read(look)


async def test_versions_are_kept_for_ever_where_nothing_else_is_said(
    history: History, db: Path
) -> None:
    """Only what nothing refers to goes."""
    done = collect(db, None, history.now + timedelta(days=9_999))
    assert (done.versions, done.texts) == (0, 0)
    assert await readable(history.store) == {*range(1, 25)}


async def test_old_versions_go_but_for_each_days_last_and_what_names_lead_to(
    history: History, db: Path
) -> None:
    """The checkpoint's, the fork's, the current one; everything younger."""
    expected = {6, 9, 12, 16, 18, *range(19, 25)}
    dry = collect(db, 1, history.now, dry_run=True)
    assert await readable(history.store) == {*range(1, 25)}
    done = collect(db, 1, history.now)
    assert (done.versions, done.texts) == (dry.versions, dry.texts) == (13, 13)
    assert await readable(history.store) == expected
    draft = await history.store.read(lambda v: v.block("draft", "a"))
    assert draft is not None
    assert draft.change == 16
    assert verify(db).findings == ()
    again = collect(db, 1, history.now)
    assert (again.versions, again.texts) == (0, 0)
    with pytest.raises(NotFoundError, match=r"the text of a@\w{8} \(change 2\) was let go by"):
        await history.store.read(lambda v: v.block_at(MAIN, "a", 2))


async def test_a_version_of_which_a_newer_one_has_the_text_stays(
    history: History, db: Path
) -> None:
    """It takes no room."""
    first = await history.store.read(lambda v: v.block_at(MAIN, "a", 1))
    assert first is not None
    await history.write("a", first.value)
    collect(db, 1, history.now)
    assert 1 in await readable(history.store)
    assert 2 not in await readable(history.store)


async def test_the_rest_of_history_stays_as_it_was(history: History, db: Path) -> None:
    """Changes, names of versions, authors: all but the texts."""
    before = await history.store.read(lambda v: (v.since(0), v.infos(MAIN), v.checkpoints()))
    collect(db, 0, history.now + timedelta(days=9))
    after = await history.store.read(lambda v: (v.since(0), v.infos(MAIN), v.checkpoints()))
    assert after == before
    assert query(db, "SELECT count(*) FROM block_version WHERE version IS NULL") == [(0,)]


@pytest.mark.slow
async def test_a_file_that_is_mostly_free_gets_smaller(history: History, db: Path) -> None:
    """Unless another process reads it now; that is said."""
    for n in range(120):
        history.now += timedelta(minutes=1)
        numbers = [str(k**n % 1_000_003) for k in range(400)]
        rows = (" ".join(numbers[at : at + 40]) for at in range(0, 400, 40))
        await history.write("b", "".join(f"{row}\n" for row in rows))
    other = Connection(db)
    other.execute("BEGIN")
    other.scalar("SELECT count(*) FROM change")
    busy = collect(db, 0, history.now + timedelta(days=1))
    assert busy.texts > 100
    assert busy.pending.startswith("another process reads what stood before")
    other.close()
    done = collect(db, 0, history.now + timedelta(days=1))
    assert done.pending == ""
    assert done.bytes_after < 0.5 * busy.bytes_before
    assert verify(db).findings == ()


async def test_another_process_that_writes_for_too_long_is_named(
    history: History, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is done; later the same call works. A negative age is refused."""
    monkeypatch.setattr(retention, "_WAIT_FOR_LOCK_S", 0.01)
    other = Connection(db)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LockedError, match="is being written by another process"):
        collect(db, 0, history.now)
    other.close()
    assert await readable(history.store) == {*range(1, 25)}
    assert collect(db, 0, history.now).texts > 0
    with pytest.raises(InvalidError, match="give 0 or more"):
        collect(db, -1, history.now)


async def test_a_process_that_writes_meanwhile_loses_nothing(db: Path) -> None:
    """It waits for no longer than a batch takes; what it wrote is there."""
    async with opened(db) as space:
        await put(space, "start\n", "log")
    with ExitStack() as stack:
        process = start(stack, "write", db, "p", "log", 300)
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] and lines[-1] != "ok 299\n":
            lines.append(process.stdout.readline())
            if len(lines) % 10 == 0:
                collect(db, 0, datetime.now(NOW.tzinfo) + timedelta(days=1))
    assert lines == ["ready\n", *(f"ok {n}\n" for n in range(300))]
    await check(db)


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Return what happens in a history: a word, two numbers to choose with."""
    words = ["write"] * 8 + ["day", "branch", "merge", "checkpoint", "delete", "close"]
    step = st.tuples(st.sampled_from(words), st.integers(0, 7), st.integers(0, 30))
    return draw(st.lists(step, min_size=5, max_size=50))


@dataclass
class Walk:
    """A history in the making: the branches that are open, the points that must be kept."""

    history: History
    names: list[str] = field(default_factory=lambda: [MAIN])
    kept: set[Point] = field(default_factory=set[Point])

    async def head(self, name: str) -> int:
        """Return the number of a branch's newest change."""
        return await self.history.store.read(lambda v: v.head(name))

    async def write(self, name: str, label: str, what: int) -> None:
        """Write a block; the same text may come again."""
        await self.history.write(label, f"{label} {what}\n" * 9, name)

    async def delete(self, name: str, label: str, _: int) -> None:
        """Delete a block, if it is there."""
        if await self.history.store.read(lambda v: v.block(name, label)):
            await self.history.write(label, None, name)

    async def day(self, *_: object) -> None:
        """Let a night pass."""
        self.history.now += timedelta(hours=15)

    async def checkpoint(self, name: str, *_: object) -> None:
        """Name what a branch has, unless that has a name."""
        head = await self.head(name)
        if head and Point(name, head) not in self.kept:
            await self.history.checkpoint(f"c{len(self.kept)}-{head}", branch=name)
            self.kept.add(Point(name, head))

    async def branch(self, name: str, *_: object) -> None:
        """Leave a branch."""
        made = f"b{len(self.names)}-{self.history.now:%d-%H}"
        await self.history.branch(made, name)
        self.names.append(made)

    async def merge(self, name: str, label: str, what: int) -> None:
        """Merge a branch into the first one."""
        if name != MAIN and (head := await self.head(name)):
            merged = await self.history.write(label, f"merged {what}\n", merged=head)
            self.kept |= {Point(name, head), Point(MAIN, merged)}

    async def close(self, name: str, *_: object) -> None:
        """Delete a branch."""
        if name != MAIN:
            self.names.remove(name)
            now = self.history.now
            await self.history.store.write(lambda tx: tx.close_branch(name, now))

    async def follow(self, script: list[tuple[str, int, int]]) -> set[Point]:
        """Take every step, and return the points that the policy must keep."""
        for word, which, what in script:
            self.history.now += timedelta(hours=1)
            step = getattr(self, word)
            await step(self.names[which % len(self.names)], "abc"[what % 3], what)
        for name in self.names:
            fork = await self.history.store.read(lambda v, b=name: v.fork(b))
            self.kept |= {Point(name, await self.head(name)), *([fork] if fork else [])}
        return self.kept


def daily(rows: list[tuple[object, ...]]) -> set[tuple[object, object]]:
    """Return block and change of each day's newest versions."""
    newest: dict[tuple[object, ...], tuple[object, object]] = defaultdict(lambda: (0, 0))
    for block_id, branch_id, change, at in rows:
        assert isinstance(at, int)
        newest[block_id, branch_id, at // 86_400_000_000] = (block_id, change)
    return {*newest.values()}


@settings(max_examples=15)
@given(steps(), st.integers(0, 3))
def test_what_the_policy_keeps_reads_as_before(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, int, int]], days: int
) -> None:
    """Heads, forks, checkpoints, merges, each day's newest, all that is young; in any history."""
    db = tmp_path_factory.mktemp("history") / "memory.db"

    async def scenario() -> None:
        history = History(await SqliteStore.open(db))
        try:
            kept = await Walk(history).follow(script)

            def states(view: Snapshot) -> dict[Point, list[Block]]:
                return {point: view.blocks_at(point.branch, point.change) for point in kept}

            before = await history.store.read(states)
            rows = query(
                db,
                "SELECT v.block_id, v.branch_id, v.change, c.at FROM block_version v "
                "JOIN change c ON c.number = v.change WHERE version IS NOT NULL ORDER BY v.change",
            )
            collect(db, days, history.now)
            assert await history.store.read(states) == before
            texts = "SELECT block_id, change FROM block_version WHERE object_id IS NOT NULL"
            there = {(*row,) for row in query(db, texts)}
            young = (history.now - timedelta(days=days)).timestamp() * 1_000_000
            assert daily(rows) <= there
            assert {(r[0], r[2]) for r in rows if isinstance(r[3], int) and r[3] >= young} <= there
            assert verify(db).findings == ()
            again = collect(db, days, history.now)
            assert (again.versions, again.texts) == (0, 0)
        finally:
            await history.store.close()

    asyncio.run(scenario())
