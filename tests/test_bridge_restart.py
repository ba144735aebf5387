"""A bridge whose endpoint is killed and started anew, and a client of another SDK."""

import json
import subprocess
from pathlib import Path
from typing import Any

import anyio
import pytest
from bridges import Bridge, command, environment, free_port
from endpoints import endpoint_process, make_spaces
from old_sdk import CLIENT, old_python
from process import ENVELOPE

HUMAN = "memory://blocks/human"
WRITE = {"name": "memory_insert", "arguments": {"label": "human", "new_string": "x"}}
LISTEN = {**ENVELOPE, "notifications": {"resourceSubscriptions": [HUMAN]}}
pytestmark = pytest.mark.slow


def test_clients_go_on_when_the_endpoint_is_started_anew(tmp_path: Path) -> None:
    """Requests wait. A session that was shown something hears of it before it writes, once."""
    data, port = tmp_path / "data", str(free_port())
    anyio.run(make_spaces, data, "acme")
    with endpoint_process(data, "--port", port) as (first, process):
        token, address = first.token("ada", "acme"), first.mcp("acme")
        with (
            Bridge(address, tmp_path, token=token) as reader,
            Bridge(address, tmp_path, token=token) as writer,
            Bridge(address, tmp_path, token=token) as modern,
        ):
            writer.initialize()
            reader.initialize()
            reader.call("memory_insert", label="human", new_string="one\ntwo\n")
            reader.ask("resources/subscribe", {"uri": HUMAN})
            modern.send({"id": "stream", "method": "subscriptions/listen", "params": LISTEN})
            assert modern.news()["method"] == "notifications/subscriptions/acknowledged"
            modern.send(*(call(n, "memory_insert", noted(n)) for n in range(20)))
            process.kill()
            process.wait()
            writer.send({"id": "write", "method": "tools/call", "params": WRITE})
            with endpoint_process(data, "--port", port):
                assert not writer.answer("write")["result"].get("isError")
                goes_on(reader)
                is_made_once(modern)
                assert writer.said("memory_read", label="human")[0].count("→x") == 1
                assert [bridge.end() for bridge in (reader, writer, modern)] == [0, 0, 0]
        for bridge in (reader, writer, modern):
            assert token not in b"".join(bridge.log).decode()


def call(n: int, tool: str, arguments: dict[str, str]) -> dict[str, Any]:
    """Return a call of the era without sessions."""
    params = {**ENVELOPE, "name": tool, "arguments": arguments}
    return {"id": n, "method": "tools/call", "params": params}


def noted(n: int) -> dict[str, str]:
    """Return the arguments of a write."""
    return {"label": "project", "new_string": f"entry {n} ends"}


def is_made_once(modern: Bridge) -> None:
    """Meet what becomes of a stream and calls in the midst of which the endpoint was killed."""
    answers = found(modern, 21)
    assert "was cut off" in answers.pop("stream")["error"]["message"]
    failed = [n for n, answer in answers.items() if answer["result"].get("isError")]
    modern.send(call(20, "memory_read", {"label": "project"}))
    text = found(modern, 1)[20]["result"]["content"][0]["text"]
    assert failed == []
    assert [text.count(f"entry {n} ends") for n in range(20)] == [1] * 20


def found(bridge: Bridge, count: int) -> dict[int | str, dict[str, Any]]:
    """Return the next answers, in whichever order they come."""
    answers: dict[int | str, dict[str, Any]] = {}
    while len(answers) < count:
        message = bridge.receive()
        if "method" not in message:
            answers[message["id"]] = message
    return answers


def goes_on(reader: Bridge) -> None:
    """Meet what a session meets that was shown something before the endpoint was started anew."""
    text, failed = reader.said("memory_insert", label="human", new_string="lost", insert_line=1)
    assert failed
    assert "Read again what you want to change" in text
    assert "Nothing was changed" in text
    while reader.news().get("params") != {"uri": HUMAN}:
        pass  # what was missed may have been a change
    assert "two" in reader.said("memory_read", label="human")[0]
    assert not reader.said("memory_insert", label="human", new_string="3", insert_line=1)[1]
    while reader.news().get("params") != {"uri": HUMAN}:
        pass  # the subscription goes on
    text = reader.said("memory_read", label="human")[0]
    assert "1→one\n2→3\n3→two\n" in text
    assert "lost" not in text


def test_a_client_of_the_first_sdk_meets_everything(tmp_path: Path) -> None:
    """All that it calls is answered over the bridge, and it hears of another's change."""
    data = tmp_path / "data"
    anyio.run(make_spaces, data, "acme")
    with endpoint_process(data, "--profile", "full") as (served, _):
        path = tmp_path / "token"
        path.write_text(served.token("ada", "acme", "admin"))
        bridge = command(served.mcp("acme"), "--token-file", str(path))
        done = subprocess.run(
            [old_python(), str(CLIENT), *bridge],
            capture_output=True, check=False, env=environment(tmp_path), text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert {call["tool"] for call in found["called"]} == set(found["listed"])
    assert [call for call in found["called"] if call["is_error"]] == []
    assert found["news"] == "notifications/resources/updated"
    assert found["unknown tool"]["code"] == -32602
    assert found["completed"] == ["human"]
