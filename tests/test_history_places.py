"""Places in history: what each kind of name finds, what is refused, and what is said then."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import DeletedError, ExistsError, InvalidError, NotFoundError
from tokenspace.memory.model import MAIN
from tokenspace.memory.refs import Point

from .forks import everything, fork, merge, on, value, write
from .support import BY, NOW, opened, put, refusal, version

HOUR = timedelta(hours=1)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return what it says."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """What the space of a test takes for now: 2026-01-02, a little after 03:04 UTC."""
    return Clock()


@pytest.fixture
async def space(db: Path, clock: Clock) -> AsyncGenerator[Space]:
    """Change 1 a day ago, 2 an hour ago on main, 3 half an hour ago on `draft`, 4 on main now."""
    clock.now = NOW - 24 * HOUR
    async with opened(db, now=clock) as space:
        clock.now = NOW - HOUR
        await put(space, "one\n")
        await fork(space, "draft")
        clock.now = NOW - HOUR / 2
        await write(space, "drafted\n", "draft")
        clock.now = NOW
        await write(space, "two\n")
        await space.history.checkpoint(BY, "first", at="1")
        await space.history.checkpoint(on("draft"), "mine")
        yield space


async def at(space: Space, place: str, branch: str = MAIN) -> Point:
    """Return the point that a place names."""
    return (await space.context(place, branch)).point


@pytest.mark.parametrize(
    ("place", "branch", "change"),
    [
        ("1", MAIN, 1), ("3", "draft", 3), (" 4 ", MAIN, 4), ("0004", MAIN, 4),
        ("main", MAIN, 4), ("draft", "draft", 3), ("first", MAIN, 1), ("mine", "draft", 3),
        ("now", MAIN, 4), ("today", MAIN, 4), ("NOW", MAIN, 4), ("yesterday", MAIN, 1),
        ("2 hours ago", MAIN, 1), ("an hour ago", MAIN, 2), ("59 minutes ago", MAIN, 2),
        ("1h ago", MAIN, 2), ("0 minutes ago", MAIN, 4), ("1 day ago", MAIN, 1),
        ("2026-01-01", MAIN, 1), ("2026-01-02", MAIN, 4), ("2026-12-31", MAIN, 4),
        ("2026-01-02 03:00", MAIN, 2), ("2026-01-02T03:00:00Z", MAIN, 2),
        ("2026-01-02T03:04:05.678901Z", MAIN, 4), ("2026-01-02T03:04:05.678900Z", MAIN, 2),
        ("2026-01-02T04:00+01:00", MAIN, 2), ("2026-01-01T22:30-05:00", MAIN, 4),
        ("2026-01-01 21:30-05:00", MAIN, 2), ("2026-01-02 05:00:00+02:00", MAIN, 2),
    ],
)  # fmt: skip
async def test_every_kind_of_name_finds_its_place(
    space: Space, place: str, branch: str, change: int
) -> None:
    """A number, a branch, a checkpoint; a day to its end, a moment in any zone, a time ago."""
    assert await at(space, place) == Point(branch, change)


async def test_a_time_is_one_of_the_branch_that_is_asked(space: Space, clock: Clock) -> None:
    """What had been done there by then; before it parted, what its parent had."""
    assert await at(space, "now", "draft") == Point("draft", 3)
    assert await at(space, "50 minutes ago", "draft") == Point("draft", 2)
    assert await at(space, "yesterday", "draft") == Point("draft", 1)
    clock.now += 30 * 24 * HOUR
    await write(space, "later\n")
    assert (await space.read("notes", "2 weeks ago"))[0].value == "two\n"
    assert (await space.read("notes", "1 month ago"))[0].value == "two\n"
    assert (await space.read("notes", "one hour ago", "draft"))[0].value == "drafted\n"


async def test_before_the_first_change_there_is_nothing(space: Space) -> None:
    """It is said when the first was made; a time that is none is said to be none."""
    for place in ("2 days ago", "2025-12-31", "3 years ago", "999999 years ago"):
        refused = await refusal(space.context(place))
        assert isinstance(refused, NotFoundError)
        assert str(refused) == (
            f"there was nothing yet at {place}; the first change was made 2026-01-01 03:04 UTC."
        )
    for place in ("2026-02-30", "2026-01-02 25:00", "2026-13-01T00:00Z", "2026-01-01 10:00 noon"):
        assert isinstance(await refusal(space.context(place)), InvalidError)


async def test_a_version_finds_its_change(space: Space) -> None:
    """Any unique prefix of four digits or more, with its label or without; the newest state."""
    seen, drafted = await version(space), (await space.read("notes", branch="draft"))[0].version
    for name in (seen, seen[:8], f"notes@{seen[:8]}", f"NOTES@{seen.upper()}"):
        assert await at(space, name) == Point(MAIN, 4)
        assert (await space.read("notes", name))[0].value == "two\n"
    assert await at(space, drafted[:12]) == Point("draft", 3)
    assert (await space.read("notes", drafted[:12]))[0].value == "drafted\n"
    await put(space, "two\n", "copy")
    assert "copy@" in str(await refusal(at(space, seen)))
    assert await at(space, f"copy@{seen}") == Point(MAIN, 5)
    for name in ("0123456789abcdef", "f" * 32):
        assert isinstance(await refusal(space.context(name)), NotFoundError)
        assert "has no version" in str(await refusal(space.read("notes", name)))


async def test_an_ambiguous_version_is_refused_with_what_it_could_be(space: Space) -> None:
    """Of a block's own versions, or of any; one digit more is enough where it tells them apart."""
    one, other = await alike(space)
    short = one[:4]
    refused = str(await refusal(space.read("human", short)))
    assert refused.startswith(f"version {short} of block human is ambiguous: ")
    assert {one[:16], other[:16]} <= set(refused.rstrip(".").replace(",", "").split())
    refused = str(await refusal(space.context(short)))
    assert refused.startswith(f"'{short}' is ambiguous: it is human@")
    assert f"human@{one[:16]} (change " in refused
    assert f"human@{other[:16]} (change " in refused
    assert refused.endswith("or more of it.")
    assert (await space.read("human", one))[0].version == one
    assert (await space.context(other)).point.change > 4


