"""Review: what a new text supersedes, what clashes, and how all of memory stands."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import meaning
import pytest
from embedding import NEEDS_MODEL, POSIX_ONLY, embedding, shared
from support import BY, NOW, opened, put, refusal

from tokenspace.memory import Space, review
from tokenspace.memory.errors import NotFoundError
from tokenspace.memory.passages import PassageDraft
from tokenspace.memory.rivals import MOST_RIVALS, likely, parts, rivals
from tokenspace.memory.sweeping import Spot


@dataclass
class Clock:
    """The time, as a test sets it."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """Return it."""
        return self.at


@pytest.fixture
def clock() -> Clock:
    """The clock of the space."""
    return Clock()


@pytest.fixture
async def space(tmp_path: Path, clock: Clock) -> AsyncIterator[Space]:
    """A new space."""
    async with opened(tmp_path / "memory.db", clock) as made:
        yield made


async def archive(space: Space, text: str, kind: str = "passage") -> str:
    """File a passage or episode and return its name."""
    draft = PassageDraft(id=None, kind="episode" if kind == "episode" else "passage", text=text)
    done = await space.archive.file(draft, BY)
    assert done.passage is not None
    return done.passage.name


async def test_of_equals_the_one_in_the_same_block_is_named_first(space: Space) -> None:
    """Whichever block is older."""
    await put(space, "- Rent is 900 euros a month.\n", label="one")
    await put(space, "- Rent is 900 euros a month.\n", label="two")
    for label in ("two", "one"):
        found = await space.review.superseded("main", label, "- Rent is 950 euros a month.")
        assert found[0].place == label
        assert {rival.place for rival in found} == {"one", "two"}


async def test_a_block_is_compared_as_the_caller_has_it(space: Space) -> None:
    """What others made of it since is not looked at: its lines are those of the answer."""
    await put(space, "- Rent is 900.\n")
    own, _ = await space.read("notes")
    await space.insert("notes", "- Rent is 800.", 0, BY)
    for given, line in ((own, 1), (None, 2)):
        found = await space.review.superseded("main", "notes", "- Rent is 900.", own=given)
        assert found[0].line == line


async def test_what_was_just_written_is_no_rival_of_itself(space: Space) -> None:
    """Its lines are apart, those of the same words elsewhere are not; nor is its passage."""
    await put(space, "- Rent is 900.\n- Rent is 900.\n")
    found = await space.review.superseded("main", "notes", "- Rent is 900.", {2})
    assert [(rival.line, rival.kind) for rival in found] == [(1, "repeats")]
    name = await archive(space, "The lease ends in May.")
    assert await space.review.superseded("main", "", "The lease ends in May.", {name}) == []


async def test_a_passage_is_named_by_the_sentence_that_says_otherwise(space: Space) -> None:
    """Not by all of its text."""
    name = await archive(space, "Notice is three months. The lease ends in May. Heating is extra.")
    (found,) = await space.review.superseded("main", "human", "- The lease ends in June.")
    assert (found.place, found.line, found.entry) == (name, 0, "The lease ends in May.")
    assert (found.kind, found.differs) == ("contradicts", (("May", "June"),))


async def test_another_branch_has_rivals_of_its_own(space: Space) -> None:
    """Blocks are those of the branch; one that there never was is refused."""
    await space.history.make_branch(BY, "try", None)
    await put(space, "- Rent is 900 euros a month.\n")
    text = "- Rent is 950 euros a month."
    assert await space.review.superseded("try", "human", text) == []
    assert len(await space.review.superseded("main", "human", text)) == 1
    error = await refusal(space.review.superseded("none", "human", text))
    assert isinstance(error, NotFoundError)


async def test_what_is_too_much_to_compare_is_found_by_the_index(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks beyond the bound are not read whole, and the one that matters is found still."""
    monkeypatch.setattr(review, "_MOST_CHARS", 200)
    for number in range(8):
        await put(space, f"- Note {number} of the workshop on bridges.\n" * 3, label=f"b{number}")
    await put(space, "# Home\n- Sleeps late.\n- Rent is 900 euros a month.\n", label="home")
    (found, *_) = await space.review.superseded("main", "human", "- Rent is 950 euros a month.")
    assert (found.place, found.line, found.kind) == ("home", 3, "contradicts")


async def test_a_text_without_words_has_no_rivals(space: Space) -> None:
    """Headings, rules, nothing at all."""
    await put(space, "# Facts\n---\n")
    for text in ("", "\n\n", "# Facts\n", "---"):
        assert await space.review.superseded("main", "human", text) == []


