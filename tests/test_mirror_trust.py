"""Nothing in a folder is trusted: links, pipes, states and front matter of anybody."""

import json
import os
import shutil
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import InvalidError
from tokenspace.memory.mirroring import Dropped, EditedPassage, Gone
from tokenspace.memory.passages import PassageDraft
from tokenspace.memory.store.connector import Connection
from tokenspace.server.mirror_state import STATE
from tokenspace.server.mirrored_folder import MOST_BYTES, Folder

from .mirrors import Both, mirrored
from .support import BY, HAND, opened, put, refusal, text

posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes are made as POSIX has them")


@pytest.fixture
async def both(tmp_path: Path) -> AsyncGenerator[Both]:
    """Give a space with a block, and its folder."""
    async with mirrored(tmp_path) as found:
        await put(found.space, "one\n")
        await found.settle()
        yield found


@posix
async def test_links_are_not_followed(both: Both, tmp_path: Path) -> None:
    """Neither out of the folder nor into it: they are named once, and left."""
    secret = tmp_path / "secret.md"
    secret.write_text("TOPSECRET\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "own.md").write_text("TOPSECRET\n")
    both.path("leak").symlink_to(secret)
    both.path("notes").unlink()
    both.path("notes").symlink_to(secret)
    (both.root / "blocks" / "sub").symlink_to(tmp_path / "outside")
    await put(both.space, "x\n", "sub/x")
    await both.space.replace("notes", "one", "two", BY)
    told = await both.settle()
    refused = ["blocks/leak.md", "blocks/notes.md", "blocks/sub"]
    assert sorted(told) == [("refused", path) for path in refused]
    found = await both.space.exchange.everything()
    assert not [block for block in found.blocks if "TOPSECRET" in block.value]
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["own.md"]
    assert secret.read_text() == "TOPSECRET\n"
    assert both.path("notes").is_symlink()


@posix
async def test_a_folder_that_is_a_link_ends_the_mirror(both: Both, tmp_path: Path) -> None:
    """Nothing is deleted, nothing written where it leads."""
    (both.root / "blocks").rename(tmp_path / "elsewhere")
    (both.root / "blocks").symlink_to(tmp_path / "elsewhere")
    head = await both.space.head()
    with pytest.raises(InvalidError, match="blocks is a link"):
        await both.settle()
    assert await both.space.head() == head


@posix
async def test_what_cannot_be_read_is_named_and_waited_for_by_nobody(both: Both) -> None:
    """A pipe, and a file that is too large."""
    os.mkfifo(both.path("pipe"))
    with both.path("large").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    both.path("latin").write_bytes(b"caf\xe9\n")
    told = await both.settle()
    assert sorted(told) == [("refused", f"blocks/{name}.md") for name in ("large", "latin", "pipe")]
    both.path("latin").write_text("café\n")
    await both.settle()
    assert await text(both.space, "latin") == "café\n"


async def test_a_text_that_is_no_utf_8_is_named_in_a_sentence(both: Both) -> None:
    """Not in the words of a codec."""
    both.path("notes").write_bytes(both.path("notes").read_bytes() + b"\xe9")
    await both.look()
    await both.look()
    (event,) = both.events
    assert event.why.startswith("it is no text in UTF-8 (byte ")
    assert "codec" not in event.why


@pytest.mark.parametrize(
    "path", ["../known.rc", "blocks/../../known.rc", "/etc/known.md", "blocks/.x.md", "x.md"]
)
async def test_a_state_leads_to_no_other_file(both: Both, path: str, tmp_path: Path) -> None:
    """It travels with the folder: whoever has the one writes the other."""
    (tmp_path / "known.rc").write_text("mine")
    state = json.loads((both.root / STATE).read_text())
    (known,) = (k for p, k in state["files"].items() if p == "blocks/notes.md")
    state["files"][path] = {**known, "of": "0" * 32}
    (both.root / STATE).write_text(json.dumps(state))
    assert path not in Folder(both.root).known
    both.again()
    await both.settle()
    assert (tmp_path / "known.rc").read_text() == "mine"


@pytest.mark.parametrize(
    "told", ["[]", '{"files": []}', '{"files": {"blocks/notes.md": 7}}', '"x"', "[" * 9_999, "\xff"]
)
async def test_a_damaged_state_is_none(both: Both, told: str) -> None:
    """All is looked at anew."""
    (both.root / STATE).write_text(told, encoding="latin-1")
    head = await both.space.head()
    both.again()
    both.edit(both.path("notes"), "one", "two")
    await both.settle()
    assert (await text(both.space), await both.space.head()) == ("two\n", head + 1)


async def test_a_state_of_a_later_program_is_refused(both: Both) -> None:
    """What it means is not known."""
    (both.root / STATE).write_text('{"form": 2}')
    with pytest.raises(InvalidError, match="a later tokenspace"):
        both.again()


@pytest.mark.parametrize("change", ["9" * 30, "-1", '"x"', "true", "99999", "1.5"])
async def test_a_change_that_never_was_is_no_harm(both: Both, change: str) -> None:
    """The file is that of its path; where it was of none, it is a new one."""
    line = next(x for x in both.path("notes").read_text().split("\n") if x.startswith("change:"))
    both.edit(both.path("notes"), line, f"change: {change}")
    both.edit(both.path("notes"), "one", "two")
    await both.settle()
    assert await text(both.space) == "two\n" == both.body("notes")
    both.path("new").write_text(f'---\nlabel: "new"\nchange: {change}\n---\nx\n')
    await both.settle()
    assert await text(both.space, "new") == "x\n"


async def test_a_file_of_a_diverged_copy_takes_nothing_over(both: Both, tmp_path: Path) -> None:
    """Its change of that number is another one: the edit is kept beside."""
    await both.space.close()
    shutil.copy(tmp_path / "memory.db", tmp_path / "other.db")
    both.space = await Space.open(tmp_path / "memory.db")
    other = Both(await Space.open(tmp_path / "other.db"), tmp_path / "theirs")
    for one in (both, other):
        one.again()
        await one.settle()
    await both.space.replace("notes", "one", "mine", BY)
    for n in range(4):
        await other.space.rethink("notes", f"theirs {n}\n", HAND, drop=("*",))
    await both.settle()
    await other.settle()
    shutil.copy(other.path("notes"), both.path("notes"))
    assert ("conflict", "blocks/notes.md") in await both.settle()
    assert await text(both.space) == "mine\n" == both.body("notes")
    assert "theirs 3" in both.path("notes.conflict").read_text()
    await other.space.close()


async def test_a_branch_has_blocks_alone(tmp_path: Path) -> None:
    """The archive has no branches: nothing of it is written, filed or taken out by a mirror."""
    async with opened(tmp_path / "memory.db") as space:
        await space.archive.file(PassageDraft(id=None, kind="passage", text="p\n"), BY)
        await space.history.make_branch(BY, "try")
        both = Both(space, tmp_path / "notes")
        both.mirror = both.started(branch="try")
        await both.settle()
        archive = both.root / "archive"
        assert not archive.exists()
        archive.mkdir()
        (archive / "new.md").write_text("mine\n")
        both.edit(both.path("human"), "---\n", "---\n# note\n")
        await both.settle()
        found = await space.exchange.everything()
        assert [p.text for p in found.passages] == ["p\n"]
        assert (archive / "new.md").read_text() == "mine\n"
        by = replace(BY, branch="try")
        new = EditedPassage(None, 0, PassageDraft(id=None, kind="passage", text="x"))
        for work in (
            space.exchange.save_passage(new, by),
            space.exchange.drop(Dropped((Gone(None, 1, 99),)), by),
        ):
            assert "the archive has no branches" in str(await refusal(work))


async def test_a_damaged_block_keeps_its_file(tmp_path: Path) -> None:
    """What memory cannot read now was not deleted."""
    async with mirrored(tmp_path) as both:
        await put(both.space, "was here\n")
        await both.space.insert("notes", "and more\n", -1, BY)
        await both.settle()
    file = Connection(tmp_path / "memory.db")
    file.script("UPDATE object SET data = zeroblob(9) WHERE chars = 18")
    file.close()
    async with mirrored(tmp_path) as both:
        await put(both.space, "x\n", "other")
        await both.settle()
        assert both.body("notes") == "was here\nand more\n"
        assert both.body("other") == "x\n"
