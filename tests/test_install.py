"""`tokenspace install`: every client and scope, in a throw-away home."""

import json
import tempfile
from pathlib import Path

import pytest

from tokenspace.server.install.clients import CLIENTS
from tokenspace.server.install.command import install as command
from tokenspace.server.install.program import program

from .installs import CASES, PROGRAM, Home, entry_of, existing, expected
from .shell import text


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet."""
    return Home(tmp_path, monkeypatch)


@pytest.mark.parametrize(("client", "scope"), CASES)
def test_a_client_without_a_file_gets_one_and_loses_it_again(
    home: Home, client: str, scope: str
) -> None:
    """It says what the vendor documents; a second run changes nothing; nothing stays behind."""
    before = home.files()
    (done,) = home.install(client, scope=scope)
    path = home.file(client, scope)
    assert (done["action"], done["path"], done["backup"]) == ("added", str(path), None)
    assert done["left"]
    wanted = json.dumps(expected(client, scope, home.project)).replace(PROGRAM, str(home.program))
    assert entry_of(client, path) == json.loads(wanted)
    assert (path.stat().st_mode & 0o077 == 0) == (scope == "user")
    written = path.read_bytes()
    assert home.install(client, scope=scope)[0]["action"] == "unchanged"
    assert path.read_bytes() == written
    assert home.install(client, "--uninstall", scope=scope)[0]["action"] == "removed"
    assert home.files() == before
    assert home.install(client, "--uninstall", scope=scope)[0]["action"] == "absent"


@pytest.mark.parametrize(
    ("client", "scope", "newline"),
    [
        *((client, scope, "\n") for client, scope in CASES),
        *((client, "user", "\r\n") for client in ("cursor", "codex", "continue")),
    ],
)
def test_a_file_that_is_there_keeps_every_other_byte(
    home: Home, client: str, scope: str, newline: str
) -> None:
    """The entry is new lines (and a comma before it); what was there comes back to the byte."""
    path = home.file(client, scope)
    path.parent.mkdir(parents=True, exist_ok=True)
    was = existing(client, path).replace("\n", newline).encode()
    path.write_bytes(was)
    path.chmod(0o640)
    assert home.install(client, "--dry-run", scope=scope)[0]["diff"].startswith("--- ")
    assert home.files()[str(path)] == was
    (done,) = home.install(client, scope=scope)
    assert done["action"] == "added"
    assert Path(done["backup"]).read_bytes() == was
    now = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o640
    assert entry_of(client, path)
    assert entry_of(client, path, "other")["command"] == "npx"
    added = _added(was.decode().splitlines(True), now.decode().splitlines(True))
    assert all(line.endswith(newline) for line in added)
    assert home.install(client, scope=scope)[0]["action"] == "unchanged"
    assert path.read_bytes() == now
    home.install(client, "--uninstall", scope=scope)
    assert path.read_bytes() == was
    assert not Path(done["backup"]).exists()


def _added(before: list[str], after: list[str]) -> list[str]:
    """Return the lines in one piece that `after` has more; one line before may get a comma."""
    start = 0
    while start < len(before) and before[start] == after[start]:
        start += 1
    grown = len(after) - len(before)
    if start < len(before) and after[start].replace(",", "", 1) == before[start]:
        before = [*before[:start], after[start], *before[start + 1 :]]
        while start < len(before) and before[start] == after[start]:
            start += 1
    assert before == after[:start] + after[start + grown :]
    return after[start : start + grown]


@pytest.mark.parametrize(
    ("client", "content", "where"),
    [
        (
            "cursor",
            '{"mcpServers": {\n  "a": {"command" "x"}\n}}',
            "line 2, column 19: a : is missing",
        ),
        ("cursor", '{"mcpServers": {', "line 1, column 17: it ends too soon"),
        ("cursor", '{"mcpServers": {}} x', "line 1, column 20: something stands behind the end"),
        ("cursor", '{"mcpServers": []}', "line 1, column 16: an object { } was expected"),
        ("cursor", '{"mcpServers": null}', "line 1, column 16: an object { } was expected"),
        ("cursor", "[]", "line 1, column 1: an object { } was expected"),
        ("cursor", '{"a": "\\q"}', "line 1, column 7: this text has an escape"),
        ("cursor", '{"a": 1 /* }', "line 1, column 9: this comment has no end"),
        ("cursor", '{"a": nul}', "line 1, column 7: a value is missing before 'n'"),
        ("cursor", '{"a": 1\n"b": 2}', "line 2, column 1: a comma or } is missing"),
        ("cursor", "[" * 5000, "line 1, column 201: this is nested too deeply"),
        ("cursor", b"{\n\xff}", "line 2, column 1: this is not UTF-8 text"),
        ("codex", "a = 1\nb = \n", "line 2, column 5: Invalid value"),
        ("codex", 'a = "x', "line 1, column 7"),
        ("codex", 'mcp_servers = { a = { command = "x" } }\n', "cannot be edited safely"),
        ("continue", "a: [1\nb: 2\n", "line 2, column 2"),
        ("continue", "- a\n", "line 1, column 1: a mapping was expected"),
        ("continue", "mcpServers: [{name: a}]\n", "line 1, column 13: this is not edited"),
        ("continue", "a: 1\n---\nb: 2\n", "line 2, column 1"),
    ],
)
def test_a_broken_file_is_refused_untouched_with_the_place(
    home: Home, client: str, content: str | bytes, where: str
) -> None:
    """No backup, no change; nor is anything begun for the other clients that were named."""
    path = home.file(client, "user")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = home.files()
    for words in (("gemini", client), (client, "--dry-run")):
        ran = home.run("install", *words, *home.start)
        assert (ran.code, ran.out) == (1, b"")
        assert str(path) in ran.err
        assert where in ran.err
        assert "Nothing was changed." in ran.err
    assert home.files() == before


def test_what_a_person_added_to_our_entry_stays(home: Home) -> None:
    """Only the keys that are ours change; those of the other kind of entry go."""
    for client in ("cursor", "codex", "continue"):
        path = home.file(client, "user")
        path.parent.mkdir(parents=True, exist_ok=True)
    home.file("cursor", "user").write_text(
        '{"mcpServers": {"tokenspace": {"command": "/old/tokenspace", // mine\n "args": [],\n'
        ' "env": {"A": "b"}, "disabled": true}}}'
    )
    home.file("codex", "user").write_text(
        '[mcp_servers.tokenspace] # mine\ncommand = "/old/tokenspace"\nstartup_timeout_sec = 9\n'
        '[mcp_servers.tokenspace.env]\nA = "b"\n'
    )
    home.file("continue", "user").write_text(
        "mcpServers:\n- name: tokenspace # mine\n  command: /old/tokenspace\n  env:\n    A: b\n"
    )
    done = home.install("cursor", "codex", "continue")
    assert [one["action"] for one in done] == ["changed"] * 3
    entry = entry_of("codex", home.file("codex", "user"))
    assert (entry["env"], entry["startup_timeout_sec"]) == ({"A": "b"}, 9)
    assert entry["args"] == ["serve"]
    entry = entry_of("continue", home.file("continue", "user"))
    assert (entry["env"], entry["command"]) == ({"A": "b"}, str(home.program))
    home.install("cursor", "--url", "https://memory.example.com/p/acme/mcp")
    entry = entry_of("cursor", home.file("cursor", "user"))
    assert (entry["env"], entry["disabled"]) == ({"A": "b"}, True)
    assert "command" not in entry
    for client in ("cursor", "codex", "continue"):
        assert "mine" in home.file(client, "user").read_text()


def test_two_clients_of_one_file_share_its_entry(home: Home) -> None:
    """Claude Code and Copilot CLI read the same file of a project."""
    done = home.install("claude-code", "copilot", "--rules", scope="project")
    assert [one["action"] for one in done] == ["added", "added", "unchanged", "added"]
    assert home.file("claude-code", "project") == home.file("copilot", "project")


def test_a_person_is_told_what_was_done_and_what_is_left(home: Home) -> None:
    """In lines; a dry run shows the diff alone."""
    path = home.file("vscode", "user")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n")
    told = text(home.run("install", "vscode", "--dry-run", *home.start)).splitlines()
    assert told[:4] == [
        "VS Code: tokenspace would be added to ~/.config/Code/User/mcp.json",
        "--- ~/.config/Code/User/mcp.json",
        "+++ ~/.config/Code/User/mcp.json",
        "@@ -1,1 +1,9 @@",
    ]
    assert text(home.run("install", "vscode", *home.start)).splitlines() == [
        "VS Code: tokenspace added to ~/.config/Code/User/mcp.json",
        "  what was there before: ~/.config/Code/User/mcp.json.tokenspace.bak",
        "  left to do: run the command `MCP: List Servers`, start tokenspace, and trust it when "
        "asked",
    ]


def test_the_command_that_is_registered_is_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it starts the installed program, by its absolute path."""
    from tokenspace.server.commands import MACHINE_COMMANDS

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where this checkout is not
    assert MACHINE_COMMANDS["install"] is command
    found = Path(program(None))
    assert found.is_absolute()
    assert found.name in ("tokenspace", "tokenspace.exe")


def test_the_readme_has_a_line_for_each_client() -> None:
    """With its title, its command, and the project's file where it has one."""
    lines = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8").splitlines()
    for client in CLIENTS:
        start = f"| {client.title} | `tokenspace install {client.name}` |"
        (line,) = (line for line in lines if line.startswith(start))
        assert all(f"`{path}`" in line for path in client.project[:1])
        assert ("directly" in line) == bool(client.token)
