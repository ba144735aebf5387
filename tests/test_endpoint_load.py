"""What clients leave behind in an endpoint that go without a word, or never read: nothing."""

import asyncio
import gc
import json
import os
import socket
import struct
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median

import anyio
import httpx2
import pytest
from anyio.to_thread import run_sync
from endpoints import Endpoint, endpoint, is_open, until
from mcp.server.connection import Connection
from mcp.server.streamable_http import StreamableHTTPServerTransport
from process import ENVELOPE
from streams import HELLO, UPDATED, body, call, headers, opened, session

from tokenspace.server.endpoint.rooms import Bounds
from tokenspace.server.surface.desk import Desk

SPACE = "acme"
HUMAN = "memory://blocks/human"
LIMIT_S = 60
NEWS_S = 1.0
"""Far more than the 150 ms that are meant: the machine may be busy."""
TURNS = 5
GROWTH_MB = 12.0
KEPT = (Desk, Connection, StreamableHTTPServerTransport)
"""What there is one of for each client."""


def say(text: str) -> None:
    """Show what was measured."""
    sys.stdout.write(f"{text}\n")


class Wire:
    """A client as bare as can be: a socket."""

    def __init__(self, served: Endpoint) -> None:
        host, _, port = served.url.removeprefix("http://").rpartition(":")
        self._where = host, int(port)

    def begin(
        self, path: str, told: dict[str, str], message: object = None, until: str = "event-stream"
    ) -> tuple[socket.socket, str]:
        """Send a request; return the socket once the answer has come so far, and that."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        made.settimeout(LIMIT_S)
        made.connect(self._where)
        sent = b"" if message is None else json.dumps(message).encode()
        head = {"Host": f"{self._where[0]}:{self._where[1]}", **told}
        if message is not None:
            head |= {"Content-Type": "application/json", "Content-Length": str(len(sent))}
        lines = [f"{'GET' if message is None else 'POST'} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        made.sendall("\r\n".join([*lines, "", ""]).encode() + sent)
        got = ""
        while until not in got or not got.endswith("\n"):
            more = made.recv(1_024).decode().lower()
            got += more
            if not more or "http/1.1 200" not in got:
                made.close()
                raise AssertionError(got)
        return made, got

    def cut(self, path: str, told: dict[str, str], message: object = None) -> None:
        """Open a stream and break the connection off."""
        made, _ = self.begin(path, told, message)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        made.close()


def listen_request(uri: str = HUMAN) -> tuple[str, dict[str, str], object]:
    """Return what opens a stream of `subscriptions/listen`."""
    wanted = {"notifications": {"resourceSubscriptions": [uri]}, **ENVELOPE}
    told = headers("subscriptions/listen")
    return f"/p/{SPACE}/mcp", told, body("subscriptions/listen", wanted)


def resident_mb() -> float:
    """Return the memory of this process, which the endpoint is part of."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def kept() -> Counter[str]:
    """Return how many of what there is one of for each client there are, and how many tasks."""
    gc.collect()
    found = Counter(type(one).__name__ for one in gc.get_objects() if type(one) in KEPT)
    found["tasks"] = len(asyncio.all_tasks())
    return found


def cut_all(wire: Wire, sessions: list[dict[str, str]], count: int) -> None:
    """Cut streams of all kinds; those of sessions are of the youngest."""
    for number in range(count):
        if number % 3 == 0:
            wire.cut(*listen_request())
        elif number % 3 == 1:
            wire.cut(f"/p/{SPACE}/mcp", sessions.pop())
        else:
            wire.cut(f"/p/{SPACE}/sse", {})


async def counted(http: httpx2.AsyncClient, served: Endpoint, name: str) -> float:
    """Return one of the endpoint's own counts."""
    text = (await http.get(f"{served.url}/metrics")).text
    (line,) = [x for x in text.splitlines() if x.startswith(f"tokenspace_{name} ")]
    return float(line.split()[1])


