"""Outcomes, as a space keeps them: bound to what memory showed, and what they say of edits."""

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import NotFoundError
from tokenspace.memory.model import MAIN
from tokenspace.memory.outcomes import receipt_of
from tokenspace.memory.querying import Scope
from tokenspace.memory.refs import Point
from tokenspace.memory.store import verify

from .secret import SECRET, bytes_left, words_left
from .story import BAD, GOOD, by, edit, story, suspected, tell
from .support import BY, because, opened, refusal


@pytest.fixture
async def space(tmp_path: Path) -> AsyncIterator[Space]:
    """A new space."""
    async with opened(tmp_path / "memory.db") as made:
        yield made


async def test_an_outcome_is_an_episode_with_a_score(space: Space) -> None:
    """Found by search, kept with its task and the change that memory showed."""
    told = await space.outcomes.tell(by("m1"), " move \n house ", 0.25, " No lift. ")
    passage = told.shelved.passage
    assert passage is not None
    assert (passage.name, passage.kind, passage.source) == ("e1", "episode", "move house")
    assert (passage.text, passage.tags) == ("score 0.25: No lift.", ("outcome",))
    kept = told.outcome
    assert kept is not None
    assert (kept.task, kept.score, kept.branch, kept.shown) == ("move house", 0.25, MAIN, 1)
    assert kept.author.model == "m1"
    assert await space.outcomes.told() == [kept]
    found = await space.search.find("lift", Scope(), 5)
    assert [find.name for find in found.finds] == ["e1"]
    bare = await space.outcomes.tell(by(), "fly", 1)
    assert bare.shelved.passage is not None
    assert bare.shelved.passage.text == "score 1: fly"


async def test_one_key_is_one_outcome(space: Space) -> None:
    """A retry is answered with the first; it stays out where that was taken out since."""
    intent = because("", "key")
    first = await space.outcomes.tell(intent, "move", 0.5)
    again = await space.outcomes.tell(intent, "move", 0.5)
    assert (again.outcome, again.shelved.written.repeated) == (first.outcome, True)
    assert again.shelved.passage == first.shelved.passage
    assert len(await space.outcomes.told()) == 1
    await space.archive.remove("e1", BY)
    assert (await space.outcomes.tell(intent, "move", 0.5)).outcome is None


@pytest.mark.parametrize(
    ("task", "score", "sentence"),
    [
        (" \n ", 0.5, "the task is empty"),
        ("t" * 501, 0.5, "the task is 501 characters; name it in 500 or fewer"),
        ("a\0b", 0.5, "holds a NUL byte"),
        ("move", 1.01, "score 1.01 is not one: give 0 (failed) to 1"),
        ("move", -0.5, "score -0.5 is not one"),
        ("move", math.nan, "score nan is not one"),
        ("move", math.inf, "score inf is not one"),
    ],
)
async def test_what_is_no_outcome_is_refused(
    space: Space, task: str, score: float, sentence: str
) -> None:
    """With a sentence that says what one is; nothing is kept."""
    assert sentence in str(await refusal(space.outcomes.tell(BY, task, score)))
    assert (await space.outcomes.told(), await space.head()) == ([], 1)


@pytest.mark.parametrize(
    ("receipt", "point"),
    [
        ("main.12", Point("main", 12)),
        (" receipt  main.1\n", Point("main", 1)),
        ("v1.2-try.7", Point("v1.2-try", 7)),
    ],
)
def test_a_receipt_is_read_as_it_was_handed_out(receipt: str, point: Point) -> None:
    """The last dot parts the change from the branch."""
    assert receipt_of(receipt) == point


async def test_a_receipt_must_have_been_handed_out(space: Space) -> None:
    """Each that cannot have been is refused with what is meant, perhaps."""
    fork = await edit(space, "- before")
    await space.history.make_branch(BY, "v1.2")
    theirs = await edit(space, "- on the branch", "v1.2")
    ours = await edit(space, "- after")
    outcomes = space.outcomes
    for receipt, kept in (
        (f"v1.2.{theirs}", Point("v1.2", theirs)),
        (f"v1.2.{fork}", Point(MAIN, fork)),
        (f"main.{ours}", Point(MAIN, ours)),
    ):
        outcome = (await outcomes.tell(BY, "t", 1, shown=receipt_of(receipt))).outcome
        assert outcome is not None
        assert Point(outcome.branch, outcome.shown) == kept
    for receipt, sentence in (
        ("main.99", "there is no change 99, which the receipt main.99 names; the newest is 7"),
        ("main.0", "there is no change 0"),
        (f"main.{theirs}", f"made on v1.2: the receipt is v1.2.{theirs}"),
        (f"v1.2.{ours}", f"v1.2 did not show change {ours}, which was made on main"),
        ("other.1", "there is no branch 'other'; there are main, v1.2"),
    ):
        told = outcomes.tell(BY, "t", 1, shown=receipt_of(receipt))
        assert sentence in str(await refusal(told)), receipt
    for text in ("", "12", "main", "main.", ".12", "main.x", "main.-1", "main." + "9" * 30):
        with pytest.raises(Exception, match=r"is not a receipt; it is like main\.12"):
            receipt_of(text)
    assert len(await outcomes.told()) == 3


async def test_a_harmful_edit_is_named_until_it_is_taken_back(space: Space) -> None:
    """Taking that back makes it suspect again; so does going back to when it stood."""
    made = await story(space, 8, 4)
    (suspect,) = (await space.outcomes.account()).verdict.suspects
    assert suspect.change == made[4]
    assert (suspect.trials_before, suspect.trials_after) == (16, 16)
    assert (await space.outcomes.account()).changes[made[4]].reason == "why - fact 4"
    undo = (await space.history.revert(BY, made[4])).change
    assert undo is not None
    assert await suspected(space) == []
    await tell(space, GOOD)
    assert await suspected(space) == []
    await space.history.revert(BY, undo.number)
    assert await suspected(space) == [made[4]]
    await space.history.restore(BY, str(made[3]))
    assert await suspected(space) == []


