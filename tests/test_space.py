"""What can be done with memory, seen through its only door."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import pytest

from tokenspace.memory import Author, Draft, Intent, Space
from tokenspace.memory.adopting import Arrival
from tokenspace.memory.errors import ExistsError, InvalidError, NotFoundError
from tokenspace.memory.model import DEFAULT_LIMIT, MAIN
from tokenspace.memory.querying import Scope
from tokenspace.memory.refs import Point

from .support import BY, HAND, NOW, because, opened, put, refusal, text, version


async def test_a_new_space_has_three_empty_blocks_that_say_what_belongs_there(space: Space) -> None:
    """The first change is the program's own."""
    context = await space.context()
    assert [(b.label, b.value, b.limit) for b in context.blocks] == [
        ("human", "", DEFAULT_LIMIT),
        ("persona", "", DEFAULT_LIMIT),
        ("project", "", DEFAULT_LIMIT),
    ]
    assert all(len(b.description) > 80 for b in context.blocks)
    (first,) = await space.changes()
    assert (first.number, first.parent, first.tool, str(first.author)) == (
        (1, 0, "begin", "tokenspace")
    )


async def test_an_edit_is_one_change_with_author_reason_and_time(db: Path) -> None:
    """The log says who did what to which block, when, why and after what."""
    clock = iter(NOW + timedelta(microseconds=n) for n in range(10))
    author = Author("ada", "editor", "2.1", "m1")
    async with opened(db, lambda: next(clock)) as space:
        await space.insert("human", "likes tea", -1, BY)
        done = await space.replace("human", "tea", "mate", Intent(
            author=author, tool="memory_replace", reason="she said so"))  # fmt: skip
        newest = (await space.changes())[0]
    assert done.change == newest
    assert (newest.number, newest.parent, newest.branch) == (3, 2, "main")
    assert (newest.author, newest.tool, newest.reason) == (author, "memory_replace", "she said so")
    assert newest.at == NOW + timedelta(microseconds=2)
    (step,) = done.steps
    (touched,) = newest.blocks
    assert step.before is not None
    assert step.after is not None
    assert (step.before.value, step.after.value) == ("likes tea", "likes mate")
    assert (touched.label, touched.action) == ("human", "edited")
    assert touched.version == step.after.version


async def test_what_a_write_says_of_a_block_is_what_a_read_then_says(space: Space) -> None:
    """The answer is built without reading again, so it must not differ."""
    done = await space.create(
        Draft(uid=None, label="/New", value="é\n", description="d", limit=9, tags=("t", "u"),
              metadata={"k": "v"}), BY)  # fmt: skip
    found, head = await space.read("new")
    assert done.steps[0].after == found
    assert (done.steps[0].before, done.point.change, head) == (None, 2, Point(MAIN, 2))
    assert (found.label, found.chars, found.tags, found.metadata) == (
        "New", 2, ("t", "u"), {"k": "v"}
    )  # fmt: skip


async def test_history_is_read_by_block_and_by_page(space: Space) -> None:
    """Newest first; a page goes on before the number where the last one ended."""
    for n in range(5):
        await space.insert("human", f"{n}", -1, because(f"h{n}"))
        await space.insert("project", f"{n}", -1, because(f"p{n}"))
    reasons = [c.reason for c in await space.changes("human")]
    assert reasons == ["h4", "h3", "h2", "h1", "h0", ""]
    page = await space.changes(limit=3)
    assert [c.reason for c in page] == ["p4", "h4", "p3"]
    rest = await space.changes(before=page[-1].number, limit=2)
    assert [c.reason for c in rest] == ["h3", "p2"]


async def test_every_past_state_can_be_read(space: Space) -> None:
    """By version, by a unique prefix of one, by change, and all blocks at once."""
    one = await put(space, "one\n")
    await space.insert("notes", "two", -1, BY)
    await space.rethink("notes", "three", BY)
    await space.delete("notes", BY)
    assert await text(space, at=one) == "one\n"
    assert await text(space, at=f"notes@{one[:8]}") == "one\n"
    assert await text(space, at="3") == "one\ntwo\n"
    assert [b.value for b in (await space.context("4")).blocks][3:] == ["three"]
    assert [b.label for b in (await space.context("5")).blocks] == ["human", "persona", "project"]
    gone = await refusal(space.read("notes", "5"))
    assert str(gone) == "there was no block notes at change 5."
    assert isinstance(await refusal(space.context("6")), NotFoundError)


@pytest.mark.parametrize("at", ["1", "6", "0", "ffffffffff", "notes@zz", "9" * 19, "9" * 9_999])
async def test_a_place_that_is_none_is_not_found(space: Space, at: str) -> None:
    """Neither a change before the block was, nor one that is not, nor a version it never had."""
    await put(space, "one\n")
    assert isinstance(await refusal(space.read("notes", at)), NotFoundError)


async def test_equal_texts_have_equal_versions_and_are_not_confused(space: Space) -> None:
    """A version names a text; a text that comes back reads as its newest state."""
    first = await put(space, "same")
    await space.rethink("notes", "other", BY)
    await space.rethink("notes", "same", BY)
    found, _ = await space.read("notes", first)
    assert (found.value, found.change) == ("same", 4)
    assert (await space.read("notes", "2"))[0].change == 2


async def test_a_rename_keeps_the_history(space: Space) -> None:
    """The old label is free again; old changes still know the block by it."""
    await put(space, "a")
    await space.rename("notes", "journal/2026", BY)
    await space.insert("journal/2026", "b", -1, BY)
    assert [c.tool for c in await space.changes("journal/2026")] == ["test"] * 3
    assert await text(space, at="2") == "a"
    await put(space, "new")
    assert await text(space) == "new"
    assert len(await space.changes("notes")) == 1
    assert isinstance(await refusal(space.rename("notes", "HUMAN", BY)), ExistsError)


async def test_a_label_changes_hands_within_one_change(space: Space) -> None:
    """A block that takes the label of one deleted by the same patch is found by it from then on."""
    await put(space, "new\n", "draft")
    await put(space, "old")
    await space.patch("*** Delete Block: notes\n*** Update Block: draft\n*** Move to: notes\n", BY)
    head = await space.head()
    assert await text(space) == "new\n"
    assert await text(space, at=str(head)) == "new\n"
    assert [c.number for c in await space.changes("notes")] == [head, 2]


async def test_only_the_case_of_a_label_may_change(space: Space) -> None:
    """A block is found in any case and shown as it was last written."""
    done = await space.rename("human", "Human", BY)
    assert done.change is not None
    assert (await space.read("HUMAN"))[0].label == "Human"


async def test_describing_a_block_leaves_its_text_alone(space: Space) -> None:
    """What is not given stays; the version, which names the text, stays too."""
    before = await put(space, "a", description="old", tags=("x",))
    await space.describe("notes", BY, limit=10, tags=())
    found, _ = await space.read("notes")
    assert (found.version, found.description, found.limit, found.tags) == (before, "old", 10, ())
    await space.describe("notes", BY, description="", read_only=True)
    found, _ = await space.read("notes")
    assert (found.description, found.read_only, found.limit) == ("", True, 10)
    assert [t.action for c in await space.changes("notes") for t in c.blocks] == [
        "described", "described", "created",
    ]  # fmt: skip


async def test_a_block_over_its_budget_is_accepted(space: Space) -> None:
    """The limit is a budget; only the ceiling refuses."""
    await put(space, "", limit=3)
    done = await space.insert("notes", "four", -1, BY)
    assert done.steps[0].after is not None
    assert done.steps[0].after.chars > done.steps[0].after.limit


async def test_a_person_can_edit_what_an_assistant_cannot(space: Space) -> None:
    """Read-only protects from assistants, not from the owner of the memory."""
    await put(space, "rule", read_only=True)
    await space.replace("notes", "rule", "law", HAND)
    await space.delete("notes", HAND)


