"""How programs save: in pieces, twice from one buffer, emptied first, without front matter."""

import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tokenspace.memory.passages import PassageDraft
from tokenspace.server.mirror import EMPTY_S
from tokenspace.server.mirror_missing import CALM_S
from tokenspace.server.mirror_replaced import FOLDER, KEPT_S

from .mirrors import Both, mirrored
from .support import BY, put, text


@pytest.fixture
async def both(tmp_path: Path) -> AsyncGenerator[Both]:
    """Give a space with a block, and its folder."""
    async with mirrored(tmp_path) as found:
        await put(found.space, "- a\n- b\n", description="what", tags=("t",))
        await found.settle()
        yield found


async def test_what_a_program_still_writes_is_taken_in_line_by_line(both: Both) -> None:
    """The file that it has open is not replaced while it writes; nor is an existing one."""
    for name, before in (("report", ""), ("notes", "- a\n- b\n")):
        with both.path(name).open("a") as file:
            for n in range(4):
                file.write(f"line {n}\n")
                file.flush()
                for _ in range(4):
                    await both.look(CALM_S / 5)
        await both.settle()
        told = before + "".join(f"line {n}\n" for n in range(4))
        assert await text(both.space, name) == told == both.body(name)


@pytest.mark.parametrize("name", ["blocks/report.md", "archive/report.md"])
async def test_what_is_written_to_a_replaced_file_arrives(both: Both, name: str) -> None:
    """A program that pauses for long writes on into a file that has no name any more."""
    (both.root / "archive").mkdir(exist_ok=True)
    with (both.root / name).open("a") as file:
        for word in ("one\n", "two\n", "three\n"):
            file.write(word)
            file.flush()
            await both.settle()
    found = await both.space.exchange.everything()
    texts = [b.value for b in found.blocks if b.label == "report"]
    assert texts + [p.text for p in found.passages] == ["one\ntwo\nthree\n"]
    for _ in range(4):
        await both.look(KEPT_S)
    assert not (both.root / FOLDER).exists()


async def test_a_program_that_outlives_the_mirror_loses_nothing_either(both: Both) -> None:
    """What it wrote after the last look is taken in when the mirror ends."""
    with both.path("notes").open("a") as file:
        await both.space.replace("notes", "- a", "- A", BY)
        await both.settle()
        file.write("- late\n")
        file.flush()
        await both.mirror.close()
    assert await text(both.space) == "- A\n- b\n- late\n"
    assert not (both.root / FOLDER).exists()


