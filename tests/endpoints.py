"""A team endpoint for tests: in this process, or a process of its own; and clients of it."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
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


@asynccontextmanager
async def endpoint(
    data: Path, *spaces: str, bounds: Bounds | None = None, **flags: str
) -> AsyncGenerator[Endpoint]:
    """Serve an endpoint in this process, on any free port; `flags` are settings."""
    await make_spaces(data, *spaces)
    settings = load({"data": str(data), "port": "0", "user": "ada", **flags}, environ={})
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
    process = subprocess.Popen([*command, *flags], stderr=subprocess.PIPE, text=True, env=env)
    try:
        assert process.stderr is not None
        line = next((line for line in process.stderr if "http" in line), "")
        url = next(word for word in line.split() if word.startswith("http"))
        yield Endpoint(url.removesuffix("/mcp"), data), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


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
