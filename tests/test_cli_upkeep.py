"""Looking after the file, as a person does it: is it whole, a copy, and the copy brought back."""

import re
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tokenspace.memory import Report
from tokenspace.server import upkeep

from .histories import cut, tamper
from .process import Server
from .shell import Shell, parsed, text
from .test_processes import start

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line; `rules` was written with change 2."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("rules", "Be kind\n")
    return shell


@pytest.fixture
def kept(shell: Shell) -> Path:
    """A backup of that."""
    path = shell.folder / "kept.db"
    text(shell("backup", str(path)))
    return path


# ---------------------------------------------------------------------- verify


def test_a_whole_file_is_called_so(shell: Shell) -> None:
    """In one line with counts, also while a server has it open and writes."""
    with Server(shell.db) as server:
        server.initialize()
        server.call("memory_insert", label="human", new_string="x")
        told = text(shell.process("verify", "--db", "demo.db"))
        assert re.fullmatch(
            r"demo \(named by --db\) is whole: 3 changes, 5 versions, 3 texts, 4 blocks, "
            r"0 passages, 1 branch; [\d,]+ bytes\.\n",
            told,
        )
    answer = parsed(shell("verify", "--json"))
    assert answer.pop("bytes") > 0
    assert answer.pop("space")["name"] == "demo"
    assert answer == {
        "branch": None,
        "whole": True,
        "findings": [],
        "changes": 3,
        "versions": 5,
        "texts": 3,
        "blocks": 4,
        "passages": 0,
        "branches": 1,
    }


def test_what_was_tampered_with_is_told(shell: Shell) -> None:
    """Each finding on its line, then what to do; the exit code says it to programs."""
    with Server(shell.db) as server:
        server.initialize()
        server.call("memory_read")
        tamper(shell.db, "UPDATE change SET tool = 'x' WHERE number = 2", "DELETE FROM block_head")
        ran = shell.process("verify", "--db", str(shell.db))
    assert ran.code == 1
    assert ran.err == "tokenspace: demo (named by --db) is not whole: 3 findings.\n"
    lines = ran.out.decode().splitlines()
    assert lines[0] == f"demo (named by --db) · {shell.db}"
    assert lines[1].endswith("of them): 1 change: 2.")
    assert lines[2].startswith("- branch main does not have the newest of its past: 4 blocks")
    assert lines[3].startswith("- search does not look through what is there: 1 place: rules. `to")
    assert f"tokenspace restore-backup FILE --db {shell.db}. What is left of this file" in lines[4]
    ran = shell("verify", "--json")
    assert ran.code == 1
    assert b'"whole": false' in ran.out


def test_a_file_that_does_not_open_is_looked_at(shell: Shell) -> None:
    """Cut short under a server, emptied, overwritten: said, and left as it is."""
    with Server(shell.db) as server:
        server.initialize()
        server.call("memory_read")
        cut(shell.db, 8_192)
        ran = shell.process("verify", "--db", "demo.db")
        assert ran.code == 1, ran
        assert "is not whole" in ran.err
    for data, why in (
        (b"", "is empty"),
        (b"a letter to a friend\n" * 99, "not an SQLite database"),
    ):
        shell.db.write_bytes(data)
        ran = shell("verify")
        assert ran.code == 1
        assert why in ran.out.decode()
        assert shell.db.read_bytes() == data


def test_a_missing_file_is_told(shell: Shell) -> None:
    """And not made; what is left of it beside its place is no reason to call it new."""
    for file in shell.folder.glob("demo.db*"):
        file.unlink()
    before = sorted(shell.folder.iterdir())
    ran = shell("verify")
    assert (ran.code, ran.out) == (1, b"")
    assert "there is no memory yet for demo (named by --db)" in ran.err
    assert sorted(shell.folder.iterdir()) == before
    (shell.folder / "demo.db-wal").write_bytes(b"x" * 99)
    assert f"{shell.db} does not exist" in shell("verify").out.decode()


