"""What `tokenspace install` writes really starts; independent programs write and read the same."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tokenspace.server.install.program import NAME

from .checkouts import Said, talked
from .installs import CASES, Home, entry_of, expected
from .node import packages

pytestmark = pytest.mark.slow

ADD_MCP = "add-mcp@2.4.0"
MCPORTER = "mcporter@0.12.3"
AGENTS = {
    # what add-mcp calls them: all that it knows of ours, but for JetBrains Junie and Continue
    "claude-code": "claude-code",
    "claude-desktop": "claude-desktop",
    "cline": "cline-cli",
    "cline-vscode": "cline",
    "codex": "codex",
    "copilot": "github-copilot-cli",
    "cursor": "cursor",
    "gemini": "gemini-cli",
    "opencode": "opencode",
    "vscode": "vscode",
    "windsurf": "windsurf",
    "zed": "zed",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet; the real program is what they shall start."""
    made = Home(tmp_path, monkeypatch)
    made.program = Path(sys.executable).parent / ("tokenspace.exe" if os.name == "nt" else NAME)
    return made


def words(entry: dict[str, Any], project: Path) -> list[str]:
    """Return what a client starts: its variable for the open folder is put in."""
    command = entry["command"]
    command = [command, *entry["args"]] if isinstance(command, str) else command
    return [word.replace("${workspaceFolder}", str(project)) for word in command]


def test_what_each_client_is_told_to_start_answers_it(home: Home) -> None:
    """With the environment of a program that was started from a menu: home and a bare path."""
    for client, scope in CASES:
        home.install(client, scope=scope)
    environ = {"HOME": str(home.home), "PATH": "/usr/bin:/bin"}
    commands = {
        (client, scope): words(entry_of(client, home.file(client, scope)), home.project)
        for client, scope in CASES
    }

    def start(command: tuple[str, ...]) -> Said:
        return talked(list(command), home.project, environ)

    different = sorted({tuple(command) for command in commands.values()})
    with ThreadPoolExecutor(2) as pool:
        every = pool.map(start, different)
        for command, said in zip(different, every, strict=True):
            assert said.lines[0]["result"]["serverInfo"]["name"] == "tokenspace", command
            assert (said.stderr, said.code) == ("", 0)
    assert (home.project / ".tokenspace" / "memory.db").is_file()


@pytest.mark.parametrize("client", sorted(AGENTS))
def test_an_independent_installer_writes_the_same_file(home: Home, client: str) -> None:
    """`add-mcp` of npm: the same path, keys and command; what it adds besides is empty."""
    node, folder = packages(ADD_MCP)
    entry = expected(client, "user", home.project)
    args = entry["args"] if "args" in entry else entry["command"][1:]
    theirs = home.folder / "theirs"
    theirs.mkdir()
    add_mcp = folder / "node_modules" / "add-mcp" / "dist" / "index.js"
    run = [node, str(add_mcp), "/opt/tokenspace", *(f"--args={word}" for word in args)]
    run += ["--global", "--agent", AGENTS[client], "--name", "tokenspace", "--yes"]
    environ = {"HOME": str(theirs), "PATH": os.environ["PATH"], "CI": "1"}
    subprocess.run(run, env=environ, cwd=theirs, check=True, capture_output=True, timeout=60)
    home.install(client)
    path = home.file(client, "user")
    name = path.relative_to(home.home)
    name = name.with_suffix(".jsonc") if client == "opencode" else name
    assert (theirs / name).is_file(), [str(one) for one in theirs.rglob("*") if one.is_file()]
    ours = json.loads(
        json.dumps(entry_of(client, path)).replace(str(home.program), "/opt/tokenspace")
    )
    told = entry_of(client, theirs / name)
    besides: dict[str, Any] = {"env": {}, "environment": {}, "disabled": False, "type": "stdio"}
    same = {key: told[key] for key in told if key not in besides or told[key] != besides[key]}
    more: dict[str, Any] = {"type": "stdio", "alwaysLoad": True}
    mine = {key: ours[key] for key in ours if key not in more or ours[key] != more[key]}
    assert mine == same


def test_an_independent_client_reads_the_files_and_lists_our_tools(home: Home) -> None:
    """`mcporter` of npm, for those of whose files it knows."""
    node, folder = packages(MCPORTER)
    program_file = folder / "node_modules" / "mcporter" / "dist" / "cli.js"
    for client, scope in (("cursor", "project"), ("vscode", "project"), ("codex", "project")):
        home.install(client, "--name", f"by-{client}", scope=scope)
    done = subprocess.run(
        [node, str(program_file), "list", "--json"],
        env={
            **{"HOME": str(home.home), "PATH": os.environ["PATH"]},
            "workspaceFolder": str(home.project),  # which it takes from the environment
        },
        cwd=home.project,
        check=False,
        capture_output=True,
        timeout=120,
    )
    servers = {one["name"]: one for one in json.loads(done.stdout)["servers"]}
    for client in ("cursor", "vscode", "codex"):
        tools = [tool["name"] for tool in servers[f"by-{client}"]["tools"]]
        assert "memory_search" in tools, servers
