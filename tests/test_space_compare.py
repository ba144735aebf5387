"""Compare and set: nothing is overwritten unseen, and nothing is refused that fits."""

import pytest

from tokenspace.memory import Space
from tokenspace.memory.compare import UNSEEN
from tokenspace.memory.errors import ConflictError, InvalidError, NotFoundError

from .support import BY, put, refusal, text, version

TEXT = "Name: Ada\nCity: Paris\nLikes: tea\n"


async def test_edits_that_do_not_overlap_are_rebased(space: Space) -> None:
    """Three hands that all read the same version all get their edit in, and are told."""
    seen = await put(space, TEXT)
    first = await space.replace("notes", "Ada", "Ada L.", BY, seen)
    second = await space.insert("notes", "Has: a cat", 3, BY, seen)
    third = await space.rethink("notes", TEXT.replace("Paris", "Rome"), BY, seen[:8])
    fourth = await space.patch(f"*** Update Block: notes@{seen[:8]}\n-Likes: tea\n", BY)
    assert [w.rebased for w in (first, second, third, fourth)] == [False, True, True, True]
    assert await text(space) == "Name: Ada L.\nCity: Rome\nHas: a cat\n"


async def test_an_insert_goes_where_its_writer_saw_it(space: Space) -> None:
    """Line numbers are those of the version that was read, whatever moved since."""
    seen = await put(space, TEXT)
    await space.insert("notes", "Top\nTop 2", 0, BY, seen)
    await space.insert("notes", "Street: Rue", 2, BY, seen)
    assert await text(space) == ("Top\nTop 2\nName: Ada\nCity: Paris\nStreet: Rue\nLikes: tea\n")


async def test_two_inserts_at_one_place_are_both_kept(space: Space) -> None:
    """The first to be written stands first."""
    seen = await put(space, "log\n")
    for n in range(4):
        await space.insert("notes", f"entry {n}", -1, BY, seen)
    assert await text(space) == "log\nentry 0\nentry 1\nentry 2\nentry 3\n"


async def test_a_replace_needs_its_quote_and_no_more(space: Space) -> None:
    """It is looked for in the text as it now is; the rest of the line may have changed."""
    seen = await put(space, TEXT)
    await space.replace("notes", "City:", "Lives in:", BY, seen)
    done = await space.replace("notes", "Paris", "Rome", BY, seen)
    assert done.rebased
    assert "Lives in: Rome" in await text(space)


async def test_an_overlap_is_refused_with_the_place_as_it_now_reads(space: Space) -> None:
    """The caller need not read the whole block again to mend its edit."""
    seen = await put(space, TEXT)
    await space.rethink("notes", TEXT.replace("Paris", "Oslo"), BY, seen)
    now = (await version(space))[:8]
    refused = await refusal(space.rethink("notes", TEXT.replace("Paris", "Rome"), BY, seen))
    assert isinstance(refused, ConflictError)
    assert str(refused) == (
        f"block notes has changed since version {seen[:8]} (change 3, now {now}): your edit "
        "overlaps with it. There it now reads:\n1→Name: Ada\n2→City: Oslo\n3→Likes: tea"
    )
    patch = await refusal(space.patch(f"*** Update Block: notes@{seen}\n-City: Paris\n", BY))
    assert str(patch) == str(refused)
    assert await text(space) == TEXT.replace("Paris", "Oslo")


async def test_a_quote_that_is_gone_is_refused_with_its_place_as_it_reads(space: Space) -> None:
    """Wherever others have moved it; a quote that never stood there with the nearest line."""
    seen = await put(space, TEXT)
    await space.replace("notes", "City: Paris", "Town: Oslo", BY)
    await space.insert("notes", "1\n2\n3", 0, BY)
    refused = await refusal(space.replace("notes", "City: Paris", "City: Rome", BY, seen))
    assert isinstance(refused, ConflictError)
    assert f"block notes has changed since version {seen[:8]} (change 4" in str(refused)
    assert str(refused).endswith(
        "old_string is no longer there. There it now reads:\n"
        "4→Name: Ada\n5→Town: Oslo\n6→Likes: tea"
    )
    refused = await refusal(space.replace("notes", "Town: Paris", "City: Rome", BY, seen))
    assert str(refused).endswith("Nearest is line 5: Town: Oslo")


