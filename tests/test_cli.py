"""The command line: what is asked, what is answered, with which exit code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tokenspace.server.cli import main

from .shell import PROGRAM, Shell, parsed

COMMANDS = (
    *("serve", "blocks", "show", "edit", "log", "diff", "blame", "restore"),
    *("checkpoint", "branch", "merge", "import", "search", "archive", "index", "setup"),
    *("token", "spaces"),
)
HEAVY = ("asyncio", "dataclasses", "platformdirs", "pydantic", "rich", "tomllib")
HEX = re.compile(r"[0-9a-f]{32}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line on a database that does not exist yet."""
    return Shell(tmp_path, monkeypatch)


def test_serving_waits_for_nothing_heavy(shell: Shell) -> None:
    """A client waits for the first answer: the way to it imports argparse and little else."""
    loaded = (
        "import sys; from tokenspace.server import cli; cli._parser(['--db', 'x']);"
        f"sys.exit(' '.join(set({HEAVY}) & set(sys.modules) or"
        " [m for m in sys.modules if m.startswith(('tokenspace.memory', 'tokenspace.config'))]))"
    )
    environ = {k: v for k, v in shell.environ.items() if not k.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, env=environ, check=False
    )
    assert done.stderr.strip() == b""


@pytest.mark.parametrize("words", [[], ["--db", "x.db"], ["serve", "--profile", "full"]])
def test_without_a_command_it_serves(shell: Shell, words: list[str]) -> None:
    """Clients start it with flags only; at the end of its input it ends, and well."""
    ran = shell.process(*words)
    assert (ran.code, ran.out) == (0, b""), ran.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` explains a command and its flags, and is no error."""
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"tokenspace {command}" in shown
    assert "--db FILE" in shown


def test_help_lists_the_commands(shell: Shell) -> None:
    """The first thing a newcomer types names every command, on standard output."""
    ran = shell.process("--help")
    assert ran.code == 0
    for command in COMMANDS:
        assert f"\n    {command} ".encode() in ran.out


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` names the program and its version."""
    assert main(["--version"]) == 0
    assert re.fullmatch(r"tokenspace \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["bloks"], "invalid choice: 'bloks'"),
        (["serve", "--port", "9"], "--port is for a team's endpoint; give --http as well"),
        (["serve", "--transport", "stdio", "--data", "."], "--data is for a team's endpoint"),
        (["serve", "--http", "--transport", "stdio"], "not allowed with argument --http"),
        (["serve", "--transport", "stdio", "--http"], "not allowed with argument --transport"),
        (["serve", "--http", "--db", "x.db"], "--db names one memory; an endpoint has many"),
        (["--project", ".", "serve", "--http"], "--project names one memory; an endpoint has"),
        (["serve", "--http", "--space", "x"], "--space is for a bridge to an endpoint"),
        (["serve", "--token-file", "x"], "--token-file is for a bridge to an endpoint"),
        (
            ["serve", "--http", "--port", "99999"],
            "'99999' is not a port; give a number from 0 to 65535",
        ),
        (["show"], "required: LABEL"),
        (["log", "-n", "0"], "'0' is not a number from 1"),
        (["log", "--lable"], "unrecognized arguments: --lable"),
        (["log", "--before", "9" * 19], "is not a number from 1"),
        (["edit", "human", "--read-only", "--writable"], "not allowed with"),
        (["restore"], "one of the arguments --to --undo --lost is required"),
        (["restore", "--to", "3", "--undo", "4"], "not allowed with argument --to"),
        (["restore", "human", "--undo", "4"], "are of a change in all its blocks"),
        (["checkpoint", "--delete"], "give its NAME"),
        (["checkpoint", "-m", "why"], "give its NAME"),
        (["checkpoint", "x", "--delete", "--at", "3"], "--delete goes with a NAME alone"),
        (["branch", "--from", "3"], "give its NAME"),
        (["branch", "x", "--delete", "--from", "3"], "--delete goes with a NAME alone"),
        (["merge"], "required: BRANCH"),
        (["merge", "x", "--ours", "--theirs"], "not allowed with argument --ours"),
        (["merge", "x", "--resolve", "3f9a1c"], "'3f9a1c' is not ID=WHAT"),
        (["search", "--in", "attic"], "'attic' is none of blocks, archive, episodes, history"),
        (["search", "--in", "history"], "say what to look for in the past: give a QUERY"),
        (["archive", "--tag", "x"], "say what to file: give a FILE, or - for standard input"),
        (["archive", "-", "--episodes"], "--episodes and -n are for the list"),
        (["archive", "--id", "p1"], "say what to change of p1"),
        (["forget", "human", "--passage", "p1"], "--passage goes alone"),
        (["blocks", "--log-level", "loud"], "'LOUD' is not a log_level; choose DEBUG"),
        (["blocks", "--project", "nowhere"], "there is no folder"),
    ],
)
def test_wrong_use_is_told_in_a_line(shell: Shell, words: list[str], complaint: str) -> None:
    """Exit code 2, one line on standard error, nothing on standard output."""
    ran = shell.run(*words)
    assert (ran.code, ran.out) == (2, b"")
    assert complaint in ran.err
    assert re.fullmatch(r"tokenspace: .+\n", ran.err)


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["blocks"],
            ["show", "human"],
            ["log"],
            ["edit", "x"],
            ["edit", "human", "--branch", "b"],
        ),
        *(["diff"], ["blame", "human"], ["restore", "--to", "1"], ["checkpoint", "x"]),
        *(["branch"], ["merge", "b"], ["search", "x"], ["archive"], ["index"]),
        *(["archive", "--id", "p1", "--tag", "x"], ["forget", "--passage", "p1"]),
    ],
)
def test_reading_makes_no_space(shell: Shell, words: list[str]) -> None:
    """Looking at a project's memory must not litter it; the answer says who makes one."""
    project = shell.folder / "work"
    project.mkdir()
    ran = shell.run(*words, "--project", str(project))
    assert (ran.code, ran.out) == (1, b"")
    assert "there is no memory yet for work (named by --project)" in ran.err
    assert list(project.iterdir()) == []


