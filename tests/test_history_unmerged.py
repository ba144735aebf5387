"""A merge that was taken back can be made again, and decided otherwise."""

import pytest

from tokenspace.memory import Space

from .forks import fork, merge, value, write
from .support import BY, put


@pytest.fixture
async def merged(space: Space) -> Space:
    """A space where branch `draft` was merged into main by change 4."""
    await put(space, "a\nb\n")
    await fork(space, "draft")
    await write(space, "a\nB\n", "draft")
    done = await merge(space, "draft")
    assert done.change is not None
    assert done.change.number == 4
    return space


async def test_taken_back_by_itself_it_can_be_made_again(merged: Space) -> None:
    """And again it brings all that the branch has; what main did since stays."""
    await merged.history.revert(BY, 4)
    await merged.insert("notes", "main", -1, BY)
    assert await value(merged) == "a\nb\nmain\n"
    assert (await merge(merged, "draft")).change is not None
    assert await value(merged) == "a\nB\nmain\n"
    assert (await merge(merged, "draft")).change is None


async def test_gone_with_everything_after_a_checkpoint_it_can_be_made_again(merged: Space) -> None:
    """As if it had never been; and back where it was, there is nothing to merge."""
    await merged.history.restore(BY, "before-merge-4")
    assert await value(merged) == "a\nb\n"
    await merged.history.restore(BY, "before-restore-5")
    assert (await merge(merged, "draft")).change is None
    await merged.history.restore(BY, "before-merge-4")
    assert (await merge(merged, "draft")).change is not None
    assert await value(merged) == "a\nB\n"


async def test_the_taking_back_taken_back_it_is_merged(merged: Space) -> None:
    """Nothing is brought in twice."""
    undone = await merged.history.revert(BY, 4)
    assert undone.change is not None
    await merged.history.revert(BY, undone.change.number)
    assert await value(merged) == "a\nB\n"
    assert (await merge(merged, "draft")).change is None


async def test_a_branch_does_not_lose_what_main_took_back(merged: Space) -> None:
    """Main's undoing of the merge is no deletion of the branch's own work."""
    await merged.history.revert(BY, 4)
    await merged.insert("notes", "main", -1, BY)
    await merge(merged, "main", "draft")
    assert await value(merged, "draft") == "a\nB\nmain\n"
