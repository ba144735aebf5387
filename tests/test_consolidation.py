"""Runs of consolidation: a branch, an order, the gate; the cursor moves with the merge alone."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import InvalidError, NotFoundError
from tokenspace.memory.gate import GateError
from tokenspace.memory.workorder import MOST_EPISODES

from .consolidations import NOTES, episode, experienced, waiting
from .forks import everything, fork, on, value, write
from .support import BY, because, opened, refusal


@pytest.fixture
async def space(tmp_path: Path) -> AsyncGenerator[Space]:
    """A space with a block `notes` and three episodes."""
    async with experienced(tmp_path / "memory.db") as made:
        yield made


async def test_a_run_is_begun_worked_on_and_merged(space: Space) -> None:
    """Main stands still until then; the branch ends, and its episodes are learned."""
    begun = await space.consolidation.start(BY)
    assert (begun.branch, begun.continued) == ("consolidate-1", False)
    assert [kind.names for kind in begun.order.clusters] == [("e1", "e2", "e3")]
    await space.insert("notes", "- Run migrations before a deploy", -1, on(begun.branch))
    assert await value(space) == NOTES
    state = await space.consolidation.status()
    assert (state.branch, state.changes, state.missing) == ("consolidate-1", 1, ())
    done = await space.consolidation.finish(because("tidied"))
    assert (done.branch, done.learned, done.later) == ("consolidate-1", 3, 0)
    assert done.written.change is not None
    assert done.written.change.reason == "tidied"
    assert "migrations" in await value(space)
    assert [one.name for one in await space.history.branches()] == ["main"]
    assert await waiting(space) == 0
    assert (await space.consolidation.start(BY)).branch == "consolidate-2"


async def test_a_run_is_continued_with_the_episodes_it_began_with(space: Space) -> None:
    """The order is made anew, from what the branch is now; what came since waits."""
    await space.consolidation.start(BY)
    await space.insert("notes", "- Uses tabs since yesterday", -1, on("consolidate-1"))
    await episode(space, "ada asked for shorter answers")
    state = await space.consolidation.status()
    assert (state.order.episodes, state.order.later) == (3, 1)
    begun = await space.consolidation.start(BY)
    assert (begun.branch, begun.continued, begun.order.episodes) == ("consolidate-1", True, 3)
    assert [one.spot.line for one in begun.order.stale] == [7]
    done = await space.consolidation.finish(BY)
    assert (done.learned, done.later) == (3, 1)


async def test_episodes_that_came_after_the_order_wait_for_the_next(space: Space) -> None:
    """Nobody has looked at them."""
    await space.consolidation.start(BY)
    await episode(space, "ada asked for shorter answers")
    done = await space.consolidation.finish(BY)
    assert (done.learned, done.later) == (3, 1)
    begun = await space.consolidation.start(BY)
    assert [kind.names for kind in begun.order.clusters] == [("e4",)]


async def test_what_an_order_cannot_hold_is_learned_next(space: Space) -> None:
    """Orders are bounded; none is skipped."""
    for n in range(70):
        await episode(space, f"case {n}", f"task {n % 7}")
    seen = 0
    for expected in (MOST_EPISODES, 73 - MOST_EPISODES):
        begun = await space.consolidation.start(BY)
        assert begun.order.episodes == expected
        seen += (await space.consolidation.finish(BY)).learned
    assert seen == 73
    assert await waiting(space) == 0


async def test_a_run_that_changed_nothing_has_learned_all_the_same(space: Space) -> None:
    """The episodes were looked at; main gets no change."""
    await space.consolidation.start(BY)
    head = await space.head()
    done = await space.consolidation.finish(BY)
    assert (done.written.change, done.learned) == (None, 3)
    assert await space.head() == head
    assert await waiting(space) == 0


async def test_an_abandoned_run_has_learned_nothing(space: Space) -> None:
    """Nor one whose branch somebody deletes."""
    await space.consolidation.start(BY)
    await write(space, "- all gone\n", "consolidate-1")
    assert (await space.consolidation.abandon()).name == "consolidate-1"
    assert await value(space) == NOTES
    assert (await space.consolidation.start(BY)).branch == "consolidate-2"
    await space.history.delete_branch("consolidate-2")
    assert (await space.consolidation.status()).branch is None
    assert await waiting(space) == 3
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, NotFoundError)
    assert isinstance(await refusal(space.consolidation.abandon()), NotFoundError)


async def test_two_that_start_at_once_share_one_run(space: Space, tmp_path: Path) -> None:
    """Whoever comes second goes on with it; and only one of them can finish it."""
    async with opened(tmp_path / "memory.db") as other:
        begun = await asyncio.gather(*(one.consolidation.start(BY) for one in (space, other)))
        assert {one.branch for one in begun} == {"consolidate-1"}
        assert sorted(one.continued for one in begun) == [False, True]
        calls = (one.consolidation.finish(BY) for one in (space, other))
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert sorted(type(one).__name__ for one in ended) == ["Finished", "NotFoundError"]


async def test_a_name_that_is_taken_is_passed_over(space: Space) -> None:
    """A branch or a checkpoint of that name is somebody else's."""
    await fork(space, "Consolidate-1")
    await space.history.checkpoint(BY, "consolidate-2")
    assert (await space.consolidation.start(BY)).branch == "consolidate-3"


