"""The two-way mirror: edits on both sides meet, and whatever clashes is kept."""

import os
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tokenspace.memory.passages import PassageDraft
from tokenspace.server.mirror_missing import EmptiedError
from tokenspace.server.mirrored_folder import Folder

from .mirrors import Both, mirrored
from .support import BY, put, text


@pytest.fixture
async def both(tmp_path: Path) -> AsyncGenerator[Both]:
    """Give a space and its folder."""
    async with mirrored(tmp_path) as found:
        yield found


async def test_a_change_is_written_and_an_edit_taken_in(both: Both) -> None:
    """Each by the side that has it; the change says who, by what and where."""
    await put(both.space, "one\ntwo\n")
    assert await both.settle() == [("written", "blocks/notes.md")]
    both.edit(both.path("notes"), "two", "zwei")
    assert await both.settle() == [("taken in", "blocks/notes.md"), ("written", "blocks/notes.md")]
    assert await text(both.space) == "one\nzwei\n" == both.body("notes")
    (change, *_) = await both.space.changes("notes")
    assert (change.author.user, change.tool) == ("ada", "mirror")
    assert change.reason == "edited in blocks/notes.md"


async def test_edits_on_both_sides_are_merged(both: Both) -> None:
    """The file was written from an older version than memory has: both edits stand."""
    await put(both.space, "one\ntwo\nthree\n")
    await both.settle()
    both.edit(both.path("notes"), "one", "eins")
    await both.space.replace("notes", "three", "drei", BY)
    await both.settle()
    assert await text(both.space) == "eins\ntwo\ndrei\n" == both.body("notes")


async def test_edits_of_one_place_are_both_kept(both: Both) -> None:
    """Memory's stands; the file's is in a file beside, once, also when it is saved again."""
    await put(both.space, "one\ntwo\n")
    await both.settle()
    both.edit(both.path("notes"), "two", "zwei")
    mine = both.path("notes").read_bytes()
    await both.space.replace("notes", "two", "deux", BY)
    assert ("conflict", "blocks/notes.md") in await both.settle()
    assert await text(both.space) == "one\ndeux\n" == both.body("notes")
    beside = both.path("notes.conflict")
    assert beside.read_bytes().endswith(mine)
    assert "This edit was not taken in" in beside.read_text()
    both.path("notes").write_bytes(mine)
    await both.settle()
    assert both.body("notes") == "one\ndeux\n"
    assert sorted(path.name for path in both.root.rglob("notes*")) == [beside.name, "notes.md"]


async def test_what_is_said_of_a_block_is_edited_too(both: Both) -> None:
    """Each field by itself; one that both sides changed is a conflict."""
    await put(both.space, "x", description="old", limit=100)
    await both.settle()
    both.edit(both.path("notes"), "limit: 100", "limit: 200")
    await both.space.describe("notes", BY, description="new")
    await both.settle()
    block, _ = await both.space.read("notes")
    assert (block.limit, block.description, block.value) == (200, "new", "x")
    both.edit(both.path("notes"), '"new"', '"mine"')
    await both.space.describe("notes", BY, description="theirs")
    assert ("conflict", "blocks/notes.md") in await both.settle()
    assert '"theirs"' in both.path("notes").read_text()
    assert '"mine"' in both.path("notes.conflict").read_text()


async def test_a_line_ending_that_an_editor_adds_is_no_edit(both: Both) -> None:
    """At the end of the file alone."""
    await put(both.space, "one")
    await both.settle()
    head = await both.space.head()
    with both.path("notes").open("a") as file:
        file.write("\n")
    await both.settle()
    assert (await both.space.head(), both.body("notes")) == (head, "one")


async def test_a_file_of_an_older_commit_takes_nothing_back(both: Both) -> None:
    """Git put back what was written before: that is no edit, so memory's newer text comes back."""
    await put(both.space, "one\n")
    await both.settle()
    old = both.path("notes").read_bytes()
    await both.space.replace("notes", "one", "two", BY)
    await both.settle()
    both.path("notes").write_bytes(old)
    await both.settle()
    assert await text(both.space) == "two\n" == both.body("notes")


async def test_new_files_become_blocks_and_passages(both: Both) -> None:
    """With or without front matter; the file of a passage gets its name."""
    both.path("fresh/idea").parent.mkdir()
    both.path("fresh/idea").write_text("- light\n")
    (both.root / "archive").mkdir()
    (both.root / "archive" / "meeting.md").write_text('---\ntags: ["ops"]\n---\nAda said.\n')
    await both.settle()
    assert await text(both.space, "fresh/idea") == "- light\n" == both.body("fresh/idea")
    passage, _ = await both.space.archive.read("p1")
    assert (passage.text, passage.tags) == ("Ada said.\n", ("ops",))
    assert [path.name for path in (both.root / "archive").iterdir()] == ["p1.md"]


async def test_passages_are_merged_as_blocks_are(both: Both) -> None:
    """Corrected on both sides; and clashing."""
    draft = PassageDraft(id=None, kind="episode", text="one\ntwo\nthree", source="task")
    await both.space.archive.file(draft, BY)
    await both.settle()
    path = both.root / "episodes" / "e1.md"
    both.edit(path, "one", "eins")
    await both.space.archive.update("e1", BY, text="one\ntwo\ndrei")
    await both.settle()
    assert (await both.space.archive.read("e1"))[0].text == "eins\ntwo\ndrei"
    both.edit(path, "two", "zwei")
    await both.space.archive.update("e1", BY, text="eins\ndeux\ndrei")
    assert ("conflict", "episodes/e1.md") in await both.settle()
    assert (await both.space.archive.read("e1"))[0].text == "eins\ndeux\ndrei"
    assert "zwei" in (both.root / "episodes" / "e1.conflict.md").read_text()


