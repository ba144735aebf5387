"""Going back to a place, and from there: with one block or with all."""

from collections.abc import Generator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory import Space
from tokenspace.memory.errors import NotFoundError, ReadOnlyError
from tokenspace.memory.model import MAIN
from tokenspace.memory.refs import Point

from .forks import block, blocks, everything, fork, merge, on, past, value, write
from .support import BY, HAND, Opened, because, put, refusal, texts, version

TEXT = "Name: Ada\nCity: Paris\nLikes: tea\n"


async def test_to_any_place_and_back_is_as_if_nothing_was(space: Space) -> None:
    """The checkpoint that is made before stands for all that was there, labels included."""
    for number in await past(space):
        before = await blocks(space)
        done = await space.history.restore(because("try"), str(number))
        assert await blocks(space) == await blocks(space, at=str(number))
        assert (done.change is None) == (done.checkpoint is None)
        if done.change is None or done.checkpoint is None:
            continue
        assert done.checkpoint == f"before-restore-{done.change.number}"
        assert await blocks(space, at=done.checkpoint) == before
        await space.history.restore(BY, done.checkpoint)
        assert await blocks(space) == before
    assert (await space.history.restore(BY, "main")).change is None


async def test_a_checkpoint_is_made_before_each_merge_and_restore(space: Space) -> None:
    """Automatic, with the reason of the change; of the branch that is written to."""
    await put(space, TEXT)
    await fork(space, "draft", "other")
    await write(space, TEXT + "more\n", "draft")
    before = await blocks(space, "other")
    done = await space.history.merge(on("other", reason="why"), "draft")
    again = await space.history.restore(on("draft", reason="back"), "2")
    newest, oldest = await space.history.checkpoints()
    assert (oldest.name, newest.name) == (done.checkpoint, again.checkpoint)
    assert (oldest.name, newest.name) == ("before-merge-4", "before-restore-5")
    assert (oldest.automatic, oldest.message, newest.message) == (True, "why", "back")
    assert (oldest.point, newest.point) == (Point(MAIN, 2), Point("draft", 3))
    assert (newest.blocks, newest.chars) == (4, len(TEXT + "more\n"))
    await space.history.restore(on("other"), oldest.name)
    assert await blocks(space, "other") == before


async def test_a_name_that_is_taken_does_not_stop_a_merge(space: Space) -> None:
    """Whoever has made a checkpoint or a branch of the name that an automatic one would have."""
    await put(space, TEXT)
    await fork(space, "draft", "before-restore-5")
    await write(space, TEXT + "more\n", "draft")
    await space.history.checkpoint(BY, "before-merge-4")
    assert (await merge(space, "draft")).change is not None
    done = await space.history.restore(BY, "2")
    assert done.change is not None
    assert done.checkpoint is not None
    assert await blocks(space, at=done.checkpoint) == await blocks(space, "draft")


async def test_one_block_goes_back_and_the_others_stay(space: Space) -> None:
    """With what is said of it; no checkpoint is made, for the change before it is one."""
    await put(space, TEXT)
    await space.describe("notes", BY, description="who", tags=("t",))
    await write(space, "other\n", label="human")
    await write(space, "changed\n")
    before = await blocks(space)
    done = await space.history.restore(BY, "2", "notes")
    assert done.change is not None
    assert [t.label for t in done.change.blocks] == ["notes"]
    found = await block(space)
    assert (found.value, found.description, found.tags) == (TEXT, "", ())
    after = await blocks(space)
    assert {uid for uid in before if before[uid] != after[uid]} == {found.uid}
    assert await space.history.checkpoints() == []
    assert (await space.history.restore(BY, "2", "notes")).change is None


async def test_a_renamed_block_keeps_its_label(space: Space) -> None:
    """It is found under either of its labels then, and goes back under the one that it has now."""
    await put(space, TEXT)
    seen = await version(space)
    await write(space, "changed\n")
    await space.rename("notes", "journal", BY)
    for place, label in (("2", "journal"), (seen[:8], "journal"), ("2", "notes")):
        await space.history.restore(BY, place, label)
        assert await value(space, label="journal") == TEXT
        await write(space, "changed\n", label="journal")
    assert isinstance(await refusal(value(space)), NotFoundError)


