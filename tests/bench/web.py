"""Servers over HTTP and a plain client of them: requests as bytes over a socket that stays open.

It speaks the era without a handshake. It costs a tenth of what a client library does, so that the
server is what is measured; and every server is measured with the same one.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from peer import HERE, Message

VERSION = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}
START_S = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """A running server over HTTP."""

    port: int
    process: subprocess.Popen[bytes]

    def busy_s(self) -> float:
        """Return its seconds of processor time so far, those of all its threads that live."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text("ascii").split()[0]) for task in tasks) / 1e9

    def resident_mb(self) -> float:
        """Return the memory that it holds."""
        return int(self._read("statm").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _read(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text("ascii")


@contextmanager
def bare(folder: Path) -> Generator[Site]:
    """Serve the SDK's server alone."""
    port = _free_port()
    command = [sys.executable, str(HERE / "bare_http.py"), str(folder / "bare.db"), str(port)]
    with _running(command, port, folder) as site:
        yield site


@contextmanager
def ours(data: Path, folder: Path) -> Generator[Site]:
    """Serve an endpoint; without a limit to how often one token may ask."""
    port = _free_port()
    command = [sys.executable, "-m", "tokenspace.server", "serve", "--http"]
    settings = {"DATA": str(data), "PORT": str(port), "MODEL": "none", "RATE": "100000000"}
    with _running(command, port, folder, **settings) as site:
        yield site


class Wire:
    """One client's connection to one address."""

    def __init__(self, port: int, path: str = "/mcp", token: str = "") -> None:
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
            f"MCP-Protocol-Version: {VERSION}\r\nMcp-Method: tools/call\r\n"
            + (f"Authorization: Bearer {token}\r\n" if token else "")
        )
        self._last_id = 0

    async def __aenter__(self) -> Self:
        self._from, self._to = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self._to.close()

    async def call(self, tool: str, **arguments: object) -> tuple[float, Message]:
        """Call a tool; return the seconds that took, and its result.

        Raises:
            RuntimeError: it was refused.
        """
        self._last_id += 1
        params = {"name": tool, "arguments": arguments, "_meta": _META}
        asked = {"jsonrpc": "2.0", "id": self._last_id, "method": "tools/call", "params": params}
        body = json.dumps(asked, separators=(",", ":")).encode()
        head = f"{self._head}Mcp-Name: {tool}\r\nContent-Length: {len(body)}\r\n\r\n"
        began = time.perf_counter()
        self._to.write(head.encode() + body)
        answer = json.loads(await self._answer())
        seconds = time.perf_counter() - began
        result: Any = answer.get("result")
        if result is None or result.get("isError"):
            raise RuntimeError(f"{tool} was refused: {answer}")
        return seconds, result

    async def _answer(self) -> bytes:
        head = (await self._from.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return await self._from.readexactly(int(length))


@contextmanager
def _running(command: list[str], port: int, folder: Path, **settings: str) -> Generator[Site]:
    env = {**os.environ, **{f"TOKENSPACE_{name}": value for name, value in settings.items()}}
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stderr=log)
        try:
            _wait_for(port, process)
            yield Site(port, process)
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"nothing serves at port {port}") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]
