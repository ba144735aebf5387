"""What rewrites left out: noted with the change, confirmed, moved, merged, put back."""

from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import InvalidError
from tokenspace.memory.losses import Lost, lost
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore

from .support import BY, opened, text

HOME = "# Home\n- Name: Ada\n- Moved to Rome in 2019\n- Has two cats\n"
NO_CATS = "# Home\n- Name: Ada\n- Moved to Rome in 2019\n"


async def missing(path: Path, branch: str = MAIN) -> list[Lost]:
    """Return the losses that nobody has confirmed."""
    store = await SqliteStore.open(path)
    try:
        return await store.read(lambda view: lost(view, branch))
    finally:
        await store.close()


async def entries(path: Path, branch: str = MAIN) -> list[str]:
    """Return what is missing."""
    return [one.entry for one in await missing(path, branch)]


async def home(space: Space) -> None:
    """Put something into the block human."""
    await space.rethink("human", HOME, BY)


async def test_what_a_rewrite_leaves_out_is_noted_with_its_change(db: Path) -> None:
    """With the label and the entry as it stood."""
    async with opened(db) as space:
        await home(space)
        done = await space.rethink("human", NO_CATS, BY)
        (ledger,) = done.ledgers
        assert ledger is not None
        assert [a.entry for a in ledger.losses] == ["Has two cats"]
        (one,) = await missing(db)
        assert (one.loss.change, one.label, one.entry) == (
            done.point.change,
            "human",
            "- Has two cats",
        )


@pytest.mark.parametrize("name", ["Has two cats", "- has two cats.", "4", "*"])
async def test_an_entry_that_is_named_may_go(db: Path, name: str) -> None:
    """By its text, whatever the bullet, by its line, or all at once."""
    async with opened(db) as space:
        await home(space)
        done = await space.rethink("human", NO_CATS, BY, drop=[name])
        assert done.ledgers[0] is not None
        assert done.ledgers[0].losses == []
        assert await entries(db) == []


async def test_a_name_that_names_nothing_is_refused_and_nothing_is_written(db: Path) -> None:
    """It was meant to protect something."""
    async with opened(db) as space:
        await home(space)
        with pytest.raises(InvalidError, match="names 'Has a dog'"):
            await space.rethink("human", NO_CATS, BY, drop=["Has a dog"])
        assert await text(space, "human") == HOME


async def test_a_loss_can_be_confirmed_later(db: Path) -> None:
    """The same text again, now with what may go: nothing is written but that."""
    async with opened(db) as space:
        await home(space)
        first = await space.rethink("human", NO_CATS, BY)
        again = await space.rethink("human", NO_CATS, BY, drop=["Has two cats"])
        assert (again.change, again.confirmed) == (None, ("- Has two cats",))
        assert again.point == first.point
        assert await entries(db) == []


async def test_an_entry_that_stands_in_another_block_has_only_moved(db: Path) -> None:
    """It was put there before, or is with the same patch."""
    async with opened(db) as space:
        await home(space)
        await space.insert("persona", "* has two cats", -1, BY)
        await space.rethink("human", NO_CATS, BY)
        assert await entries(db) == []
        moving = (
            "*** Update Block: human\n@@\n - Name: Ada\n-- Moved to Rome in 2019\n"
            "*** Update Block: project\n@@\n+- Moved to Rome in 2019\n"
        )
        await space.patch(moving, BY)
        assert await entries(db) == []


async def test_an_entry_that_is_back_is_no_loss_any_more(db: Path) -> None:
    """However it came back."""
    async with opened(db) as space:
        await home(space)
        await space.rethink("human", NO_CATS, BY)
        await space.insert("human", "- Has two cats", -1, BY)
        assert await entries(db) == []


async def test_what_was_lost_is_put_back_in_its_place_by_one_call(db: Path) -> None:
    """As a change of its own; what was written meanwhile stays."""
    async with opened(db) as space:
        await home(space)
        done = await space.rethink("human", "# Home\n- Name: Ada\n- Likes tea\n", BY)
        assert await entries(db) == ["- Moved to Rome in 2019", "- Has two cats"]
        await space.insert("human", "- Speaks Dutch", -1, BY)
        await space.history.put_back(BY, done.point.change)
        assert await text(space, "human") == (
            "# Home\n- Name: Ada\n- Likes tea\n- Speaks Dutch\n"
            "- Moved to Rome in 2019\n- Has two cats\n"
        )
        assert await entries(db) == []
        with pytest.raises(InvalidError, match="still missing"):
            await space.history.put_back(BY, done.point.change)


