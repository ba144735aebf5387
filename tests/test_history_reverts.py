"""Taking back what one change did, and nothing else: three-way, as a change of its own."""

from tokenspace.memory import Draft, Space
from tokenspace.memory.errors import ConflictError, NotFoundError

from .forks import block, blocks, everything, fork, merge, on, past, value, write
from .support import BY, put, refusal

TEXT = "Name: Ada\nCity: Paris\nLikes: tea\n"


async def test_taking_back_a_change_keeps_what_came_after(space: Space) -> None:
    """Nothing else goes: other lines, other blocks, what is said of it."""
    await put(space, TEXT)
    await write(space, TEXT.replace("Paris", "Rome"))
    await write(space, "top\n" + TEXT.replace("Paris", "Rome") + "end\n")
    await space.describe("notes", BY, description="who")
    await space.rename("notes", "journal", BY)
    done = await space.history.revert(BY, 3)
    assert done.checkpoint is None
    assert await value(space, label="journal") == f"top\n{TEXT}end\n"
    assert (await block(space, "journal")).description == "who"
    assert (await space.history.revert(BY, 3)).change is None


async def test_taking_back_is_taken_back(space: Space) -> None:
    """Of every kind of change: then all is as it was at first."""
    numbers = await past(space)
    before = await blocks(space)
    for number in numbers[1:]:
        try:
            done = await space.history.revert(BY, number)
        except ConflictError:
            assert await blocks(space) == before
            continue
        if done.change is not None:
            await space.history.revert(BY, done.change.number)
        assert await blocks(space) == before


async def test_a_merge_is_taken_back(space: Space) -> None:
    """All that it brought, and nothing that came after."""
    await put(space, TEXT)
    await fork(space, "draft")
    await write(space, "theirs\n" + TEXT, "draft")
    await space.delete("human", on("draft"))
    await write(space, TEXT + "ours\n")
    before = await blocks(space)
    done = await merge(space, "draft")
    await space.create(Draft(uid=None, label="after", value="a"), BY)
    assert done.change is not None
    await space.history.revert(BY, done.change.number)
    after = await blocks(space)
    assert {uid: b for uid, b in after.items() if b.label != "after"} == before
    assert await value(space, "draft") == "theirs\n" + TEXT


async def test_what_came_in_with_a_merge_can_be_taken_back_by_itself(space: Space) -> None:
    """A change of another branch that is part of this one's past; no other."""
    await put(space, TEXT)
    await fork(space, "draft")
    number = await write(space, TEXT.replace("Ada", "Eve"), "draft")
    await write(space, TEXT.replace("Ada", "Eve") + "more\n", "draft")
    await merge(space, "draft")
    later = await write(space, "later\n", "draft")
    await space.history.revert(BY, number)
    assert await value(space) == TEXT + "more\n"
    refused = await refusal(space.history.revert(BY, later))
    assert str(refused) == (
        f"change {later} was made on branch draft and is not part of main; there is nothing to "
        "take back."
    )
    assert isinstance(await refusal(space.history.revert(BY, 99)), NotFoundError)


async def test_what_was_changed_again_is_named_and_stays(space: Space) -> None:
    """A line or a whole block that was edited since; nothing is written."""
    await put(space, TEXT)
    edited = await write(space, TEXT.replace("Paris", "Rome"))
    await write(space, TEXT.replace("Paris", "Oslo"))
    made = await write(space, "a\n", label="new")
    await write(space, "b\n", label="new")
    before = await everything(space)
    refused = str(await refusal(space.history.revert(BY, edited)))
    assert refused.startswith(
        f"change {edited} cannot be taken back by itself: block notes, line 2 was changed again "
        f"since. It now reads 'City: Oslo'; before change {edited} it was 'City: Paris'."
    )
    refusing = await refusal(space.history.revert(BY, made))
    assert isinstance(refusing, ConflictError)
    assert "block new was changed again since." in str(refusing)
    assert await everything(space) == before
