"""What every store must do with what was learned: outcomes, losses, consolidations."""

from datetime import timedelta

import pytest

from tokenspace.memory.learned import Loss, Outcome, Run
from tokenspace.memory.model import MAIN, Draft
from tokenspace.memory.reads import Read
from tokenspace.memory.refs import Point
from tokenspace.memory.store import Store, Transaction

from .store_contract import Opener, draft
from .store_contract_archive import LATER, filed, filing, passage
from .support import ADA, BY, NOW


class LearnedContract:
    """What is noted beside the history is kept with it, and follows what becomes of it."""

    @pytest.fixture
    async def store(self, opener: Opener) -> Store:
        """A database with a block, `a`, opened."""
        store = await opener()
        await store.write(lambda tx: tx.record(MAIN, BY, NOW, [draft("a", "one\ntwo")]))
        return store

    async def test_an_outcome_is_told_by_its_episode(self, store: Store) -> None:
        """Task, author and time are those of the episode; the branch is that of what was shown."""
        episode = await filed(store, "went well", kind="episode", source="deploy")
        await store.write(lambda tx: tx.add_outcome(episode.id, 1, 0.75))
        found = await store.read(lambda v: v.outcomes(9))
        assert found == [
            Outcome(
                episode=episode.id, task="deploy", score=0.75, shown=1, branch=MAIN, author=ADA,
                at=LATER,
            )
        ]  # fmt: skip

    async def test_an_outcome_goes_with_its_episode_and_comes_back_with_it(
        self, store: Store
    ) -> None:
        """One whose episode is taken out does not count."""
        episode = await filed(store, "went well", kind="episode", source="deploy")
        await store.write(lambda tx: tx.add_outcome(episode.id, 1, 0.5))
        await store.write(filing(passage(None, episode.id, kind="episode")))
        assert await store.read(lambda v: v.outcomes(9)) == []
        await store.write(filing(passage("again", episode.id, kind="episode", source="b")))
        (back,) = await store.read(lambda v: v.outcomes(9))
        assert (back.task, back.score) == ("b", 0.5)

    async def test_outcomes_come_by_what_memory_showed(self, store: Store) -> None:
        """Not by when they were told."""
        episodes = [await filed(store, text, kind="episode", source=text) for text in "xyz"]
        for episode, shown in zip(episodes, (3, 1, 2), strict=True):
            await store.write(lambda tx, e=episode.id, s=shown: tx.add_outcome(e, s, 1.0))
        assert [found.task for found in await store.read(lambda v: v.outcomes(9))] == list("yzx")
        assert [found.task for found in await store.read(lambda v: v.outcomes(2))] == list("zx")

    async def test_edits_are_changes_of_the_branch_that_made_a_block_read_otherwise(
        self, store: Store
    ) -> None:
        """Neither a new description nor a passage is one, nor an edit on another branch."""
        await filed(store, "a passage")
        block = (await store.read(lambda v: v.blocks(MAIN)))[0]
        told = Draft(uid=block.uid, label="a", value=block.value, description="about a")
        await store.write(lambda tx: tx.record(MAIN, BY, NOW, [told]))
        await store.write(lambda tx: tx.make_branch("try", Point(MAIN, 3), ADA, NOW))
        edit = Draft(uid=block.uid, label="a", value="three")
        await store.write(lambda tx: tx.record("try", BY, NOW, [edit]))
        await store.write(lambda tx: tx.record(MAIN, BY, NOW, [edit]))
        assert await store.read(lambda v: v.edits(MAIN, 9)) == [1, 5]
        assert await store.read(lambda v: v.edits("try", 9)) == [4]
        assert await store.read(lambda v: v.edits(MAIN, 1)) == [5]

    async def test_losses_are_open_until_they_are_confirmed(self, store: Store) -> None:
        """Each branch has its own; the newest change comes first."""
        uid = (await store.read(lambda v: v.blocks(MAIN)))[0].uid
        await store.write(
            lambda tx: tx.record(MAIN, BY, NOW, [Draft(uid=uid, label="a", value="")])
        )
        older, newer = (
            Loss(1, uid, 2, "0f" * 16),
            [Loss(2, uid, 1, "1a" * 16), Loss(2, uid, 2, "2b" * 16)],
        )

        def note(tx: Transaction) -> None:
            tx.add_losses([older])
            tx.add_losses(newer)

        await store.write(note)
        assert await store.read(lambda v: v.losses(MAIN)) == [*newer, older]
        await store.write(lambda tx: tx.confirm(newer))
        assert await store.read(lambda v: v.losses(MAIN)) == [older]
        assert await store.read(lambda v: v.losses(MAIN, confirmed=True)) == newer
        await store.write(lambda tx: tx.make_branch("try", Point(MAIN, 2), ADA, NOW))
        assert await store.read(lambda v: v.losses("try")) == []
        assert await store.read(lambda v: v.losses(MAIN, confirmed=True, change=1)) == []
        await store.write(lambda tx: tx.forgive(newer))
        assert await store.read(lambda v: v.losses(MAIN, confirmed=True)) == []

    async def test_episodes_are_learned_when_their_consolidation_has_landed(
        self, store: Store
    ) -> None:
        """Not before; one that is begun again may learn from more."""
        ids = [(await filed(store, text, kind="episode")).id for text in ("x", "y", "z")]
        await filed(store, "no episode")
        await store.write(lambda tx: tx.make_branch("c-1", Point(MAIN, 1), ADA, NOW))
        await store.write(lambda tx: tx.begin_run("c-1", ids[0]))
        await store.write(lambda tx: tx.begin_run("c-1", ids[1]))
        assert await store.read(lambda v: (v.run(), v.learned())) == (Run("c-1", ids[1]), 0)
        await store.write(lambda tx: tx.end_run("c-1", 1))
        assert await store.read(lambda v: (v.run(), v.learned())) == (None, ids[1])
        left = await store.read(lambda v: v.episodes(v.learned(), 9))
        assert [episode.text for episode in left] == ["z"]
        assert await store.read(lambda v: v.episode_count(0)) == 3

    async def test_a_consolidation_ends_with_its_branch(self, store: Store) -> None:
        """What it would have learned from is not learned."""
        await store.write(lambda tx: tx.make_branch("c-1", Point(MAIN, 1), ADA, NOW))
        await store.write(lambda tx: tx.begin_run("c-1", 5))
        await store.write(lambda tx: tx.close_branch("c-1", NOW + timedelta(days=1)))
        assert await store.read(lambda v: (v.run(), v.learned(), v.runs())) == (None, 0, 1)

    async def test_what_was_learned_is_not_where_its_merge_was_taken_back(
        self, store: Store
    ) -> None:
        """Until that is taken back itself."""
        await store.write(lambda tx: tx.make_branch("c-1", Point(MAIN, 1), ADA, NOW))
        await store.write(lambda tx: tx.record("c-1", BY, NOW, [draft("b", "new")]))
        await store.write(lambda tx: tx.begin_run("c-1", 5))
        merged = await store.write(lambda tx: tx.record(MAIN, BY, NOW, [], merged=2))
        await store.write(lambda tx: tx.end_run("c-1", merged.number))
        for learned in (0, 5, 0):
            newest = await store.read(lambda v: v.newest())
            await store.write(lambda tx, n=newest: tx.record(MAIN, BY, NOW, [], undoes=n))
            assert await store.read(lambda v: v.learned()) == learned

    async def test_reads_are_kept_by_block_as_the_last_ones(self, store: Store) -> None:
        """Each kind by itself, the later one stays; not of what main does not have."""
        (info,) = await store.read(lambda v: v.infos(MAIN))
        for read in (Read(asked=LATER), Read(shown=NOW), Read(asked=NOW), Read(None, LATER)):
            await store.write(lambda tx, r=read: tx.note_reads({info.uid: r, "nobody": r}))
        known = await store.read(lambda v: v.reads())
        assert known.last == {info.uid: Read(LATER, LATER)}
        gone = Draft(uid=info.uid, label="a", value=None)
        await store.write(lambda tx: tx.record(MAIN, BY, NOW, [gone]))
        await store.write(lambda tx: tx.note_reads({info.uid: Read(asked=LATER)}))
        assert (await store.read(lambda v: v.reads())).last == {}