def test_a_space_that_cannot_be_made_is_told(shell: Shell) -> None:
    """A file where the folder should be is the person's to move."""
    (shell.folder / ".tokenspace").write_text("mine")
    ran = shell.process("edit", "human", "--file", "-", "--project", ".")
    assert ran.code == 2
    assert "cannot make the folder" in ran.err


def test_flags_count_before_the_command_too(shell: Shell) -> None:
    """`tokenspace --db FILE blocks` is what one types after `tokenspace --db FILE`."""
    shell.put("human", "x")
    assert shell.process("--db", "demo.db", "show", "human").out == b"x"


def test_a_block_is_shown_byte_for_byte(shell: Shell) -> None:
    """Into a pipe goes the value and nothing else: no line ending is added or translated."""
    value = "\tHéllo\r\n\n\x1b[31m[bold]x[/bold]\x07 \u2028 🙂"
    shell.put("notes", value)
    assert shell("show", "notes").out == value.encode()
    assert shell.process("show", "notes", "--db", "demo.db").out == value.encode()
    assert parsed(shell("show", "notes", "--json"))["block"]["value"] == value


def test_an_earlier_version_is_shown(shell: Shell) -> None:
    """`--at` takes a version or a change's number."""
    shell.put("notes", "one")
    first = parsed(shell("show", "notes", "--json"))["block"]
    shell.put("notes", "two")
    for place in (first["version"], first["version"][:8], f"notes@{first['version'][:8]}", "2"):
        assert shell("show", "notes", "--at", place).out == b"one"
    assert "there is no change 9" in shell("show", "notes", "--at", "9").err


def test_an_unknown_label_names_the_nearest(shell: Shell) -> None:
    """A typing error is answered with what was probably meant, and exit code 1."""
    shell.put("human", "x")
    for words in (["show", "humna"], ["log", "humna"], ["edit", "humna"]):
        ran = shell(*words)
        assert (ran.code, ran.out) == (1, b"")
        assert "there is no block 'humna'. Did you mean 'human'?" in ran.err


