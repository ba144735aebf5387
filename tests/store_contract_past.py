"""What every store must do with the past: the second half of the contract."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tokenspace.memory.errors import ExistsError
from tokenspace.memory.model import MAIN, Block
from tokenspace.memory.refs import Checkpoint, Point
from tokenspace.memory.store import Store

from .store_contract import Opener, appending, block, draft, labels, made, recording
from .support import ADA, NOW


def checkpoint(
    name: str, point: Point, at: datetime = NOW, *, automatic: bool = False
) -> Checkpoint:
    """Return a checkpoint with its every field set."""
    return Checkpoint(
        name=name, point=point, message=f"why {name}", author=ADA, at=at, automatic=automatic,
        blocks=3, chars=141,
    )  # fmt: skip


class PastContract:
    """History: nothing that was is lost, and every state is found by its names."""

    @pytest.fixture
    async def store(self, opener: Opener) -> Store:
        """An empty database, opened."""
        return await opener()

    async def test_every_state_of_a_block_is_kept(self, store: Store) -> None:
        """By change, as long as it had the label; a state lasts until the next one."""
        states = {1: await made(store, "a", "0")}
        for n in range(2, 40):
            if n % 2:
                await made(store, f"other{n}")
            else:
                await store.write(appending("a", f",{n}"))
            states[n] = await block(store, "a")
        for n, state in states.items():
            assert await store.read(lambda v, n=n: v.block_at(MAIN, "A", n)) == state
        assert await store.read(lambda v: v.block_at(MAIN, "a", 0)) is None
        assert await store.read(lambda v: v.block_at(MAIN, "other3", 2)) is None

    async def test_all_blocks_are_read_as_they_were_at_once(self, store: Store) -> None:
        """With the labels they then had, those deleted since included."""
        a, _ = await made(store, "a", "1"), await made(store, "b", "2")
        then = await store.read(lambda v: v.blocks(MAIN))
        await store.write(recording(draft("z", "3", a.uid)))
        await store.write(recording(draft("b", None, (await block(store, "b")).uid)))
        assert await store.read(lambda v: v.blocks_at(MAIN, 2)) == then
        assert [b.label for b in await store.read(lambda v: v.blocks_at(MAIN, 3))] == ["z", "b"]
        assert [b.label for b in await store.read(lambda v: v.blocks_at(MAIN, 4))] == ["z"]
        assert await store.read(lambda v: v.blocks_at(MAIN, 0)) == []

    async def test_blocks_stand_in_the_order_in_which_they_were_made(self, store: Store) -> None:
        """An edit or a new label does not move one."""
        for label in ("c", "a", "b"):
            await made(store, label)
        await store.write(recording(draft("z", "x", (await block(store, "c")).uid)))
        assert await labels(store) == ["z", "a", "b"]
        assert [b.label for b in await store.read(lambda v: v.blocks(MAIN))] == ["z", "a", "b"]

    async def test_a_version_is_found_by_its_prefix(self, store: Store) -> None:
        """Only among those of the block; the newest state of each; whatever the length."""
        first = await made(store, "a", "same")
        await made(store, "other", "elsewhere")
        await store.write(appending("a", "!"))
        second = await block(store, "a")
        await store.write(recording(draft("a", "same", first.uid)))
        newest = await block(store, "a")
        assert newest.version == first.version
        for length in (4, 7, 8, 31, 32):
            prefix = first.version[:length]
            assert await store.read(lambda v, p=prefix: v.versions(MAIN, "A", p)) == [newest]
        assert await store.read(lambda v: v.versions(MAIN, "a", second.version)) == [second]
        elsewhere = (await block(store, "other")).version
        assert await store.read(lambda v: v.versions(MAIN, "a", elsewhere)) == []
        both = await store.read(lambda v: v.versions(MAIN, "a", ""))
        assert sorted(b.change for b in both) == [second.change, newest.change]

    async def test_at_most_five_versions_are_told_apart(self, store: Store) -> None:
        """An ambiguous prefix is answered with some that share it, not with all of history."""
        await made(store, "a")
        for n in range(20):
            await store.write(appending("a", f"{n}"))
        assert len(await store.read(lambda v: v.versions(MAIN, "a", ""))) == 5

    async def test_the_versions_of_a_block_outlive_its_label(self, store: Store) -> None:
        """After a rename or a deletion the old label still leads to them, until it is taken."""
        first = await made(store, "a", "text")
        await store.write(recording(draft("b", "text", first.uid)))
        renamed = await block(store, "b")
        assert await store.read(lambda v: v.versions(MAIN, "a", first.version)) == [renamed]
        await store.write(recording(draft("b", None, first.uid)))
        assert await store.read(lambda v: v.versions(MAIN, "b", first.version)) == [renamed]
        await made(store, "a", "new")
        assert await store.read(lambda v: v.versions(MAIN, "a", first.version)) == []

    async def test_the_state_before_a_change_is_known(self, store: Store) -> None:
        """None for the one that made the block."""
        first = await made(store, "a", "1")
        await made(store, "b")
        await store.write(appending("a", "2"))
        second = await block(store, "a")
        assert await store.read(lambda v: v.state(MAIN, second.uid, second.change - 1)) == first
        assert await store.read(lambda v: v.state(MAIN, first.uid, first.change - 1)) is None

    async def test_the_log_is_read_from_either_end(self, store: Store) -> None:
        """Newest first by pages, or oldest first since a number; of one block, or of all."""
        await made(store, "a")
        await made(store, "b")
        for n in range(10):
            await store.write(appending("ab"[n % 2], "x"))
        numbers = [c.number for c in await store.read(lambda v: v.since(4, limit=3))]
        assert numbers == [5, 6, 7]
        assert await store.read(lambda v: v.since(12)) == []
        page = await store.read(lambda v: v.changes(MAIN, limit=3))
        assert [c.number for c in page] == [12, 11, 10]
        page = await store.read(lambda v: v.changes(MAIN, label="B", before=10, limit=3))
        assert [c.number for c in page] == [8, 6, 4]
        assert await store.read(lambda v: v.changes(MAIN, label="nobody")) == []

    async def test_the_log_is_a_chain(self, store: Store) -> None:
        """The same change after another history has another hash; nothing recorded is rewritten."""
        first = await made(store, "a", "x")
        before = await store.read(lambda v: v.changes(MAIN))
        for value in ("y", "x", "y", "x"):
            await store.write(recording(draft("a", value, first.uid)))
        changes = await store.read(lambda v: v.since(0))
        assert changes[:1] == before
        assert len({c.hash for c in changes}) == 5
        assert len({c.blocks[0].version for c in changes}) == 2

    async def test_many_versions_of_a_text_come_back_exactly(self, store: Store) -> None:
        """However they are packed: alike, unlike, empty, grown large, turned back."""
        lines = [f"line {n}: {'x' * (n % 50)}" for n in range(400)]
        texts = ["\n".join([*lines[: n * 4], f"edit {n}", *lines[n * 5 :]]) for n in range(60)]
        texts += ["", "é" * 131_072, "", *texts[:5], "\x01" * 9, texts[0] + "!"]
        uid = (await made(store, "a", "start")).uid
        kept: list[Block] = []
        for value in texts:
            await store.write(recording(draft("a", value, uid)))
            kept.append(await block(store, "a"))
        assert [b.value for b in kept] == texts
        for state in kept:
            assert await store.read(lambda v, n=state.change: v.block_at(MAIN, "a", n)) == state

    async def test_what_was_taken_back_is_not_remembered(self, store: Store) -> None:
        """A failed write's text does not show up under another name later."""
        first = await made(store, "a", "kept")

        def failing(value: str) -> None:
            raise RuntimeError(value)

        with pytest.raises(RuntimeError, match="gone"):
            await store.write(
                lambda tx: (recording(draft("a", "gone", first.uid))(tx), failing("gone"))
            )
        await store.write(recording(draft("a", "next", first.uid)))
        assert [b.value for b in await store.read(lambda v: v.versions(MAIN, "a", ""))] in (
            ["kept", "next"], ["next", "kept"],
        )  # fmt: skip

    async def test_checkpoints_are_kept(self, store: Store) -> None:
        """Newest first, each field as given; a name is one checkpoint's, until it is dropped."""
        for label in ("a", "b", "c"):
            await made(store, label)
        later = NOW + timedelta(minutes=1)
        first = checkpoint("one", Point(MAIN, 3))
        second = checkpoint("Two", Point(MAIN, 2), later, automatic=True)
        third = checkpoint("three", Point(MAIN, 1), later)
        assert await store.read(lambda v: v.checkpoints()) == []
        for given in (first, second, third):
            await store.write(lambda tx, given=given: tx.add_checkpoint(given))
        assert await store.read(lambda v: v.checkpoints()) == [second, third, first]
        assert await store.read(lambda v: v.checkpoint("Two")) == second
        assert await store.read(lambda v: v.checkpoint("nobody")) is None
        for name in ("one", "ONE", "two"):
            taken = replace(third, name=name)
            with pytest.raises(ExistsError, match="has that name"):
                await store.write(lambda tx, taken=taken: tx.add_checkpoint(taken))
        await store.write(lambda tx: tx.drop_checkpoint("one"))
        await store.write(lambda tx: tx.add_checkpoint(replace(third, name="ONE")))
        names = [kept.name for kept in await store.read(lambda v: v.checkpoints())]
        assert names == ["Two", "ONE", "three"]
