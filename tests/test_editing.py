"""`tokenspace edit`: nothing that a person typed is lost, nothing is overwritten unseen."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .shell import PROGRAM, Shell, parsed, until

KEPT = re.compile(r"Your text is kept in (\S+)")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line on a database that does not exist yet."""
    return Shell(tmp_path, monkeypatch)


def kept(err: str) -> Path:
    """Return the file that a refused edit names."""
    found = KEPT.search(err)
    assert found, err
    return Path(found[1])


def leftovers(shell: Shell) -> list[Path]:
    """Return what edits have left in the folder for temporary files."""
    return list(shell.temporary.iterdir())


def test_the_editor_gets_the_text_and_gives_it_back_exactly(shell: Shell) -> None:
    """Tabs, CR/LF and the missing last line ending go there and back unchanged."""
    shell.put("notes", "\tone\r\ntwo")
    shell.editor(
        "assert path.suffix == '.md' and path.read_bytes() == b'\\tone\\r\\ntwo'\n"
        "modes = path.stat().st_mode | path.parent.stat().st_mode\n"
        "assert sys.platform == 'win32' or not modes & 0o077\n"
        "path.write_bytes(b'\\tone\\r\\ntwo\\r\\n\\xc3\\xa9\\n\\n')"
    )
    ran = shell("edit", "notes", "--reason", "a whim")
    assert ran.code == 0, ran.err
    assert re.match(rb"Saved notes@[0-9a-f]{8} as change 3 in demo \(named by --db\): ", ran.out)
    assert shell("show", "notes").out == "\tone\r\ntwo\r\né\n\n".encode()
    assert leftovers(shell) == []


@pytest.mark.parametrize("ending", ["", "\\n"])
def test_no_change_is_told(shell: Shell, ending: str) -> None:
    """Editors close an open last line by themselves: that alone is no change."""
    shell.put("notes", "one\ntwo")
    shell.editor(f"path.write_bytes(path.read_bytes() + b'{ending}')")
    assert shell("edit", "notes").out == b"notes is unchanged, in demo (named by --db).\n"
    assert parsed(shell("log", "--json"))["changes"][0]["number"] == 2


def test_an_editor_that_fails_changes_nothing(shell: Shell) -> None:
    """What it had written is kept all the same."""
    shell.put("notes", "one")
    shell.editor("sys.exit(3)")
    ran = shell("edit", "notes")
    assert ran.code == 1
    assert "ended with code 3; nothing was changed." in ran.err
    assert leftovers(shell) == []
    shell.editor("path.write_text('half of it'); sys.exit(1)")
    assert kept(shell("edit", "notes").err).read_text() == "half of it"
    shell.editor("path.unlink()")
    assert "the editor left no file. Nothing was changed." in shell("edit", "notes").err
    assert shell("show", "notes").out == b"one"


@pytest.mark.parametrize("command", ["no-such-editor --wait", "'unclosed", " "])
def test_an_editor_that_does_not_start_is_told(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The message names the variables to set."""
    shell.put("notes", "one")
    monkeypatch.setenv("VISUAL", command)
    ran = shell("edit", "notes")
    assert ran.code == 1
    assert "cannot start the editor" in ran.err
    assert "set $VISUAL or $EDITOR" in ran.err


def test_edits_of_others_meanwhile_are_merged(shell: Shell) -> None:
    """An assistant writes while the person's editor is open: both edits stand."""
    shell.put("notes", "one\ntwo\nthree\n")
    other = [*PROGRAM, "edit", "notes", "--db", str(shell.db), "--file", "-"]
    shell.editor(
        "import subprocess\n"
        f"subprocess.run({other!r}, input=b'ONE\\ntwo\\nthree\\n', check=True, stdout=-3)\n"
        "path.write_bytes(b'one\\ntwo\\nTHREE\\n')"
    )
    ran = shell("edit", "notes")
    assert ran.code == 0, ran.err
    assert b"Others had changed it meanwhile" in ran.out
    assert shell("show", "notes").out == b"ONE\ntwo\nTHREE\n"


def test_a_conflict_keeps_the_text(shell: Shell) -> None:
    """Where both changed the same line, nothing is saved and the person's text is named."""
    shell.put("notes", "one\n")
    other = [*PROGRAM, "edit", "notes", "--db", str(shell.db), "--file", "-"]
    shell.editor(
        "import subprocess\n"
        f"subprocess.run({other!r}, input=b'theirs\\n', check=True, stdout=-3)\n"
        "path.write_bytes(b'mine\\n')"
    )
    ran = shell("edit", "notes")
    assert ran.code == 1
    assert "has changed since version" in ran.err
    assert kept(ran.err).read_bytes() == b"mine\n"
    assert shell("show", "notes").out == b"theirs\n"


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"x" * 262_145, "1→one".encode()])
def test_a_refused_text_is_kept(shell: Shell, data: bytes) -> None:
    """What cannot be a block's text is refused whoever writes it; the file stays."""
    shell.put("notes", "one")
    source = shell.folder / "source"
    source.write_bytes(data)
    shell.editor(f"path.write_bytes(pathlib.Path({str(source)!r}).read_bytes())")
    ran = shell("edit", "notes")
    assert ran.code == 1
    assert kept(ran.err).read_bytes() == data
    assert shell("show", "notes").out == b"one"


