"""An endpoint that is ended or killed while people work: nothing acknowledged is ever lost."""

import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
from anyio.to_thread import run_sync
from endpoints import Endpoint, endpoint_process, make_spaces, until
from streams import KINDS, Stream, call, opened

from tokenspace.server.endpoint.spaces import Spaces

pytestmark = pytest.mark.slow

SPACE = "acme"
WATCHED = "memory://blocks/human"
WRITERS = 4
ENOUGH = 40
"""Edits that are acknowledged before the process is ended."""
END_S = 3.0
LIMIT_S = 60


class Writer:
    """Puts one line after another into a block of its own, until the server is gone."""

    def __init__(self, number: int) -> None:
        self.label = f"writer-{number}"
        self.acknowledged: list[str] = []

    async def work(self, url: str) -> None:
        """Write; what was sent last may have been done without being acknowledged."""
        async with httpx2.AsyncClient(timeout=LIMIT_S) as http:
            try:
                while True:
                    line = f"line {len(self.acknowledged)} of {self.label}, {url}"
                    given = {"label": self.label, "new_string": line}
                    tool = "memory_insert"
                    if not self.acknowledged:
                        given, tool = {"label": self.label, "new_memory": line}, "memory_rethink"
                    await call(http, url, tool, **given)
                    self.acknowledged.append(line)
            except httpx2.HTTPError:
                return


@asynccontextmanager
async def watching(url: str) -> AsyncGenerator[dict[str, Stream]]:
    """Hold a stream of each kind."""
    async with (
        httpx2.AsyncClient(timeout=LIMIT_S) as http,
        opened(http, url, "listen", WATCHED) as listen,
        opened(http, url, "session", WATCHED) as session,
        opened(http, url, "sse", WATCHED) as sse,
    ):
        yield dict(zip(KINDS, (listen, session, sse), strict=True))


async def until_more(writers: list[Writer], count: int) -> None:
    """Wait until so much more was acknowledged to them."""

    def total() -> int:
        return sum(len(writer.acknowledged) for writer in writers)

    before = total()

    async def enough() -> bool:
        return total() >= before + count

    await until(enough)


async def all_there(url: str, writers: list[Writer]) -> bool:
    """Tell whether every acknowledged line is in its block."""
    async with httpx2.AsyncClient(timeout=LIMIT_S) as http:
        for writer in writers:
            read = await call(http, url, "memory_read", label=writer.label)
            held = read["content"][0]["text"]
            if not all(line in held for line in writer.acknowledged):
                return False
    return True


def port_of(served: Endpoint) -> tuple[str, str]:
    """Return the flags that serve at the same address again."""
    return "--port", served.url.rpartition(":")[2]


async def test_a_terminated_endpoint_ends_its_streams_cleanly_and_loses_nothing(
    tmp_path: Path,
) -> None:
    """Within 3 s; clients that come again find all that was acknowledged, and hear of what is new.

    No stream is cut: each ends as HTTP has it, and the one of `subscriptions/listen` with the
    answer that is its last frame.
    """
    await make_spaces(tmp_path, SPACE)
    writers = [Writer(number) for number in range(WRITERS)]
    ends: dict[str, list[dict[str, object]]] = {}
    took = 0.0

    async def to_the_end(kind: str, stream: Stream) -> None:
        ends[kind] = await stream.rest()

    with endpoint_process(tmp_path) as (served, process):
        url = f"{served.url}/p/{SPACE}"
        async with watching(url) as streams, anyio.create_task_group() as tasks:
            for kind, stream in streams.items():
                tasks.start_soon(to_the_end, kind, stream)
            for writer in writers:
                tasks.start_soon(writer.work, url)
            await until_more(writers, ENOUGH)
            began = time.monotonic()
            process.terminate()
            await run_sync(process.wait, LIMIT_S)
            took = time.monotonic() - began
        sys.stdout.write(f"\nended within {took:.2f} s\n")
        assert took < END_S
        assert set(ends) == set(KINDS)
        assert ends["listen"][-1]["id"] == 7
        assert "result" in ends["listen"][-1]
        again = port_of(served)
    with endpoint_process(tmp_path, *again) as (served, _):
        assert await all_there(f"{served.url}/p/{SPACE}", writers)
        async with watching(url) as streams, httpx2.AsyncClient() as http:
            await call(http, url, "memory_insert", label="human", new_string="is back")
            with anyio.fail_after(5):
                for stream in streams.values():
                    await stream.next("notifications/resources/updated")


async def test_an_endpoint_that_is_killed_loses_nothing_that_it_acknowledged(
    tmp_path: Path,
) -> None:
    """Several write at that moment, twice; the file stands every check."""
    await make_spaces(tmp_path, SPACE)
    writers = [Writer(number) for number in range(WRITERS)]
    flags: tuple[str, ...] = ()
    for _ in range(2):
        with endpoint_process(tmp_path, *flags) as (served, process):
            url, flags = f"{served.url}/p/{SPACE}", port_of(served)
            assert await all_there(url, [writer for writer in writers if writer.acknowledged])
            async with anyio.create_task_group() as tasks:
                for writer in writers:
                    tasks.start_soon(writer.work, url)
                await until_more(writers, ENOUGH)
                process.kill()
    with endpoint_process(tmp_path) as (served, _):
        assert await all_there(f"{served.url}/p/{SPACE}", writers)
    command = [sys.executable, "-m", "tokenspace.server", "verify", "--db"]
    checked = await run_sync(
        lambda: subprocess.run(
            [*command, str(Spaces(tmp_path).path(SPACE))], capture_output=True, text=True
        )
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