async def test_many_overlaps_are_counted_not_listed(space: Space) -> None:
    """An answer stays small however much was rewritten."""
    lines = [f"line {n}" for n in range(50)]
    seen = await put(space, "\n".join(lines))
    await space.rethink(
        "notes", "\n".join(f"{x}?" if n % 2 else x for n, x in enumerate(lines)), BY
    )
    mine = "\n".join(f"{x}!" for x in lines)
    refused = str(await refusal(space.rethink("notes", mine, BY, seen)))
    assert "2→line 1?" in refused
    assert refused.endswith("… and 22 more places")
    assert len(refused) < 700


async def test_an_emptied_block_is_shown_as_empty(space: Space) -> None:
    """A refusal never shows nothing at all."""
    seen = await put(space, "one\n")
    await space.rethink("notes", "", BY)
    refused = await refusal(space.rethink("notes", "two\n", BY, seen))
    assert "There it now reads:\n(now empty)" in str(refused)


async def test_nothing_is_deleted_unseen(space: Space) -> None:
    """Whoever deletes must have read what is there now."""
    seen = await put(space, TEXT)
    await space.insert("notes", "new", -1, BY)
    for refused in (
        await refusal(space.delete("notes", BY, seen)),
        await refusal(space.patch(f"*** Delete Block: notes@{seen}\n", BY)),
    ):
        assert isinstance(refused, ConflictError)
        assert "read it again before you delete it." in str(refused)
    await space.delete("notes", BY, await version(space))
    assert isinstance(await refusal(space.read("notes")), NotFoundError)


@pytest.mark.parametrize(
    ("before", "after", "quote", "place"),
    [
        ("a\nb\nc\n", "a\nc\n", "b", "1→a\n2→c"),
        ("a\nb\n", "", "b", "(now empty)"),
        ("a\nb\nc\nd\n", "new\na\nB\nC\nmore\nd\n", "b\nc", "2→a\n3→B\n4→C\n5→more\n6→d"),
        ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n", "a\nb", "1→a\n2→B\n3→c"),
    ],
)
async def test_the_place_of_a_quote_is_found_again(
    space: Space, before: str, after: str, quote: str, place: str
) -> None:
    """Its lines are followed through what others inserted, removed and rewrote."""
    seen = await put(space, before)
    await space.rethink("notes", after, BY)
    refused = await refusal(space.replace("notes", quote, "mine", BY, seen))
    assert str(refused).endswith(f"There it now reads:\n{place}")


async def test_what_was_not_seen_whole_is_neither_rewritten_nor_deleted(space: Space) -> None:
    """A caller that says so may still make a block, and fill an empty one."""
    await space.rethink("notes", "first\n", BY, UNSEEN)
    for call in (space.rethink("notes", "x", BY, UNSEEN), space.delete("notes", BY, UNSEEN)):
        refused = await refusal(call)
        assert isinstance(refused, ConflictError)
        assert "read it first: memory_read(label='notes')" in str(refused)
    assert (await space.rethink("notes", "first\n", BY, UNSEEN)).change is None
    await space.rethink("notes", "", BY)
    await space.rethink("notes", "x", BY, UNSEEN)
    assert await text(space) == "x"


async def test_a_block_that_is_gone_says_what_became_of_it(space: Space) -> None:
    """Who deleted it and where it still reads, or what it is called now."""
    await put(space, "x")
    await space.delete("notes", BY)
    assert str(await refusal(space.insert("notes", "y", -1, BY))) == (
        f"block notes was deleted in change 3 by {BY.author}; it is still readable: "
        "memory_read(label='notes', at='2')."
    )
    await space.rename("human", "ada", BY)
    await space.insert("ada", "y", -1, BY)
    assert str(await refusal(space.insert("Human", "y", -1, BY))) == (
        f"block human was renamed ada in change 4 by {BY.author}."
    )