@pytest.mark.slow
async def test_abandoned_sessions_and_cut_streams_leave_nothing(tmp_path: Path) -> None:
    """500 sessions that nobody ends, 400 streams of all kinds; a client who stays is served on."""
    async with (
        endpoint(tmp_path, SPACE, bounds=Bounds(idle_s=4)) as served,
        httpx2.AsyncClient(timeout=LIMIT_S) as http,
        opened(http, f"{served.url}/p/{SPACE}", "listen", HUMAN) as stays,
    ):
        url, wire = f"{served.url}/p/{SPACE}", Wire(served)

        async def abuse(sessions: int, streams: int) -> None:
            for _ in range(TURNS):  # a slow machine cuts them before they are idle
                told = [await session(http, url) for _ in range(sessions // TURNS)]
                assert await counted(http, served, "sessions") > 0
                await run_sync(cut_all, wire, told, streams // TURNS)

        async def settled() -> bool:
            found = [await counted(http, served, name) for name in ("sessions", "streams")]
            return found == [0, 1]

        memory: list[float] = []
        found: list[Counter[str]] = []
        for _ in range(2):
            await abuse(500, 400)
            await until(settled)
            found.append(kept())
            memory.append(resident_mb())
        say(f"\nmemory {memory} MB; kept {dict(found[-1])}")
        assert found[-1] == found[0]
        assert memory[-1] - memory[0] < GROWTH_MB
        await call(http, url, "memory_insert", label="human", new_string="still here")
        with anyio.fail_after(NEWS_S):
            await stays.next(UPDATED)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*MemoryObjectSendStream.*")  # the SDK leaves one to the heap
async def test_clients_that_never_read_hold_up_nobody_and_are_let_go(tmp_path: Path) -> None:
    """24 streams of all kinds; those whose answers pile up are ended, and their memory is free."""
    async with (
        endpoint(tmp_path, SPACE, bounds=Bounds(taken_s=1)) as served,
        httpx2.AsyncClient(timeout=LIMIT_S) as http,
        opened(http, f"{served.url}/p/{SPACE}", "listen", HUMAN) as reads,
    ):
        url, wire = f"{served.url}/p/{SPACE}", Wire(served)
        large = "\n".join(f"{number}: {'x' * 90}" for number in range(1_000))
        await call(http, url, "memory_rethink", label="large", new_memory=large)

        async def news(number: int) -> tuple[float, float]:
            began = time.perf_counter()
            await call(http, url, "memory_insert", label="human", new_string=f"line {number}")
            answered = time.perf_counter()
            with anyio.fail_after(NEWS_S):
                await reads.next(UPDATED)
            return answered - began, time.perf_counter() - began

        alone = [await news(number) for number in range(20)]
        memory = resident_mb()
        told = [await session(http, url) for _ in range(10)]
        silent: list[socket.socket] = []
        try:
            for number in range(10):
                silent += [
                    (await run_sync(wire.begin, *listen_request()))[0],
                    (await run_sync(wire.begin, f"/p/{SPACE}/mcp", told[number]))[0],
                ]
            for _ in range(4):
                silent.append(await _asks_much(http, wire, url))
            beside = [await news(number) for number in range(20, 80)]
            peak = resident_mb()

            async def let_go() -> bool:
                return await counted(http, served, "streams") == 21

            await until(let_go)
        finally:
            for one in silent:
                one.close()
        for what, at in (("call", 0), ("news", 1)):
            one, other = (median(row[at] for row in rows) * 1e3 for rows in (alone, beside))
            say(f"\n{what}: median {one:.1f} ms alone, {other:.1f} ms beside them")
        say(f"memory {memory:.0f} MB, {peak:.0f} MB, {resident_mb():.0f} MB afterwards")
        assert peak - memory < 60


async def _asks_much(http: httpx2.AsyncClient, wire: Wire, url: str) -> socket.socket:
    """Ask over SSE for 4 MB in 40 answers, and take none of them: a kernel keeps 2 to 3 MB."""
    made, got = await run_sync(lambda: wire.begin(f"/p/{SPACE}/sse", {}, None, "session_id="))
    there = httpx2.URL(url).join(got.partition("data: ")[2].split()[0])
    asked = {"name": "memory_read", "arguments": {"label": "large"}}
    for message in (
        body("initialize", HELLO),
        body("notifications/initialized", {}, None),
        *[body("tools/call", asked, number) for number in range(2, 42)],
    ):
        assert (await http.post(there, json=message)).status_code == 202
    return made


async def test_the_space_that_was_left_first_makes_room_for_another(tmp_path: Path) -> None:
    """It is closed, whole, and opened again for who asks; one that is in use stays open."""
    names = [f"team-{number}" for number in range(4)]
    async with (
        endpoint(tmp_path, *names, open_spaces="2") as served,
        httpx2.AsyncClient(timeout=LIMIT_S) as http,
        opened(http, f"{served.url}/p/{names[0]}", "listen", HUMAN) as stream,
    ):
        for name in names[1:]:
            url = f"{served.url}/p/{name}"
            await call(http, url, "memory_insert", label="human", new_string=f"of {name}")

        async def closed() -> bool:
            found = [name for name in names if not is_open(tmp_path, name)]
            return found == names[1:3]

        await until(closed)
        for name in names[1:]:
            url = f"{served.url}/p/{name}"
            read = await call(http, url, "memory_read", label="human")
            assert f"of {name}" in read["content"][0]["text"]
        url = f"{served.url}/p/{names[0]}"
        await call(http, url, "memory_insert", label="human", new_string="still open")
        with anyio.fail_after(NEWS_S):
            await stream.next(UPDATED)
