"""Branches that merge one another in every direction: nobody's edit is lost, or asked about."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory import Space
from tokenspace.memory.errors import NotFoundError
from tokenspace.memory.model import MAIN

from .forks import become, block, conflicts, fork, merge, on, value, write
from .support import BY, Opened, put, refusal

BRANCHES = ("one", "two", "three")


async def test_what_two_branches_took_from_each_other_is_no_conflict(space: Space) -> None:
    """Each had merged the other before one went on with its own line."""
    await put(space, "one\n-\ntwo\n")
    await fork(space, "one", "two")
    await write(space, "one 1\n-\ntwo\n", "one")
    await fork(space, "one-then", parent="one")
    await write(space, "one\n-\ntwo 1\n", "two")
    await merge(space, "two", into="one")
    await merge(space, "one-then", into="two")
    await write(space, "one 2\n-\ntwo 1\n", "one")
    await merge(space, "one", into="two")
    assert await value(space, "two") == "one 2\n-\ntwo 1\n"


async def test_what_one_took_out_again_stays_out(space: Space) -> None:
    """A line that both had, and that its own branch removed, does not come back from the other."""
    await put(space, "a\n-\nb\n")
    await fork(space, "one", "two")
    await write(space, "a\nextra\n-\nb\n", "one")
    await fork(space, "one-then", parent="one")
    await write(space, "a\n-\nb 1\n", "two")
    await merge(space, "two", into="one")
    await merge(space, "one-then", into="two")
    await write(space, "a\n-\nb 1\n", "one")
    await merge(space, "one", into="two")
    assert await value(space, "two") == "a\n-\nb 1\n"


async def test_three_branches_that_took_the_same_from_each_other_go_on(space: Space) -> None:
    """A line that only its own branch ever edits is never asked about."""
    await put(space, "one\n-\ntwo\n-\nthree\n")
    await fork(space, "one", "two", "three")
    await write(space, "one\n-\ntwo 1\n-\nthree\n", "two")
    await write(space, "one 1\n-\ntwo\n-\nthree\n", "one")
    for source in ("two", "one"):
        await merge(space, source, into="three")
    await merge(space, "one", into="two")
    await write(space, "one 1\n-\ntwo 2\n-\nthree\n", "two")
    await merge(space, "two", into="three")
    assert await value(space, "three") == "one 1\n-\ntwo 2\n-\nthree\n"


@pytest.fixture(scope="module")
def opened() -> Generator[Opened]:
    """One space for all examples; each makes branches and a block of its own."""
    made = Opened()
    yield made
    made.close()


steps = st.lists(st.tuples(st.sampled_from(BRANCHES), st.sampled_from(BRANCHES)), max_size=20)
"""A branch that takes in another, or (the same one twice) edits its own line."""


async def cross(space: Space, prefix: str, made: list[tuple[str, str]]) -> None:
    """Let three branches edit a line each and merge one another; then all into one."""
    label = f"notes-{prefix}"
    newest: dict[str, int] = dict.fromkeys(BRANCHES, 0)
    await put(space, "-\n".join(f"{name} 0\n" for name in BRANCHES), label)
    await fork(space, *(f"{prefix}-{name}" for name in BRANCHES))
    for into, source in made:
        if into != source:
            await merge(space, f"{prefix}-{source}", f"{prefix}-{into}")
            continue
        text = await value(space, f"{prefix}-{into}", label)
        newest[into] += 1
        line = f"{into} {newest[into]}\n"
        await write(
            space, text.replace(f"{into} {newest[into] - 1}\n", line), f"{prefix}-{into}", label
        )
    first, *rest = (f"{prefix}-{name}" for name in BRANCHES)
    for source in rest:
        await merge(space, source, first)
    expected = "-\n".join(f"{name} {newest[name]}\n" for name in BRANCHES)
    assert await value(space, first, label) == expected
    for branch in (first, *rest):
        await space.history.delete_branch(branch)
    await space.delete(label, BY)


@given(steps)
@settings(max_examples=40)
def test_lines_that_only_one_branch_edits_are_never_lost_or_asked_about(
    opened: Opened, made: list[tuple[str, str]]
) -> None:
    """In whatever order three branches take in one another."""
    opened.runner.run(cross(opened.space, opened.fresh(), made))


async def test_what_both_made_under_one_label_is_one_block(space: Space) -> None:
    """Their lines come together; merging on in either direction asks nothing and loses nothing."""
    await fork(space, "draft")
    await put(space, "mine\n", "plan", tags=("a",))
    await write(space, "theirs\n", "draft", "plan")
    await merge(space, "draft")
    assert sorted((await value(space, label="plan")).split()) == ["mine", "theirs"]
    await write(space, "theirs\nmore\n", "draft", "plan")
    await merge(space, "draft")
    assert sorted((await value(space, label="plan")).split()) == ["mine", "more", "theirs"]
    assert [b.label for b in (await space.context()).blocks].count("plan") == 1


async def test_what_both_made_is_merged_back_as_one_block(space: Space) -> None:
    """The other branch goes on editing its block while the first takes it in and hands it back."""
    await fork(space, "draft")
    await put(space, "mine\n", "plan")
    await write(space, "theirs\n", "draft", "plan")
    await merge(space, "draft")
    await write(space, "theirs\nmore\n", "draft", "plan")
    await merge(space, MAIN, into="draft")
    assert sorted((await value(space, "draft", "plan")).split()) == ["mine", "more", "theirs"]


async def test_what_is_said_of_a_block_that_both_made_is_kept(space: Space, db: Path) -> None:
    """Metadata that only one side gave stays; what both gave differently is asked about."""
    await fork(space, "draft")
    await become(db, label="plan", metadata={"mine": "1", "both": "m"}, description="d")
    await become(db, "draft", "plan", metadata={"theirs": "1", "both": "t"}, description="d")
    (found,) = await conflicts(space, "draft")
    assert (found.part, found.ours, found.theirs) == ("metadata both", "m", "t")
    await merge(space, "draft", resolve={found.id: "ours"})
    metadata = (await block(space, "plan")).metadata
    assert metadata == {"mine": "1", "theirs": "1", "both": "m"}


@pytest.mark.parametrize(("choice", "left"), [("ours", {}), ("theirs", {"k": "2"})])
async def test_a_key_that_one_side_took_out_is_decided(
    space: Space, db: Path, choice: str, left: dict[str, str]
) -> None:
    """A side that has no such key stands for having none, not for an empty one."""
    await become(db, metadata={"k": "1"})
    await fork(space, "draft")
    await become(db, metadata={})
    await become(db, "draft", metadata={"k": "2"})
    (found,) = await conflicts(space, "draft")
    assert found.part == "metadata k"
    await merge(space, "draft", resolve={found.id: choice})
    assert (await block(space)).metadata == left


async def test_a_block_that_was_replaced_is_asked_about_in_either_direction(space: Space) -> None:
    """Deleted and made anew under its label on one side, edited on the other."""
    await put(space, "text\n")
    await fork(space, "draft")
    await write(space, "edited\n")
    await space.delete("notes", on("draft"))
    await write(space, "new\n", "draft")
    assert await conflicts(space, "draft")
    assert await conflicts(space, MAIN, into="draft")


async def test_branches_can_be_made_and_merged_at_the_same_moment(space: Space) -> None:
    """Simultaneous merges into one branch are made one after the other."""
    await put(space, "".join(f"line {n}\n-\n" for n in range(8)))
    names = [f"branch-{n}" for n in range(8)]
    await fork(space, *names)
    text = await value(space)
    for n, name in enumerate(names):
        await write(space, text.replace(f"line {n}\n", f"line {n}!\n"), name)
    await asyncio.gather(*(merge(space, name) for name in names))
    assert await value(space) == text.replace("\n-", "!\n-")
    assert isinstance(await refusal(value(space, label="nobody")), NotFoundError)


async def test_a_block_that_took_the_label_of_one_that_is_gone_is_one_block(space: Space) -> None:
    """Main deleted both; the branch deleted one and gave its label to the other."""
    await put(space, "a\n", "first")
    await put(space, "b\n", "second")
    await fork(space, "draft")
    await space.delete("first", BY)
    await space.delete("second", BY)
    await space.delete("second", on("draft"))
    await space.rename("first", "second", on("draft"))
    (found,) = await conflicts(space, "draft")
    await merge(space, "draft", resolve={found.id: "theirs"})
    assert await value(space, label="second") == "a\n"


async def test_one_block_that_was_replaced_by_another_is_taken_in(space: Space) -> None:
    """Deleted and made anew under its label on one side, not touched on the other."""
    await put(space, "text\n")
    await fork(space, "draft", "other")
    await space.delete("notes", on("draft"))
    await write(space, "new\n", "draft")
    await merge(space, "draft")
    assert await value(space) == "new\n"
    await merge(space, MAIN, into="draft")
    assert await value(space, "draft") == "new\n"
    await merge(space, "other", into="draft")
    await merge(space, "draft", into="other")
    assert await value(space, "other") == "new\n"
