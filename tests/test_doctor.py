"""`tokenspace doctor` as a person runs it: clients that are well, broken, or lead elsewhere."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tokenspace.server.doctor.report import State

from .doctors import GOOD, Patient

ENTRY = {"command": str(GOOD), "args": ["serve"]}
GONE = "/opt/gone/tokenspace"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A person with a project, and no client yet."""
    made = Patient(tmp_path, monkeypatch)
    made.program = GOOD
    return made


def test_clients_that_are_well_are_said_to_be_so_and_nothing_is_changed(home: Patient) -> None:
    """Two programs are really started; no file, folder or space is made by that."""
    home.install("claude-code", "cursor")
    before = home.tree()
    told = home.doctor()
    assert (told.code, told.states(State.FAIL), told.states(State.WARN)) == (0, [], [])
    assert home.tree() == before
    for client in ("claude-code", "cursor"):
        assert "both eras" in told.of("handshake", client)[0].says
        assert " s" in told.of("start", client)[0].says
        assert str(home.project / ".tokenspace") in told.of("space", client)[0].says
    assert "named by the client" in told.of("space", "claude-code")[0].says
    assert "named by --project" in told.of("space", "cursor")[0].says
    assert "says so at the first call" in told.one("read-only", State.OK).says
    assert "there is no" in told.one("database", State.NOTE).says
    assert "autoMemoryEnabled" in told.one("own memory", State.NOTE).mend


def test_a_person_reads_lines_and_a_sum(home: Patient) -> None:
    """Without `--json`; the mend stands below what is broken."""
    home.write("cursor", {**ENTRY, "command": GONE})
    ran = home.run("doctor", "cursor")
    lines = ran.out.decode().splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("  fail "))
    assert f"{GONE} is not there" in lines[at]
    assert lines[at + 1].strip() == "→ `tokenspace install cursor` writes its absolute path"
    assert lines[-1] == "1 thing broken."
    assert (ran.code, ran.err) == (1, "")


def test_clients_without_tokenspace_are_told_how_to_get_it(home: Patient) -> None:
    """One that is here is a note; one that was asked for is broken."""
    (home.home / ".cursor").mkdir()
    told = home.doctor()
    assert (told.code, told.one("entry", State.NOTE).mend) == (0, "`tokenspace install cursor`")
    told = home.doctor("gemini")
    assert (told.code, told.one("entry", State.FAIL).mend) == (1, "`tokenspace install gemini`")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["curser"], "did you mean cursor?"),
        (["ftp://x"], "the address of an endpoint"),
        (["cursor", "--space", "acme"], "go with the address of an endpoint"),
    ],
)
def test_wrong_use_has_its_own_exit_code(home: Patient, words: list[str], said: str) -> None:
    """And says how it would be right."""
    ran = home.run("doctor", *words)
    assert (ran.code, ran.out) == (2, b"")
    assert said in ran.err