def test_there_are_never_more_rivals_than_an_answer_has_room_for() -> None:
    """Three of one new entry, five in all."""
    standing = [Spot("b", line, f"The deploy runs on day {line}.") for line in range(1, 30)]
    one = rivals(["The deploy runs on day 99."], standing)
    assert len(one) == 3
    some = rivals([f"The deploy runs on day {n}." for n in range(40, 60)], standing)
    assert len(some) == MOST_RIVALS
    assert [r.score for r in some] == sorted((r.score for r in some), reverse=True)


def test_meaning_finds_what_shares_no_word() -> None:
    """Where there are cosines; a low one names nothing."""
    standing = [Spot("b", 1, "Abhors cilantro."), Spot("b", 2, "The lease ends in May.")]
    new = "Hates the taste of coriander"
    assert rivals([new], standing) == []
    (found,) = rivals([new], standing, [{0: 0.74, 1: 0.1}])
    assert (found.entry, found.score) == ("Abhors cilantro.", pytest.approx(0.37))


def test_entries_of_a_text_are_its_lines_and_the_sentences_of_a_paragraph() -> None:
    """Without bullets, headings and what has no words."""
    text = "# Facts\n- One. Two.\r\n\n1) Three\n---\n"
    assert parts(text) == ["One. Two.", "Three"]
    assert parts(text, by_sentence=True) == ["One.", "Two.", "Three"]
    long = "This is a sentence of a paragraph. " * 20
    assert parts(long) == ["This is a sentence of a paragraph."] * 20


def test_a_sweep_begins_with_the_entries_that_have_a_likely_partner() -> None:
    """However many there are that have none."""
    lonely = [Spot("a", n, f"Word{n} other{n} thing{n} matters{n}") for n in range(500)]
    pair = [Spot("b", 1, "Rent is 900 euros a month"), Spot("b", 2, "Rent is 950 euros a month")]
    assert likely([*lonely, *pair]) == pair


async def test_a_sweep_finds_what_repeats_and_what_contradicts_over_all_blocks(
    space: Space,
) -> None:
    """Contradictions first; what is only about the same is left out; no time, no pairs."""
    await put(space, "- Backups run nightly at 02:00.\n- Ada's editor is Emacs.\n", label="one")
    await put(space, "- Backups run nightly at 03:00.\n- Ada likes strong tea.\n", label="two")
    await put(space, "* Ada's editor is Emacs\n* Tea is drunk at four.\n", label="three")
    found = await space.review.sweep()
    assert [(p.kind, {p.one.label, p.other.label}) for p in found] == [
        ("contradicts", {"one", "two"}),
        ("repeats", {"one", "three"}),
    ]
    assert len(await space.review.sweep(seconds=-1)) == 0


async def test_a_relative_time_is_stale_when_it_is_past(space: Space, clock: Clock) -> None:
    """Not on the day that it was written; a date that is over is so at once."""
    await put(space, "- Meets Bob tomorrow.\n- Rents the hall until 2025-12-31.\n")
    stale = [one.spot.line for one in (await space.review.report()).order.stale]
    assert stale == [2]
    clock.at += timedelta(days=8)
    stale = [one.spot.line for one in (await space.review.report()).order.stale]
    assert sorted(stale) == [1, 2]


async def test_a_report_counts_what_is_old_and_what_was_not_learned_from(
    space: Space, clock: Clock
) -> None:
    """Entries by when they were written, not their block; episodes, not passages."""
    await put(space, "- Oldest.\n- Old.\n")
    clock.at += timedelta(days=200)
    await space.insert("notes", "- New.", -1, BY)
    for _ in range(3):
        await archive(space, "The upgrade hung.", "episode")
    await archive(space, "The upgrade notes.")
    found = await space.review.report()
    assert (found.old, [find.text for find in found.oldest]) == (2, ["- Oldest.", "- Old."])
    assert (found.unlearned, found.run, found.losses) == (3, None, ())
    assert found.point.change == await space.head()


@pytest.mark.slow
@NEEDS_MODEL
@POSIX_ONLY
async def test_with_vectors_a_rival_counts_for_what_it_means(tmp_path: Path) -> None:
    """A line in other words is surer to be meant as soon as its vector is made."""
    path = tmp_path / "memory.db"
    text = "Her colour vision deficiency makes reds and greens indistinguishable"
    async with embedding(shared()) as model:
        await model.model()
        async with meaning.opened(path, model) as space:
            await space.insert("human", f"- {meaning.COLOURS}", -1, BY)
            (before,) = await space.review.superseded("main", "project", text)
            async with meaning.at_work(space):
                await meaning.whole(path)
            (found,) = await space.review.superseded("main", "project", text)
    assert (found.place, found.entry) == ("human", meaning.COLOURS)
    assert found.score > before.score + 0.2
