"""A team endpoint for tests: in this process, or a process of its own; and clients of it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import anyio
import httpx2
from mcp import Client
from mcp.client.session import MessageHandlerFnT
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from tokenspace.config.settings import load
from tokenspace.memory import Space
from tokenspace.server.endpoint.rooms import Bounds
from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.endpoint.start import ready
from tokenspace.server.endpoint.tokens import Tokens
from tokenspace.server.roles import Role

Mode = Literal["auto", "legacy"]
LIMIT_S = 30


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running endpoint: where it is, and the folder of its data."""

    url: str
    data: Path

    @property
    def log(self) -> Path:
        """Where an endpoint that is a process of its own writes what it says."""
        return self.data.with_name(f"{self.data.name}.log")

    def mcp(self, space: str) -> str:
        """Return the address of a space."""
        return f"{self.url}/p/{space}/mcp"

    def sse(self, space: str) -> str:
        """Return the address of a space's SSE stream."""
        return f"{self.url}/p/{space}/sse"

    def token(
        self, name: str, space: str, role: str = "writer", expires_at: datetime | None = None
    ) -> str:
        """Make a token and return it."""
        return Tokens(self.data).create(name, space, Role(role), expires_at)[1]


async def make_spaces(data: Path, *names: str) -> None:
    """Make spaces of an endpoint."""
    spaces = Spaces(data)
    spaces.make_folder()
    for name in names:
        await (await Space.open(spaces.path(name))).close()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + LIMIT_S
    while not await holds():
        assert time.monotonic() < ends, "it never came to hold"
        await anyio.sleep(0.02)


def is_open(data: Path, space: str) -> bool:
    """Tell whether somebody has a space's file open: the last to close it takes its -wal away."""
    return Spaces(data).path(space).with_suffix(".db-wal").exists()


@asynccontextmanager
async def endpoint(
    data: Path,
    *spaces: str,
    bounds: Bounds | None = None,
    runtime: Path | None = None,
    **flags: str,
) -> AsyncGenerator[Endpoint]:
    """Serve an endpoint in this process, on any free port; `flags` are settings.

    `runtime` is the folder for what processes of one user share: there the default model runs.
    """
    await make_spaces(data, *spaces)
    environ = {"XDG_RUNTIME_DIR": str(runtime)} if runtime is not None else {}
    given = {"data": str(data), "port": "0", "user": "ada", "model": "" if runtime else "none"}
    settings = load({**given, **flags}, environ=environ)
    made = await ready(settings, bounds)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.serve)
        try:
            yield Endpoint(made.address, data)
        finally:
            made.server.should_exit = True


@contextmanager
def endpoint_process(data: Path, *flags: str) -> Generator[tuple[Endpoint, subprocess.Popen[str]]]:
    """Serve an endpoint as a process of its own, as a person starts it; it is killed at the end."""
    command = [sys.executable, "-m", "tokenspace.server", "serve", "--transport", "http"]
    env = {**os.environ, "TOKENSPACE_DATA": str(data), "TOKENSPACE_PORT": "0"}
    log = Endpoint("", data).log  # not a pipe: it would hold up whoever fills it
    with log.open("w") as said:
        process = subprocess.Popen([*command, *flags], stderr=said, text=True, env=env)
    try:
        yield Endpoint(_address(log, process), data), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def _address(log: Path, process: subprocess.Popen[str]) -> str:
    """Wait until a process says where it listens, and return that."""
    ends = time.monotonic() + LIMIT_S
    while True:
        over = process.poll() is not None or time.monotonic() > ends
        found = re.search(r"serves (http\S+?)(/p/[^/\s]+)?/(mcp|sse)\s", log.read_text("utf-8"))
        if found:
            return found[1]
        assert not over, log.read_text("utf-8")
        time.sleep(0.02)


@asynccontextmanager
async def connected(
    url: str,
    token: str | None = None,
    mode: Mode = "auto",
    on_message: MessageHandlerFnT | None = None,
) -> AsyncGenerator[Client]:
    """Connect a client over streamable HTTP, or over SSE where the address is one of SSE."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if url.endswith("/sse"):
        sse = sse_client(url, headers=headers)
        try:
            async with Client(sse, mode=mode, message_handler=on_message) as client:
                yield client
        except* anyio.BrokenResourceError:
            pass  # what is told while it leaves is too much for the SDK's client
        return
    async with (
        httpx2.AsyncClient(headers=headers, timeout=LIMIT_S) as http,
        Client(
            streamable_http_client(url, http_client=http), mode=mode, message_handler=on_message
        ) as client,
    ):
        yield client