async def test_a_line_whose_facts_were_changed_gets_its_own_back(db: Path) -> None:
    """Both would contradict each other."""
    async with opened(db) as space:
        await home(space)
        done = await space.rethink("human", HOME.replace("2019", "2021"), BY)
        assert await entries(db) == ["- Moved to Rome in 2019"]
        await space.history.put_back(BY, done.point.change)
        assert await text(space, "human") == HOME


async def test_of_a_replacement_only_several_lines_are_accounted_for(db: Path) -> None:
    """To change a line is what it is there for."""
    async with opened(db) as space:
        await home(space)
        done = await space.replace("human", "- Has two cats", "- Likes tea", BY)
        assert done.ledgers == ()
        await space.replace("human", "- Moved to Rome in 2019\n- Likes tea\n", "", BY)
        assert await entries(db) == ["- Moved to Rome in 2019", "- Likes tea"]


async def test_a_merge_brings_the_losses_that_nobody_confirmed(db: Path) -> None:
    """What was dropped by name, or replaced line by line on the branch, was meant."""
    async with opened(db) as space:
        await home(space)
        await space.history.make_branch(BY, "try")
        there = type(BY)(author=BY.author, tool="test", branch="try")
        await space.rethink("human", HOME.replace("- Has two cats\n", ""), there)
        await space.rethink("human", "# Home\n- Name: Ada\n", there, drop=["Moved to Rome"])
        await space.replace("human", "- Name: Ada", "- Name: Bo", there)
        assert await entries(db, "try") == ["- Has two cats"]
        assert await entries(db) == []
        done = await space.history.merge(BY, "try")
        assert await entries(db) == ["- Has two cats"]
        await space.history.put_back(BY, done.point.change)
        assert await text(space, "human") == "# Home\n- Name: Bo\n- Has two cats\n"


async def test_erasing_leaves_no_loss_to_put_back(db: Path) -> None:
    """The entry is nowhere any more."""
    async with opened(db) as space:
        await home(space)
        await space.rethink("human", NO_CATS, BY)
        await space.history.erase_text(BY, "Has two cats")
        assert await entries(db) == []


async def test_erasing_lines_above_a_loss_does_not_move_it(db: Path) -> None:
    """What is put back is what was lost, not what was confirmed beside it."""
    async with opened(db) as space:
        await space.rethink("human", "# Home\nthe secret line\n- lost one\n- dropped one\n", BY)
        done = await space.rethink("human", "# Home\n", BY, drop=["dropped one", "secret line"][:1])
        await space.history.erase_text(BY, "the secret line\n")
        assert await entries(db) == ["- lost one"]
        await space.history.put_back(BY, done.point.change)
        assert "lost one" in await text(space, "human")
        assert "dropped one" not in await text(space, "human")


async def test_putting_back_takes_no_line_that_says_more(db: Path) -> None:
    """Only a line that says otherwise makes way."""
    async with opened(db) as space:
        await space.rethink("human", "- Deploy with make ship from main\n- Has two cats\n", BY)
        done = await space.rethink("human", "- Likes tea\n", BY)
        more = "- Deploy with make ship from main, and page Bob at once"
        await space.insert("human", more, -1, BY)
        await space.history.put_back(BY, done.point.change)
        now = await text(space, "human")
        assert more in now
        assert "- Has two cats" in now


async def test_a_line_of_several_blocks_is_named_with_its_label(db: Path) -> None:
    """A bare number would be that line of each."""
    both = "*** Update Block: human\n@@\n-one a\n*** Update Block: project\n@@\n-one b\n"
    async with opened(db) as space:
        await space.rethink("human", "one a\ntwo a\n", BY)
        await space.rethink("project", "one b\ntwo b\n", BY)
        with pytest.raises(InvalidError, match="label:line"):
            await space.patch(both, BY, drop=["1"])
        await space.patch(both, BY, drop=["project:1"])
        assert await entries(db) == ["one a"]
        with pytest.raises(InvalidError, match="names 'nothing like it'"):
            await space.rethink("human", "two a\n", BY, drop=["nothing like it"])
        await space.rethink("human", "two a\n", BY, drop=["human:1"])
        assert await entries(db) == []
