"""What every store must do with branches and checkpoints: the third part of the contract."""

from datetime import datetime, timedelta

import pytest

from tokenspace.memory.errors import DeletedError, ExistsError, NotFoundError
from tokenspace.memory.model import MAIN, Block, Change, Draft
from tokenspace.memory.refs import Branch, Point, Turn
from tokenspace.memory.store import Snapshot, Store

from .store_contract import Opener, draft
from .store_contract_past import checkpoint
from .support import ADA, BY, NOW

MINUTE = timedelta(minutes=1)


async def record(
    store: Store, branch: str, *drafts: Draft, at: datetime = NOW, **of: int
) -> Change:
    """Record one change on a branch."""
    return await store.write(lambda tx: tx.record(branch, BY, at, list(drafts), **of))  # pyright: ignore[reportArgumentType]


async def write(
    store: Store, branch: str, label: str, value: str | None, at: datetime = NOW
) -> int:
    """Make a block, write it or (None) delete it; return the change's number."""
    known = await store.read(lambda v: v.block(branch, label))
    done = await record(store, branch, draft(label, value, known.uid if known else None), at=at)
    return done.number


async def fork(store: Store, name: str, origin: Point, at: datetime = NOW) -> Branch:
    """Make a branch and return it."""
    await store.write(lambda tx: tx.make_branch(name, origin, ADA, at))
    return next(b for b in await store.read(lambda v: v.branches()) if b.name == name)


async def block(store: Store, branch: str, label: str) -> Block:
    """Return the block that has this label now."""
    state = await store.read(lambda v: v.block(branch, label))
    assert state is not None
    return state


async def values(store: Store, branch: str, change: int | None = None) -> str:
    """Return the blocks' texts, now or after a change, by whatever way they can be read."""

    def work(view: Snapshot) -> str:
        at = view.head(branch) if change is None else change
        blocks = view.blocks_at(branch, at)
        assert [(i.uid, i.label, i.chars, i.change) for i in view.infos_at(branch, at)] == [
            (b.uid, b.label, len(b.value), b.change) for b in blocks
        ]
        for state in blocks:
            assert view.state(branch, state.uid, at) == state
            assert view.block_at(branch, state.label, at) == state
        if change is None:
            assert blocks == view.blocks(branch)
            assert view.infos_at(branch, at) == view.infos(branch)
        return " ".join(state.value for state in blocks)

    return await store.read(work)


async def numbers(
    store: Store, branch: str, label: str | None = None, before: int | None = None, limit: int = 50
) -> list[int]:
    """Return the numbers of a branch's changes, or of one block's, newest first."""
    page = await store.read(lambda v: v.changes(branch, label=label, before=before, limit=limit))
    return [change.number for change in page]


