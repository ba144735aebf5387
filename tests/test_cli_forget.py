"""Forgetting, as a person does it: out of the present and back, or out of everything for good."""

import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .process import Server
from .shell import Shell, files_holding, parsed, text

SECRET = "hunter2-Rosebud"  # noqa: S105 - it is what the tests look for
ERASE = ("forget", "--erase", "--entry", SECRET, "--yes")
RULES = f"Be kind\n- {SECRET}\nBe quick with {SECRET}!\n"

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line; `team/rules` was written with change 2 and holds a secret."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("team/rules", RULES)
    return shell


@contextmanager
def reader(db: Path) -> Generator[None]:
    """Another program that reads the file as it is now, until it is done."""
    program = (
        "import apsw, sys; db = apsw.Connection(sys.argv[1]); db.execute('BEGIN');"
        "db.execute('SELECT * FROM change').fetchall(); print('reads', flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(db)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"reads"
        yield


def test_an_entry_is_forgotten_and_brought_back(shell: Shell) -> None:
    """Of one block: how it is written does not count; what was done and the way back are told."""
    shell.put("other", "be KIND.\n")
    lines = text(shell("forget", "team/rules", "--entry", "be kind", "--reason", "old")).split("\n")
    assert lines[0] == "Forgot that entry, as change 4 in demo (named by --db)."
    assert lines[2].split() == ["team/rules", "edited", "-1"]
    assert "Earlier versions still have it; --erase takes it out of those" in lines[4]
    assert shell.value("team/rules") == RULES.removeprefix("Be kind\n")
    assert shell.value("other") == "be KIND.\n"
    (change,) = parsed(shell("log", "-n", "1", "--json"))["changes"]
    assert (change["tool"], change["reason"]) == ("forget", "old")
    assert "Took back change 4" in text(shell.suggested(lines[3]))
    assert shell.value("team/rules") == RULES


def test_an_entry_is_forgotten_wherever_it_stands(shell: Shell) -> None:
    """Without a label, of all blocks of the branch, read-only ones too; `-` is standard input."""
    shell.put("other", "be KIND.\nx\n", "--read-only")
    text(shell("branch", "draft"))
    told = text(shell("forget", "--entry", "-", "--branch", "draft", given=b"Be kind\n"))
    assert "as change 4 in demo (named by --db), branch draft." in told
    assert shell.value("other", "--branch", "draft") == "x\n"
    assert not shell.value("team/rules", "--branch", "draft").startswith("Be kind")
    assert shell.value("team/rules") == RULES
    assert shell("forget", "--entry", "be kind", "--branch", "draft").code == 0


def test_a_block_is_forgotten_and_brought_back(shell: Shell) -> None:
    """Whole, whatever is in it; a second time there is nothing to do."""
    answer = parsed(shell("forget", "team/rules", "--json"))
    assert (answer["change"]["number"], answer["erased"]) == (3, None)
    (step,) = answer["blocks"]
    assert (step["label"], step["action"], step["removed"]) == ("team/rules", "deleted", 3)
    told = text(shell("forget", "team/rules"))
    assert told == (
        "Nothing to do: block team/rules is forgotten already, in demo (named by --db).\n"
    )
    text(shell("restore", "--undo", "3"))
    assert shell.value("team/rules") == RULES


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ([], 2, "say what to forget: a block's LABEL, --entry TEXT or --passage ID."),
        (["--erase", "--yes"], 2, "say what to forget"),
        (["human", "--erase", "--entry", "xxxx", "--yes"], 2, "leave LABEL out"),
        (["--erase", "--entry", "xxxx", "--branch", "b", "--yes"], 2, "leave --branch out"),
        (["humna"], 1, "Did you mean 'human'?"),
        (["humna", "--erase"], 1, "Did you mean 'human'?"),
        (["--entry", "Be kinder"], 1, "Nearest: team/rules, line 1: Be kind"),
        (["--erase", "--entry", "abc", "--yes"], 1, "is too short to be erased everywhere"),
        (["--erase", "--entry", "nowhere to be seen", "--yes"], 1, "that text stands nowhere"),
        (["--erase", "--entry", SECRET], 1, "to agree, add --yes"),
        (["--erase", "team/rules"], 1, "block team/rules and all its versions, on every branch"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    shell: Shell, words: list[str], code: int, why: str
) -> None:
    """Wrong use, typing errors, and an erasure that nobody agreed to: nothing is changed."""
    ran = shell("forget", *words)
    assert (ran.code, ran.out) == (code, b"")
    assert why in ran.err
    assert parsed(shell("log", "-n", "1", "--json"))["changes"][0]["number"] == 2


def test_a_text_is_erased(shell: Shell) -> None:
    """From old versions, every branch, reasons and the disk; told in numbers, never the text."""
    text(shell("branch", "draft"))
    shell.put("team/rules", "rewritten\n", "--reason", f"without {SECRET}")
    text(shell("forget", "team/rules", "--branch", "draft"))
    assert "demo.db" in files_holding(shell.folder, SECRET)
    told = text(shell(*ERASE, "--reason", f"my {SECRET}"))
    assert re.match(
        r"Erased from demo \(named by --db\), as change 5 \(entry [0-9a-f]{8}\): "
        r"1 text, 1 version, 1 reason. This cannot be undone.\n",
        told,
    )
    assert "your backups, and what other programs copied, are not touched" in told
    assert SECRET not in told
    assert files_holding(shell.folder, SECRET) == []
    assert shell.value("team/rules", "--at", "2") == "Be kind\nBe quick with [erased]!\n"
    reasons = [c["reason"] for c in parsed(shell("log", "--json"))["changes"]]
    assert reasons[:2] == ["my [erased]", "without [erased]"]
    assert shell("verify").code == 0


def test_a_secret_is_erased_under_a_running_server(shell: Shell) -> None:
    """Given on standard input; the server goes on, and no file has it any more."""
    with Server(shell.db) as server:
        server.initialize()
        server.call("memory_insert", label="human", new_string=f"knows {SECRET}")
        given = f"{SECRET}\n".encode()
        ran = shell.process(
            *("forget", "--erase", "--entry", "-", "--yes", "--db", str(shell.db)), given=given
        )
        assert text(ran).startswith("Erased from demo")
        assert SECRET not in text(ran)
        assert files_holding(shell.folder, SECRET) == []
        (said,) = server.call("memory_read", label="human")["content"]
        assert "knows [erased]" in said["text"]
        server.call("memory_insert", label="human", new_string="goes on")
    assert files_holding(shell.folder, SECRET) == []


def test_a_block_is_erased(shell: Shell) -> None:
    """All its versions; that it was there stays. One that was deleted before can be erased too."""
    shell.put("team/rules", "other\n")
    text(shell("forget", "team/rules"))
    told = text(shell("forget", "team/rules", "--erase", "--yes"))
    assert "as change 5 " in told
    assert "2 versions" in told
    assert "That there was such a block, and when it changed, stays in the history." in told
    assert files_holding(shell.folder, SECRET) == []
    assert shell.value("team/rules", "--at", "2") == "[erased]"
    (change,) = parsed(shell("log", "-n", "1", "--json"))["changes"]
    assert (change["tool"], change["reason"]) == ("forget", "erase block team/rules")


def test_a_name_that_stays_is_told(shell: Shell) -> None:
    """Branches and authors are not renamed; where the text is part of one, that is said."""
    text(shell("branch", SECRET))
    told = text(shell(*ERASE))
    assert "Not erased: it is still part of the name of a branch." in told


@pytest.mark.slow  # the purge tries for two seconds, twice
def test_what_others_still_read_is_told(shell: Shell) -> None:
    """It stays in the -wal until they are done and `gc` takes it away, also under a server."""
    with Server(shell.db) as server:
        server.initialize()
        server.call("memory_insert", label="human", new_string=f"knows {SECRET}")
        with reader(shell.db):
            told = text(shell.process(*ERASE, "--db", str(shell.db)))
            assert "Not yet off the disk: another program still reads what stood before." in told
            assert f"run tokenspace gc --db {shell.db}." in told
            assert files_holding(shell.folder, SECRET) != []
            told = text(shell.process("gc", "--db", str(shell.db)))
            assert "Not yet done: " in told
        assert "Not yet done" not in text(shell.process("gc", "--db", str(shell.db)))
        assert files_holding(shell.folder, SECRET) == []


def test_erasing_for_programs(shell: Shell) -> None:
    """The counts, and whether all of it is off the disk."""
    answer = parsed(shell(*ERASE, "--json"))
    assert (answer["change"], answer["checkpoint"], answer["blocks"]) == (None, None, [])
    assert re.fullmatch("[0-9a-f]{32}", answer["erased"].pop("entry"))
    assert answer["erased"] == {
        "changes": [3],
        "texts": 1,
        "versions": 1,
        "passages": 0,
        "reasons": 0,
        "descriptions": 0,
        "labels": 0,
        "checkpoints": 0,
        "left": [],
        "pending": False,
    }


@needs_terminal
def test_a_terminal_is_asked(shell: Shell) -> None:
    """A typed secret is not shown, by its length it is named; only yes is a yes."""
    words = ("forget", "--erase", "--entry", "-")
    shown = shell.on_terminal(*words, code=1, typed=[SECRET, "y"])
    assert b"erases a text of 15 characters from every version, on every branch of demo" in shown
    assert b"nothing was changed" in shown
    assert SECRET.encode() not in shown
    assert shell.value("team/rules") == RULES
    shown = shell.on_terminal(*words, typed=[SECRET, "yes"])
    assert b"Erased" in shown
    assert files_holding(shell.folder, SECRET) == []
    shown = shell.on_terminal("forget", "team/rules", "--erase", typed=["yes"])
    assert b"block team/rules and all its versions" in shown
