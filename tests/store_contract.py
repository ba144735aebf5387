"""What every store must do: a class of tests, inherited with a fixture `opener` for one store."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import anyio
import pytest

from tokenspace.memory.errors import ExistsError, InvalidError, NotFoundError
from tokenspace.memory.model import MAIN, Author, Block, Change, Draft, Intent
from tokenspace.memory.store import Snapshot, Store, Transaction

from .support import BY, NOW, because

Opener: TypeAlias = Callable[[], Awaitable[Store]]
"""Opens the same database each time; what it opens is closed by the fixture."""


def draft(label: str, value: str | None = "", uid: str | None = None) -> Draft:
    """Return what a block shall be."""
    return Draft(uid=uid, label=label, value=value)


def recording(*drafts: Draft, by: Intent = BY) -> Callable[[Transaction], Change]:
    """Return the work of recording one change."""
    return lambda tx: tx.record(MAIN, by, NOW, list(drafts))


async def made(store: Store, label: str, value: str = "") -> Block:
    """Make a block and return it."""
    await store.write(recording(draft(label, value)))
    return await block(store, label)


async def block(store: Store, label: str) -> Block:
    """Return the block that has this label."""
    found = await store.read(lambda view: view.block(MAIN, label))
    assert found is not None
    return found


async def labels(store: Store) -> list[str]:
    """Return the labels of all blocks."""
    return [info.label for info in await store.read(lambda view: view.infos(MAIN))]


def appending(label: str, text: str, by: Intent = BY) -> Callable[[Transaction], Change]:
    """Return the work of reading a block and writing it back with more text."""

    def work(tx: Transaction) -> Change:
        now = tx.block(MAIN, label)
        assert now is not None
        return tx.record(MAIN, by, NOW, [draft(label, now.value + text, now.uid)])

    return work


class StoreContract:
    """The behaviour that the rest of the program relies on."""

    @pytest.fixture
    async def store(self, opener: Opener) -> Store:
        """An empty database, opened."""
        return await opener()

    async def test_a_new_database_is_empty(self, store: Store) -> None:
        """Nothing is there before the first change, and that is no error."""
        assert await store.read(lambda v: (v.head(MAIN), v.blocks(MAIN), v.changes(MAIN))) == (
            (0, [], [])
        )
        assert await store.read(lambda v: v.block(MAIN, "a")) is None
        assert await store.read(lambda v: v.versions(MAIN, "a", "")) == []
        with pytest.raises(NotFoundError, match="there is no branch 'other'"):
            await store.read(lambda v: v.head("other"))

    async def test_a_change_comes_back_as_it_was_recorded(self, store: Store) -> None:
        """Author, circumstances, time to the microsecond, and what it did block by block."""
        by = Intent(author=Author("u", "c", "1", "m"), tool="t", reason="é\n", request_id="k")
        at = NOW + timedelta(microseconds=1)
        done = await store.write(lambda tx: tx.record(MAIN, by, at, [draft("a", "x"), draft("b")]))
        assert done == await store.read(lambda v: v.by_request("k"))
        assert [done] == await store.read(lambda v: v.changes(MAIN))
        assert [done] == await store.read(lambda v: v.since(0))
        assert (done.number, done.parent, done.branch) == (1, 0, MAIN)
        assert (done.author, done.tool, done.reason, done.at) == (by.author, "t", "é\n", at)
        assert [(t.label, t.action) for t in done.blocks] == [("a", "created"), ("b", "created")]

    async def test_a_block_comes_back_as_it_was_drafted(self, store: Store) -> None:
        """Every field, character by character."""
        given = Draft(uid=None, label="A/b", value="\t\r\n é\u2028\U0001f600", description="d\n",
                      limit=7, read_only=True, tags=("t", "é"), metadata={"k": "v"})  # fmt: skip
        done = await store.write(recording(given))
        found = await block(store, "a/B")
        assert replace(given, uid=found.uid) == Draft(
            uid=found.uid, label=found.label, value=found.value, description=found.description,
            limit=found.limit, read_only=found.read_only, tags=found.tags, metadata=found.metadata,
        )  # fmt: skip
        assert (found.chars, found.change, found.at) == (7, 1, NOW)
        assert found.version == done.blocks[0].version
        assert [found] == await store.read(lambda v: v.blocks(MAIN))

    async def test_a_view_is_of_one_moment(self, store: Store) -> None:
        """What others commit while it is read does not show in it."""
        await made(store, "a", "old")
        inside, go_on = threading.Event(), threading.Event()

        def work(view: Snapshot) -> tuple[int, int, list[str]]:
            first = view.head(MAIN)
            inside.set()
            assert go_on.wait(10)
            return first, view.head(MAIN), [b.value for b in view.blocks(MAIN)]

        reading = asyncio.create_task(store.read(work))
        assert await asyncio.to_thread(inside.wait, 10)
        await store.write(appending("a", " new"))
        go_on.set()
        assert await reading == (1, 1, ["old"])
        assert (await block(store, "a")).value == "old new"

    async def test_a_write_that_fails_leaves_nothing(self, store: Store) -> None:
        """All that one piece of work records stands, or none of it."""
        await made(store, "a")

        def work(tx: Transaction) -> None:
            tx.record(MAIN, because("", "k"), NOW, [draft("b", "text")])
            raise InvalidError("no")

        with pytest.raises(InvalidError, match="no"):
            await store.write(work)
        assert await labels(store) == ["a"]
        assert await store.read(lambda v: (v.head(MAIN), v.by_request("k"))) == (1, None)
        await made(store, "c", "text")
        assert (await block(store, "c")).value == "text"
        assert [c.number for c in await store.read(lambda v: v.since(0))] == [1, 2]

    async def test_a_failing_write_does_not_take_its_neighbours_along(self, store: Store) -> None:
        """Simultaneous writes may share a commit, never an outcome."""
        await made(store, "a")

        def work(tx: Transaction, n: int) -> int:
            appending("a", f"{n},")(tx)
            if n % 3 == 0:
                raise InvalidError(f"no {n}")
            return n

        calls = [store.write(lambda tx, n=n: work(tx, n)) for n in range(30)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [str(x) for x in outcomes] == [f"{n}" if n % 3 else f"no {n}" for n in range(30)]
        value = (await block(store, "a")).value
        assert value == "".join(f"{n}," for n in range(30) if n % 3)

    async def test_writes_of_many_tasks_are_made_one_after_the_other(self, store: Store) -> None:
        """Each sees what the one before it did; numbers have no gaps; each has its parent."""
        await made(store, "a")
        done = await asyncio.gather(*(store.write(appending("a", f"{n},")) for n in range(150)))
        assert (await block(store, "a")).value == "".join(f"{n}," for n in range(150))
        changes = await store.read(lambda v: v.since(0))
        assert [(c.number, c.parent) for c in changes] == [(n, n - 1) for n in range(1, 152)]
        assert changes[1:] == list(done)
        assert len({c.hash for c in changes}) == 151

    async def test_a_cancelled_caller_leaves_no_lock(self, store: Store) -> None:
        """Whoever goes away before or during a commit holds up nobody."""
        await made(store, "a")
        with anyio.CancelScope() as gone:
            gone.cancel()
            await store.write(appending("a", "never"))
        inside, go_on = threading.Event(), threading.Event()

        def slow(tx: Transaction) -> None:
            inside.set()
            assert go_on.wait(10)
            appending("a", "done,")(tx)

        leaving = asyncio.create_task(store.write(slow))
        assert await asyncio.to_thread(inside.wait, 10)
        waiting = asyncio.create_task(store.write(appending("a", "queued,")))
        await asyncio.sleep(0)
        leaving.cancel()
        waiting.cancel()
        go_on.set()
        await asyncio.gather(leaving, waiting, return_exceptions=True)
        await store.write(appending("a", "next"))
        assert (await block(store, "a")).value == "done,next"

    async def test_two_stores_share_one_database(self, opener: Opener) -> None:
        """Each sees the other's changes, and neither loses its own."""
        one, other = await opener(), await opener()
        await made(one, "a")
        calls = [s.write(appending("a", "x")) for _ in range(25) for s in (one, other)]
        await asyncio.gather(*calls)
        assert (await block(one, "a")).value == (await block(other, "a")).value == "x" * 50

    async def test_a_watcher_sees_every_write_once(self, opener: Opener) -> None:
        """Its own process's writes and others' alike; a read is none."""
        one, other = await opener(), await opener()
        for store in (one, other):
            before = await one.pulse()
            await store.write(recording(draft(f"b{store is one}")))
            after = await one.pulse()
            assert after != before
            await labels(store)
            assert await one.pulse() == after

    async def test_what_was_acknowledged_is_there_after_reopening(self, opener: Opener) -> None:
        """Closing finishes what is queued."""
        store = await opener()
        await made(store, "a")
        calls = [asyncio.ensure_future(store.write(appending("a", f"{n},"))) for n in range(9)]
        await asyncio.sleep(0)
        await store.close()
        await asyncio.gather(*calls)
        assert (await block(await opener(), "a")).value == "0,1,2,3,4,5,6,7,8,"

    async def test_a_key_belongs_to_one_change(self, store: Store) -> None:
        """Work can look for it before it records again."""
        done = await store.write(recording(draft("a"), by=because("", "key")))
        assert await store.read(lambda v: (v.by_request("key"), v.by_request("x"))) == (done, None)

    async def test_a_label_belongs_to_one_block(self, store: Store) -> None:
        """Whatever its case; and a change that breaks this changes nothing."""
        a = await made(store, "a")
        b = await made(store, "b")
        for drafts in (
            [draft("A")],
            [draft("a", "x", b.uid)],
            [draft("c"), draft("C")],
            [draft("a", "x", a.uid), draft("a", "x", b.uid)],
        ):
            with pytest.raises(ExistsError, match="there is already a block"):
                await store.write(recording(*drafts))
        assert await labels(store) == ["a", "b"]

    async def test_labels_change_hands_within_one_change(self, store: Store) -> None:
        """Two blocks may swap labels, and one may take that of a block deleted by its side."""
        a, b = await made(store, "a", "1"), await made(store, "b", "2")
        await store.write(recording(draft("b", "1", a.uid), draft("a", "2", b.uid)))
        assert ((await block(store, "a")).uid, (await block(store, "b")).uid) == (b.uid, a.uid)
        await store.write(recording(draft("a", None, b.uid), draft("a", "1", a.uid)))
        assert (await block(store, "a")).uid == a.uid
        at = await store.read(lambda v: v.block_at(MAIN, "a", 4))
        assert at == await block(store, "a")
        assert [c.number for c in await store.read(lambda v: v.changes(MAIN, label="a"))] == (
            [4, 3, 1]
        )

    async def test_actions_say_what_happened(self, store: Store) -> None:
        """Created, edited, described, renamed, deleted; an edited block that is renamed too."""
        uid = (await made(store, "a", "1")).uid
        for given in (
            draft("a", "2", uid),
            replace(draft("a", "2", uid), limit=9),
            draft("b", "3", uid),
            draft("b", None, uid),
        ):
            await store.write(recording(given))
        changes = await store.read(lambda v: v.changes(MAIN, label="b"))
        assert [c.blocks[0].action for c in changes] == [
            "deleted", "edited", "described", "edited", "created",
        ]  # fmt: skip
        assert changes[0].blocks[0].version is None
        assert {c.blocks[0].uid for c in changes} == {uid}
        assert await store.read(lambda v: v.changes(MAIN, label="b", before=4, limit=1)) == (
            [changes[2]]
        )
