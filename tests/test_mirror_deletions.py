"""Files that go, and come back: deletions, git, a folder that is away, a mirror that is killed."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tokenspace.memory.passages import PassageDraft
from tokenspace.server.mirror_missing import EmptiedError
from tokenspace.server.mirror_state import STATE

from .mirrors import Both, mirrored
from .support import BY, put, text


@pytest.fixture
async def both(tmp_path: Path) -> AsyncGenerator[Both]:
    """Give a space and its folder."""
    async with mirrored(tmp_path) as found:
        yield found


async def labels(both: Both) -> set[str]:
    """Return which blocks there are."""
    return {info.label for info in await both.space.infos()}


async def test_a_file_that_is_gone_is_not_written_anew_before_that_counts(both: Both) -> None:
    """While it is only missing, other changes are written, and its own deletes nothing."""
    await put(both.space, "one\n")
    await put(both.space, "x\n", "other")
    await both.settle()
    both.path("notes").unlink()
    await both.look()
    await both.space.replace("other", "x", "y", BY)
    assert await both.look() == [("written", "blocks/other.md")]
    both.again()
    assert await both.look() == []
    assert ("deleted", "blocks/notes.md") in await both.settle()


async def test_several_files_are_deleted_as_one_change(both: Both) -> None:
    """Blocks and passages, which one undo brings back."""
    for n in range(6):
        await put(both.space, f"{n}\n", f"b{n}")
    await both.space.archive.file(PassageDraft(id=None, kind="passage", text="p"), BY)
    await both.settle()
    head = await both.space.head()
    both.path("b0").unlink()
    both.path("b1").unlink()
    (both.root / "archive" / "p1.md").unlink()
    await both.settle()
    assert await both.space.head() == head + 1
    (change, *_) = await both.space.changes()
    assert change.reason == "3 files were deleted: archive/p1.md, blocks/b0.md, blocks/b1.md"
    assert not {"b0", "b1"} & await labels(both)


async def test_many_files_that_go_one_by_one_are_held(both: Both) -> None:
    """They are named once; none is deleted, none written anew; other edits go on."""
    for n in range(20):
        await put(both.space, f"{n}\n", f"b{n}")
    await both.settle()
    head = await both.space.head()
    told: list[tuple[str, str]] = []
    for n in range(15):
        both.path(f"b{n}").unlink()
        told += await both.look()
    told += await both.settle()
    assert told == [("held", "blocks/b0.md")]
    assert await both.space.head() == head
    both.edit(both.path("b19"), "---\n19", "---\nneunzehn")
    await both.settle()
    assert await text(both.space, "b19") == "neunzehn\n"
    both.mirror = both.started(deletes=True)
    await both.settle()
    assert not {f"b{n}" for n in range(15)} & await labels(both)


async def test_files_that_come_back_are_as_they_were(both: Both) -> None:
    """As git does when it goes to another commit and back: also after they were deleted."""
    await put(both.space, "one\n", description="d")
    await put(both.space, "other\n", "other")
    await both.space.archive.file(PassageDraft(id=None, kind="passage", text="p\n"), BY)
    await both.settle()
    block, _ = await both.space.read("notes")
    away = both.root.parent / "away"
    shutil.copytree(both.root, away)
    both.path("notes").unlink()
    (both.root / "archive" / "p1.md").unlink()
    await both.settle()
    assert "notes" not in await labels(both)
    shutil.copy(away / "blocks" / "notes.md", both.path("notes"))
    (both.root / "archive").mkdir(exist_ok=True)
    shutil.copy(away / "archive" / "p1.md", both.root / "archive" / "p1.md")
    await both.settle()
    back, _ = await both.space.read("notes")
    assert (back.uid, back.value, back.description) == (block.uid, "one\n", "d")
    assert (await both.space.archive.read("p1"))[0].text == "p\n"
    assert not list(both.root.rglob("*.conflict.md"))
    assert not (both.root / "archive" / "p2.md").exists()


async def test_a_file_that_was_just_saved_is_deleted_as_any_other(both: Both) -> None:
    """What it was saved with is in memory: nobody else changed it since."""
    await put(both.space, "one\n")
    await both.settle()
    both.edit(both.path("notes"), "one", "two")
    await both.look()
    await both.look()
    both.path("notes").unlink()
    assert ("deleted", "blocks/notes.md") in await both.settle()
    assert "notes" not in await labels(both)


async def test_an_edit_of_what_memory_deleted_says_how_to_have_it_again(both: Both) -> None:
    """The file that it would name is removed; what memory's refusal quotes stands by itself."""
    await put(both.space, "one\n")
    await both.settle()
    both.edit(both.path("notes"), "one", "mine")
    await both.space.delete("notes", BY)
    await both.settle()
    beside = both.path("notes.conflict").read_text()
    assert "stands in notes.md" not in beside
    assert "To have it again, save the text below as a new file" in beside
    assert "\n\nWhy: the block was deleted meanwhile.\n-->\n\n---\n" in beside


async def test_a_mirror_that_was_killed_files_nothing_twice(both: Both) -> None:
    """What it wrote it knows by its front matter, where its state is gone, damaged or of before."""
    state = both.root / STATE
    before = state.read_bytes()
    for n in range(3):
        draft = PassageDraft(id=None, kind="passage", text=f"text {n}\n")
        await both.space.archive.file(draft, BY)
    await put(both.space, "one\n")
    await both.settle()
    for left in (before, b"{", None):
        head = await both.space.head()
        if left is None:
            state.unlink()
        else:
            state.write_bytes(left)
        both.again()
        await both.settle()
        assert await both.space.head() == head
        state.write_bytes(before)
        both.edit(both.root / "archive" / "p2.md", "text", "texts")
        both.again()
        await both.settle()
        assert await both.space.head() == head + 1
        assert len(list((both.root / "archive").iterdir())) == 3
        both.edit(both.root / "archive" / "p2.md", "texts", "text")
        await both.settle()


async def test_a_file_that_was_renamed_is_known_without_a_state(both: Both) -> None:
    """Nothing is written before every file that is there was looked at."""
    await put(both.space, "one\n")
    await both.settle()
    both.path("notes").rename(both.path("ideas"))
    both.edit(both.path("ideas"), "one", "two")
    (both.root / STATE).unlink()
    both.again()
    await both.settle()
    assert await text(both.space) == "two\n" == both.body("notes")
    assert not both.path("ideas").exists()


async def test_a_copy_of_a_passage_is_refused_and_a_foreign_one_is_filed(both: Both) -> None:
    """A name alone tells little: another memory has another passage of it."""
    await both.space.archive.file(PassageDraft(id=None, kind="passage", text="p\n"), BY)
    await both.settle()
    archive = both.root / "archive"
    shutil.copy(archive / "p1.md", archive / "copy.md")
    assert await both.settle() == [("refused", "archive/copy.md")]
    both.edit(archive / "copy.md", 'version: "', 'version: "f')
    await both.settle()
    assert (await both.space.archive.read("p2"))[0].text == "p\n"
    assert sorted(path.name for path in archive.iterdir()) == ["p1.md", "p2.md"]


async def test_a_root_that_is_away_ends_the_mirror(both: Both) -> None:
    """At once, before anything is written there."""
    shutil.rmtree(both.root)
    with pytest.raises(EmptiedError):
        await both.look()
    assert not both.root.exists()
