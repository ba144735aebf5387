"""Merging branches of a real file: what is taken in, what is asked, and what is left behind."""

from pathlib import Path

import pytest

from tokenspace.memory import Draft, Space
from tokenspace.memory.conflicts import WORDS, MergeConflictError
from tokenspace.memory.errors import (
    ExistsError,
    InvalidError,
    NotFoundError,
    ReadOnlyError,
    TokenspaceError,
)
from tokenspace.memory.model import MAIN
from tokenspace.memory.refs import Point

from .forks import become, block, conflicts, everything, fork, merge, on, value, write
from .support import BY, HAND, because, put, refusal

TEXT = "Name: Ada\nCity: Paris\nLikes: tea\n"


@pytest.fixture
async def space(space: Space) -> Space:
    """A block on main (change 2), and a branch `draft` from there."""
    await put(space, TEXT)
    await fork(space, "draft")
    return space


async def test_what_either_side_did_is_there(space: Space) -> None:
    """One change that says what it merged; the source stays as it is."""
    await write(space, TEXT.replace("Paris", "Rome"))
    await space.create(Draft(uid=None, label="new", value="n"), on("draft"))
    newest = await write(space, TEXT + "Has: a cat\n", "draft")
    done = await merge(space, "draft")
    assert done.change is not None
    assert (done.change.merged, done.change.branch) == (newest, MAIN)
    assert [(t.label, t.action) for t in done.change.blocks] == [
        ("notes", "edited"), ("new", "created"),
    ]  # fmt: skip
    assert await value(space) == "Name: Ada\nCity: Rome\nLikes: tea\nHas: a cat\n"
    assert await value(space, "draft") == TEXT + "Has: a cat\n"
    assert done.point == Point(MAIN, done.change.number)
    assert {step.after.label for step in done.steps if step.after} == {"notes", "new"}


async def test_merging_again_takes_only_what_is_new(space: Space) -> None:
    """Nothing twice: without new changes nothing is written, and what main undid stays undone."""
    assert (await merge(space, "draft")).change is None
    await write(space, TEXT + "one\n", "draft")
    await merge(space, "draft")
    before = await everything(space)
    again = await merge(space, "draft")
    assert (again.change, again.steps, again.checkpoint) == (None, (), None)
    assert await everything(space) == before
    await write(space, TEXT)
    assert (await merge(space, "draft")).change is None
    await write(space, TEXT + "one\ntwo\n", "draft")
    done = await merge(space, "draft")
    assert done.change is not None
    assert await value(space) == TEXT + "two\n"


async def test_merging_back_and_forth_asks_nothing_twice(space: Space) -> None:
    """Each takes in what the other did since; both then have the same."""
    for n in range(4):
        await write(space, (await value(space)).replace("Name", f"Name {n}"))
        await write(space, (await value(space, "draft")) + f"{n}\n", "draft")
        await merge(space, "draft")
        await merge(space, MAIN, into="draft")
        assert await value(space) == await value(space, "draft")
    assert await value(space) == TEXT.replace("Name", "Name 3 2 1 0") + "0\n1\n2\n3\n"