def test_a_new_block_is_made_on_request_only(shell: Shell) -> None:
    """`--create` confirms that a label is not a typing error."""
    shell.put("human", "x")
    shell.editor("path.write_text('new')")
    assert "To make it, add --create." in shell("edit", "team/rules").err
    assert shell("edit", "team/rules", "--create", "--json").code == 0
    assert shell("show", "team/rules").out == b"new"
    shell.editor("pass")
    assert b"Nothing was written" in shell("edit", "empty", "--create").out
    assert shell("show", "empty").code == 1


def test_a_first_edit_makes_the_space(shell: Shell) -> None:
    """A person may write before any assistant has connected; git does not see it."""
    project = shell.folder / "work"
    project.mkdir()
    ran = shell.process("edit", "human", "--file", "-", "--project", "work", given=b"Ada\n")
    assert ran.code == 0, ran.err
    assert (project / ".tokenspace" / ".gitignore").read_text() == "*\n"
    assert shell.process("show", "human", "--project", "work").out == b"Ada\n"


def test_a_person_may_edit_what_is_read_only(shell: Shell) -> None:
    """Read-only is for assistants."""
    shell.put("notes", "one", "--read-only")
    shell.put("notes", "two")
    block = parsed(shell("edit", "notes", "--writable", "--json"))["block"]
    assert (block["read_only"], block["chars"]) == (False, 3)


def test_what_is_said_about_a_block(shell: Shell) -> None:
    """Flags change what they name and no more, without an editor; an empty tag is none."""
    shell.editor("sys.exit(9)")
    shell.put("notes", "one", "--description", "d", "--tag", "a", "--tag", "b", "--limit", "9")
    answer = parsed(shell("edit", "notes", "--limit", "10", "--json"))
    assert answer["changes"] == [3]
    assert answer["block"]["limit"] == 10
    assert (answer["block"]["description"], answer["block"]["tags"]) == ("d", ["a", "b"])
    assert parsed(shell("edit", "notes", "--tag", "", "--json"))["block"]["tags"] == []
    assert b"unchanged" in shell("edit", "notes", "--limit", "10").out


def test_what_cannot_all_be_done_is_not_begun(shell: Shell) -> None:
    """A text with an impossible limit changes neither."""
    shell.put("notes", "one")
    ran = shell("edit", "notes", "--file", "-", "--limit", "9999999999", given=b"two")
    assert ran.code == 1
    assert "out of range" in ran.err
    assert shell("show", "notes").out == b"one"
    assert shell("edit", "notes", "--reason", "x" * 2_001, "--limit", "9").code == 1


def test_a_missing_file_is_told(shell: Shell) -> None:
    """Named, with the system's reason."""
    shell.put("notes", "one")
    assert shell("edit", "notes", "--file", "gone.md").err == (
        "tokenspace: gone.md: No such file or directory.\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_control_c_is_for_the_editor(shell: Shell) -> None:
    """Ctrl-C in an editor cancels something there; it does not end the edit around it."""
    shell.put("notes", "one")
    started = shell.folder / "started"
    shell.editor(
        "import signal, threading\n"
        "heard = threading.Event()\n"
        "signal.signal(signal.SIGINT, lambda *_: heard.set())\n"
        f"pathlib.Path({str(started)!r}).touch()\n"
        "assert heard.wait(30)\n"
        "path.write_text('after Ctrl-C')"
    )
    with subprocess.Popen(
        [*PROGRAM, "edit", "notes", "--db", "demo.db"],
        stdout=subprocess.DEVNULL,
        cwd=shell.folder,
        env={**shell.environ, "EDITOR": os.environ["EDITOR"]},
        start_new_session=True,
    ) as running:
        until(started.exists)
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait() == 0
    assert shell("show", "notes").out == b"after Ctrl-C"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_control_c_ends_quietly(shell: Shell) -> None:
    """No traceback: the person knows what they did."""
    fifo = shell.folder / "fifo"
    os.mkfifo(fifo)
    shell.put("notes", "one")
    words = shlex.split("edit notes --db demo.db --file fifo")
    with subprocess.Popen(
        [*PROGRAM, *words], stderr=subprocess.PIPE, cwd=shell.folder, env=shell.environ
    ) as running:
        writer = os.open(fifo, os.O_WRONLY)  # waits until the program reads
        running.send_signal(signal.SIGINT)
        assert running.stderr is not None
        assert running.stderr.read() == b""
        assert running.wait() == 130
        os.close(writer)
