"""The real server as a process: raw lines over its pipes, nothing between."""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Any, Self

MODERN = "2026-07-28"
CLIENT = {"name": "raw", "version": "1"}
ENVELOPE: dict[str, Any] = {
    "_meta": {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": CLIENT,
    }
}
PATIENCE_S = 20.0


def command(db: Path, *flags: str) -> list[str]:
    """Return the command line that serves `db`."""
    return [sys.executable, "-P", "-m", "tokenspace.server", "serve", "--db", str(db), *flags]


class Server:
    """A server process; leaving the context kills what is left of it."""

    def __init__(self, db: Path, *flags: str, code: str = "") -> None:
        argv = command(db, *flags)
        if code:
            argv[2:4] = ["-c", code]
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=db.parent,
            env={**os.environ, "HOME": str(db.parent), "XDG_CONFIG_HOME": str(db.parent)},
        )
        self.lines: Queue[bytes] = Queue()
        self.log: list[bytes] = []
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_log, daemon=True).start()
        self._id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def send(self, *messages: Any) -> None:
        """Send messages in one write; bytes go as they are."""
        assert self.process.stdin is not None
        for message in messages:
            raw = isinstance(message, bytes)
            line = message if raw else json.dumps({"jsonrpc": "2.0", **message}).encode()
            self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """Return the next message; every line of stdout must be one."""
        message: dict[str, Any] = json.loads(self.lines.get(timeout=PATIENCE_S))
        assert message["jsonrpc"] == "2.0"
        return message

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and return its response."""
        self._id += 1
        self.send({"id": self._id, "method": method, "params": params or {}})
        while (message := self.receive()).get("id") != self._id:
            assert "method" in message, message
        return message

    def initialize(self, version: str = "2025-11-25") -> dict[str, Any]:
        """Do the handshake of the older era."""
        params = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
        answer = self.ask("initialize", params)
        self.send({"method": "notifications/initialized"})
        return answer

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must succeed and return its result."""
        result: dict[str, Any] = self.ask("tools/call", {"name": tool, "arguments": arguments})[
            "result"
        ]
        assert not result.get("isError"), result
        return result

    def end(self) -> int:
        """Close its stdin and return its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)
