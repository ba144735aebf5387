"""What a bridge says when its endpoint cannot be reached, or refuses, or breaks off."""

import subprocess
import threading
from pathlib import Path

import pytest
from bridges import Answer, Asked, Bridge, command, environment, free_port, scripted
from process import ENVELOPE, PATIENCE_S

TOKEN = "ts_secret_of_ada"  # noqa: S105 - of nobody
KEY = "tokenspace/idempotency-key"
SAID = {"result": {"content": [{"type": "text", "text": "done"}]}}

FLAGS = ("--space", "acme", "--log-level", "debug")

ANSWERS = {
    "401": (Answer(401, text='{"error": "invalid_token"}'), "does not accept the token"),
    "403": (
        Answer(403, text='{"error": "x", "error_description": "no right here."}'),
        "no right here. The space is acme at",
    ),
    "404": (
        Answer(404, text='{"error": "there is no space \'acme\'."}'),
        "there is no space 'acme'",
    ),
    "413": (Answer(413), "send less at a time"),
    "429": (Answer(429, {"Retry-After": "3600"}, "slow down"), "is asked too often"),
    "elsewhere": (
        Answer(307, {"Location": "https://evil.example.com/mcp?s=1"}),
        "sends elsewhere, to https://evil.example.com/mcp;",
    ),
    "onward": (Answer(308, {"Location": "/there"}), "sends elsewhere, to http://127.0.0.1:"),
    "page": (Answer(200, {"Content-Type": "text/html"}, "<html>"), "is it an endpoint?"),
    "echo": (Answer(400, text=f"bad header: Bearer {TOKEN}"), "bad header: Bearer (the token)."),
}


def script(asked: Asked) -> Answer:
    """Answer a call of a tool as its name says."""
    name = asked.message.get("params", {}).get("name", "")
    if name in ANSWERS:
        found = ANSWERS[name][0]
        plain = {"Content-Type": "text/plain"} | found.headers
        return Answer(found.status, dict(plain), found.text)
    return Answer(message=SAID)


def call(tool: str, **arguments: object) -> dict[str, object]:
    """Return a call of a tool in the era without sessions."""
    return {**ENVELOPE, "name": tool, "arguments": arguments}


def test_every_refusal_is_said_in_words_that_help(tmp_path: Path) -> None:
    """As a tool's answer, so that the model reads it; the token is in none, nor in the log."""
    with (
        scripted(script) as server,
        Bridge(server.url, tmp_path, *FLAGS, token=TOKEN) as bridge,
    ):
        for name, (_, words) in ANSWERS.items():
            result = bridge.ask("tools/call", call(name))["result"]
            text = result["content"][0]["text"]
            assert (result["isError"], result["resultType"]) == (True, "complete")
            assert words in text, name
            assert TOKEN not in text
        assert bridge.end() == 0
        assert TOKEN not in b"".join(bridge.log).decode()
    assert {asked.path for asked in server.asked} == {"/p/acme/mcp"}
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}
    assert server.asked[0].headers["mcp-method"] == "tools/call"
    assert server.asked[0].headers["mcp-name"] == "401"


def test_a_call_that_is_cut_off_or_turned_away_is_sent_again_under_one_key(tmp_path: Path) -> None:
    """So an endpoint that had carried it out takes it for the same one."""
    troubles = [
        Answer(cut=True), Answer(503), Answer(429, {"Retry-After": "0"}), Answer(message=SAID),
    ]  # fmt: skip

    def script(_: Asked) -> Answer:
        return troubles.pop(0) if troubles else Answer(cut=True)

    with scripted(script) as server, Bridge(f"{server.url}/mcp", tmp_path) as bridge:
        assert bridge.ask("tools/call", call("memory_insert"))["result"] == SAID["result"]
        keys = {asked.message["params"]["_meta"][KEY] for asked in server.asked}
        assert (len(server.asked), len(keys)) == (4, 1)
        answer = bridge.ask("no/such", ENVELOPE)
        assert "was cut off" in answer["error"]["message"]
        assert len(server.asked) == 5, "nobody knows whether that may be sent again"
        result = bridge.ask("tools/call", call("memory_branch", name="aside"))["result"]
        assert "not known whether this was carried out" in result["content"][0]["text"]
        assert len(server.asked) == 6, "a second time would fail, for what the first has done"


def test_a_session_is_ended_and_its_headers_are_right(tmp_path: Path) -> None:
    """Each message of it carries its name and version; when the client leaves, it is deleted."""
    agreed: dict[str, object] = {"protocolVersion": "2025-06-18", "capabilities": {}}

    def script(asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer(405)
        if asked.message.get("method") == "initialize":
            return Answer(headers={"Mcp-Session-Id": "s1"}, message={"result": agreed})
        return Answer(message={"result": {}}) if "id" in asked.message else Answer(202)

    with scripted(script) as server, Bridge(f"{server.url}/mcp", tmp_path) as bridge:
        bridge.initialize()
        bridge.ask("ping")
        bridge.send({"id": "server-1", "result": {}})
        assert bridge.end() == 0
    first, *others = server.asked
    assert "mcp-session-id" not in first.headers
    assert {asked.headers["mcp-session-id"] for asked in others} == {"s1"}
    assert {asked.headers["mcp-protocol-version"] for asked in others} == {"2025-06-18"}
    assert [asked.message.get("method") for asked in others if asked.method == "POST"] == [
        "notifications/initialized", "ping", None,
    ]  # fmt: skip
    assert server.asked[-1].method == "DELETE"


def test_a_cancelled_request_is_let_go_of(tmp_path: Path) -> None:
    """It gets no answer, and holds up neither the next one nor the end."""
    begun, free = threading.Event(), threading.Event()

    def script(asked: Asked) -> Answer:
        if asked.message["params"].get("name") == "slow":
            begun.set()
            free.wait(PATIENCE_S)
        return Answer(message=SAID)

    with scripted(script) as server, Bridge(f"{server.url}/mcp", tmp_path) as bridge:
        bridge.send({"id": "slow", "method": "tools/call", "params": call("slow")})
        assert begun.wait(PATIENCE_S)
        bridge.send({"method": "notifications/cancelled", "params": {"requestId": "slow"}})
        assert bridge.ask("tools/call", call("next"))["result"] == SAID["result"]
        assert bridge.end() == 0
        assert bridge.lines.empty()
        free.set()


@pytest.mark.slow
def test_an_endpoint_that_is_not_there_is_said_before_the_client_gives_up(tmp_path: Path) -> None:
    """Nothing listens, the name leads nowhere, or what listens speaks no TLS."""
    port = free_port()
    with scripted(script) as server:
        for address, words in (
            (f"http://127.0.0.1:{port}/mcp", "nothing listens at"),
            ("https://memory.invalid/mcp", "there is no host memory.invalid"),
            (server.url.replace("http:", "https:") + "/mcp", "is it served over https?"),
        ):
            with Bridge(address, tmp_path) as bridge:
                assert words in bridge.initialize()["error"]["message"]
                assert bridge.end() == 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["http://memory.example.com"], "give its https:// address"),
        (["https://memory.example.com", "--token-file", "nowhere"], "cannot read"),
        (["https://memory.example.com", "--http"], "--remote is served over stdio"),
    ],
)
def test_what_cannot_be_ends_with_one_sentence(
    tmp_path: Path, flags: list[str], words: str
) -> None:
    """Exit status 2, the reason on stderr, and nothing on stdout."""
    done = subprocess.run(
        command(*flags),
        capture_output=True, check=False, cwd=tmp_path, env=environment(tmp_path), text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr
