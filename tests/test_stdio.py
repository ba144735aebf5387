"""The server as a process: its first line, its last, and that nothing else gets on stdout."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from process import CLIENT, ENVELOPE, MODERN, PATIENCE_S, Server

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    return tmp_path / "memory.db"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_handshake_version_is_served(db: Path, version: str) -> None:
    """The version that is asked for is the one that is spoken, up to the tool's answer."""
    with Server(db) as server:
        assert server.initialize(version)["result"]["protocolVersion"] == version
        assert server.ask("ping")["result"] == {}
        assert len(server.ask("tools/list")["result"]["tools"]) == 8
        assert "human" in server.call("memory_read")["content"][0]["text"]
        assert server.end() == 0


def test_an_unknown_version_gets_the_newest_handshake(db: Path) -> None:
    """As the SDK does; and what follows is served in that era."""
    with Server(db) as server:
        assert server.initialize("1999-01-01")["result"]["protocolVersion"] == "2025-11-25"
        assert "human" in server.call("memory_read")["content"][0]["text"]


def test_a_modern_client_needs_no_handshake(db: Path) -> None:
    """Its very first message may be a tool call."""
    with Server(db) as server:
        params: dict[str, Any] = {**ENVELOPE, "name": "memory_read", "arguments": {}}
        answer = server.ask("tools/call", params)["result"]
        assert answer["resultType"] == "complete"
        assert "human" in answer["content"][0]["text"]
        found = server.ask("server/discover", ENVELOPE)["result"]
        assert MODERN in found["supportedVersions"]


def test_a_late_probe_does_not_bind_the_era(db: Path) -> None:
    """A client that lost patience sends initialize behind its probe: both are answered."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": CLIENT}
    with Server(db) as server:
        server.send(
            {"id": "probe", "method": "server/discover", "params": ENVELOPE},
            {"id": "hello", "method": "initialize", "params": hello},
            {"method": "notifications/initialized"},
        )
        assert server.receive()["id"] == "probe"
        answer = server.receive()
        assert answer["id"] == "hello"
        assert answer["result"]["protocolVersion"] == "2025-11-25"
        assert "human" in server.call("memory_read")["content"][0]["text"]


def test_a_probe_is_answered_at_any_time(db: Path) -> None:
    """Also once the SDK has taken over, and without changing the era."""
    with Server(db) as server:
        server.initialize()
        server.call("memory_read")
        assert "supportedVersions" in server.ask("server/discover", ENVELOPE)["result"]
        server.call("memory_read")


def test_answers_are_never_given_twice(db: Path) -> None:
    """The SDK sees the handshake too, but its own answer to it is dropped."""
    with Server(db) as server:
        server.initialize()
        server.call("memory_read")
        assert server.end() == 0
        assert server.lines.empty()


def test_a_stream_of_list_changes_is_acknowledged_at_once_and_once(db: Path) -> None:
    """Claude Code asks for nothing more until it is, and its first turn goes without our tools."""
    asked = {"toolsListChanged": True, "resourcesListChanged": True}
    with Server(db) as server:
        listen = {"method": "subscriptions/listen", "params": {**ENVELOPE, "notifications": asked}}
        server.send(
            {"id": "stream", **listen}, {"id": "next", "method": "tools/list", "params": ENVELOPE}
        )
        said = server.receive()
        assert said["method"] == "notifications/subscriptions/acknowledged"
        assert said["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "stream"
        assert said["params"]["notifications"] == asked
        assert server.receive()["id"] == "next"
        made = {"label": "new", "new_memory": "text"}
        call = {**ENVELOPE, "name": "memory_rethink", "arguments": made}
        server.send({"id": "edit", "method": "tools/call", "params": call})
        rest = [server.receive(), server.receive()]
        assert {message.get("method", message.get("id")) for message in rest} == {
            "notifications/resources/list_changed",
            "edit",
        }


def test_a_ping_needs_nothing_of_the_rest(db: Path) -> None:
    """Gemini's health check is a handshake and a ping."""
    with Server(db) as server:
        server.initialize()
        assert server.ask("ping", {})["result"] == {}