async def alike(space: Space) -> tuple[str, str]:
    """Write values to a block until two versions have the same first four digits, not all ten."""
    seen: dict[str, str] = {}
    for n in range(5_000):
        await space.rethink("human", f"{n}", BY)
        found = await version(space, "human")
        if not found[:4].isdecimal() and found[:4] in seen:
            return seen[found[:4]], found
        seen[found[:4]] = found
    raise AssertionError("no two versions are alike")


async def test_an_unknown_name_is_told_what_is_near(space: Space) -> None:
    """A branch or a checkpoint of a like name; else what a place can be."""
    for place, told in (
        ("drafts", "'drafts' is no place in the history. Did you mean 'draft'?"),
        ("frist", "Did you mean 'first'?"),
        ("nothing-like-it", "is no place in the history. Give a change's number, a version, "),
        ("99", "there is no change 99; the newest is 4."),
        ("0", "there is no change 0; the newest is 4."),
        ("9" * 30, "there is no change 999999999999999999; the newest is 4."),
        ("", "'' is no place in the history."),
    ):
        refused = await refusal(space.context(place))
        assert isinstance(refused, NotFoundError)
        assert told in str(refused)


async def test_a_closed_branch_is_a_place_no_more(space: Space) -> None:
    """Its name says what it had last; its changes, versions and checkpoints still lead there."""
    seen = (await space.read("notes", branch="draft"))[0].version
    gone = await space.history.delete_branch("draft")
    assert (gone.name, gone.head, gone.changes) == ("draft", 3, 1)
    refused = await refusal(space.context("draft"))
    assert isinstance(refused, DeletedError)
    assert str(refused) == "branch 'draft' was deleted; what it had last is change 3."
    for place in ("3", "mine", seen[:12]):
        assert await at(space, place) == Point("draft", 3)
        assert (await space.read("notes", place))[0].value == "drafted\n"
    for call in (space.context(branch="draft"), write(space, "x", "draft"), merge(space, "draft")):
        assert isinstance(await refusal(call), DeletedError)
    await fork(space, "again", start="mine")
    assert await value(space, "again") == "drafted\n"
    for name in ("draft", "Draft"):
        assert isinstance(await refusal(fork(space, name)), ExistsError)
    assert isinstance(await refusal(space.history.delete_branch("draft")), NotFoundError)
    assert isinstance(await refusal(space.history.delete_branch(MAIN)), InvalidError)