async def test_a_mirror_that_was_killed_finds_what_was_written_to_replaced_files(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one takes it in, when no other can be looking at it."""
    with both.path("notes").open("a") as file:
        await both.space.replace("notes", "- a", "- A", BY)
        await both.settle()
        file.write("- late\n")
    later = time.time() + 3 * KEPT_S
    monkeypatch.setattr(time, "time", lambda: later)
    both.again()
    await both.settle()
    assert await text(both.space) == "- A\n- b\n- late\n" == both.body("notes")


async def test_an_end_is_looked_for_between_files(both: Both) -> None:
    """Of many files, those that are not written yet wait for the next mirror."""
    await put(both.space, "x\n", "more")
    both.mirror = both.started(ended=True)
    assert await both.look() == []
    both.again()
    assert await both.look() == [("written", "blocks/more.md")]


async def test_a_second_save_of_one_buffer_says_what_it_reads(both: Both) -> None:
    """What it takes back is taken back, what it corrects is there once: also after a rewriting."""
    for wait in (both.look, both.settle):
        before = await text(both.space)
        buffer = both.path("notes").read_text()
        both.path("notes").write_text(buffer + "- X\n")
        await both.look()
        await wait()
        both.path("notes").write_text(buffer)
        await both.settle()
        assert await text(both.space) == before == both.body("notes")
        both.path("notes").write_text(buffer + "- Depoly at 9\n")
        await both.look()
        await wait()
        await both.space.replace("notes", "- a", "- aa", BY)
        both.path("notes").write_text(buffer + "- Deploy at 9\n")
        await both.settle()
        after = before.replace("- a", "- aa") + "- Deploy at 9\n"
        assert await text(both.space) == after == both.body("notes")
        assert not both.path("notes.conflict").exists()


async def test_a_buffer_outlives_the_mirror(both: Both) -> None:
    """The history tells that all changes since came from that very file."""
    buffer = both.path("notes").read_text()
    both.path("notes").write_text(buffer + "- X\n")
    await both.settle()
    both.again()
    both.path("notes").write_text(buffer)
    await both.settle()
    assert await text(both.space) == "- a\n- b\n"


async def test_a_passage_is_saved_twice_from_one_buffer(both: Both) -> None:
    """Just as a block."""
    draft = PassageDraft(id=None, kind="passage", text="one\n", source="s")
    await both.space.archive.file(draft, BY)
    await both.settle()
    path = both.root / "archive" / "p1.md"
    buffer = path.read_text()
    path.write_text(buffer + "two\n")
    await both.settle()
    both.again()
    path.write_text(buffer)
    await both.settle()
    assert (await both.space.archive.read("p1"))[0].text == "one\n"


@pytest.mark.parametrize("left", ["", "---\nlabel: no"])
async def test_an_emptied_file_counts_late(both: Both, left: str) -> None:
    """Editors empty a file, or write the beginning of it, before all of it stands there."""
    whole = both.path("notes").read_text()
    both.path("notes").write_text(left)
    for _ in range(4):
        assert await both.look(EMPTY_S / 5) == []
    both.path("notes").write_text(whole + "- e\n")
    await both.settle()
    assert await text(both.space) == "- a\n- b\n- e\n"
    block, _ = await both.space.read("notes")
    assert block.description == "what"
    both.path("notes").write_text(left)
    for _ in range(4):
        await both.look(EMPTY_S / 2)
    assert await text(both.space) == left


async def test_a_file_that_changes_from_look_to_look_is_not_taken_in(both: Both) -> None:
    """It has to stand still between two."""
    for n in range(3):
        both.edit(both.path("notes"), "- a", f"- a{n}")
        assert await both.look() == []
    assert await both.look() == [("taken in", "blocks/notes.md")]


async def test_what_a_file_does_not_say_is_unchanged(both: Both) -> None:
    """Saved as text alone, or with some fields: what is read-only stays so."""
    await both.space.describe("notes", BY, read_only=True)
    await both.settle()
    both.path("notes").write_text("- c\n")
    await both.settle()
    block, _ = await both.space.read("notes")
    assert (block.value, block.description, block.tags) == ("- c\n", "what", ("t",))
    assert block.read_only
    both.path("notes").write_text('---\nlimit: 70\nread_only: "no"\n---\n- d\n')
    await both.settle()
    block, _ = await both.space.read("notes")
    assert (block.value, block.limit, block.read_only, block.tags) == ("- d\n", 70, True, ("t",))
    both.path("notes").write_text("---\nread_only: false\n---\n- d\n")
    await both.settle()
    assert not (await both.space.read("notes"))[0].read_only


async def test_what_a_passage_file_does_not_say_is_unchanged(both: Both) -> None:
    """Its source and tags; a field that is said to be empty is empty."""
    draft = PassageDraft(id=None, kind="passage", text="one\n", source="s", tags=("t",))
    await both.space.archive.file(draft, BY)
    await both.settle()
    (both.root / "archive" / "p1.md").write_text('---\nsource: ""\n---\ntwo\n')
    await both.settle()
    passage, _ = await both.space.archive.read("p1")
    assert (passage.text, passage.tags, passage.source) == ("two\n", ("t",), "")


async def test_an_older_file_that_is_put_back_is_named(both: Both) -> None:
    """It takes nothing back; memory's newer text takes its place, and that is said."""
    old = both.path("notes").read_bytes()
    await both.space.replace("notes", "- a", "- A", BY)
    await both.settle()
    both.path("notes").write_bytes(old)
    assert await both.settle() == [("older", "blocks/notes.md"), ("written", "blocks/notes.md")]
    assert both.body("notes") == "- A\n- b\n"