BROKEN: dict[str, tuple[str, Any, str, State, str, str]] = {
    # what is wrong: client, its file, what is said of what, and in the mend
    "gone": ("cursor", {"command": GONE}, "program", State.FAIL, "is not there", "install"),
    "menu": (
        "zed", {**ENTRY, "command": "tokenspace"}, "program", State.FAIL,
        "the PATH that it has is /usr/bin:/bin", "`tokenspace install zed` writes its absolute",
    ),
    "relative": (
        "windsurf", {**ENTRY, "command": "./bin/tokenspace"}, "program", State.FAIL,
        "is not in /", "absolute path",
    ),
    "runner": (
        "cline", {"command": "uvx", "args": ["tokenspace", "serve"]}, "program", State.WARN,
        "started through uvx", "`uv tool install ",
    ),
    "other": (
        "junie", {"command": "/bin/echo", "args": ["hello"]}, "entry", State.FAIL,
        "starts something else", "--force",
    ),
    "not the server": (
        "gemini", {"command": str(GOOD), "args": ["forget", "human", "--yes"]}, "program",
        State.FAIL, "runs `tokenspace forget`", "`tokenspace install gemini`",
    ),
    "http": (
        "gemini", {"command": str(GOOD), "args": ["serve", "--http"]}, "program", State.FAIL,
        "serves an endpoint", "`tokenspace install gemini`",
    ),
    "variable": (
        "codex", f'[mcp_servers.tokenspace]\ncommand = "{GONE}"\nargs = ["serve", "--project", '
        '"${workspaceFolder}"]\n', "variables", State.WARN,
        "does not expand ${workspaceFolder}", "or take it out there, with the flag",
    ),
    "claude's own": (
        "claude-code", {"command": GONE, "args": ["--project", "${CLAUDE_PROJECT_DIR}"]},
        "variables", State.WARN, "${CLAUDE_PROJECT_DIR}", "write in ~/.claude.json what",
    ),
    "cwd": (
        "claude-code", {"command": GONE, "args": ["serve"], "cwd": "/srv"}, "keys", State.WARN,
        "does not read 'cwd'", "take 'cwd' out; it is started in the project",
    ),
    "name": (
        "gemini", '{"mcpServers": {"my_tokenspace": {"command": "/opt/gone/tokenspace"}}}', "name",
        State.WARN, "my_tokenspace", "call it tokenspace",
    ),
    "vscode's key": (
        "vscode", json.dumps({"mcpServers": {"tokenspace": ENTRY}}), "file", State.FAIL,
        "its servers stand under 'servers'", "from 'mcpServers' to 'servers'",
    ),
    "cursor's key": (
        "cursor", json.dumps({"servers": {"tokenspace": ENTRY}}), "file", State.FAIL,
        "its servers stand under 'mcpServers'", "from 'servers' to 'mcpServers'",
    ),
    "opencode's list": (
        "opencode", {"command": GONE, "args": ["serve"]}, "keys", State.FAIL,
        "'command' of tokenspace", "`tokenspace install opencode`",
    ),
    "opencode's env": (
        "opencode", {"command": [GONE], "env": {"A": "b"}}, "keys", State.FAIL,
        "does not read 'env'", "'environment'",
    ),
    "off": (
        "cline", {"command": GONE, "disabled": True}, "keys", State.FAIL,
        "is switched off in ~/.cline", '"disabled": false',
    ),
    "no JSON": ("cursor", '{"mcpServers": {,}}', "file", State.FAIL, "line 1, column", "put ~/."),
    "unknown words": (
        "cline", {"command": GONE, "args": ["serve", "--no-such"]}, "entry", State.FAIL,
        "does not know these words: unknown: --no-such", "put the words right in ~/.cline",
    ),
    "unsafe python": (
        "junie", {"command": "/opt/gone/python3", "args": ["-m", "tokenspace.server"]}, "program",
        State.WARN, "Python looks for tokenspace in the folder", 'put "-P" before "-m"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_in_a_file_is_named_with_its_mend(home: Patient, case: str) -> None:
    """Of each kind once; nothing of these is started."""
    client, value, check, state, says, mend = BROKEN[case]
    home.write(client, value)
    told = home.doctor(client)
    found = next(one for one in told.of(check, client) if one.state is state)
    assert says in found.says
    assert mend in found.mend
    assert told.code == int(bool(told.states(State.FAIL)))


def test_two_entries_of_one_memory_are_found(home: Patient) -> None:
    """For the person and for the project, and a plugin beside an entry by hand."""
    for scope in ("user", "project"):
        home.write("cursor", {**ENTRY, "command": GONE}, scope)
    found = home.doctor("cursor").one("duplicates", State.WARN)
    assert "it is there 2 times: tokenspace in ~/.cursor/mcp.json, tokenspace in " in found.says
    assert found.mend == ("take one out: `tokenspace install cursor --scope project --uninstall`")
    plugin = home.home / "plugin"
    plugin.mkdir()
    (plugin / ".mcp.json").write_text(json.dumps({"mcpServers": {"tokenspace": ENTRY}}))
    claude = home.home / ".claude"
    (claude / "plugins").mkdir(parents=True)
    on = {"enabledPlugins": {"tokenspace@tokenspace": True}}
    (claude / "settings.json").write_text(json.dumps({**on, "autoMemoryEnabled": False}))
    at = {"plugins": {"tokenspace@tokenspace": [{"installPath": str(plugin)}]}}
    (claude / "plugins" / "installed_plugins.json").write_text(json.dumps(at))
    home.write("claude-code", {**ENTRY, "command": GONE})
    (plugin / ".mcp.json").write_text(
        json.dumps({"mcpServers": {"tokenspace": {"command": GONE, "args": ["serve"]}}})
    )
    told = home.doctor("claude-code")
    found = told.one("duplicates", State.WARN)
    assert "tokenspace@tokenspace, a plugin, in ~/.claude/settings.json" in found.says
    assert found.mend == "take one out: `tokenspace install claude-code --uninstall`"
    assert told.of("own memory")[0].state is State.OK


def test_a_memory_is_checked_without_being_opened(home: Patient) -> None:
    """A whole one is counted; a damaged and another program's are named, with what brings back."""
    db = home.memory("own.db")
    before = (db.read_bytes(), sorted(os.listdir(home.folder)))  # noqa: PTH208 - names alone
    told = home.doctor("zed", "--db", str(db))
    assert "is whole: " in told.one("database", State.OK).says
    assert (db.read_bytes(), sorted(os.listdir(home.folder))) == before  # noqa: PTH208
    db.write_bytes(db.read_bytes()[: db.stat().st_size // 2])
    found = home.doctor("zed", "--db", str(db)).one("database", State.FAIL)
    assert "is cut short" in found.says
    assert f"tokenspace restore-backup FILE --db {db}" in found.mend
    db.write_bytes(b"PK" * 200)
    assert "not an SQLite" in home.doctor("zed", "--db", str(db)).one("database", State.FAIL).says