def arrival(label: str, value: str, **fields: str) -> Arrival:
    """Return a block from somebody's agent file."""
    return Arrival(Draft(uid=None, label=label, value=value, **fields), "sam")  # pyright: ignore[reportArgumentType]


async def test_adopted_blocks_overwrite_nothing(space: Space) -> None:
    """An empty block is filled, a free label taken; else the owner's name goes before it."""
    await put(space, "mine")
    given = [
        arrival("human", "Sam", description="who"),
        arrival("notes", "theirs"),
        arrival("NOTES", "third"),
        arrival("new", "n"),
        arrival("new", "n"),
    ]
    planned = await space.exchange.plan_adoption(given)
    adopted = await space.exchange.adopt(given, because("import"))
    assert adopted == planned
    assert [(a.action, a.draft.label) for a in adopted] == [
        ("filled", "human"),
        ("created", "sam/notes"),
        ("created", "sam-2/NOTES"),
        ("created", "new"),
        ("already here", "new"),
    ]
    assert (await text(space), await text(space, "human")) == ("mine", "Sam")
    assert (await space.changes())[0].reason == "import"
    again = await space.exchange.adopt(given, because("import"))
    assert {a.action for a in again} == {"already here"}
    assert await space.head() == 3


async def test_a_default_block_keeps_its_description_when_none_arrives(space: Space) -> None:
    """What teaches where things belong is not given up for nothing."""
    before, _ = await space.read("human")
    await space.exchange.adopt([arrival("human", "Sam")], BY)
    assert (await space.read("human"))[0].description == before.description


async def test_a_space_is_the_same_when_it_is_opened_again(db: Path) -> None:
    """Everything is in the file: blocks, history, and that it has begun."""
    async with opened(db) as space:
        await put(space, "a\r\n\tb", description="d", tags=("t",))
        before = await space.context(), await space.changes()
    async with opened(db, lambda: datetime.max.replace(tzinfo=NOW.tzinfo)) as space:
        assert (await space.context(), await space.changes()) == before


async def test_a_space_at_rest_is_the_same(space: Space) -> None:
    """It takes less memory, whatever it was used for; nothing else is different."""
    await put(space, "the first text\n")
    first = await space.read("notes")
    assert (await space.search.find("first", Scope(), 5)).finds
    await space.rest()
    assert await space.read("notes") == first
    assert (await space.search.find("first", Scope(), 5)).finds
    await space.rethink("notes", "the second text\n", BY)
    await space.rest()
    assert await text(space, "notes") == "the second text\n"


async def test_an_ambiguous_version_is_not_guessed(space: Space) -> None:
    """All that begin so are named."""
    seen: dict[str, str] = {}
    now = await put(space, "start")
    while now[:4] not in seen:  # four hex digits: two of a few hundred texts share them
        seen[now[:4]] = now
        await space.rethink("notes", f"text {len(seen)}", BY)
        now = await version(space)
    await space.rethink("notes", "moved on", BY)
    for call in (space.read("notes", now[:4]), space.insert("notes", "x", -1, BY, now[:4])):
        refused = await refusal(call)
        assert isinstance(refused, InvalidError)
        assert f"version {now[:4]} of block notes is ambiguous" in str(refused)
        assert seen[now[:4]][:16] in str(refused)
        assert now[:16] in str(refused)


async def test_a_watcher_is_told_of_every_change_by_anyone(db: Path) -> None:
    """In their order, each once, however many came between two looks."""
    async with opened(db) as space, opened(db) as other:
        edits = [other.insert("human", f"{n}", 0, BY) for n in range(600)]
        await asyncio.gather(*edits, *(space.insert("project", f"{n}", 0, BY) for n in range(600)))
        told: list[int] = []
        with anyio.fail_after(20):
            async for change in space.watch(1, lambda: anyio.sleep(0.001)):
                told.append(change.number)
                if change.number == 1_201:
                    await other.insert("human", "one more", 0, BY)
                if change.number == 1_202:
                    break
    assert told == list(range(2, 1_203))
