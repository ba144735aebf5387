"""How often a bridge tries again, with what, and for how long."""

import threading
import time
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from bridges import Answer, Asked, Bridge, scripted
from process import ENVELOPE, PATIENCE_S

from tokenspace.server.remote import patience
from tokenspace.server.remote.patience import Patience, asked_to_wait

LONG_AGO = "Wed, 21 Oct 2015 07:28:00 GMT"
SAID = {"result": {"content": [{"type": "text", "text": "done"}]}}


@pytest.mark.parametrize("header", ["0", LONG_AGO])
async def test_an_endpoint_that_asks_for_no_pause_is_not_tried_for_ever(
    header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is like one that asks for nothing: there are pauses, and they have an end."""
    monkeypatch.setattr(patience, "ABSENT_S", 0.2)
    mine, tries = Patience(met=False), 0
    with anyio.fail_after(PATIENCE_S):
        while await mine.pause(asked_to_wait(header)):
            tries += 1
            assert tries < 10
    assert tries > 0


async def test_what_an_endpoint_asks_for_is_waited_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In all, however little at a time."""
    monkeypatch.setattr(patience, "SLOWED_S", 0.3)
    mine = Patience(met=True)
    assert [await mine.pause(0.12) for _ in range(3)] == [True, True, False]
    assert await Patience(met=True).pause(asked_to_wait("3600")) is False


def test_all_that_is_on_its_way_with_a_replaced_token_is_sent_with_the_new_one(
    tmp_path: Path,
) -> None:
    """Not only the request whose refusal comes first."""
    path, both = tmp_path / "token", threading.Barrier(2)
    path.write_text("ts_old")

    def script(asked: Asked) -> Answer:
        if asked.headers["authorization"] == "Bearer ts_old":
            both.wait(PATIENCE_S)
            path.write_text("ts_new")
            return Answer(401)
        return Answer(message=SAID)

    flag = ("--token-file", str(path))
    with scripted(script) as server, Bridge(f"{server.url}/mcp", tmp_path, *flag) as bridge:
        params = {**ENVELOPE, "name": "memory_read"}
        bridge.send(*({"id": n, "method": "tools/call", "params": params} for n in (1, 2)))
        answers = [bridge.receive() for _ in range(2)]
    assert [answer["result"] for answer in answers] == [SAID["result"]] * 2
    assert len(server.asked) == 4


def test_a_session_that_cannot_be_renewed_is_tried_less_and_less_often(tmp_path: Path) -> None:
    """The endpoint forgot it, and speaks another version since."""
    begun: list[float] = []
    enough = threading.Event()
    lost = {"error": {"code": -32600, "message": "Session not found"}}

    def script(asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer(404, message=lost)
        if asked.message.get("method") != "initialize":
            return Answer(202)
        begun.append(time.monotonic())
        if len(begun) == 5:
            enough.set()
        agreed = "2025-06-18" if len(begun) == 1 else "2025-03-26"
        told = {"result": {"protocolVersion": agreed}}
        return Answer(headers={"Mcp-Session-Id": "s1"}, message=told)

    with scripted(script) as server, Bridge(f"{server.url}/mcp", tmp_path) as bridge:
        bridge.initialize()
        assert enough.wait(PATIENCE_S)
    pauses = [after - before for before, after in pairwise(begun[1:5])]
    assert all(pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4), strict=True))