async def test_the_edit_that_is_left_is_found_behind_one_that_was_taken_back(space: Space) -> None:
    """The outcomes of a memory that had the worse edit say nothing; those after it do."""
    made = await story(space, 8, 4)
    await space.history.revert(BY, made[4])
    await tell(space, GOOD + GOOD)
    worse = await edit(space, "- worse again")
    await tell(space, BAD + BAD)
    assert await suspected(space) == [worse]


async def test_outcomes_between_two_edits_are_of_one_memory(space: Space) -> None:
    """Each is a change itself, and so has another receipt; the curve has a point an edit."""
    made = await story(space, 3, 2)
    account = await space.outcomes.account()
    assert len({outcome.shown for outcome in account.outcomes}) == 12
    assert [trial.change for trial in account.trials] == [n for n in made for _ in range(4)]


async def test_an_edit_on_a_branch_counts_from_its_merge(space: Space) -> None:
    """Before that it says nothing of main; the outcomes are listed all the time."""
    made = await story(space, 4, 9)
    await space.history.make_branch(BY, "try.1")
    theirs = await edit(space, "- from the branch", "try.1")
    for score in BAD:
        await space.outcomes.tell(by(), "deploy", score, shown=Point("try.1", theirs))
    account = await space.outcomes.account()
    assert (len(account.outcomes), len(account.trials)) == (20, 16)
    assert await suspected(space) == []
    await edit(space, "- meanwhile")
    await tell(space, GOOD)
    merged = (await space.history.merge(BY, "try.1")).change
    assert merged is not None
    await space.history.delete_branch("try.1")
    await tell(space, BAD)
    assert await suspected(space) == [merged.number]
    trials = (await space.outcomes.account()).trials
    assert [trial.change for trial in trials[-8:]] == [merged.number] * 8
    await space.history.revert(BY, merged.number)
    assert await suspected(space) == []
    assert len((await space.outcomes.account()).trials) == 24, "those of the branch count no more"
    assert made[0] == trials[0].change


async def test_another_model_is_not_taken_for_a_worse_memory(space: Space) -> None:
    """Where nothing was edited, it is the model; one model or task can be looked at alone."""
    await story(space, 4, 9)
    await tell(space, BAD + BAD, model="other")
    await tell(space, (0.5,), task="fly")
    verdict = await space.outcomes.verdict()
    assert verdict.suspects == ()
    assert verdict.model_change is not None
    assert (verdict.model_change.after, verdict.model_change.edits) == ("other", ())
    assert len((await space.outcomes.account(model="other")).outcomes) == 8
    assert len((await space.outcomes.account(" fly ")).outcomes) == 1
    assert (await space.outcomes.account("fly", "other")).outcomes == ()


async def test_a_change_of_the_archive_is_no_suspect(space: Space) -> None:
    """What tasks had in view are blocks."""
    await edit(space, "- a fact")
    await tell(space, GOOD * 3)
    await space.archive.update("e1", BY, tags=("x",))
    await tell(space, BAD * 3)
    assert await suspected(space) == []


async def test_an_outcome_is_taken_back_like_any_change(space: Space) -> None:
    """And stands again when that is taken back."""
    told = await space.outcomes.tell(BY, "move", 0.5)
    change = told.shelved.written.change
    assert change is not None
    undo = (await space.history.revert(BY, change.number)).change
    assert await space.outcomes.told() == []
    assert undo is not None
    await space.history.revert(BY, undo.number)
    assert await space.outcomes.told() == [told.outcome]


async def test_erasing_leaves_no_trace_of_a_rationale(tmp_path: Path) -> None:
    """A text is erased and the score stays; with its episode, the outcome is gone as well."""
    db = tmp_path / "memory.db"
    async with opened(db) as space:
        await space.outcomes.tell(BY, "log in", 0.25, f"the password was {SECRET}")
        await space.outcomes.tell(BY, f"with {SECRET}", 0.75)
        assert bytes_left(db)
        await space.history.erase_text(BY, SECRET)
        first, second = await space.outcomes.told()
        assert (first.task, first.score, second.score) == ("log in", 0.25, 0.75)
        assert SECRET not in second.task
        assert (bytes_left(db), words_left(db)) == ([], [])
        await space.outcomes.tell(BY, "log in", 0.5, f"again {SECRET}")
        await space.history.erase_passage(BY, "e3")
        assert await space.outcomes.told() == [first, second]
    assert (bytes_left(db), words_left(db)) == ([], [])
    assert verify(db).findings == ()


async def test_an_outcome_has_no_branch_but_its_receipts(space: Space) -> None:
    """The archive has none."""
    await space.history.make_branch(BY, "try")
    intent = type(BY)(author=BY.author, tool="test", branch="try")
    assert "outcomes have no branch" in str(await refusal(space.outcomes.tell(intent, "t", 1)))


async def test_what_a_read_has_shown_may_be_gone(space: Space) -> None:
    """As after a backup took the place of all."""
    assert await space.outcomes.is_shown(Point(MAIN, 1))
    assert not await space.outcomes.is_shown(Point(MAIN, 9))
    assert not await space.outcomes.is_shown(Point("try", 1))
    with pytest.raises(NotFoundError):
        await space.outcomes.tell(BY, "t", 1, shown=Point("try", 1))
