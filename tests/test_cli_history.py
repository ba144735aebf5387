"""Going back and naming places, as a person does it; and a whole session."""

import re
from pathlib import Path

import pytest

from .shell import Shell, parsed, text

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line; `team/rules` was written with change 2."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("team/rules", "Be kind\nBe quick\nBe exact\n")
    return shell


def test_a_session(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoint, branch, edit on both, compare, merge with a conflict, blame, and all back."""
    run = shell.run
    monkeypatch.setenv("TOKENSPACE_DB", str(shell.db))
    named = text(run("checkpoint", "kickoff", "-m", "as agreed"))
    assert named.startswith("Checkpoint kickoff is change 2: 4 blocks, 26 characters, in demo (")
    assert "Branch exp begins at change 2 of main" in text(run("branch", "exp"))
    save = ("edit", "team/rules", "--file", "-")
    told = text(run(*save, "--branch", "exp", given=b"Be kind\nBe quicker\nBe exact\n"))
    assert "as change 3 in demo (named by TOKENSPACE_DB), branch exp" in told
    text(run(*save, given=b"Be kind\nBe slow\nBe exact\n"))
    assert "-Be slow\n+Be quicker\n" in text(run("diff", "--from", "main", "--to", "exp"))
    ran = run("merge", "exp")
    assert ran.code == 1
    assert "1 conflict between main (ours) and exp (theirs); nothing was written." in ran.err
    found = re.search(rb"tokenspace (merge exp --resolve [0-9a-f]{6}=theirs)\n", ran.out)
    assert found, ran.out
    merged = text(run(*found[1].decode().split()))
    assert merged.startswith("Merged exp into main, as change 5 in demo (named by TOKENSPACE_DB).")
    blamed = text(run("blame", "team/rules")).splitlines()
    assert [row.split()[0] for row in blamed] == ["2", "3", "2"]
    assert "merge of change 3, edited team/rules@" in text(run("log", "-n", "1"))
    back = text(run("restore", "--to", "kickoff"))
    assert back.startswith("Brought everything back to kickoff, as change 6")
    assert run("show", "team/rules").out == b"Be kind\nBe quick\nBe exact\n"
    assert text(run("restore", "--undo", "6")).startswith("Took back change 6, as change 7")
    assert run("show", "team/rules").out == b"Be kind\nBe quicker\nBe exact\n"


def test_everything_goes_back(shell: Shell) -> None:
    """What it did to each block is told, what was there is named, and the way back works."""
    shell.put("team/rules", "Be kind\nBe brave\n")
    shell.put("other", "new\n")
    ran = shell("restore", "--to", "2")
    lines = text(ran).splitlines()
    assert lines[0] == "Brought everything back to change 2, as change 5 in demo (named by --db)."
    assert [line.split() for line in lines[1:4]] == [
        ["Block", "What", "Lines"],
        ["team/rules", "edited", "+2", "-1"],
        ["other", "deleted", "-1"],
    ]
    assert lines[4] == "What was there before: checkpoint before-restore-5."
    assert text(shell.suggested(lines[5])).startswith("Took back change 5, as change 6")
    assert shell.value("team/rules") == "Be kind\nBe brave\n"
    assert shell.value("other") == "new\n"
    text(shell("restore", "--to", "5"))
    text(shell("restore", "--to", "before-restore-5"))
    assert shell.value("other") == "new\n"


def test_one_block_goes_back(shell: Shell) -> None:
    """The others stay; a deleted one comes again."""
    shell.put("team/rules", "gone\n")
    shell.put("other", "new\n")
    told = text(shell("restore", "team/rules", "--to", "2", "--reason", "a mistake"))
    assert told.startswith("Brought team/rules back to change 2, as change 5")
    assert (shell.value("team/rules"), shell.value("other")) == (
        "Be kind\nBe quick\nBe exact\n",
        "new\n",
    )
    (change,) = parsed(shell("log", "-n", "1", "--json"))["changes"]
    assert (change["tool"], change["reason"]) == ("restore", "a mistake")
    text(shell("restore", "--to", "3"))
    assert text(shell("restore", "other", "--to", "4")).splitlines()[2].split() == [
        *("other", "created", "+1")
    ]
    assert shell.value("other") == "new\n"


def test_one_change_is_taken_back(shell: Shell) -> None:
    """And nothing else; what was changed again since is in the way, and said."""
    shell.put("team/rules", "Be kind\nBe quick\nBe exact\nBe there\n")
    shell.put("team/rules", "Be very kind\nBe quick\nBe exact\nBe there\n")
    assert "Took back change 3" in text(shell("restore", "--undo", "3"))
    assert shell.value("team/rules") == "Be very kind\nBe quick\nBe exact\n"
    (change,) = parsed(shell("log", "-n", "1", "--json"))["changes"]
    assert change["reason"] == "undo change 3"
    ran = shell("restore", "--undo", "2")
    assert ran.code == 1
    assert "change 2 cannot be taken back by itself: block team/rules" in ran.err


def test_there_may_be_nothing_to_restore(shell: Shell) -> None:
    """That is no failure, and makes no change."""
    told = text(shell("restore", "--to", "2"))
    assert told == (
        "Nothing to do (back to change 2): it reads like that already, in demo (named by --db).\n"
    )
    answer = parsed(shell("restore", "team/rules", "--to", "2", "--json"))
    assert (answer["change"], answer["checkpoint"], answer["blocks"]) == (None, None, [])


def test_restore_for_programs(shell: Shell) -> None:
    """The change, the checkpoint's name, and each block with lines and versions."""
    before = parsed(shell("show", "team/rules", "--json"))["block"]["version"]
    shell.put("team/rules", "Be kind\nBe brave\n")
    answer = parsed(shell("restore", "--to", "2", "--json"))
    assert (answer["change"]["number"], answer["checkpoint"]) == (4, "before-restore-4")
    (block,) = answer["blocks"]
    assert re.fullmatch("[0-9a-f]{32}", block.pop("before"))
    assert block == {
        "label": "team/rules",
        "old_label": None,
        "action": "edited",
        "added": 2,
        "removed": 1,
        "after": before,
    }


def test_checkpoints_are_listed(shell: Shell) -> None:
    """Newest first, with size and message; those that made themselves are marked."""
    assert text(shell("checkpoint")).splitlines()[1] == "There are no checkpoints yet."
    text(shell("checkpoint", "start", "--at", "1", "-m", "when [b]all[/b]\nbegan"))
    shell.put("other", "new\n")
    text(shell("restore", "--to", "start"))
    rows = text(shell("checkpoint")).splitlines()[1:]
    assert re.fullmatch(
        r"Name +Change  When +Who  Blocks  Characters  Made +Message", rows[0].rstrip()
    )
    assert re.fullmatch(r"before-restore-4 +3  \S+Z  ada +5 +30  by itself  back to start", rows[1])
    assert re.fullmatch(r"start +1  \S+Z  ada +3 +0 +when \[b\]all\[/b\] began", rows[2])
    newest, oldest = parsed(shell("checkpoint", "--json"))["checkpoints"]
    assert (newest["name"], newest["automatic"]) == ("before-restore-4", True)
    assert MOMENT.fullmatch(oldest.pop("at"))
    assert oldest.pop("author")["user"] == "ada"
    assert oldest == {
        "name": "start",
        "branch": "main",
        "change": 1,
        "message": "when [b]all[/b]\nbegan",
        "automatic": False,
        "blocks": 3,
        "chars": 0,
    }


def test_a_checkpoint_is_taken_away(shell: Shell) -> None:
    """The name goes, what it named stays; a name is given once."""
    text(shell("checkpoint", "here"))
    assert text(shell("checkpoint", "here")).startswith("Checkpoint here is change 2: 4 blocks,")
    shell.put("team/rules", "x\n")
    assert "checkpoint here has that name" in shell("checkpoint", "here").err
    assert "cannot name a checkpoint" in shell("checkpoint", "12").err
    told = text(shell("checkpoint", "here", "--delete"))
    assert told == "Checkpoint here is gone; what it named stays, in demo (named by --db).\n"
    ran = shell("checkpoint", "here", "--delete")
    assert (ran.code, ran.out) == (1, b"")
    assert "there is no checkpoint 'here'" in ran.err


def test_what_a_rewrite_left_out_is_put_back(shell: Shell) -> None:
    """By the command that status names; it is of a change in all its blocks."""
    shell.patch("*** Update Block: team/rules\n@@\n Be kind\n-Be quick\n Be exact\n")
    told = text(shell("status"))
    assert "tokenspace restore --lost 3 --db" in told
    assert text(shell.suggested(told.partition(": put back")[0])).startswith(
        "Put back what change 3 left out, as change 4"
    )
    assert "Be quick\n" in shell.value("team/rules")
    assert shell("restore", "team/rules", "--lost", "3").code == 2
