"""How one worker is found and shared by all processes of a user. POSIX only.

A folder that only its owner may enter holds a socket for each kind of worker (`Orders.key`) and a
lock beside it. Who connects has a worker; who cannot takes the lock, tries once more, and starts
one. The worker forks when it has its socket, so that it is nobody's child, and who started it knows
that it can be reached.
"""

import fcntl
import os
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..cores import spread_out

_LONGEST = 100
"""Bytes of a socket's path, below what every system allows (104 or 108)."""

_LOCK_S, _START_S = 30.0, 30.0
_LOCAL_PEERPID = 2  # of macOS; the level is 0


def address(runtime: Path, key: str) -> Path | None:
    """Return where a worker's socket lies; None where this folder cannot hold it safely.

    The folder is made where it is missing, for its owner alone.
    """
    path = runtime.absolute() / f"embed-{key}.sock"
    if len(os.fsencode(path)) >= _LONGEST:
        return None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.parent.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return None
        if stat.S_IMODE(found.st_mode) & 0o077:
            path.parent.chmod(0o700)
    except OSError:
        return None
    return path


def begin(path: Path, argv: Sequence[str]) -> int:
    """Start a worker unless there is one by now; return its exit status, 0 where it can be reached.

    Blocks for as long as a Python interpreter takes to start, or another process holds the lock.

    Raises:
        OSError: it cannot be started at all.
        TimeoutError: the lock, or the start, took too long.
    """
    with _locked(path.with_suffix(".lock")):
        if _answers(path):
            return 0
        path.unlink(missing_ok=True)  # of one that ended without a word
        with spread_out():
            starting = subprocess.Popen(
                [*argv, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=path.parent,  # so that it holds no folder of a project
                start_new_session=True,
            )
        with starting as starter:
            try:
                return starter.wait(_START_S)
            except subprocess.TimeoutExpired as error:
                starter.kill()
                raise TimeoutError(f"no answer within {_START_S:.0f} seconds") from error


def detached(path: Path) -> socket.socket:
    """Return a listening socket, in a process that is nobody's child; the caller's one ends here.

    To be called before any thread is started.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        os._exit(0 if os.read(reading, 1) else 1)
    os.close(reading)
    made.listen(64)  # here, because the system names to clients the process that said so
    os.write(writing, b"1")
    os.close(writing)
    return made


def peer_pid(connected: socket.socket) -> int | None:
    """Return the process at the other end as the system knows it, None where it does not say."""
    with suppress(OSError):
        if sys.platform == "darwin":
            size = struct.calcsize("i")
            (pid,) = struct.unpack("i", connected.getsockopt(0, _LOCAL_PEERPID, size))
            return pid
        if hasattr(socket, "SO_PEERCRED"):
            size = struct.calcsize("3i")
            said = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            return struct.unpack("3i", said)[0] or None  # 0: of another container
    return None


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
        tried.settimeout(1.0)
        with suppress(OSError):
            tried.connect(str(path))
            return True
    return False


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Hold a lock that the system lets go when its holder dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + _LOCK_S
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > until:
                raise TimeoutError(f"{path.name} was held for {_LOCK_S:.0f} seconds")
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)
