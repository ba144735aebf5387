"""A server started as a client starts it, and asked in raw lines, so that all it writes is seen."""

import json
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any, cast

from ..front import LATEST_HANDSHAKE, MODERN

PATIENCE_S = 30.0
"""How long answers are waited for; the longest that any client waits but one."""

_END_S = 5.0  # for it to end by itself
_NOISE = 20  # lines that are kept
_LOG = 40
_WIDEST = 4_096  # bytes of a line that is kept
_LONGEST = 1 << 24  # bytes of a line: what is longer is no list of tools

Message = dict[str, Any]

_CLIENT = {"name": "tokenspace-doctor", "version": "1"}
_META = "io.modelcontextprotocol/"
ENVELOPE: Message = {
    "_meta": {
        f"{_META}protocolVersion": MODERN,
        f"{_META}clientCapabilities": {},
        f"{_META}clientInfo": _CLIENT,
    }
}
"""What every request of the era without a handshake carries."""

HELLO: Message = {
    "protocolVersion": LATEST_HANDSHAKE,
    "capabilities": {},
    "clientInfo": _CLIENT,
}
"""What a client of the other era begins with."""

READY: Message = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@dataclass(slots=True)
class Talk:
    """What a server answered, and what else it wrote.

    Attributes:
        answers: By the id of what was asked.
        took_s: From its start to each answer.
        noise: Lines on its standard output that are no messages.
        log: The last lines on its standard error.
        code: Its exit code; None where it had to be killed.
        problem: Why it could not be started at all.
    """

    answers: dict[int, Message] = field(default_factory=dict[int, Message])
    took_s: dict[int, float] = field(default_factory=dict[int, float])
    noise: list[bytes] = field(default_factory=list[bytes])
    log: list[bytes] = field(default_factory=list[bytes])
    code: int | None = None
    problem: str = ""

    def result(self, number: int) -> Message | None:
        """Return the result of what was asked under a number; None where there was none."""
        found = self.answers.get(number, {}).get("result")
        return cast(Message, found) if isinstance(found, dict) else None


def request(number: int, method: str, params: Message | None = None) -> Message:
    """Return a request."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}


def legacy() -> list[Message]:
    """Return what a client of the handshake era asks before its first turn."""
    return [request(1, "initialize", HELLO), READY, request(2, "tools/list")]


def modern() -> list[Message]:
    """Return the same of the era without a handshake."""
    return [request(1, "server/discover", ENVELOPE), request(2, "tools/list", ENVELOPE)]


def talk(
    command: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    messages: Sequence[Message],
    patience_s: float = PATIENCE_S,
) -> Talk:
    """Start a server, send messages, each after the answer to the one before, and end it.

    Args:
        command: The program, and its words.
        cwd: Where it is started.
        environ: All of its environment.
        messages: What is sent; those with an `id` are answered.
        patience_s: How long all answers together are waited for.
    """
    said, began = Talk(), time.monotonic()
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        said.problem = getattr(error, "strerror", None) or str(error)
        return said
    stdin, stdout, stderr = _pipes(process)
    lines: Queue[bytes | None] = Queue()
    log: deque[bytes | None] = deque(maxlen=_LOG)
    readers = [
        threading.Thread(target=_read, args=(stdout, lines.put), daemon=True),
        threading.Thread(target=_read, args=(stderr, log.append), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        _converse(stdin, lines, messages, said, began, began + patience_s)
    finally:
        _end(process, stdin, said)
        for reader in readers:
            reader.join(_END_S)
        for stream in (stdout, stderr):
            stream.close()
    while not lines.empty():
        _keep(lines.get(), said, began)
    said.log = [line for line in log if line is not None and line.strip()]
    return said


def _converse(
    stdin: IO[bytes],
    lines: "Queue[bytes | None]",
    messages: Sequence[Message],
    said: Talk,
    began: float,
    until: float,
) -> None:
    for message in messages:
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
        except OSError:  # it has ended; what it said tells why
            return
        while "id" in message and message["id"] not in said.answers:
            try:
                line = lines.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return
            if line is None:
                return
            _keep(line, said, began)


def _keep(line: bytes | None, said: Talk, began: float) -> None:
    """Take a line for what it is: an answer, another message, or noise."""
    if line is None or not line.strip():
        return
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or cast(Message, message).get("jsonrpc") != "2.0":
        if len(said.noise) < _NOISE:
            said.noise.append(line[:_WIDEST])
        return
    found = cast(Message, message)
    number = found.get("id")
    if isinstance(number, int) and ("result" in found or "error" in found):
        said.answers[number] = found
        said.took_s.setdefault(number, time.monotonic() - began)


def _read(stream: IO[bytes], take: Callable[[bytes | None], None]) -> None:
    with suppress(OSError, ValueError):
        while line := stream.readline(_LONGEST):
            take(line)
    take(None)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101 - they are pipes
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    return process.stdin, process.stdout, process.stderr


def _end(process: subprocess.Popen[bytes], stdin: IO[bytes], said: Talk) -> None:
    """Close its input; what does not end then is killed, with what it has started."""
    with suppress(OSError):
        stdin.close()
    with suppress(subprocess.TimeoutExpired):
        said.code = process.wait(_END_S)
    with suppress(OSError):  # usually there is nobody left
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
