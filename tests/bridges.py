"""`tokenspace serve --remote` as a process, and a server that answers what a test tells it to."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

from mcp import StdioServerParameters
from process import Server

HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "raw", "version": "1"},
}


def command(address: str, *flags: str) -> list[str]:
    """Return the command line of a bridge."""
    program = [sys.executable, "-P", "-m", "tokenspace.server", "serve"]
    return [*program, "--remote", address, *flags]


def environment(home: Path, token: str = "") -> dict[str, str]:
    """Return the environment of somebody whose home is new, with their token."""
    own = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "TOKENSPACE_TOKEN": token,
        "NO_PROXY": "*",
    }
    return {**os.environ, **own}


def parameters(address: str, home: Path, token: str, *flags: str) -> StdioServerParameters:
    """Return how the SDK's client starts a bridge."""
    program, *words = command(address, *flags)
    return StdioServerParameters(
        command=program, args=words, env=environment(home, token), cwd=str(home)
    )


class Bridge(Server):
    """A bridge process, with raw lines over its pipes."""

    def __init__(self, address: str, home: Path, *flags: str, token: str = "") -> None:
        self.process = subprocess.Popen(
            command(address, *flags),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=home,
            env=environment(home, token),
        )
        self.lines: Queue[bytes] = Queue()
        self.log: list[bytes] = []
        self._id = 0
        self._unasked: list[dict[str, Any]] = []
        for read in (self._read, self._read_log):
            threading.Thread(target=read, daemon=True).start()

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and return its response; what comes before it is kept for `news`."""
        self._id += 1
        self.send({"id": self._id, "method": method, "params": params or {}})
        return self.answer(self._id)

    def answer(self, request_id: int | str) -> dict[str, Any]:
        """Return the response to a request."""
        while (message := self.receive()).get("id") != request_id:
            assert "method" in message, message
            self._unasked.append(message)
        return message

    def said(self, tool: str, **arguments: Any) -> tuple[str, bool]:
        """Call a tool; return its text, and whether that is an error."""
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})["result"]
        return result["content"][0]["text"], bool(result.get("isError"))

    def news(self) -> dict[str, Any]:
        """Return the next message that answers nothing."""
        return self._unasked.pop(0) if self._unasked else self.receive()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass(slots=True)
class Asked:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    message: dict[str, Any]


@dataclass(slots=True)
class Answer:
    """What a request is answered with; `message` is one of the protocol, without its frame."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    text: str = ""
    message: dict[str, Any] | None = None
    cut: bool = False


@dataclass(slots=True)
class Scripted:
    """A running server: where it is, and what it was asked."""

    url: str
    asked: list[Asked] = field(default_factory=list[Asked])


@contextmanager
def scripted(answer: Callable[[Asked], Answer]) -> Generator[Scripted]:
    """Serve on this machine what `answer` says to each request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            message: dict[str, Any] = json.loads(body) if body else {}
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, message)
            server.asked.append(asked)
            told = answer(asked)
            if told.cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if told.message is not None:
                told.text = json.dumps({"jsonrpc": "2.0", "id": message.get("id"), **told.message})
                told.headers.setdefault("Content-Type", "application/json")
            data = told.text.encode()
            self.send_response(told.status)
            for name, value in {**told.headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        server = Scripted(f"http://127.0.0.1:{listening.server_port}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
