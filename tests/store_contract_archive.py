"""What every store must do with the archive: passages and episodes, and their past."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tokenspace.memory.model import MAIN, Change
from tokenspace.memory.passages import Passage, PassageDraft, draft_of_passage
from tokenspace.memory.store import Store, Transaction

from .store_contract import Opener, draft, made
from .support import BY, NOW

LATER = NOW + timedelta(days=1)


def passage(text: str | None, number: int | None = None, **fields: Any) -> PassageDraft:
    """Return what a passage shall be."""
    given: dict[str, Any] = {"kind": "passage", **fields}
    return PassageDraft(id=number, text=text, **given)


def filing(*drafts: PassageDraft) -> Callable[[Transaction], Change]:
    """Return the work of recording passages as one change, a day after blocks were made."""
    return lambda tx: tx.record(MAIN, BY, LATER, [], passages=drafts)


async def filed(store: Store, text: str, **fields: Any) -> Passage:
    """File a passage and return it."""
    change = await store.write(filing(passage(text, **fields)))
    return await there(store, change.passages[0].id)


async def there(store: Store, number: int, at: int | None = None) -> Passage:
    """Return a passage that is there, or was."""
    found = await store.read(lambda v: v.passage(number, at))
    assert found is not None
    return found


class ArchiveContract:
    """The archive: every state of every passage is kept, and one passage is never another."""

    @pytest.fixture
    async def store(self, opener: Opener) -> Store:
        """An empty database, opened."""
        return await opener()

    async def test_a_change_of_all_kinds_comes_back_as_it_was_recorded(self, store: Store) -> None:
        """Blocks made, edited, renamed and deleted, and a passage; as one that takes back."""
        one, two, three = [await made(store, label, label) for label in ("one", "two", "three")]
        drafts = [
            draft("four"), draft("one", "x", one.uid), draft("TWO", "two", two.uid),
            draft("three", None, three.uid),
        ]  # fmt: skip
        done = await store.write(
            lambda tx: tx.record(MAIN, BY, LATER, drafts, passages=[passage("p")], undoes=2)
        )
        assert done == await store.read(lambda v: v.change(4))
        assert [t.action for t in done.blocks] == ["created", "edited", "renamed", "deleted"]
        assert [t.old_label for t in done.blocks] == [None, None, "two", None]

    async def test_a_passage_comes_back_as_it_was_filed(self, store: Store) -> None:
        """Every field, character by character; the change says what it did."""
        begins, ends = NOW - timedelta(days=9), NOW + timedelta(microseconds=1)
        given = passage(
            "\tA é\r\n\U0001f600 ", tags=("b", "A"), source="book, p. 7",
            valid_from=begins, valid_until=ends,
        )  # fmt: skip
        change = await store.write(filing(given))
        [touched] = change.passages
        found = await there(store, touched.id)
        assert draft_of_passage(found) == replace(given, id=found.id)
        assert (found.name, found.created, found.at, found.change) == ("p1", LATER, LATER, 1)
        assert (touched.action, touched.version) == ("filed", found.version)
        assert change == await store.read(lambda v: v.change(1))
        assert change.blocks == ()

    async def test_passages_and_episodes_are_numbered_as_one(self, store: Store) -> None:
        """No number is used again, whatever is deleted; each knows what it is."""
        change = await store.write(
            filing(passage("one"), passage("two", kind="episode"), passage("three"))
        )
        assert [f.name for f in change.passages] == ["p1", "e2", "p3"]
        await store.write(filing(passage(None, 3)))
        assert (await filed(store, "four", kind="episode")).name == "e4"
        names = await store.read(lambda v: [v.passage_name(n) for n in range(6)])
        assert names == [None, "p1", "e2", "p3", "e4", None]

    async def test_every_state_of_a_passage_is_kept(self, store: Store) -> None:
        """Filed, edited, described, deleted, filed again: each as it was after its change."""
        first = await filed(store, "one")
        wanted = [
            passage("two", 1),
            passage("two", 1, tags=("t",)),
            passage("two", 1, tags=("t",), valid_until=NOW),
            passage(None, 1),
            passage("one", 1, source="s"),
        ]
        changes = [await store.write(filing(state)) for state in wanted]
        assert [c.passages[0].action for c in changes] == [
            "edited", "described", "described", "deleted", "filed",
        ]  # fmt: skip
        assert await there(store, 1, at=1) == first
        for state, change in zip(wanted, changes, strict=True):
            found = await store.read(lambda v, n=change.number: v.passage(1, n))
            assert (found and draft_of_passage(found)) == (state if state.text else None)
        assert await store.read(lambda v: v.passage(1, 0)) is None
        last = await there(store, 1)
        assert (last.version, last.created, last.change) == (first.version, first.created, 6)

    async def test_what_was_deleted_is_brought_back_under_its_name(self, store: Store) -> None:
        """By a change that says which one it takes back; it stands among its neighbours again."""
        before = await filed(store, "one", tags=("t",), source="s", valid_from=NOW)
        await filed(store, "two", source="s")
        gone = await store.write(filing(passage(None, 1)))
        assert await store.read(lambda v: (v.passages_of("one"), v.beside(2))) == ([], [])
        drafts = [draft_of_passage(before)]
        back = await store.write(
            lambda tx: tx.record(MAIN, BY, LATER, [], passages=drafts, undoes=gone.number)
        )
        [turn] = await store.read(lambda v: v.turns(MAIN, back.number))
        assert (turn.number, turn.undoes) == (4, 3)
        assert await there(store, 1) == replace(before, change=4)
        assert await store.read(lambda v: v.beside(2)) == ["p1"]
        assert (await filed(store, "three")).name == "p3"

    async def test_blocks_and_passages_are_one_change(self, store: Store) -> None:
        """What is filed out of a block leaves it in the same moment; branches see one archive."""
        block = await made(store, "a", "long\n")
        change = await store.write(
            lambda tx: tx.record(
                MAIN, BY, NOW, [draft("a", "", block.uid)], passages=[passage("long")]
            )
        )
        assert ([t.label for t in change.blocks], [f.name for f in change.passages]) == (
            ["a"], ["p1"],
        )  # fmt: skip
        assert [change.number] == [c.number for c in await store.read(lambda v: v.since(1))]

    async def test_a_text_is_found_by_what_it_says_now(self, store: Store) -> None:
        """Exactly; five at most, the oldest first."""
        for n in range(7):
            await filed(store, "same", tags=(f"t{n}",))
        await store.write(filing(passage("other", 2), passage(None, 3)))
        found = await store.read(lambda v: v.passages_of("same"))
        assert [p.id for p in found] == [1, 4, 5, 6, 7]
        assert [p.id for p in await store.read(lambda v: v.passages_of("other"))] == [2]
        assert await store.read(lambda v: v.passages_of("Same")) == []

    async def test_those_of_one_source_stand_beside_each_other(self, store: Store) -> None:
        """In the order in which they came, passages apart from episodes; gaps close."""
        for n in range(3):
            await filed(store, f"part {n}", source="book")
            await filed(store, f"step {n}", source="book", kind="episode")
        await filed(store, "alone")

        async def beside(number: int) -> list[str]:
            return await store.read(lambda v: v.beside(number))

        assert [await beside(n) for n in (1, 3, 4, 5, 7)] == (
            [["p3"], ["p1", "p5"], ["e2", "e6"], ["p3"], []]
        )
        await store.write(filing(passage(None, 3)))
        assert (await beside(1), await beside(3)) == (["p5"], [])
        await store.write(filing(passage("alone", 7, source="book")))
        assert (await beside(5), await beside(7)) == (["p1", "p7"], ["p5"])

    async def test_a_change_of_passages_is_part_of_the_chain(self, store: Store) -> None:
        """Each follows the one before it, on main; what they did is in their hashes."""
        changes = [await store.write(filing(passage(text))) for text in ("one", "one", "two")]
        assert [(c.number, c.parent, c.branch) for c in changes] == (
            [(1, 0, MAIN), (2, 1, MAIN), (3, 2, MAIN)]
        )
        assert len({c.hash for c in changes}) == 3
        assert changes == await store.read(lambda v: v.since(0))

    async def test_an_erased_passage_is_gone_and_its_past_is_empty(self, store: Store) -> None:
        """Others that say the same stay; erasing it again does nothing."""
        first, other = await filed(store, "one", tags=("t",), source="s"), await filed(store, "two")
        await store.write(filing(passage("two", first.id)))
        erased = await store.write(lambda tx: tx.erase_passage(BY, LATER, first.id))
        assert (erased.changes, erased.texts, erased.versions, erased.passages) == ((4,), 2, 2, 1)
        assert await store.read(lambda v: v.passage(first.id)) is None
        for number in (1, 3):
            past = await there(store, first.id, at=number)
            assert (past.text, past.tags, past.source) == ("[erased]", (), "")
        assert await there(store, other.id) == other
        again = await store.write(lambda tx: tx.erase_passage(BY, LATER, first.id))
        assert (again.changes, again.entry) == ((), erased.entry)
