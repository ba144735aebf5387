"""Copies of this checkout, and servers started from them as a client would start them."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
PATIENCE_S = 300.0
"""Longer than any set-up over a slow line; what takes longer is stuck."""

_HELLO = {
    "protocolVersion": "2025-11-25",
    "clientInfo": {"name": "test", "version": "1"},
    "capabilities": {},
}
_CONVERSATION: tuple[dict[str, Any], ...] = (
    {"id": 1, "method": "initialize", "params": _HELLO},
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/call", "params": {"name": "memory_read", "arguments": {}}},
)


def copied(to: Path) -> Path:
    """Copy what git tracks, or would, as it now stands in the working tree."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        source, target = ROOT / name, to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_file():  # git still lists what was deleted since the last commit
            target.write_bytes(source.read_bytes())
    return to


def base_python() -> str:
    """Return the interpreter that this environment was made from."""
    if os.name == "nt":
        return str(Path(sys.base_prefix, "python.exe"))
    return str(Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}"))


def environment(at: Path, *, with_pip: bool = True) -> Path:
    """Make an empty environment; return its folder of programs."""
    venv.create(at, with_pip=with_pip, symlinks=os.name != "nt")
    return at / SCRIPTS


def pip_for(python: str, *words: str) -> list[str]:
    """Return the command by which this environment's pip works on another, which needs none."""
    return [sys.executable, "-m", "pip", "--python", python, *words]


@dataclass(frozen=True, slots=True)
class Said:
    """What a server wrote: each line of stdout as JSON, stderr as it is; and its exit code."""

    lines: list[dict[str, Any]]
    stderr: str
    code: int

    @property
    def memory(self) -> str:
        """The answer to the conversation's read."""
        (content,) = self.lines[1]["result"]["content"]
        return str(content["text"])


class Conversation:
    """A server that has just been started, shaken hands with, and asked to read its memory."""

    def __init__(self, command: list[str], cwd: Path, env: dict[str, str]) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self._server = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        self._alarm = threading.Timer(PATIENCE_S, self._server.kill)
        self._alarm.start()
        assert self._server.stdin is not None
        for message in _CONVERSATION:
            self._server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._server.stdin.flush()

    def end(self) -> Said:
        """Wait for both answers, hang up, and return all that was written."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        with self._server, self._stderr:
            lines = [self._server.stdout.readline() for _ in range(2)]
            self._server.stdin.close()
            lines += self._server.stdout.readlines()
            code = self._server.wait()
            self._alarm.cancel()
            self._stderr.seek(0)
            stderr = self._stderr.read().decode()
        assert all(lines), f"no answer; stderr: {stderr}"
        return Said([json.loads(line) for line in lines], stderr, code)


def talked(command: list[str], cwd: Path, env: dict[str, str]) -> Said:
    """Hold one conversation from beginning to end."""
    return Conversation(command, cwd, env).end()
