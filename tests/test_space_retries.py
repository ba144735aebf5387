"""A write whose result already stands succeeds and records nothing: every call may be retried."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from tokenspace.memory import Draft, Space, Written
from tokenspace.memory.errors import NotFoundError

from .support import BY, because, put, refusal, text, version

NEW = Draft(uid=None, label="new", value="n", description="d", tags=("t",))
PATCH = (
    "*** Update Block: notes\n-one\n+uno\n*** Add Block: more\n+x\n"
    "*** Delete Block: persona\n*** Update Block: project\n*** Move to: work\n"
)


async def edited_since(space: Space) -> Written:
    """Rename a block, and edit it under its new label."""
    done = await space.rename("human", "ada", BY)
    if done.change is not None:
        await space.insert("ada", "likes tea", -1, BY)
    return done


WRITES: list[Callable[[Space], Awaitable[Written]]] = [
    lambda s: s.replace("notes", "one", "uno", BY),
    lambda s: s.replace("notes", "one\n", "", BY),
    lambda s: s.replace("notes", "two", "two two", BY),
    lambda s: s.rethink("notes", "new\n", BY),
    lambda s: s.rethink("fresh", "new\n", BY),
    lambda s: s.create(NEW, BY),
    lambda s: s.delete("notes", BY),
    lambda s: s.rename("notes", "other", BY),
    lambda s: s.rename("notes", "Notes", BY),
    edited_since,
    lambda s: s.patch("*** Update Block: notes\n-one\n+uno\n", BY),
    lambda s: s.patch(PATCH, BY),
    lambda s: s.describe("notes", BY, description="d", tags=("x",)),
]


@pytest.mark.parametrize("write", WRITES)
async def test_a_retry_succeeds_and_changes_nothing(
    space: Space, write: Callable[[Space], Awaitable[Written]]
) -> None:
    """The same call again, with no key and no version, finds its work done."""
    await put(space, "one\ntwo\n")
    first = await write(space)
    before = await space.context()
    again = await write(space)
    assert first.change is not None
    assert again.change is None
    assert again.point == before.point
    assert await space.context() == before


async def test_with_the_version_that_was_read_every_edit_can_be_retried(space: Space) -> None:
    """Even one that could be meant twice: an insert, or a replace whose result matches again."""
    seen = await put(space, "one\n")
    for edit in (
        lambda: space.insert("notes", "two", -1, BY, seen),
        lambda: space.replace("notes", "one", "one one", BY, seen),
        lambda: space.patch(f"*** Update Block: notes@{seen}\n one\n+two\n", BY),
    ):
        first, again = await edit(), await edit()
        assert (first.change is None, again.change is None) == (False, True)
        await space.rethink("notes", "one\n", BY)


async def test_a_key_makes_any_write_happen_once(space: Space) -> None:
    """The same key again is answered with the change that it made, whatever happened since."""
    await put(space, "log\n")
    first = await space.insert("notes", "entry", -1, because("", "key-1"))
    await space.insert("notes", "other", -1, BY)
    again = await space.insert("notes", "entry", -1, because("", "key-1"))
    assert again.repeated
    assert (again.change, again.point.change) == (first.change, 4)
    assert await text(space) == "log\nentry\nother\n"


async def test_a_key_counts_once_among_simultaneous_writes(space: Space) -> None:
    """Twenty retries at the same moment are one entry."""
    await put(space, "log\n")
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(space.insert, "notes", "entry", -1, because("", "key-1"))
    assert await text(space) == "log\nentry\n"


async def test_a_refused_write_does_not_use_up_its_key(space: Space) -> None:
    """The mended call may keep it."""
    await put(space, "log\n")
    await refusal(space.insert("notes", "entry", 9, because("", "key-1")))
    assert not (await space.insert("notes", "entry", 1, because("", "key-1"))).repeated


async def test_what_was_undone_since_is_not_called_done(space: Space) -> None:
    """A block made again after its deletion can be deleted again; a rename likewise."""
    for _ in range(2):
        await put(space, "one")
        assert (await space.delete("notes", BY)).change is not None
    await put(space, "one")
    await space.rename("notes", "other", BY)
    await put(space, "two")
    refused = await refusal(space.rename("notes", "other", BY))
    assert str(refused) == ("there is already a block other; edit that one or take another label.")


async def test_a_block_that_never_was_cannot_have_been_deleted(space: Space) -> None:
    """Idempotence is no excuse for a mistyped label."""
    for call in (
        space.delete("humna", BY),
        space.rename("humna", "human", BY),
        space.patch("*** Delete Block: humna\n", BY),
    ):
        refused = await refusal(call)
        assert isinstance(refused, NotFoundError)
        assert "Did you mean 'human'?" in str(refused)


async def test_a_repeat_is_a_retry_only_of_the_newest_edit(space: Space) -> None:
    """Once somebody else has edited the block, an absent quote is an absent quote."""
    await put(space, "one\n")
    await space.replace("notes", "one", "uno", BY)
    await space.insert("notes", "more", -1, BY)
    await refusal(space.replace("notes", "one", "uno", BY))
    assert await version(space) == (await space.read("notes", "4"))[0].version
