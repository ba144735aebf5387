"""The command line as the tests use it: in this process, in one of its own, and on a terminal."""

import asyncio
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tokenspace.memory import Author, Intent, Space
from tokenspace.memory.model import MAIN
from tokenspace.server.cli import main

PROGRAM = [sys.executable, "-m", "tokenspace.server"]


@dataclass(frozen=True)
class Ran:
    """How a call ended: its exit code, exact output, and complaints."""

    code: int
    out: bytes
    err: str


class Shell:
    """Runs commands on one new database, as a person with a home folder of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.db = folder / "demo.db"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(self.temporary))
        self.environ = scrubbed(folder)
        self._monkeypatch = monkeypatch
        for name in os.environ:
            if name.startswith(("TOKENSPACE_", "CLAUDE_", "XDG_", "VISUAL", "EDITOR")):
                monkeypatch.delenv(name)
        for name, value in self.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(folder)

    def __call__(self, *words: str, given: bytes = b"") -> Ran:
        """Run a command on the database in this process; `given` is its standard input."""
        return self.run(*words, "--db", str(self.db), given=given)

    def run(self, *words: str, given: bytes = b"") -> Ran:
        """Run a command in this process, on whichever database its words name."""
        out, err = io.BytesIO(), io.StringIO()
        with self._monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            patched.setattr(sys, "stdout", io.TextIOWrapper(out, write_through=True))
            patched.setattr(sys, "stderr", err)
            code = main(list(words))
            sys.stdout.flush()
            return Ran(code, out.getvalue(), err.getvalue())

    def put(self, label: str, text: str, *words: str) -> None:
        """Save a block."""
        ran = self("edit", label, "--create", "--file", "-", *words, given=text.encode())
        assert not ran.code, ran.err

    def value(self, label: str, *words: str) -> str:
        """Return the text of a block."""
        return text(self("show", label, *words))

    def suggested(self, told: str) -> Ran:
        """Run the command that an answer ends a line with; it names this database."""
        found = re.search(r"tokenspace ((?:restore|restore-backup|merge|edit) .+)", told)
        assert found, told
        words = shlex.split(found[1])
        assert words[-2:] == ["--db", str(self.db)]
        return self(*words[:-2])

    def patch(self, patch: str, branch: str = MAIN) -> None:
        """Apply a patch, as the tool `memory_patch` does."""

        async def work() -> None:
            space = await Space.open(self.db)
            try:
                await space.patch(
                    patch, Intent(author=Author(), tool="memory_patch", branch=branch)
                )
            finally:
                await space.close()

        asyncio.run(work())

    def editor(self, body: str) -> None:
        """Make the editor a Python program; `path` is the file it is given."""
        program = self.folder / "an editor.py"
        program.write_text(f"import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n{body}\n")
        self._monkeypatch.setenv("EDITOR", shlex.join([sys.executable, str(program)]))

    def process(self, *words: str, given: bytes = b"", **environ: str) -> Ran:
        """Run the real program, with nothing of our environment."""
        done = subprocess.run(
            [*PROGRAM, *words],
            input=given,
            capture_output=True,
            cwd=self.folder,
            env={**self.environ, **environ},
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    def on_terminal(self, *words: str, code: int = 0, typed: Sequence[str] = ()) -> bytes:
        """Run the real program on a terminal of 100 columns and return all that reaches it.

        Each line of `typed` is typed once something is asked: a line that stays open, with ": ".
        """
        import fcntl
        import pty
        import struct
        import termios

        main_end, its_end = pty.openpty()
        fcntl.ioctl(its_end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        with subprocess.Popen(
            [*PROGRAM, *words, "--db", str(self.db)],
            stdin=its_end,
            stdout=its_end,
            stderr=its_end,
            cwd=self.folder,
            env={**self.environ, "TERM": "xterm-256color"},
        ) as running:
            os.close(its_end)
            shown, lines = b"", list(typed)
            for data in _read(main_end):
                shown += data
                if lines and shown.endswith(b": "):
                    os.write(main_end, lines.pop(0).encode() + b"\n")
            os.close(main_end)
            assert not lines, shown
            assert running.wait() == code, shown
        return shown


def _read(terminal: int) -> Iterator[bytes]:
    """Yield what is written to a terminal until its last user has gone."""
    while True:
        try:
            data = os.read(terminal, 65_536)
        except OSError:  # how Linux says that it is over
            return
        if not data:
            return
        yield data


def scrubbed(folder: Path) -> dict[str, str]:
    """Return an environment in which only the home folder is known, and that is `folder`/home."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = ("PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    known = {name: os.environ[name] for name in kept if name in os.environ}
    folders = ("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA")
    return {**known, **dict.fromkeys(folders, str(home)), "LC_ALL": "C.UTF-8", "LOGNAME": "ada"}


def files_holding(folder: Path, secret: str) -> list[str]:
    """Return the files below a folder that hold this text somewhere in their bytes."""
    every = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in every if secret.encode() in path.read_bytes()]


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        time.sleep(0.01)


def text(ran: Ran) -> str:
    """Return what a call that went well says."""
    assert not ran.code, ran.err
    return ran.out.decode()


def parsed(ran: Ran) -> dict[str, Any]:
    """Return the JSON of a call that went well."""
    assert not ran.code, ran.err
    return cast(dict[str, Any], json.loads(ran.out))