def test_nothing_but_protocol_gets_on_stdout(db: Path) -> None:
    """A library that prints, or a child process that does, writes to the log instead."""
    code = (
        "import subprocess, sys\n"
        "from tokenspace.server import cli\n"
        "from tokenspace.server.surface import tools\n"
        "read = tools.TABLE[0].run\n"
        "async def noisy(*args):\n"
        "    print('printed'); subprocess.run([sys.executable, '-c', 'print(\"child\")'])\n"
        "    return await read(*args)\n"
        "object.__setattr__(tools.TABLE[0], 'run', noisy)\n"
        "raise SystemExit(cli.main(sys.argv[1:]))\n"
    )
    with Server(db, code=code) as server:
        server.initialize()
        server.call("memory_read")  # receive() fails on any line that is not a message
        assert server.end() == 0
        assert server.lines.empty()
        assert {line.strip() for line in server.log} >= {b"printed", b"child"}


def test_what_was_asked_before_the_end_of_input_is_answered(db: Path) -> None:
    """A client may send everything at once and close its end."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": CLIENT}
    with Server(db) as server:
        write = {"name": "memory_insert", "arguments": {"label": "human", "new_string": "x"}}
        server.send(
            {"id": 1, "method": "initialize", "params": hello},
            {"method": "notifications/initialized"},
            *({"id": n, "method": "tools/call", "params": write} for n in range(2, 12)),
        )
        assert server.end() == 0
        answers = [server.receive() for _ in range(11)]
        assert sorted(answer["id"] for answer in answers) == list(range(1, 12))
        assert not any(answer["result"].get("isError") for answer in answers)
    with Server(db) as server:
        server.initialize()
        assert "10→x" in server.call("memory_read", label="human")["content"][0]["text"]


@POSIX_ONLY
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("busy", [False, True], ids=["before any work", "at work"])
def test_a_signal_ends_it_cleanly(db: Path, number: signal.Signals, *, busy: bool) -> None:
    """Exit status 0, no traceback, stdin still open; what was acknowledged is there."""
    with Server(db) as server:
        server.initialize()
        if busy:
            server.call("memory_insert", label="human", new_string="kept")
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE_S) == 0
        assert b"Traceback" not in b"".join(server.log)
    if busy:
        with Server(db) as server:
            server.initialize()
            assert "kept" in server.call("memory_read")["content"][0]["text"]


BAD_LINES: list[tuple[bytes, int, Any]] = [
    (b"not json", -32700, None),
    (b'{"jsonrpc":"2.0","id":7,"method":"x","params":{"a":"\xff\xfe"}}', -32700, None),
    (b'[{"jsonrpc":"2.0"}]', -32600, None),
    (b'{"hello":"world","id":7}', -32600, 7),
    (b'{"hello":"world","id":[7]}', -32600, None),
    (b'{"jsonrpc":"2.0","id":null,"method":"tools/list"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":true,"method":"server/discover"}', -32600, None),
    (
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"memory_insert",'
        b'"arguments":{"label":"human","new_string":"\\ud800"}}}',
        -32602,
        7,
    ),
]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A server that is at work, and gets one bad line after the other."""
    with Server(tmp_path_factory.mktemp("busy") / "memory.db") as server:
        server.initialize()
        server.call("memory_read")
        yield server


@pytest.mark.parametrize(("line", "code", "request_id"), BAD_LINES)
def test_a_bad_line_is_answered_and_the_next_one_served(
    busy: Server, line: bytes, code: int, request_id: Any
) -> None:
    """Its sender must not wait for ever, and the session goes on."""
    busy.send(line)
    answer = busy.receive()
    assert (answer["error"]["code"], answer["id"]) == (code, request_id)
    busy.send(b"")
    busy.call("memory_read")


def test_a_bad_setting_ends_it_with_one_sentence(tmp_path: Path) -> None:
    """Exit status 2 and the reason on stderr; stdout carries protocol only, even then."""
    argv = [sys.executable, "-P", "-m", "tokenspace.server", "--project", str(tmp_path / "nowhere")]
    hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(hello).encode() + b"\n")
        process.stdin.flush()
        assert process.wait(PATIENCE_S) == 2
        out, err = process.communicate()
    assert out == b""
    assert b"there is no folder" in err
    assert err.count(b"\n") == 1


def test_it_does_not_open_a_space_that_nobody_uses(db: Path) -> None:
    """Clients start servers only to list their tools: no file is left behind by that."""
    with Server(db) as server:
        server.initialize()
        server.ask("tools/list")
        server.ask("prompts/list")
        server.ask("ping")
        assert server.end() == 0
    assert not db.exists()


def test_the_whole_tool_list_is_served_to_the_full_profile(db: Path) -> None:
    """The profile is a flag or a setting, and decides what the handshake's answers list."""
    with Server(db, "--profile", "full") as server:
        server.initialize()
        assert len(server.ask("tools/list")["result"]["tools"]) == 23