async def test_a_destructive_run_is_refused_and_changes_nothing(space: Space) -> None:
    """Neither main nor the branch nor the cursor; what is missing is said, entry by entry."""
    await space.consolidation.start(BY)
    await space.rethink("notes", "- Deploys weekly\n- Has prices\n", on("consolidate-1"))
    before = await everything(space)
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, GateError)
    told = " ".join(found.told for found in refused.findings)
    for fact in ("09:00", "cents", "Ada", "8080", "30"):
        assert fact in told
    assert await everything(space) == before
    assert await waiting(space) == 3


async def test_confirming_everything_at_once_does_not_open_the_gate(space: Space) -> None:
    """Neither with the rewrite nor with finish; of a collapse, it has to be said again of each."""
    await space.consolidation.start(BY)
    branch, lines = on("consolidate-1"), [str(n) for n in range(1, 7)]
    every = space.rethink("notes", "- Deploys weekly\n", branch, drop=["*"])
    assert isinstance(await refusal(every), InvalidError)
    await space.rethink("notes", "- Deploys weekly\n", branch, drop=lines)
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, GateError)
    assert [found.kind for found in refused.findings] == ["collapse"]
    assert isinstance(await refusal(space.consolidation.finish(BY, ["*"])), InvalidError)
    assert await value(space) == NOTES
    entries = [f"notes:{n}" for n in range(1, 7)]
    assert (await space.consolidation.finish(BY, entries)).written.change is not None


async def test_what_is_named_to_go_is_no_open_loss_of_the_merge(space: Space) -> None:
    """It was decided; what a rewrite on the branch left out otherwise has to come back."""
    await space.consolidation.start(BY)
    kept = NOTES.replace("- Prices are kept in cents\n", "").replace("- Ada reviews billing\n", "")
    await space.rethink("notes", kept, on("consolidate-1"), drop=["Ada reviews billing"])
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, GateError)
    assert [found.entry for found in refused.findings] == ["Prices are kept in cents"]
    await space.consolidation.finish(BY, ["notes:2"])
    assert await value(space) == kept
    assert not (await space.consolidation.status()).order.losses


async def test_what_main_has_lost_is_part_of_the_order_until_it_is_settled(space: Space) -> None:
    """Put back on the branch, or named to go."""
    await space.rethink("notes", NOTES.replace("- Ada reviews billing\n", ""), BY)
    begun = await space.consolidation.start(BY)
    assert [one.entry for one in begun.order.losses] == ["- Ada reviews billing"]
    await space.consolidation.finish(BY, ["Ada reviews billing"])
    assert not (await space.consolidation.status()).order.losses