def test_blocks_for_programs(shell: Shell) -> None:
    """The shape is a promise: whole versions, exact times, limits and marks."""
    shell.put("notes", "12345", "--limit", "4", "--tag", "a", "--tag", "[b]", "--read-only")
    answer = parsed(shell("blocks", "--json"))
    assert answer["space"] == {"name": "demo", "how": "named by --db", "path": str(shell.db)}
    assert [b["label"] for b in answer["blocks"]] == ["human", "persona", "project", "notes"]
    notes = answer["blocks"][-1]
    assert HEX.fullmatch(notes.pop("version"))
    assert MOMENT.fullmatch(notes.pop("changed_at"))
    assert notes.pop("uid")
    assert notes == {
        "label": "notes",
        "chars": 5,
        "limit": 4,
        "over_limit": True,
        "read_only": True,
        "tags": ["a", "[b]"],
        "description": "",
        "metadata": {},
        "change": 2,
    }


def test_blocks_in_a_pipe(shell: Shell) -> None:
    """Plain text, one line a block; what is over its limit and read-only is marked."""
    shell.put("notes", "12345", "--limit", "4", "--tag", "a", "--read-only")
    shell.put("more", "", "--description", "two\nlines \x1b[2J")
    lines = shell("blocks").out.decode().splitlines()
    assert lines[0] == f"demo (named by --db) · {shell.db}"
    assert re.fullmatch(r"notes +[0-9a-f]{8} +5/4 +\S+Z +read-only, 1 over +a", lines[5])
    assert lines[6].endswith(r"two lines \x1b[2J")


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are text there")
def test_words_in_another_encoding_are_told(shell: Shell) -> None:
    """What is no UTF-8 cannot name anything: wrong use, and no traceback."""
    shell.put("notes", "x")
    ran = shell("blocks", "--branch", "caf\udce9")
    assert (ran.code, ran.err) == (2, "tokenspace: 'caf\\udce9' is not UTF-8 text.\n")


def test_an_empty_list_is_said_to_be_one(shell: Shell) -> None:
    """No headings without rows."""
    shell.put("human", "")
    shell.patch("".join(f"*** Delete Block: {name}\n" for name in ("human", "persona", "project")))
    head = f"demo (named by --db) · {shell.db}\n"
    assert shell("blocks").out.decode() == f"{head}There are no blocks.\n"
    assert shell("log", "--before", "1").out.decode() == f"{head}There are none.\n"


def test_log_for_programs(shell: Shell) -> None:
    """Each change says who, when, with what, why, and what it did to which block."""
    shell.put("notes", "one", "--user", "grace", "--reason", "because [red]")
    answer = parsed(shell("log", "--json", "-n", "1"))
    assert answer["more"] is True
    (change,) = answer["changes"]
    assert (change["number"], change["parent"], change["branch"]) == (2, 1, "main")
    assert HEX.fullmatch(change["hash"])
    assert MOMENT.fullmatch(change["at"])
    author = change["author"]
    assert (author["user"], author["client"], author["model"]) == ("grace", "tokenspace cli", "")
    assert (change["tool"], change["reason"]) == ("edit", "because [red]")
    (touched,) = change["blocks"]
    assert (touched["label"], touched["action"]) == ("notes", "created")
    assert HEX.fullmatch(touched["version"])


def test_log_in_a_pipe(shell: Shell) -> None:
    """Newest first, one line a change, and a word when there are older ones."""
    for text in ("one", "two", "three"):
        shell.put("notes", text, "--reason", f"said {text}")
    lines = shell("log", "notes", "-n", "2").out.decode().splitlines()
    assert re.match(
        r" +4  \S+Z  edit  ada · tokenspace cli \S+  said three +edited notes@", lines[2]
    )
    assert "said two" in lines[3]
    assert lines[4] == "There are older ones: -n 4"
    assert len(shell("log", "notes").out.splitlines()) == 5


def test_a_closed_pipe_ends_quietly(shell: Shell) -> None:
    """`tokenspace show notes | head -1` is no failure."""
    shell.put("notes", "line\n" * 40_000)
    with subprocess.Popen(
        [*PROGRAM, "show", "notes", "--db", "demo.db"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=shell.folder,
        env=shell.environ,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == b"line\n"
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


def test_a_foreign_file_is_refused(shell: Shell) -> None:
    """What is not a space is named and left as it is."""
    shell.db.write_text("not a database at all, but a letter to a friend\n" * 99)
    before = shell.db.read_bytes()
    ran = shell("blocks")
    assert ran.code == 1
    assert "is not a tokenspace database" in ran.err
    assert shell.db.read_bytes() == before
