"""Giving back room: what is let go, what never is, and what is said of it."""

import re
from pathlib import Path

import pytest

from .process import Server
from .shell import Shell, parsed, text


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line; `rules` was written with change 2."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("rules", "Be kind\n")
    return shell


def large(n: int) -> str:
    """Return a text that can hardly be packed, another one for each number."""
    return f"{(n + 1) * 7919**1_000}\n{(n + 1) * 7907**1_000}\n"


def test_old_versions_are_let_go(shell: Shell) -> None:
    """First only said, then done: under a running server, what is there now stays."""
    for n in range(24):
        shell.put("rules", large(n))
    with Server(shell.db) as server:
        server.initialize()
        server.call("memory_read")
        before = shell("gc", "--keep-days", "0", "--dry-run")
        told = re.fullmatch(
            r"Dry run, nothing was changed\. It would let go of 24 texts of 24 versions, in demo "
            r"\(named by --db\); the file takes ([\d,]+) bytes\.\n",
            text(before),
        )
        assert told
        assert shell.value("rules", "--at", "3") == large(0)
        lines = text(shell("gc", "--keep-days", "0")).splitlines()
        went = re.fullmatch(
            r"Let go of 24 texts of 24 versions, in demo \(named by --db\): ([\d,]+) bytes before, "
            r"([\d,]+) bytes now\.",
            lines[0],
        )
        assert went
        assert went[1] == told[1]
        assert int(went[2].replace(",", "")) < int(went[1].replace(",", ""))
        assert lines[1] == "They stay in the history by name; their text can no longer be read."
        (said,) = server.call("memory_insert", label="rules", new_string="Be glad")["content"]
        assert "saved" in said["text"]
    assert shell("verify").code == 0
    assert shell.value("rules") == large(23) + "Be glad\n"
    assert shell("show", "rules", "--at", "3").code == 1


def test_without_a_policy_every_version_is_kept(shell: Shell) -> None:
    """Only what nothing refers to goes."""
    shell.put("rules", "Be quick\n")
    answer = parsed(shell("gc", "--json"))
    assert answer.pop("space")["name"] == "demo"
    assert answer.pop("vacuumed") in (True, False)
    assert answer.pop("bytes_before") >= answer.pop("bytes_after") > 0
    assert answer == {
        "branch": None,
        "dry_run": False,
        "versions": 0,
        "texts": 0,
        "pending": None,
    }
    assert shell.value("rules", "--at", "2") == "Be kind\n"
    assert text(shell("gc")).startswith("There was nothing to let go of, in demo (named by --db): ")


@pytest.mark.parametrize("days", ["-1", "x", "999999"])
def test_days_are_a_number(shell: Shell, days: str) -> None:
    """Wrong use, and nothing goes."""
    ran = shell.process("gc", f"--keep-days={days}", "--db", "demo.db")
    assert (ran.code, ran.out) == (2, b"")
    assert f"{days!r} is not a number of days" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        *(["forget", "human"], ["forget", "human", "--erase", "--yes"]),
        *(["verify"], ["backup", "copy.db"], ["gc"]),
    ],
)
def test_looking_after_makes_no_space(shell: Shell, words: list[str]) -> None:
    """Where there is no memory there is nothing to do; the answer says who makes one."""
    project = shell.folder / "work"
    project.mkdir()
    ran = shell.process(*words, "--project", str(project))
    assert (ran.code, ran.out) == (1, b"")
    assert "there is no memory yet for work (named by --project)" in ran.err
    assert list(project.iterdir()) == []


@pytest.mark.parametrize("command", ["forget", "verify", "backup", "restore-backup", "gc"])
def test_each_has_help(shell: Shell, command: str) -> None:
    """And stands in the list of commands."""
    assert f"tokenspace {command} [-h]".encode() in shell.process(command, "--help").out
    assert f"\n    {command} ".encode() in shell.process("--help").out
