"""A plain client: JSON lines over the pipes of a server's process, nothing between.

It speaks the handshake era, whose messages are the smaller ones, and reads on the caller's thread.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).resolve().parent
BARE = [sys.executable, str(HERE / "bare.py")]
"""The reference: the SDK's low-level server with one tool that does nothing."""

_HELLO = {
    "protocolVersion": "2025-11-25",
    "clientInfo": {"name": "bench", "version": "1"},
    "capabilities": {},
}

Message = dict[str, Any]


def ours(db: Path, profile: str = "core") -> list[str]:
    """Return the command of our server over the database `db`."""
    return [
        sys.executable, "-m", "tokenspace.server", "--db", str(db), "--profile", profile
    ]  # fmt: skip


class Peer:
    """A running server, and the client that talks to it."""

    def __init__(self, command: list[str], cwd: Path) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._to, self._from = self.process.stdin, self.process.stdout
        self._last_id = 0
        self.heard: list[Message] = []
        """Notifications that came while an answer was awaited."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self._to.close()
        self.process.wait(10)
        self._from.close()

    def greet(self) -> Self:
        """Shake hands."""
        self.ask("initialize", _HELLO)
        self.tell("notifications/initialized")
        return self

    def tell(self, method: str) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method})

    def ask(self, method: str, params: Message) -> Message:
        """Return the result of a request."""
        return self.timed(method, params)[1]

    def call(self, tool: str, **arguments: object) -> float:
        """Call a tool and return the seconds that took."""
        seconds, result = self.timed("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise RuntimeError(f"{tool} was refused: {result['content'][0]['text']}")
        return seconds

    def timed(self, method: str, params: Message) -> tuple[float, Message]:
        """Return the seconds from a request's last byte to its answer's last, and the result."""
        self._last_id += 1
        line = _line({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        began = time.perf_counter()
        self._to.write(line)
        self._to.flush()
        while True:
            got = self._from.readline()
            seconds = time.perf_counter() - began
            message = self._message(got)
            if message.get("id") != self._last_id:
                self.heard.append(message)
                continue
            if "error" in message:
                raise RuntimeError(f"{method} failed: {message['error']}")
            return seconds, message["result"]

    def next_notice(self) -> Message:
        """Return the next notification; wait for it."""
        return self.heard.pop(0) if self.heard else self._message(self._from.readline())

    def _send(self, message: Message) -> None:
        self._to.write(_line(message))
        self._to.flush()

    def _message(self, line: bytes) -> Message:
        if not line:
            raise RuntimeError(f"the server ended (exit code {self.process.wait(5)})")
        return json.loads(line)


def _line(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"