def test_any_number_of_findings_can_be_read(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is one line of a length that a screen can show; programs get all of them whole."""
    found = Report(findings=tuple(f"{n} \x1b[2J\n{'x' * 5_000}." for n in range(300)))
    monkeypatch.setattr(upkeep, "verify", {shell.db: found}.get)
    lines = shell("verify").out.decode().splitlines()
    assert len(lines) == 103
    assert lines[1].startswith(r"- 0 \x1b[2J xxx")
    assert max(map(len, lines)) < 1_100
    assert lines[101] == "… 200 more findings: --json has all"
    assert b"x." in shell("verify", "--json").out


# ---------------------------------------------------------------------- backup


def test_a_backup_is_made_while_others_write(shell: Shell) -> None:
    """It is whole; its size and the way back are told."""
    target = shell.folder / "copies" / "one.db"
    target.parent.mkdir()
    with ExitStack() as stack:
        writer = start(stack, "write", shell.db, "p", "rules", 0)
        assert writer.stdout is not None
        while "ok 5" not in writer.stdout.readline():
            pass
        told = text(shell.process("backup", str(target), "--db", str(shell.db)))
        assert "ok" in writer.stdout.readline()
        writer.kill()
    size = target.stat().st_size
    assert told.splitlines() == [
        f"Backed up demo (named by --db) to {target}: {size:,} bytes.",
        f"To bring it back: tokenspace restore-backup {target} --db {shell.db}",
    ]
    assert shell.process("verify", "--db", str(target)).code == 0


def test_a_folder_gets_a_name_with_the_time(shell: Shell) -> None:
    """The space's name, and when."""
    folder = shell.folder / "copies"
    folder.mkdir()
    answer = parsed(shell("backup", "copies", "--json"))
    (file,) = folder.iterdir()
    assert re.fullmatch(r"demo-\d{4}-\d\d-\d\dT\d{6}Z\.db", file.name)
    assert (answer["path"], answer["bytes"]) == (str(file), file.stat().st_size)
    assert answer["branch"] is None


def test_a_backup_overwrites_nothing(shell: Shell, kept: Path) -> None:
    """Another name, a folder that is there, a space to copy: what is missing is said."""
    before = kept.read_bytes()
    for file, why in ((kept.name, "give the backup another name"), ("no/", "create it first")):
        ran = shell("backup", file)
        assert (ran.code, ran.out) == (1, b"")
        assert why in ran.err
    assert kept.read_bytes() == before
    ran = shell.process("restore-backup", str(kept), "--db", "no/x.db")
    assert f"there is no folder {shell.folder / 'no'}; create it first" in ran.err
    ran = shell.process("backup", "x.db", "--db", "nothing.db")
    assert "there is no memory yet for nothing" in ran.err
    assert not (shell.folder / "nothing.db").exists()


# ---------------------------------------------------------------------- restore-backup


def test_a_backup_comes_back_under_a_running_server(shell: Shell, kept: Path) -> None:
    """From when it is, what is missing now, where that is kept; and back again."""
    with Server(shell.db) as server:
        server.initialize()
        server.call("memory_insert", label="rules", new_string="Be quick")
        server.call("memory_insert", label="rules", new_string="Be exact")
        words = ("restore-backup", str(kept), "--yes", "--db", str(shell.db))
        told = text(shell.process(*words))
        lines = told.splitlines()
        assert re.fullmatch(
            r"Brought demo \(named by --db\) back to change 2, made \S+Z, as change 5\.", lines[0]
        )
        assert lines[1] == "No longer in the history: 2 changes (the newest is number 4)."
        assert lines[2] == f"What was there is kept as {shell.db}.replaced.bak"
        (said,) = server.call("memory_read", label="rules")["content"]
        assert "Be quick" not in said["text"]
        server.call("memory_insert", label="rules", new_string="Be glad")
    assert shell.value("rules") == "Be kind\nBe glad\n"
    assert shell.suggested(lines[3]).code == 1
    assert text(shell("restore-backup", f"{shell.db}.replaced.bak", "--yes"))
    assert shell.value("rules") == "Be kind\nBe quick\nBe exact\n"


def test_a_backup_comes_back_for_programs(shell: Shell, kept: Path) -> None:
    """Also where nothing is: then there is nobody to ask."""
    shell.put("rules", "Be quick\n")
    answer = parsed(shell("restore-backup", str(kept), "--yes", "--json"))
    assert re.fullmatch(r"\S+Z", answer.pop("at"))
    assert answer.pop("space")["name"] == "demo"
    assert answer == {
        "branch": None,
        "change": 4,
        "newest": 2,
        "dropped": 1,
        "dropped_newest": 3,
        "kept": f"{shell.db}.replaced.bak",
        "damaged": False,
        "erased_since": False,
    }
    project = shell.folder / "work"
    project.mkdir()
    told = text(shell.process("restore-backup", str(kept), "--project", str(project)))
    assert told.startswith("Brought work (named by --project) back to change 2, made ")
    assert len(told.splitlines()) == 1
    assert shell.process("show", "rules", "--project", str(project)).out == b"Be kind\n"
    assert (project / ".tokenspace" / ".gitignore").exists()


def test_nothing_is_replaced_unasked(shell: Shell, kept: Path) -> None:
    """Without a yes, without a backup, with one of another space: nothing changes."""
    other = shell.folder / "other.db"
    shell.process("edit", "human", "--file", "-", "--db", str(other), given=b"other")
    shell.put("rules", "Be quick\n")
    for words, why in (
        ([str(kept)], f"This replaces demo (named by --db) by {kept}; a copy"),
        (["no.db", "--yes"], "give the path of a backup"),
        ([str(shell.db), "--yes"], "is the space itself"),
        ([str(other), "--yes"], "is a backup of another space"),
    ):
        ran = shell("restore-backup", *words)
        assert (ran.code, ran.out) == (1, b"")
        assert why in ran.err
        assert ("--force" in ran.err) == ("another space" in why)
    assert shell.value("rules") == "Be quick\n"
    lines = text(shell("restore-backup", str(other), "--yes", "--force")).splitlines()
    assert shell.value("human") == "other"
    assert f"tokenspace restore-backup {shell.db}.replaced.bak --force --db" in lines[-1]


@needs_terminal
def test_a_terminal_is_asked(shell: Shell, kept: Path) -> None:
    """Only yes is a yes."""
    shell.put("rules", "Be quick\n")
    shown = shell.on_terminal("restore-backup", str(kept), code=1, typed=["n"])
    assert b"nothing was changed" in shown
    assert b"Brought" in shell.on_terminal("restore-backup", str(kept), typed=["yes"])
    assert shell.value("rules") == "Be kind\n"


def test_a_damaged_space_is_replaced(shell: Shell, kept: Path) -> None:
    """What is left of it is kept as it was."""
    shell.db.write_bytes(b"nothing of it is left")
    told = text(shell("restore-backup", str(kept), "--yes"))
    assert "What was there could not be read; which changes it had is not known." in told
    assert told.endswith(f"What was there is kept as {shell.db}.damaged.bak\n")
    assert shell.value("rules") == "Be kind\n"


def test_it_warns_of_what_was_erased(shell: Shell, kept: Path) -> None:
    """A backup has what was erased after it was made."""
    text(shell("forget", "--erase", "--entry", "Be kind", "--yes"))
    told = text(shell("restore-backup", str(kept), "--yes"))
    assert "Text that was erased since may be back, and is in the backup." in told
    assert f"tokenspace forget --erase --entry - --db {shell.db}" in told