class BranchContract:
    """Lines of changes that part, and names for places on them."""

    @pytest.fixture
    async def store(self, opener: Opener) -> Store:
        """Changes 1 to 3 on main, 4 and 6 on `side` (made at 2), 5 and 7 on main."""
        store = await opener()
        await write(store, MAIN, "a", "a1")
        await write(store, MAIN, "b", "b2")
        await write(store, MAIN, "a", "a3")
        await fork(store, "side", Point(MAIN, 2))
        await write(store, "side", "a", "a4")
        await write(store, MAIN, "b", "b5")
        await write(store, "side", "c", "c6")
        await write(store, MAIN, "a", None)
        return store

    async def test_a_fork_has_its_parents_past_and_nothing_after(self, store: Store) -> None:
        """Whatever either does later, each reads as what was done on it, at every change."""
        assert await values(store, MAIN) == "b5"
        assert await values(store, "side") == "a4 b2 c6"
        side = ["", "a1", "a1 b2", "a1 b2", "a4 b2", "a4 b2", "a4 b2 c6", "a4 b2 c6"]
        assert [await values(store, "side", n) for n in range(8)] == side
        main = ["", "a1", "a1 b2", "a3 b2", "a3 b2", "a3 b5", "a3 b5", "b5"]
        assert [await values(store, MAIN, n) for n in range(8)] == main
        assert await store.read(lambda v: v.block_at("side", "c", 5)) is None
        assert await store.read(lambda v: v.block_at(MAIN, "c", 7)) is None

    async def test_heads_are_independent(self, store: Store) -> None:
        """A branch's head is its own newest change; its parent's until it has one."""
        await fork(store, "idle", Point(MAIN, 5))
        read = store.read
        heads = [await read(lambda v, b=b: v.head(b)) for b in (MAIN, "side", "idle")]
        assert heads == [7, 6, 5]
        assert await read(lambda v: v.newest()) == 7
        done = await record(store, "idle", draft("d", "d8"))
        assert (done.number, done.parent, done.branch) == (8, 5, "idle")
        assert await read(lambda v: (v.head(MAIN), v.head("side"), v.head("idle"))) == (7, 6, 8)
        assert [(c.number, c.branch) for c in await read(lambda v: v.since(5))] == [
            (6, "side"), (7, MAIN), (8, "idle"),
        ]  # fmt: skip

    async def test_branches_are_listed_with_what_is_known_of_them(self, store: Store) -> None:
        """Oldest first: where each left its parent, who made it, how much is on it."""
        later = NOW + MINUTE
        made = await fork(store, "idle", Point("side", 4), later)
        assert made == Branch(
            name="idle", fork=Point("side", 4), head=4, at=later, author=ADA, changes=0, blocks=2
        )
        main, side, idle = await store.read(lambda v: v.branches())
        assert (main.name, main.fork, main.author, main.head) == (MAIN, None, None, 7)
        assert (main.changes, main.blocks) == (5, 1)
        assert (side.name, side.fork, side.head) == ("side", Point(MAIN, 2), 6)
        assert (side.changes, side.blocks) == (2, 3)
        assert idle == made
        assert await store.read(lambda v: (v.fork("side"), v.fork(MAIN))) == (Point(MAIN, 2), None)
        with pytest.raises(NotFoundError, match="there is no branch 'nobody'; there are main, "):
            await store.read(lambda v: v.fork("nobody"))

    async def test_the_log_of_a_branch_goes_on_in_its_parents(self, store: Store) -> None:
        """By pages of any size, across the fork; of the whole branch, or of one block."""
        assert await numbers(store, "side") == [6, 4, 2, 1]
        assert await numbers(store, MAIN) == [7, 5, 3, 2, 1]
        assert await numbers(store, "side", "a") == [4, 1]
        assert await numbers(store, "side", "c") == [6]
        assert await numbers(store, MAIN, "A") == [7, 3, 1]
        assert await numbers(store, MAIN, "c") == []
        for size in (1, 2, 3):
            paged: list[int] = []
            while page := await numbers(store, "side", None, min(paged, default=None), size):
                assert len(page) <= size
                paged += page
            assert paged == [6, 4, 2, 1]
        assert await numbers(store, "side", before=4, limit=1) == [2]
        assert await numbers(store, "side", "a", before=4) == [1]

    async def test_a_fork_of_a_fork_and_of_one_without_changes(self, store: Store) -> None:
        """Each has all that lies behind it, and its parent is the one that made the change."""
        await fork(store, "idle", Point("side", 6))
        below = await fork(store, "below", Point("idle", 6))
        assert below.fork == Point("side", 6)
        deep = await fork(store, "deep", Point("idle", 1))
        assert (deep.fork, deep.head) == (Point(MAIN, 1), 1)
        await write(store, "side", "a", "a8")
        await write(store, "below", "c", "c9")
        assert await values(store, "below") == "a4 b2 c9"
        assert await values(store, "idle") == "a4 b2 c6"
        assert await values(store, "deep") == "a1"
        assert await numbers(store, "below") == [9, 6, 4, 2, 1]
        assert await numbers(store, "below", "c") == [9, 6]
        assert await numbers(store, "deep") == [1]
        third = await fork(store, "third", Point("below", 9))
        assert await values(store, "third") == await values(store, "below")
        assert third.fork == Point("below", 9)

    async def test_a_label_may_be_taken_again_on_another_branch(self, store: Store) -> None:
        """By another block; each branch's label leads to its own."""
        theirs = await block(store, "side", "a")
        await record(store, MAIN, draft("A", "new"))
        assert (await block(store, MAIN, "a")).uid != theirs.uid
        assert await block(store, "side", "A") == theirs
        assert await numbers(store, MAIN, "a") == [8]
        assert await numbers(store, "side", "a") == [4, 1]
        with pytest.raises(ExistsError):
            await record(store, "side", draft("A"))
        await record(store, "side", draft("z", "a9", theirs.uid))
        await record(store, "side", draft("a", "again"))
        assert await values(store, "side") == "a9 b2 c6 again"
        assert await numbers(store, "side", "z") == [9, 4, 1]

    async def test_a_block_is_one_on_every_branch(self, store: Store) -> None:
        """Its identity is the same; its versions, wherever written, are found under its label."""
        uid = (await block(store, "side", "a")).uid
        assert await store.read(lambda v: v.state(MAIN, uid, 7)) is None
        state = await store.read(lambda v: v.state(MAIN, uid, 6))
        assert state is not None
        assert state.value == "a3"
        await record(store, "side", draft("b", "b5", (await block(store, MAIN, "b")).uid))
        main, side = await block(store, MAIN, "b"), await block(store, "side", "b")
        assert (main.uid, main.version) == (side.uid, side.version)
        assert (main.change, side.change) == (5, 8)
        for branch in (MAIN, "side"):
            versions = await store.read(lambda v, b=branch: v.versions(b, "b", main.version[:8]))
            assert [b.value for b in versions] == ["b5"]

    async def test_a_version_is_named_wherever_it_was_made(self, store: Store) -> None:
        """Any block's, on any branch, a closed one too; the newest states first."""
        side = await block(store, "side", "c")
        named = await store.read(lambda v: v.named(side.version[:12]))
        assert [(i.uid, i.label, p) for i, p in named] == [(side.uid, "c", Point("side", 6))]
        await write(store, MAIN, "d", "c6")
        named = await store.read(lambda v: v.named(side.version))
        assert [(i.label, p.change) for i, p in named] == [("d", 8), ("c", 6)]
        await write(store, "side", "a", "only here")
        version = (await block(store, "side", "a")).version
        await store.write(lambda tx: tx.close_branch("side", NOW))
        assert [p for _, p in await store.read(lambda v: v.named(version))] == [Point("side", 9)]
        assert len(await store.read(lambda v: v.named(""))) == 5
        assert await store.read(lambda v: v.named("0" * 32)) == []

    async def test_a_time_is_found_on_each_branch(self, opener: Opener) -> None:
        """The newest change of the branch's past by then; what others did meanwhile is not it."""
        store = await opener()
        for minute, branch in enumerate((MAIN, MAIN, "side", MAIN, "side", MAIN)):
            if minute == 2:
                await fork(store, "side", Point(MAIN, 1))
            await write(store, branch, "a", f"{minute}", NOW + minute * MINUTE)
        rows = [
            (-1, 0, 0), (0, 1, 1), (0.5, 1, 1), (1, 2, 1), (2, 2, 3), (3, 4, 3), (999, 6, 5),
        ]  # fmt: skip
        for minutes, main, side in rows:
            at = NOW + minutes * MINUTE
            assert await store.read(lambda v, t=at: (v.at_time(MAIN, t), v.at_time("side", t))) == (
                (main, side)
            )
        before = NOW + 3 * MINUTE - timedelta(microseconds=1)
        assert await store.read(lambda v: v.at_time(MAIN, before)) == 2

    async def test_a_merge_is_recorded_with_what_it_merged(self, store: Store) -> None:
        """Read back as it was; `turns` gives those of one branch up to a change, newest first."""
        done = await record(store, MAIN, draft("c", "c6"), merged=6)
        assert (done.number, done.parent, done.merged) == (8, 7, 6)
        assert await store.read(lambda v: v.change(8)) == done
        await fork(store, "idle", Point("side", 6))
        empty = await record(store, "idle", merged=8)
        assert (empty.blocks, empty.parent, empty.merged) == ((), 6, 8)
        assert await store.read(lambda v: v.turns(MAIN, 8)) == [
            Turn(8, Point("side", 6), None, None)
        ]
        await record(store, "idle", undoes=9)
        await record(store, "idle", restores=6)
        found = await store.read(lambda v: v.turns("idle", 99))
        assert found[:2] == [Turn(11, None, None, Point("side", 6)), Turn(10, None, 9, None)]
        assert found[2:] == [Turn(9, Point(MAIN, 8), None, None)]

    async def test_a_closed_branch_is_over_and_its_past_stays(self, store: Store) -> None:
        """It is not listed and not written; by its name and a number everything still reads."""
        expected = [await values(store, "side", n) for n in range(8)]
        await fork(store, "below", Point("side", 4))
        await store.write(lambda tx: tx.close_branch("side", NOW))
        assert [b.name for b in await store.read(lambda v: v.branches())] == [MAIN, "below"]
        for call in (
            store.read(lambda v: v.head("side")),
            store.read(lambda v: v.blocks("side")),
            store.read(lambda v: v.block("side", "a")),
            record(store, "side", draft("d")),
            store.write(lambda tx: tx.close_branch("side", NOW)),
        ):
            with pytest.raises(DeletedError, match=r"'side' was deleted; .* is change 6\.$"):
                await call
        assert [await values(store, "side", n) for n in range(8)] == expected
        assert await values(store, "below") == "a4 b2"
        assert await numbers(store, "below") == [4, 2, 1]
        assert await store.read(lambda v: v.fork("side")) == Point(MAIN, 2)
        await fork(store, "again", Point("side", 6))
        assert await values(store, "again") == expected[6]

    async def test_a_name_that_was_used_stays_taken(self, store: Store) -> None:
        """Also by a branch that is closed, and in any case: its changes are under that name."""
        for name in ("side", "SIDE", MAIN):
            with pytest.raises(ExistsError, match="has that name"):
                await fork(store, name, Point(MAIN, 1))
        await store.write(lambda tx: tx.close_branch("side", NOW))
        with pytest.raises(ExistsError, match="has that name"):
            await fork(store, "Side", Point(MAIN, 1))

    async def test_a_branch_that_fails_to_be_made_leaves_nothing(self, store: Store) -> None:
        """Branches, closings and checkpoints stand or fall with the rest of their write."""

        def work(view: Snapshot) -> tuple[object, ...]:
            return view.branches(), view.checkpoints(), view.since(0), view.blocks("side")

        before = await store.read(work)
        with pytest.raises(ExistsError):
            await store.write(
                lambda tx: (
                    tx.make_branch("new", Point(MAIN, 7), ADA, NOW),
                    tx.record("new", BY, NOW, [draft("z")]),
                    tx.add_checkpoint(checkpoint("k", Point("new", 8))),
                    tx.close_branch("side", NOW),
                    tx.make_branch("side", Point(MAIN, 7), ADA, NOW),
                )
            )
        assert await store.read(work) == before
        await fork(store, "new", Point(MAIN, 7))