async def test_a_deleted_block_comes_back_with_its_history(space: Space) -> None:
    """It is the same block: its changes, its versions and its lines' origins are found again."""
    uid = (await block(space, "human")).uid
    made = await write(space, "line\n", label="human")
    seen = await version(space, "human")
    await space.delete("human", BY)
    await space.history.restore(BY, str(made), "human")
    found = await block(space, "human")
    assert (found.uid, found.value) == (uid, "line\n")
    assert [c.number for c in await space.changes("human")] == [4, 3, 2, 1]
    assert (await space.read("human", seen))[0].value == "line\n"
    await space.delete("human", BY)
    await space.history.restore(BY, seen, "human")
    assert await value(space, label="human") == "line\n"


async def test_a_block_is_restored_from_another_branch(space: Space) -> None:
    """As that branch has it now, or had it at a change."""
    await put(space, TEXT)
    await fork(space, "draft")
    await write(space, "one\n", "draft")
    await write(space, "two\n", "draft")
    for place, expected in (("draft", "two\n"), ("3", "one\n")):
        await space.history.restore(BY, place, "notes")
        assert await value(space) == expected
    assert await value(space, "draft") == "two\n"


async def test_what_was_not_there_is_not_restored(space: Space) -> None:
    """No such place, or no such block there; nothing is written."""
    await put(space, TEXT)
    before = await everything(space)
    for place, label, why in (
        ("1", "notes", "there was no block notes at change 1; to take it away, delete it."),
        ("77", "notes", "there is no change 77; the newest is 2."),
        ("1", "nobody", "there is no block 'nobody'"),
        ("nowhere", None, "'nowhere' is no place in the history."),
    ):
        refused = await refusal(space.history.restore(BY, place, label))
        assert isinstance(refused, NotFoundError)
        assert str(refused).startswith(why)
    assert await everything(space) == before


async def test_a_read_only_block_goes_back_by_hand_only(space: Space) -> None:
    """Alone or with all others; where it stays as it is, the others may go back."""
    await put(space, TEXT)
    await space.describe("notes", BY, read_only=True)
    await write(space, "x\n", label="human")
    assert (await space.history.restore(BY, "3")).change is not None
    before = await everything(space)
    for call in (
        space.history.restore(BY, "2"),
        space.history.restore(BY, "2", "notes"),
        space.history.revert(BY, 3),
    ):
        assert isinstance(await refusal(call), ReadOnlyError)
    assert await everything(space) == before
    await space.history.restore(HAND, "1")
    assert isinstance(await refusal(value(space)), NotFoundError)


async def test_a_block_does_not_come_back_under_a_label_that_is_taken(space: Space) -> None:
    """Neither alone, nor with the change that deleted it taken back; with everything it may."""
    gone = (await space.delete("persona", BY)).change
    assert gone is not None
    await put(space, "another", "persona")
    before = await everything(space)
    refused = await refusal(space.history.revert(BY, gone.number))
    assert "there is already a block persona" in str(refused)
    assert await everything(space) == before
    await space.history.restore(BY, "1")
    assert await value(space, label="persona") == ""


@pytest.fixture(scope="module")
def opened() -> Generator[Opened]:
    """One space for all examples; each makes a block of its own."""
    made = Opened()
    yield made
    made.close()


@given(values=st.lists(texts(), min_size=2, max_size=5), at=st.integers(0, 4))
@settings(max_examples=25)
def test_any_block_goes_to_any_past_and_back(opened: Opened, values: list[str], at: int) -> None:
    """And the newest change, taken back, leaves what stood before it."""

    async def run() -> None:
        space, label = opened.space, opened.fresh()
        places: list[str] = []
        for text in values:
            await space.rethink(label, text, BY)
            places.append(str(await space.head()))
        for n in (at % len(values), -1):
            before = await value(space, label=label)
            done = await space.history.restore(BY, places[n], label)
            assert await value(space, label=label) == values[n]
            if done.change is not None:
                back = (await space.history.revert(BY, done.change.number)).change
                assert await value(space, label=label) == before
                assert back is not None
                await space.history.revert(BY, back.number)
        assert await value(space, label=label) == values[-1]
        await space.delete(label, BY)

    opened.runner.run(run())
