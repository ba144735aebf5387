"""Real servers that index together, are killed, stopped, and asked while they are at it."""

import signal
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from embedding import NEEDS_MODEL, PATIENCE_S, POSIX_ONLY, ended
from meaning import COLOURS, HUES, RuntimePlace, file, is_whole, notes, rows
from process import Server
from shell import until

from tokenspace.memory import Space
from tokenspace.memory.store import verify

pytestmark = [NEEDS_MODEL, POSIX_ONLY, pytest.mark.slow]

SHORT_LEASE = """\
import sys
from tokenspace.memory import indexing
from tokenspace.server import cli
indexing.LEASE_S = 2
raise SystemExit(cli.main(sys.argv[1:]))
"""
KILLED_AFTER = (1, 15, 30, 45, 60)
"""Acknowledged passages before each round's kill: while it starts, and in mid-indexing."""

ENDS_WITHIN_S = 3.0


@pytest.fixture(scope="module")
def warm() -> Generator[RuntimePlace]:
    """A place whose worker the tests of this module share."""
    made = RuntimePlace()
    yield made
    made.end()


@pytest.fixture
def cold() -> Generator[RuntimePlace]:
    """A place without a worker."""
    made = RuntimePlace()
    yield made
    made.end()


@pytest.fixture(autouse=True)
def _meant(monkeypatch: pytest.MonkeyPatch, warm: RuntimePlace) -> None:
    """Let servers search by meaning."""
    monkeypatch.setenv("TOKENSPACE_MODEL", "")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(warm.runtime))


def archive(server: Server, *texts: str) -> list[str]:
    """File passages and return their names."""
    calls = [server.call("memory_archive", text=text) for text in texts]
    return [call["_meta"]["tokenspace/id"] for call in calls]


def best(server: Server, question: str) -> dict[str, Any]:
    """Return what answers a question best; the search must go by meaning."""
    meta = server.call("memory_search", query=question)["_meta"]
    assert meta["tokenspace/mode"] == "hybrid"
    found: dict[str, Any] = meta["tokenspace/hits"][0]
    return found


def patiently(db: Path) -> None:
    """Wait until every doc has its vector."""
    ends = time.monotonic() + PATIENCE_S
    while not is_whole(db):
        assert time.monotonic() < ends, rows(db)
        time.sleep(0.05)


async def prepare(db: Path, count: int) -> None:
    """Make a space with passages that have no vector yet."""
    space = await Space.open(db)
    await file(space, COLOURS, *notes(count))
    await space.close()


def test_two_servers_share_the_work_and_do_none_of_it_twice(db: Path, warm: RuntimePlace) -> None:
    """One worker serves both; each doc gets one vector."""
    with Server(db) as one, Server(db) as two:
        for server in (one, two):
            server.initialize()
        (name,) = archive(one, COLOURS)
        for server, first in ((one, 0), (two, 50), (one, 100), (two, 150)):
            archive(server, *notes(50, first))
        patiently(db)
        assert rows(db).given == rows(db).vectors == rows(db).docs >= 201
        assert [best(server, HUES)["id"] for server in (one, two)] == [name, name]
        assert len(warm.pids()) == 1


def test_servers_that_are_killed_lose_no_passage_and_no_vector(db: Path) -> None:
    """Each next one goes on when the lease of the dead one has run out."""
    names = list[str]()
    for n, count in enumerate(KILLED_AFTER):
        with Server(db, code=SHORT_LEASE) as server:
            server.initialize()
            names += archive(server, *notes(count, 1_000 * n))
            until(lambda: rows(db).leases > 0)  # it is at work, or would be
            server.process.kill()
            server.process.wait()
        assert verify(db).findings == ()
    with Server(db, code=SHORT_LEASE) as server:
        server.initialize()
        names += archive(server, COLOURS)
        patiently(db)
        assert best(server, HUES)["id"] == names[-1]
    found = rows(db)
    assert len(set(names)) == len(names) == sum(KILLED_AFTER) + 1
    assert found.vectors == found.docs >= len(names)
    assert found.given <= found.docs
    assert verify(db).findings == ()


def end(server: Server, how: str) -> float:
    """End a server and return how many seconds it took."""
    began = time.monotonic()
    if how == "signal":
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(PATIENCE_S)
    else:
        server.end()
    took = time.monotonic() - began
    assert server.process.returncode == 0
    return took


@pytest.mark.parametrize("how", ["signal", "end of input"])
async def test_a_server_ends_at_once_while_vectors_are_made(
    db: Path, warm: RuntimePlace, how: str
) -> None:
    """The work is free for others at once, and the worker stays for them."""
    await prepare(db, 400)
    with Server(db) as server:
        server.initialize()
        server.call("memory_read")
        until(lambda: rows(db).vectors > 0)
        workers = warm.pids()
        search = {"name": "memory_search", "arguments": {"query": HUES}}
        server.send({"id": 99, "method": "tools/call", "params": search})
        server.send({"id": 100, "method": "ping"})  # answered: then the search was read before
        first = server.receive()
        assert end(server, how) < ENDS_WITHIN_S
        answers = {message["id"]: message for message in (first, server.receive())}
        assert answers.keys() == {99, 100}
        assert "result" in answers[99]
    found = rows(db)
    assert found.queued > 0
    assert found.leases == 0
    assert warm.pids() == workers != set()
    assert b"Traceback" not in b"".join(server.log)


@pytest.mark.parametrize("how", ["signal", "end of input"])
async def test_a_server_ends_at_once_while_the_worker_starts(
    db: Path, cold: RuntimePlace, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the worker can be reached yet or not."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(cold.runtime))
    await prepare(db, 3)
    with Server(db) as server:
        server.initialize()
        server.call("memory_read")
        until(lambda: any(cold.folder.glob("*.lock")))
        assert end(server, how) < ENDS_WITHIN_S
    assert rows(db).leases == 0
    assert b"Traceback" not in b"".join(server.log)


async def test_a_worker_that_is_not_shared_ends_with_its_server(
    db: Path, cold: RuntimePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where no folder can hold a socket; also when the server is killed."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(cold.runtime / ("x" * 100)))
    await prepare(db, 300)
    for kill in (False, True):
        with Server(db) as server:
            server.initialize()
            server.call("memory_read")
            had = rows(db).vectors
            until(lambda before=had: rows(db).vectors > before)
            (worker,) = children(server.process.pid)
            if kill:
                server.process.kill()
            else:
                assert end(server, "signal") < ENDS_WITHIN_S
            until(lambda pid=worker: ended(pid))
        assert rows(db).leases == int(kill)


def children(pid: int) -> list[int]:
    """Return a process's children."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in listed for child in file.read_text("ascii").split()]


async def test_calls_are_quick_while_a_worker_starts_and_indexes(
    db: Path, cold: RuntimePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None takes a second, from the first one until the last vector is made."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(cold.runtime))
    await prepare(db, 400)
    slowest = 0.0
    with Server(db) as server:
        server.initialize()
        server.call("memory_read")
        ends = time.monotonic() + PATIENCE_S
        calls = 0
        while rows(db).vectors < 400:
            assert time.monotonic() < ends
            for tool, arguments in (
                ("memory_read", {}),
                ("memory_insert", {"label": "human", "new_string": f"- fact {calls}"}),
                ("memory_search", {"query": "release", "in": ["blocks"]}),
            ):
                if tool == "memory_search" and rows(db).vectors == 0:
                    continue  # it waits for the model as long as it may
                began = time.monotonic()
                server.call(tool, **arguments)
                slowest = max(slowest, time.monotonic() - began)
                calls += 1
        assert calls > 50
        assert slowest < 1, slowest