async def test_a_conflict_names_the_place_and_all_three_texts(space: Space) -> None:
    """Nothing is written; the other direction has ours and theirs swapped."""
    await write(space, "top\n" + TEXT.replace("Paris", "Rome"))
    await write(space, TEXT.replace("Paris", "Oslo"), "draft")
    (here,) = await conflicts(space, "draft")
    (there,) = await conflicts(space, MAIN, into="draft")
    assert (here.label, here.part, here.line) == ("notes", "text", 3)
    assert (here.base, here.ours, here.theirs) == ("City: Paris\n", "City: Rome\n", "City: Oslo\n")
    assert (there.base, there.ours, there.theirs) == (here.base, here.theirs, here.ours)
    assert there.line == 2
    refused = str(await refusal(merge(space, "draft")))
    assert refused.startswith("1 conflict between main (ours) and draft (theirs); nothing was ")
    assert f"{here.id} notes, line 3\n" in refused
    assert "theirs: City: Oslo" in refused


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        ("ours", "City: Rome\n"),
        ("theirs", "City: Oslo\n"),
        ("both", "City: Rome\nCity: Oslo\n"),
        ("base", "City: Paris\n"),
        ("City: Bonn", "City: Bonn\n"),
        ("City: Bonn\n", "City: Bonn\n"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("named", [True, False])
async def test_a_decision_does_what_it_says(
    space: Space, choice: str, line: str, named: bool
) -> None:
    """By the conflict's id, or for all; what was no conflict is merged as ever."""
    await write(space, TEXT.replace("Paris", "Rome"))
    await write(space, TEXT.replace("Paris", "Oslo") + "more\n", "draft")
    (found,) = await conflicts(space, "draft")
    if not named and choice not in WORDS:
        assert isinstance(await refusal(merge(space, "draft", resolve={"*": choice})), InvalidError)
    key = found.id if named or choice not in WORDS else "*"
    await merge(space, "draft", resolve={key: choice})
    assert await value(space) == f"Name: Ada\n{line}Likes: tea\nmore\n"
    assert (await merge(space, "draft")).change is None


async def test_each_conflict_is_decided_for_itself(space: Space) -> None:
    """Those that are named as they say, all others as `*` says; one that is left is asked again."""
    await write(space, TEXT.replace("Ada", "A").replace("Paris", "B").replace("tea", "C"))
    await write(space, TEXT.replace("Ada", "X").replace("Paris", "Y").replace("tea", "Z"), "draft")
    found = await conflicts(space, "draft")
    assert [c.line for c in found] == [1, 2, 3]
    name, city, likes = (c.id for c in found)
    left = await refusal(merge(space, "draft", resolve={name: "ours", likes: "theirs"}))
    assert str(left).startswith("1 conflict ")
    assert city in str(left)
    await merge(space, "draft", resolve={name: "theirs", city: "both", "*": "ours"})
    assert await value(space) == "Name: X\nCity: B\nCity: Y\nLikes: C\n"


async def test_a_stale_decision_is_refused(space: Space) -> None:
    """An id stands for three texts: once one of them is another, nothing is written under it."""
    await write(space, TEXT.replace("Paris", "Rome"))
    await write(space, TEXT.replace("Paris", "Oslo"), "draft")
    (old,) = await conflicts(space, "draft")
    await write(space, TEXT.replace("Paris", "Bonn"), "draft")
    (new,) = await conflicts(space, "draft")
    assert new.id != old.id
    before = await everything(space)
    for given in ({old.id: "theirs"}, {old.id: "theirs", "*": "ours"}, {"nonsense": "ours"}):
        refused = await refusal(merge(space, "draft", resolve=given))
        assert isinstance(refused, MergeConflictError)
        assert "there is no conflict" in str(refused)
        assert f"{new.id} notes, line" in str(refused)
    assert await everything(space) == before
    await write(space, TEXT, "draft")
    refused = await refusal(merge(space, "draft", resolve={new.id: "theirs"}))
    assert str(refused).endswith("merge without resolve.")


async def test_a_block_is_deleted_where_the_other_side_left_it(space: Space) -> None:
    """Whichever side deleted it; and it is not deleted twice."""
    await fork(space, "other")
    await space.delete("notes", on("draft"))
    await merge(space, MAIN, into="draft")
    assert isinstance(await refusal(value(space, "draft")), NotFoundError)
    done = await merge(space, "draft")
    assert done.change is not None
    assert [t.action for t in done.change.blocks] == ["deleted"]
    await space.delete("notes", on("other"))
    await merge(space, "other")
    assert isinstance(await refusal(value(space)), NotFoundError)


@pytest.mark.parametrize("deleting", [MAIN, "draft"])
@pytest.mark.parametrize(
    ("choice", "left"),
    [("deletion", None), ("edit", "edited\n"), ("both", "edited\n"), ("a text", "a text")],
)
async def test_deleted_here_and_edited_there_is_a_conflict(
    space: Space, deleting: str, choice: str, left: str | None
) -> None:
    """Whichever side deleted; the block comes back only where that is decided."""
    uid = (await block(space)).uid
    editing = "draft" if deleting == MAIN else MAIN
    await space.delete("notes", on(deleting))
    await write(space, "edited\n", editing)
    (found,) = await conflicts(space, "draft")
    (swapped,) = await conflicts(space, MAIN, into="draft")
    assert (found.part, found.base) == ("block", TEXT)
    assert {found.ours, found.theirs} == {"edited\n", "(no such block)"}
    assert (swapped.ours, swapped.theirs) == (found.theirs, found.ours)
    decision = {
        "deletion": "ours" if deleting == MAIN else "theirs",
        "edit": "ours" if editing == MAIN else "theirs",
    }.get(choice, choice)
    await merge(space, "draft", resolve={found.id: decision})
    if left is None:
        assert isinstance(await refusal(value(space)), NotFoundError)
    else:
        assert await value(space) == left
        assert (await block(space)).uid == uid
    assert (await merge(space, "draft")).change is None


async def test_both_renamed_a_block(space: Space) -> None:
    """To one label it is done once; to two labels it is asked; a text goes with either."""
    await fork(space, "other")
    await space.rename("notes", "journal", BY)
    await write(space, TEXT + "more\n", "draft")
    await space.rename("notes", "journal", on("draft"))
    await merge(space, "draft")
    assert await value(space, label="journal") == TEXT + "more\n"
    await space.rename("notes", "diary", on("other"))
    (found,) = await conflicts(space, "other")
    assert (found.part, found.base, found.ours, found.theirs) == (
        "label", "notes", "journal", "diary",
    )  # fmt: skip
    await merge(space, "other", resolve={found.id: "logbook"})
    assert await value(space, label="logbook") == TEXT + "more\n"


async def test_two_blocks_that_would_have_one_label_are_asked_about(space: Space) -> None:
    """One that comes in gets a label of its own; nobody's block is overwritten."""
    await put(space, "mine\n", "taken")
    await space.rename("notes", "taken", on("draft"))
    (found,) = await conflicts(space, "draft")
    assert (found.part, found.label) == ("label", "taken")
    for choice in ("ours", "theirs", "both"):
        refused = await refusal(merge(space, "draft", resolve={"*": choice}))
        assert isinstance(refused, InvalidError)
    assert isinstance(
        await refusal(merge(space, "draft", resolve={found.id: "human"})), ExistsError
    )
    await merge(space, "draft", resolve={found.id: "free"})
    assert await value(space, label="taken") == "mine\n"
    assert await value(space, label="free") == TEXT


async def test_what_is_said_of_a_block_is_merged_field_by_field(space: Space, db: Path) -> None:
    """Description, limit, read-only, tags and metadata: what one side changed stands."""
    metadata = {"k": "1", "l": "1", "m": "1"}
    await become(db, description="d", limit=100, tags=("a", "b"), metadata=metadata)
    await fork(space, "side")
    await become(db, limit=300, tags=("a", "mine"), metadata={"k": "2", "l": "1", "n": "1"})
    await become(
        db, "side", description="e", limit=200, read_only=True, tags=("b", "a", "theirs"),
        metadata={"k": "1", "m": "1", "o": "1"},
    )  # fmt: skip
    await merge(space, "side")
    found = await block(space)
    assert (found.description, found.limit, found.read_only) == ("e", 300, True)
    assert found.tags == ("a", "mine", "theirs")
    assert found.metadata == {"k": "2", "n": "1", "o": "1"}


async def test_a_merge_is_refused_for_what_cannot_be_merged(space: Space) -> None:
    """Itself, a branch that never was, and one that is gone; nothing is written."""
    before = await everything(space)
    refused: list[TokenspaceError] = [
        await refusal(merge(space, name)) for name in (MAIN, "nobody", "Draft")
    ]
    assert [type(error) for error in refused] == [InvalidError, NotFoundError, NotFoundError]
    assert "there is no branch 'nobody'; there are main, draft" in str(refused[1])
    assert await everything(space) == before
    await write(space, "x", "draft")
    await space.history.delete_branch("draft")
    assert "was deleted; what it had last is change 3" in str(await refusal(merge(space, "draft")))


async def test_a_read_only_block_is_merged_by_hand_only(space: Space) -> None:
    """All or nothing: the rest of the branch does not come in without it."""
    await space.describe("notes", BY, read_only=True)
    await write(space, TEXT + "more\n", "draft")
    await space.create(Draft(uid=None, label="new", value="n"), on("draft"))
    before = await everything(space)
    refused = await refusal(merge(space, "draft"))
    assert isinstance(refused, ReadOnlyError)
    assert "read-only blocks (notes)" in str(refused)
    assert await everything(space) == before
    await space.history.merge(HAND, "draft")
    assert await value(space) == TEXT + "more\n"


async def test_a_merge_asked_for_twice_is_made_once(space: Space) -> None:
    """The same key is answered with the same change, whatever was done since."""
    await write(space, TEXT + "one\n", "draft")
    first = await space.history.merge(because("in", "key"), "draft")
    await write(space, TEXT + "two\n", "draft")
    again = await space.history.merge(because("in", "key"), "draft")
    assert (again.change, again.repeated) == (first.change, True)
    assert await value(space) == TEXT + "one\n"
