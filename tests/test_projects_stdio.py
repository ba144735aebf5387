"""The projects of real clients: messages as they send them, over the pipes of a real process."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from process import CLIENT, Server

CODE = """
import os, platformdirs
from tokenspace.server import cli
os.environ.pop("CLAUDE_PROJECT_DIR", None)
platformdirs.user_data_dir = lambda *_, **__: {data!r}
os.chdir({cwd!r})
raise SystemExit(cli.main(["serve"]))
"""
"""Starts a server as a client does that names nothing, in a folder of its choice."""

ENOUGH_S = 5.0
"""Much more than the second that a client has for its roots, on a machine that is busy."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with two repositories in it."""
    for name in ("one", "two", ".codex"):
        (tmp_path / name / ".git").mkdir(parents=True)
    return tmp_path.resolve()


def started(home: Path, cwd: str = ".") -> Server:
    """Start a server below a home folder."""
    code = CODE.format(data=str(home / "data"), cwd=str(home / cwd))
    return Server(home / "unused.db", code=code)


def hello(**capabilities: Any) -> list[dict[str, Any]]:
    """Return the handshake of a client of the older era."""
    asked = {"protocolVersion": "2025-06-18", "capabilities": capabilities, "clientInfo": CLIENT}
    opening = {"id": "hello", "method": "initialize", "params": asked}
    return [opening, {"method": "notifications/initialized"}]


def write(ident: int, line: str, *workspaces: Path) -> dict[str, Any]:
    """Return a write, as Codex sends it in a turn in these folders."""
    call = {"name": "memory_insert", "arguments": {"label": "human", "new_string": line}}
    named = {str(folder): {"has_changes": False} for folder in workspaces}
    turn = {"session_id": "s", "thread_id": "t", "turn_id": "u", "workspaces": named}
    meta = {"_meta": {"x-codex-turn-metadata": turn}} if workspaces else {}
    return {"id": ident, "method": "tools/call", "params": {**call, **meta}}


def said(message: dict[str, Any]) -> str:
    """Return the last line of a tool's answer: it names the space."""
    text: str = message["result"]["content"][0]["text"]
    return text.splitlines()[-1]


def test_codex_writes_into_the_project_of_each_turn(home: Path) -> None:
    """Sent at once, started in its own folder: each line is in the file of its turn's workspace."""
    one, two = home / "one", home / "two"
    with started(home, ".codex") as server:
        calls = [write(1, "a", one), write(2, "b", two), write(3, "c", home), write(4, "d", two)]
        server.send(*hello(), *calls)
        found = {message["id"]: message for message in (server.receive() for _ in range(5))}
        assert [said(found[n]) for n in range(1, 5)] == [
            "space one (named by Codex's turn)",
            "space two (named by Codex's turn)",
            "space one (named by Codex's turn)",  # a home folder says nothing
            "space two (named by Codex's turn)",
        ]
        status = server.ask("resources/read", {"uri": "memory://status"})["result"]
        assert "space one (named by Codex's turn)" in json.dumps(status)
        assert server.end() == 0
    for folder in (one, two):
        assert (folder / ".tokenspace" / "memory.db").is_file()
        assert (folder / ".tokenspace" / ".gitignore").is_file()
    assert not (home / "data").exists()
    assert not (home / ".codex" / ".tokenspace").exists()


def test_a_client_is_asked_for_its_roots(home: Path) -> None:
    """Started in the home folder, as with Cursor's own settings: while it is asked, it may ask."""
    with started(home) as server:
        server.send(*hello(roots={"listChanged": True}), write(1, "a"))
        assert server.receive()["id"] == "hello"
        asked = server.receive()
        assert asked["method"] == "roots/list"
        assert server.ask("ping")["result"] == {}
        remote = {"uri": "vscode-remote://ssh-remote%2Bhost/home/ada", "name": "one"}
        roots = [remote, "none", {"uri": (home / "two").as_uri(), "name": "two"}]
        server.send({"id": asked["id"], "result": {"roots": roots}})
        assert said(server.receive()) == "space two (the client's root)"
        server.send(write(2, "b"))
        assert said(server.receive()) == "space two (the client's root)"
    assert (home / "two" / ".tokenspace" / "memory.db").is_file()
    assert not (home / "data").exists()


def test_a_client_that_never_names_its_roots_is_not_waited_for(home: Path) -> None:
    """After a second it is as if it had none, for good; what it says later moves nothing."""
    with started(home) as server:
        server.send(*hello(roots={}), write(1, "a"))
        assert server.receive()["id"] == "hello"
        asked, since = server.receive(), time.monotonic()
        assert server.ask("ping")["result"] == {}
        while "result" not in (answer := server.receive()):
            assert answer["method"] == "notifications/cancelled"
        assert said(answer) == "space personal (no project in sight)"
        assert time.monotonic() - since < ENOUGH_S
        roots = [{"uri": (home / "two").as_uri()}]
        server.send({"id": asked["id"], "result": {"roots": roots}}, write(2, "b"))
        assert said(server.receive()) == "space personal (no project in sight)"
    assert (home / "data" / "spaces" / "personal.db").is_file()
    assert not (home / "two" / ".tokenspace").exists()
