"""Consolidation and what main has become meanwhile: nothing of either side is lost."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.conflicts import MergeConflictError
from tokenspace.memory.errors import InvalidError, NotFoundError
from tokenspace.memory.gate import GateError
from tokenspace.memory.transact import Written

from .consolidations import experienced, waiting
from .forks import become, merge, on, value
from .support import BY, HAND, because, refusal, text


@pytest.fixture
async def space(tmp_path: Path) -> AsyncGenerator[Space]:
    """A space with a block `notes` and three episodes."""
    async with experienced(tmp_path / "memory.db") as made:
        yield made


async def test_an_edit_on_main_meanwhile_is_kept(space: Space) -> None:
    """Three-way as any merge; the same place is a conflict, decided by its id."""
    await space.consolidation.start(BY)
    await space.insert("notes", "- Tabs in Go", -1, on("consolidate-1"))
    await space.replace("notes", "Mondays", "Tuesdays", BY)
    await space.consolidation.finish(BY)
    assert "Tuesdays" in await value(space)
    assert "- Tabs in Go" in await value(space)
    await space.consolidation.start(BY)
    branch = on("consolidate-2")
    await space.replace("notes", "- Tests run with make", "- Tests run with make in CI", branch)
    await space.replace("notes", "- Tests run with make", "- Tests run with make -j2", BY)
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, MergeConflictError)
    (conflict,) = refused.conflicts
    assert (await space.consolidation.status()).branch == "consolidate-2"
    decided = {conflict.id: "theirs"}
    refused = await refusal(space.consolidation.finish(BY, resolve=decided))
    assert isinstance(refused, GateError)
    assert "make -j2" in await value(space)
    names = [found.name for found in refused.findings]
    await space.consolidation.finish(BY, names, resolve=decided)
    assert "make in CI" in await value(space)


async def test_what_each_side_kept_may_not_be_gone_from_the_merge(space: Space) -> None:
    """The branch takes it out of one block, main out of the other."""
    await space.insert("persona", "- The port is 5432", -1, BY)
    await space.insert("notes", "- The port is 5432", -1, BY)
    await space.consolidation.start(BY)
    await space.replace("persona", "- The port is 5432", "", on("consolidate-1"))
    await space.history.forget(BY, label="notes", entry="The port is 5432")
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, GateError)
    assert [found.entry for found in refused.findings] == ["The port is 5432"]
    assert "5432" in await text(space, "persona")


async def test_a_run_is_merged_by_its_gate_alone(space: Space) -> None:
    """A merge by hand would go around it."""
    await space.consolidation.start(BY)
    refused = await refusal(merge(space, "consolidate-1"))
    assert "memory_consolidate(action='finish')" in str(refused)


async def test_taking_back_what_landed_brings_its_episodes_back(space: Space) -> None:
    """What they taught is gone; they wait for the next run."""
    await space.consolidation.start(BY)
    await space.insert("notes", "- Tabs in Go", -1, on("consolidate-1"))
    done = await space.consolidation.finish(BY)
    assert done.written.change is not None
    assert await waiting(space) == 0
    await space.history.revert(BY, done.written.change.number)
    assert await waiting(space) == 3


async def test_a_contradiction_is_settled_or_said_to_be_none(space: Space) -> None:
    """Words alone cannot always tell, so the gate can be told."""
    await space.consolidation.start(BY)
    branch = on("consolidate-1")
    await space.insert("persona", "- Staging listens on port 9090", -1, branch)
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, GateError)
    ((kind, name),) = [(found.kind, found.name) for found in refused.findings]
    assert kind == "contradiction"
    wrong = await refusal(space.consolidation.finish(BY, resolve={name: "theirs"}))
    assert isinstance(wrong, InvalidError)
    done = await space.consolidation.finish(BY, resolve={name: "both"})
    assert done.written.change is not None


async def test_what_main_has_said_since_is_no_loss_of_the_branch(space: Space) -> None:
    """The branch never had it; nor does taking main in make what main took out a loss."""
    await space.consolidation.start(BY)
    await space.insert("notes", "- Tabs in Go", -1, on("consolidate-1"))
    await space.history.forget(BY, entry="Prices are kept in cents")
    await merge(space, "main", into="consolidate-1")
    assert (await space.consolidation.finish(BY)).written.change is not None
    assert "cents" not in await value(space)


async def around(space: Space, name: str) -> Written:
    """Merge the run by hand, by way of another branch."""
    await space.history.make_branch(BY, name)
    await merge(space, "consolidate-1", into=name)
    return await merge(space, name)


async def test_a_run_that_was_merged_by_hand_has_landed(space: Space) -> None:
    """It is not continued; if that merge is taken back, it is."""
    await space.consolidation.start(BY)
    await space.insert("notes", "- Tabs in Go", -1, on("consolidate-1"))
    merged = await around(space, "a")
    assert merged.change is not None
    await space.history.revert(BY, merged.change.number)
    assert (await space.consolidation.start(BY)).continued
    await around(space, "b")
    begun = await space.consolidation.start(BY)
    assert (begun.branch, begun.continued, begun.order.episodes) == ("consolidate-2", False, 0)


async def test_finishing_after_a_merge_by_hand_only_moves_the_cursor(space: Space) -> None:
    """There is nothing left to merge."""
    await space.consolidation.start(BY)
    await space.insert("notes", "- Tabs in Go", -1, on("consolidate-1"))
    await around(space, "a")
    done = await space.consolidation.finish(BY)
    assert (done.written.change, done.learned) == (None, 3)


async def test_only_a_person_changes_what_is_read_only(space: Space, tmp_path: Path) -> None:
    """On a branch as on main."""
    await become(tmp_path / "memory.db", label="persona", value="- Be kind\n", read_only=True)
    await space.consolidation.start(BY)
    hand = replace(HAND, branch="consolidate-1")
    await space.insert("persona", "- Be quick", -1, hand)
    refused = await refusal(space.consolidation.finish(BY))
    assert isinstance(refused, GateError)
    assert [found.kind for found in refused.findings] == ["read-only"]
    assert (await space.consolidation.finish(HAND)).written.change is not None


async def test_a_retry_is_the_same_merge(space: Space) -> None:
    """An idempotency key is one change, though the run has ended."""
    await space.consolidation.start(BY)
    await space.insert("notes", "- Tabs in Go", -1, on("consolidate-1"))
    intent = because("", request_id="k")
    first = await space.consolidation.finish(intent)
    again = await space.consolidation.finish(intent)
    assert again.written.repeated
    assert again.written.change == first.written.change


async def test_an_order_names_no_block_that_is_not_there(space: Space) -> None:
    """No branch is left behind by that; nor by a budget of nothing."""
    assert isinstance(await refusal(space.consolidation.start(BY, "nope")), NotFoundError)
    assert isinstance(await refusal(space.consolidation.start(BY, budget=0)), InvalidError)
    assert isinstance(await refusal(space.consolidation.preview("nope")), NotFoundError)
    assert [one.name for one in await space.history.branches()] == ["main"]
    assert (await space.consolidation.preview("Notes")).episodes == 3
