"""Streams of changes that a client asks for before the SDK is there: each acknowledged once."""

from pathlib import Path
from typing import Any

import pytest
from process import CLIENT, ENVELOPE, Server

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": CLIENT}
LEGACY = {"id": "hello", "method": "initialize", "params": HELLO}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    return tmp_path / "memory.db"


def listen(ident: str, **asked: Any) -> dict[str, Any]:
    """Return a request for a stream."""
    return {"id": ident, "method": "subscriptions/listen", "params": {**ENVELOPE, **asked}}


def stream(ident: str) -> dict[str, Any]:
    """Return a request for a stream that is acknowledged at once."""
    return listen(ident, notifications={"toolsListChanged": True})


def cancel(ident: str) -> dict[str, Any]:
    """Return the end of a stream."""
    return {"method": "notifications/cancelled", "params": {"requestId": ident}}


def heard(server: Server, count: int) -> list[str]:
    """Return so many messages, sorted: an id for an acknowledgement, `!id` for a refusal."""
    found: list[str] = []
    for message in (server.receive() for _ in range(count)):
        if message.get("method") == ACKNOWLEDGED:
            found.append(message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"])
        else:
            assert "error" in message, message
            found.append(f"!{message['id']}")
    return sorted(found)


def test_a_stream_is_acknowledged_as_often_as_it_is_asked_for(db: Path) -> None:
    """Also one whose id was cancelled before; what asks for nothing is refused, as it is later."""
    with Server(db) as server:
        server.send(stream("a"), cancel("a"), stream("a"), cancel("a"), stream("b"), stream("b"))
        server.send(listen("none"), stream("a"))
        assert heard(server, 6) == ["!none", "a", "a", "a", "b", "b"]
        server.send(listen("none"), cancel("b"), stream("c"))
        assert heard(server, 2) == ["!none", "c"]
        assert server.end() == 0
        ends = [server.lines.get() for _ in range(server.lines.qsize())]
        assert not any(ACKNOWLEDGED.encode() in line for line in ends)


def test_a_stream_is_of_the_era_without_a_handshake(db: Path) -> None:
    """Behind a handshake it is refused, and nothing is acknowledged first."""
    with Server(db) as server:
        server.send(LEGACY, stream("a"))
        assert server.receive()["id"] == "hello"
        assert heard(server, 1) == ["!a"]


def test_a_handshake_behind_a_stream_is_refused(db: Path) -> None:
    """As it is later: the stream is of the other era, and a promise would be broken."""
    with Server(db) as server:
        server.send(stream("a"), LEGACY)
        assert server.receive()["method"] == ACKNOWLEDGED
        assert heard(server, 1) == ["!hello"]
        server.send({"id": "list", "method": "tools/list", "params": ENVELOPE})
        assert server.receive()["result"]["tools"]
