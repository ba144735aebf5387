"""Blame: each line with the change that it came with, by a model that reads every version."""

from collections import Counter
from collections.abc import Generator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory import Space
from tokenspace.memory.errors import NotFoundError
from tokenspace.memory.lines import content, split_lines
from tokenspace.memory.model import MAIN

from .forks import conflicts, fork, merge, on, value, write
from .support import BY, Opened, put, refusal, texts

Origins = list[tuple[str, int | None]]


async def blame(
    space: Space,
    label: str = "notes",
    at: str | None = None,
    branch: str = MAIN,
    seconds: float | None = None,
) -> Origins:
    """Return each line and the number of its change."""
    block, found = await space.history.blame(label, at, branch=branch, seconds=seconds)
    assert [o.line for o in found] == list(range(1, len(found) + 1))
    assert [o.text for o in found] == rows(block.value)
    return [(o.text, o.change.number if o.change else None) for o in found]


def rows(text: str) -> list[str]:
    """Return a text's lines without their endings."""
    return [content(line) for line in split_lines(text)]


def modelled(versions: list[tuple[int, str]]) -> Origins:
    """Return the same from every version of a block, oldest first, on one line of changes.

    The nth of equal lines is as old as the versions, back from now, that have n of them.
    """
    seen: Counter[str] = Counter()
    found: Origins = []
    for line in rows(versions[-1][1]):
        seen[line] += 1
        at = len(versions) - 1
        while at and rows(versions[at - 1][1]).count(line) >= seen[line]:
            at -= 1
        found.append((line, versions[at][0]))
    return found


@pytest.fixture(scope="module")
def opened() -> Generator[Opened]:
    """One space for all examples; each makes a block of its own."""
    made = Opened()
    yield made
    made.close()


@given(st.lists(st.tuples(texts(), st.booleans()), min_size=1, max_size=9), st.data())
@settings(max_examples=60)
def test_every_line_is_as_old_as_the_versions_that_have_it(
    opened: Opened, made: list[tuple[str, bool]], data: st.DataObject
) -> None:
    """Now and at any past: repeated lines, lines that went and came back, renames in between."""

    async def run() -> None:
        space, label = opened.space, opened.fresh()
        versions: list[tuple[int, str]] = []
        await put(space, made[0][0], label)
        versions.append((await space.head(), made[0][0]))
        for text, rename in made[1:]:
            done = await space.rethink(label, text, BY)
            if done.change is not None:
                versions.append((done.change.number, text))
            if rename:
                new = opened.fresh()
                await space.rename(label, new, BY)
                label = new
        assert await blame(space, label) == modelled(versions)
        upto = data.draw(st.integers(1, len(versions)))
        block = (await space.read(label))[0]
        context = await space.context(f"{versions[upto - 1][0]}")
        then = next(b.label for b in context.blocks if b.uid == block.uid)
        at = str(versions[upto - 1][0])
        assert await blame(space, then, at) == modelled(versions[:upto])
        short = await blame(space, label, seconds=0)
        assert [line for line, _ in short] == rows(versions[-1][1])
        full = dict(enumerate(modelled(versions)))
        assert all(number in (None, full[n][1]) for n, (_, number) in enumerate(short))
        await space.delete(label, BY)

    opened.runner.run(run())


async def test_a_lookup_without_time_says_what_it_saw(space: Space) -> None:
    """What the newest change brought is known at once; older lines have no change."""
    await put(space, "a\nb\n")
    await write(space, "a\nb\nc\n")
    await write(space, "a\nb\nc\nd\n")
    assert await blame(space, seconds=0) == [("a", None), ("b", None), ("c", None), ("d", 4)]
    assert await blame(space) == [("a", 2), ("b", 2), ("c", 3), ("d", 4)]


async def test_a_line_that_moved_or_changed_its_ending_keeps_its_origin(space: Space) -> None:
    """A line is known by what it says; one that was edited is a new one."""
    await put(space, "a\nb\nc")
    await write(space, "c\r\na\r\nb\r\n")
    await write(space, "c\na\nB\n")
    assert await blame(space) == [("c", 2), ("a", 2), ("B", 4)]


async def test_what_a_merge_brought_came_with_the_change_on_its_branch(space: Space) -> None:
    """Through merges of merges; what a decision wrote came with the merge itself."""
    await put(space, "x\n-\nbase\n-\nend\n")
    await fork(space, "draft", "deep")
    one = await write(space, "x\n-\nbase\none\n-\nend\n", "deep")
    two = await write(space, "x\n-\nbase\none\n-\nend\ntwo\n", "deep")
    three = await write(space, "x\n-\nbase\n-\nthree\nend\n", "draft")
    await merge(space, "deep", into="draft")
    four = await write(space, "x?\n-\nfour\nbase\n-\nend\n")
    await write(space, (await value(space, "draft")).replace("x", "x!"), "draft")
    (found,) = await conflicts(space, "draft")
    merged = (await merge(space, "draft", resolve={found.id: "by hand"})).change
    assert merged is not None
    top = [("by hand", merged.number), ("-", 2), ("four", four), ("base", 2), ("one", one)]
    assert await blame(space) == [*top, ("-", 2), ("three", three), ("end", 2), ("two", two)]


async def test_a_repeated_line_that_a_merge_brought_came_from_its_branch(space: Space) -> None:
    """Of equal lines, the one that was there before the branch stays the older one."""
    await put(space, "x\n")
    await fork(space, "draft")
    second = await write(space, "x\ny\nx\n", "draft")
    await write(space, "top\nx\n")
    await merge(space, "draft")
    assert await value(space) == "top\nx\ny\nx\n"
    assert (await blame(space))[1:] == [("x", 2), ("y", second), ("x", second)]


async def test_a_branch_knows_its_parents_lines(space: Space) -> None:
    """By the changes before it parted; and what happened on the parent since is not asked."""
    await put(space, "a\nb\n")
    await fork(space, "draft")
    await write(space, "a\nb\nmain\n")
    own = await write(space, "a\nB\nmain\n", "draft")
    assert await blame(space, branch="draft") == [("a", 2), ("B", own), ("main", own)]
    assert await blame(space, at="draft") == [("a", 2), ("B", own), ("main", own)]
    assert await blame(space) == [("a", 2), ("b", 2), ("main", 3)]
    await space.history.delete_branch("draft")
    assert await blame(space, at=str(own)) == [("a", 2), ("B", own), ("main", own)]


async def test_what_a_block_was_made_with_stays_its_own_after_a_restore(space: Space) -> None:
    """A line that came back with a restore came with it; of a block deleted once, too."""
    await put(space, "a\nb\n")
    await write(space, "a\n")
    back = (await space.history.restore(BY, "2", "notes")).change
    assert back is not None
    assert await blame(space) == [("a", 2), ("b", back.number)]
    await space.delete("notes", BY)
    again = (await space.history.restore(BY, "2", "notes")).change
    assert again is not None
    assert await blame(space) == [("a", again.number), ("b", again.number)]


async def test_what_is_not_there_has_no_lines(space: Space) -> None:
    """An empty block has none; a block that was not there yet is said not to be."""
    assert await blame(space, "human") == []
    await put(space, "a\n")
    assert isinstance(await refusal(blame(space, "nobody")), NotFoundError)
    refused = await refusal(blame(space, "notes", "1"))
    assert isinstance(refused, NotFoundError)
    assert "Did you mean 'notes'" not in str(refused)
    assert isinstance(await refusal(blame(space, "notes", "99")), NotFoundError)


async def test_a_deleted_block_is_blamed_where_it_was(space: Space) -> None:
    """Any place at which it was there will do, on any branch."""
    await put(space, "a\n")
    await fork(space, "draft")
    await space.delete("notes", BY)
    assert await blame(space, at="2") == [("a", 2)]
    assert await blame(space, branch="draft") == [("a", 2)]
    await space.delete("notes", on("draft"))
    assert isinstance(await refusal(blame(space, branch="draft")), NotFoundError)