async def test_a_block_is_renamed_by_its_file_or_its_front_matter(both: Both) -> None:
    """Its history goes with it, and the file stands where its label says."""
    await put(both.space, "one\n")
    await both.settle()
    uid = (await both.space.read("notes"))[0].uid
    both.path("notes").rename(both.path("ideas"))
    await both.settle()
    assert (await both.space.read("ideas"))[0].uid == uid
    both.edit(both.path("ideas"), '"ideas"', '"plans/next"')
    await both.settle()
    assert (await both.space.read("plans/next"))[0].uid == uid
    assert both.body("plans/next") == "one\n"
    assert not both.path("ideas").exists()


async def test_what_is_deleted_goes_on_both_sides_unless_it_was_changed(both: Both) -> None:
    """A file's deletion can be undone; a block that somebody changed meanwhile is written anew."""
    await put(both.space, "one\n", "a")
    await put(both.space, "two\n", "b")
    await put(both.space, "three\n", "c")
    await both.settle()
    both.path("a").unlink()
    both.path("b").unlink()
    await both.space.replace("b", "two", "zwei", BY)
    await both.space.delete("c", BY)
    told = await both.settle()
    assert ("deleted", "blocks/a.md") in told
    assert ("removed", "blocks/c.md") in told
    assert {info.label for info in await both.space.infos()} >= {"b"}
    assert not {"a", "c"} & {info.label for info in await both.space.infos()}
    assert both.body("b") == "zwei\n"
    assert not both.path("c").exists()


async def test_an_edit_of_what_memory_deleted_is_kept_beside(both: Both) -> None:
    """Nothing that a person wrote is removed."""
    await put(both.space, "one\n")
    await both.settle()
    both.edit(both.path("notes"), "one", "mine")
    await both.space.delete("notes", BY)
    await both.settle()
    assert not both.path("notes").exists()
    assert "mine" in both.path("notes.conflict").read_text()


async def test_a_folder_that_is_emptied_deletes_nothing(both: Both) -> None:
    """That is a disk that was unmounted, or a folder that was moved."""
    head = await both.space.head()
    shutil.rmtree(both.root / "blocks")
    with pytest.raises(EmptiedError):
        await both.settle()
    assert await both.space.head() == head


async def test_a_file_that_cannot_be_meant_stays_as_it_is(both: Both) -> None:
    """It is named once, and taken in when it is mended; others go on."""
    await put(both.space, "one\n")
    await both.settle()
    both.edit(both.path("notes"), "limit: 5000", 'limit: "many"')
    both.path("human").write_bytes(b"\xff")
    told = await both.settle()
    assert sorted(told) == [("refused", "blocks/human.md"), ("refused", "blocks/notes.md")]
    both.edit(both.path("notes"), '"many"', "70")
    await both.settle()
    assert (await both.space.read("notes"))[0].limit == 70
    assert both.path("human").read_bytes() == b"\xff"


async def test_edits_made_while_nobody_watched_are_merged(both: Both) -> None:
    """After a restart, against what the files were written from."""
    await put(both.space, "one\ntwo\n")
    await both.settle()
    both.edit(both.path("notes"), "one", "eins")
    await both.space.replace("notes", "two", "zwei", BY)
    both.again()
    await both.settle()
    assert await text(both.space) == "eins\nzwei\n" == both.body("notes")


async def test_a_save_in_the_moment_of_writing_is_seen(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look at a file and its replacing, somebody saves."""
    await put(both.space, "one\ntwo\nthree\n")
    await both.settle()
    path = both.path("notes")
    real = Folder.is_ours

    def looked(folder: Folder, name: str) -> bool:
        ours = real(folder, name)
        if name == "blocks/notes.md" and ours and "eins" not in path.read_text():
            path.write_text(path.read_text().replace("one", "eins"))
        return ours

    monkeypatch.setattr(Folder, "is_ours", looked)
    await both.space.replace("notes", "three", "drei", BY)
    await both.settle()
    assert await text(both.space) == "eins\ntwo\ndrei\n" == both.body("notes")


async def test_a_copy_of_a_file_is_refused(both: Both) -> None:
    """It says that it is a block that has its file already."""
    await put(both.space, "one\n")
    await both.settle()
    shutil.copy(both.path("notes"), both.path("copy"))
    assert await both.settle() == [("refused", "blocks/copy.md")]


async def test_a_label_that_both_sides_take_is_a_conflict(both: Both) -> None:
    """Memory's block stands under it, the file's text is beside; so for a rename."""
    both.path("notes").write_text("mine\n")
    await put(both.space, "theirs\n")
    await put(both.space, "other\n", "other")
    assert ("conflict", "blocks/notes.md") in await both.settle()
    assert both.body("notes") == "theirs\n"
    assert both.path("notes.conflict").read_text().endswith("mine\n")
    both.edit(both.path("other"), '"other"', '"Notes"')
    assert ("conflict", "blocks/other.md") in await both.settle()
    assert (both.body("other"), both.body("notes")) == ("other\n", "theirs\n")


async def test_files_are_private_and_nothing_else_is_left(both: Both) -> None:
    """Memory is the person's own; a file that they opened to others stays open."""
    await put(both.space, "one\n")
    await both.settle()
    both.path("notes").chmod(0o644)
    await both.space.replace("notes", "one", "two", BY)
    await both.settle()
    modes = {path.name: path.stat().st_mode & 0o777 for path in both.path("x").parent.iterdir()}
    assert modes["notes.md"] == 0o644
    assert modes["human.md"] == (0o600 if os.name == "posix" else modes["human.md"])
    assert sorted(modes) == ["human.md", "notes.md", "persona.md", "project.md"]