@pytest.mark.parametrize(
    ("expected", "kind", "message"),
    [
        ("abc", InvalidError, "expected_version 'abc' is not a version; it is the part after @"),
        ("notes@12x4", InvalidError, "is not a version; it is the part after @ that a read shows"),
        ("f" * 33, InvalidError, "is not a version"),
        ("", InvalidError, "expected_version '' is not a version"),
        (
            "f" * 32,
            ConflictError,
            "block notes never had version ffffffff, or was replaced by another block since",
        ),
    ],
)
async def test_a_version_that_never_was_is_refused(
    space: Space, expected: str, kind: type[Exception], message: str
) -> None:
    """An edit that names one is not applied to something else."""
    await put(space, TEXT)
    for call in (
        space.insert("notes", "x", -1, BY, expected),
        space.replace("notes", "Ada", "x", BY, expected),
        space.rethink("notes", "x", BY, expected),
        space.delete("notes", BY, expected),
    ):
        refused = await refusal(call)
        assert isinstance(refused, kind)
        assert message in str(refused)
    assert await text(space) == TEXT


async def test_a_version_is_understood_as_it_is_shown(space: Space) -> None:
    """`label@version`, any unique prefix of four digits or more, in any case."""
    seen = await put(space, "a\n")
    for spelling in (f"notes@{seen[:8]}", seen[:4], seen.upper(), f" {seen} "):
        await space.insert("notes", "b", -1, BY, spelling)
        await space.rethink("notes", "a\n", BY)
    assert len(await space.changes("notes")) == 9


async def test_a_version_of_a_block_stays_good_through_a_rename(space: Space) -> None:
    """What was read under the old label is still what the block had."""
    seen = await put(space, TEXT)
    await space.rename("notes", "journal", BY)
    await space.insert("journal", "x", -1, BY)
    assert (await space.insert("journal", "top", 0, BY, seen)).rebased


async def test_a_rewrite_of_a_block_that_is_gone_is_not_a_new_block(space: Space) -> None:
    """Naming a version says that there was one."""
    seen = await put(space, TEXT)
    await space.delete("notes", BY)
    refused = await refusal(space.rethink("notes", "x", BY, seen))
    assert isinstance(refused, NotFoundError)
    await space.rethink("notes", "x", BY)
    assert await text(space) == "x"


async def test_a_patch_lands_whole_or_not_at_all(space: Space) -> None:
    """One hunk that does not fit keeps every other block as it was."""
    await put(space, TEXT)
    before = await space.context()
    for bad, kind in (
        ("*** Update Block: persona\n-not there\n", "NoMatchError"),
        ("*** Add Block: project\n+taken\n", "ExistsError"),
        ("*** Delete Block: nobody\n", "NotFoundError"),
        ("*** Update Block: project\n*** Move to: HUMAN\n", "ExistsError"),
        ("*** Update Block: NOTES\n+again\n", "InvalidError"),
        (f"*** Update Block: project\n+{'x' * 262_145}\n", "TooLargeError"),
    ):
        refused = await refusal(
            space.patch(f"*** Update Block: notes\n-City: Paris\n*** Add Block: new\n+x\n{bad}", BY)
        )
        assert type(refused).__name__ == kind
        assert await space.context() == before
    await space.patch("*** Update Block: notes\n-City: Paris\n*** Add Block: new\n+x\n", BY)
    assert (await space.context()).point.change == before.point.change + 1


async def test_a_patch_may_swap_two_labels(space: Space) -> None:
    """All of it is one change, so no label is taken on the way."""
    await put(space, "a\n", "a")
    await put(space, "b\n", "b")
    await space.patch(
        "*** Update Block: a\n*** Move to: b\n*** Update Block: b\n*** Move to: a\n+!\n", BY
    )
    assert (await text(space, "a"), await text(space, "b")) == ("b\n!\n", "a\n")
