"""`tokenspace export`: a folder, an Agent File, JSON lines; and nothing of somebody else's."""

import json
import os
from pathlib import Path

import pytest

from tokenspace.server.mirror_state import STATE

from .shell import Shell, parsed, text


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Give a command line whose memory has a block and a passage."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("notes", "\tone\r\n\n---\n", "--description", "a: b", "--limit", "70", "--tag", "t")
    ran = shell("archive", "-", "--tag", "ops", "--source", "mail", given=b"Ada said.\n")
    assert not ran.code, ran.err
    return shell


def has(shell: Shell, db: str) -> list[object]:
    """Return what a memory has, without what only its file knows."""
    blocks = parsed(shell.run("blocks", "--json", "--db", db))["blocks"]
    finds = parsed(shell.run("archive", "--json", "--db", db))["finds"]
    kept = ("label", "chars", "description", "limit", "read_only", "tags")
    values = [text(shell.run("show", b["label"], "--db", db)) for b in blocks]
    told = [{key: b[key] for key in kept} for b in blocks]
    order = sorted(zip(told, values, strict=True), key=lambda row: row[0]["label"])
    return [order, [(f["text"], f["tags"], f["source"]) for f in finds]]


@pytest.mark.parametrize("target", ["out", "out.jsonl"])
def test_what_is_exported_comes_in_as_it_was(shell: Shell, target: str) -> None:
    """Into a memory that has nothing: all of it, and a second time nothing."""
    told = text(shell("export", target))
    assert (
        told == f"Exported 4 blocks, 1 passage, 0 episodes of demo (named by --db) to {target}.\n"
    )
    text(shell.run("import", target, "--db", "two.db"))
    assert has(shell, "two.db") == has(shell, str(shell.db))
    assert parsed(shell.run("import", target, "--db", "two.db", "--json"))["change"] is None


def test_an_agent_file_has_the_blocks(shell: Shell) -> None:
    """It says what it has no place for."""
    assert "no place for 1 passage or 0 episodes" in text(shell("export", "a.af"))
    data = json.loads((shell.folder / "a.af").read_text())
    assert data["agents"][0]["block_ids"] == [block["id"] for block in data["blocks"]]
    assert parsed(shell.run("import", "a.af", "--db", "two.db", "--json"))["format"] == "af"
    assert text(shell.run("show", "notes", "--db", "two.db")) == "\tone\r\n\n---\n"


def test_standard_output_takes_lines(shell: Shell) -> None:
    """For a pipe; a folder cannot go there."""
    lines = text(shell("export", "-")).splitlines()
    assert [json.loads(line).get("type") for line in lines] == [None, *["block"] * 4, "passage"]
    assert shell("export", "-", "--format", "markdown").code == 2
    assert shell("export", "a.af", "--watch").code == 2


@pytest.mark.parametrize("target", ["../x.txt", "notes.markdown", "all.JSON"])
def test_a_name_of_a_file_that_is_no_format_is_refused(shell: Shell, target: str) -> None:
    """No folder is made of that name, unless it is asked for; one that is there is taken."""
    ran = shell("export", target)
    assert (ran.code, (shell.folder / target).exists()) == (2, False)
    assert f"{target}: tokenspace writes no" in ran.err
    text(shell("export", target, "--format", "markdown"))
    text(shell("export", target))


def test_a_folder_may_have_a_date_in_its_name(shell: Shell) -> None:
    """And whatever ends in a slash is one."""
    for target in ("memory-2026.10.07", "x.txt/"):
        text(shell("export", target))
        assert (shell.folder / target / "blocks").is_dir()


def test_a_second_export_writes_what_changed_and_removes_what_is_gone(shell: Shell) -> None:
    """What somebody edited there is not written over, unless told so."""
    text(shell("export", "out"))
    shell.put("more", "x")
    text(shell("forget", "notes", "--yes"))
    text(shell("export", "out"))
    names = sorted(path.name for path in (shell.folder / "out" / "blocks").iterdir())
    assert names == ["human.md", "more.md", "persona.md", "project.md"]
    edited = shell.folder / "out" / "blocks" / "more.md"
    edited.write_text(edited.read_text() + "mine")
    ran = shell("export", "out")
    assert ran.code == 1
    assert "blocks/more.md first. --watch takes edits in, --force writes over" in ran.err
    text(shell("export", "out", "--force"))
    assert edited.read_text().endswith("---\nx")


def test_nothing_of_somebody_else_is_written_over(shell: Shell) -> None:
    """A folder with other files, a file, another memory's folder."""
    (shell.folder / "full").mkdir()
    (shell.folder / "full" / "x.txt").touch()
    assert "no export of tokenspace" in shell("export", "full").err
    (shell.folder / "a.jsonl").write_text("x")
    assert "already a file" in shell("export", "a.jsonl").err
    (shell.folder / "plain").write_text("x")
    assert "is a file" in shell("export", "plain").err
    text(shell("export", "out"))
    text(shell.run("import", "out", "--db", "two.db"))
    assert "of another memory" in shell.run("export", "out", "--db", "two.db").err
    assert (shell.folder / "a.jsonl").read_text() == "x"


def test_an_edited_line_of_an_export_is_named(shell: Shell) -> None:
    """JSON lines carry a hash of each text."""
    text(shell("export", "a.jsonl"))
    file = shell.folder / "a.jsonl"
    file.write_text(file.read_text().replace("Ada said", "Bob said"))
    came = parsed(shell.run("import", "a.jsonl", "--db", "two.db", "--json"))
    assert came["notes"] == [
        "p1 was changed in the file after it was exported; it is taken as it reads now."
    ]


def test_an_export_that_was_killed_is_taken_up_again(shell: Shell) -> None:
    """Its state stands before its first file; what it wrote is known by what stands in it."""
    text(shell("export", "out"))
    out = shell.folder / "out"
    state = json.loads((out / STATE).read_text())
    (out / STATE).write_text(json.dumps({**state, "files": {}}))
    (out / "blocks" / "human.md").unlink()
    text(shell("export", "out"))
    assert (out / "blocks" / "human.md").exists()
    assert json.loads((out / STATE).read_text())["files"].keys() == state["files"].keys()


def test_a_folder_of_another_branch_is_refused(shell: Shell) -> None:
    """It would take that branch's files for edits; and a branch has blocks alone."""
    text(shell("branch", "try"))
    told = text(shell("export", "out", "--branch", "try"))
    assert told.startswith("Exported 4 blocks of demo (named by --db), branch try to out.\n")
    assert "The archive has no branches" in told
    assert not (shell.folder / "out" / "archive").exists()
    assert "of another memory or branch" in shell("export", "out").err


@pytest.mark.skipif(os.name != "posix", reason="links are made as POSIX has them")
def test_a_link_in_the_folder_is_named_and_written_through_by_nobody(shell: Shell) -> None:
    """Nor is a folder that is one."""
    text(shell("export", "out"))
    out, victim = shell.folder / "out", shell.folder / "victim.md"
    victim.write_text("mine")
    (out / "blocks" / "human.md").unlink()
    (out / "blocks" / "human.md").symlink_to(victim)
    ran = shell("export", "out")
    assert ran.code == 1
    assert b"Not written: blocks/human.md: it is a link." in ran.out
    assert victim.read_text() == "mine"
    (out / "archive").rename(shell.folder / "elsewhere")
    (out / "archive").symlink_to(shell.folder / "elsewhere")
    assert "archive is a link or a file; make it a folder" in shell("export", "out").err