@pytest.mark.parametrize(
    "name",
    [
        "7", "007", "abcd", "DeadBeef", "0123456789abcdef0123456789abcdef", "2026-01-01", "2026-01",
        "now", "Today", "yesterday", "", " ", "two words", "2 hours ago", "a@b", "x" * 81, "-x",
        "/x", "a\nb", "a:b", "x\0",
    ],
)  # fmt: skip
async def test_a_name_that_could_be_read_as_something_else_is_refused(
    space: Space, name: str
) -> None:
    """For a branch and for a checkpoint alike; nothing is made."""
    before = await everything(space)
    for call in (space.history.make_branch(BY, name), space.history.checkpoint(BY, name)):
        refused = await refusal(call)
        assert isinstance(refused, InvalidError)
        assert "cannot name a " in str(refused)
    assert await everything(space) == before


@pytest.mark.parametrize("name", ["abc", "beads", "v1", "2026", "é/ü", "a.b-c_d/e", "x" * 80])
async def test_any_other_name_will_do(space: Space, name: str) -> None:
    """Short of four digits, with another letter in it, in any script; found again as given."""
    if name.isdecimal():
        assert isinstance(await refusal(fork(space, name)), InvalidError)
        return
    await fork(space, f" {name} ")
    assert await at(space, name) == Point(name, 4)
    await space.history.delete_branch(name)


async def test_a_branch_and_a_checkpoint_never_share_a_name(space: Space) -> None:
    """Whichever was first, in any case, open or closed; each is told what has it."""
    before = await everything(space)
    for name in ("first", "FIRST", "mine"):
        refused = await refusal(fork(space, name))
        assert isinstance(refused, (InvalidError, ExistsError))
    for name in ("draft", "Draft", MAIN):
        refused = await refusal(space.history.checkpoint(BY, name))
        assert isinstance(refused, (InvalidError, ExistsError))
    assert await everything(space) == before


async def test_the_name_of_a_closed_branch_is_no_checkpoints(space: Space) -> None:
    """Its changes are in the history under that name."""
    await space.history.delete_branch("draft")
    refused = await refusal(space.history.checkpoint(BY, "draft"))
    assert isinstance(refused, (InvalidError, ExistsError))


async def test_a_checkpoint_may_be_made_once_more(space: Space) -> None:
    """The same name for the same place is the same checkpoint; otherwise it is taken."""
    made = await space.history.checkpoint(BY, "here", "why")
    assert (made.point, made.message, made.automatic) == (Point(MAIN, 4), "why", False)
    assert (made.blocks, made.chars) == (4, len("two\n"))
    assert await space.history.checkpoint(BY, "here", "why") == made
    assert await space.history.checkpoint(BY, "here", at="4") == made
    for message, place in (("other", None), ("why", "1"), ("", "draft")):
        call = space.history.checkpoint(BY, "here", message, place)
        assert isinstance(await refusal(call), ExistsError)
    await space.history.drop_checkpoint("here")
    moved = await space.history.checkpoint(BY, "here", at="1")
    assert moved.point == Point(MAIN, 1)
    refused = await refusal(space.history.drop_checkpoint("nobody"))
    assert str(refused) == "there is no checkpoint 'nobody'; there are mine, first, here."


async def test_one_block_is_compared_as_all_are(space: Space) -> None:
    """What the newest change of another branch did, from its place alone; with its points."""
    number = await write(space, "drafted\nmore\n", "draft")
    for place in ("draft", str(number)):
        every = await space.history.compare(end=place)
        one = await space.history.compare(end=place, label="notes")
        assert [(s.before and s.before.value, s.after and s.after.value) for s in every.steps] == [
            ("drafted\n", "drafted\nmore\n")
        ]
        assert one.steps == every.steps
        assert one.after == Point("draft", number)
