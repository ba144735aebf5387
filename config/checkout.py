"""Turn a bare checkout into a working one: build `.venv` once, then re-enter through it.

Used by `python3 server` and `python3 tests`. Standard library only, and nothing is written to
stdout: with the stdio transport that stream belongs to the protocol.
"""

import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import BinaryIO, NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / ".venv.lock"


def reenter(extra: str, command: list[str]) -> NoReturn:
    """Run `command` with the checkout's interpreter; install first if the recipe changed.

    `extra` names the optional dependencies to install ("" or "test").
    """
    stamp = VENV / f"installed-{extra or 'run'}-{_recipe()}"
    if not (PYTHON.exists() and stamp.exists()):
        with LOCK.open("ab") as lock:  # two clients may start a fresh checkout at the same moment
            _hold(lock)
            if not (PYTHON.exists() and stamp.exists()):
                _install(extra, stamp, lock)
    if os.name == "nt":  # exec detaches from the console there
        raise SystemExit(subprocess.call([str(PYTHON), *command]))
    os.execv(PYTHON, [str(PYTHON), *command])


def _recipe() -> str:
    """Return a short hash of all that decides what gets installed."""
    files = (ROOT / "pyproject.toml", ROOT / "config" / "constraints.txt")
    recipe = b"".join(file.read_bytes() for file in files) + sys.version.encode()
    return hashlib.sha256(recipe).hexdigest()[:16]


def _install(extra: str, stamp: Path, lock: BinaryIO) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever `python3` is
        raise SystemExit("tokenspace needs Python 3.11 or newer; this is " + sys.version.split()[0])
    print(f"tokenspace: setting up {VENV} (once) ...", file=sys.stderr, flush=True)
    broken = not PYTHON.exists()  # never made, or its interpreter was since removed
    try:
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt", clear=broken)
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            "tokenspace: this Python cannot make a virtual environment with pip; "
            "on Debian and Ubuntu: apt install python3-venv"
        ) from error
    kept = () if os.name == "nt" else (lock.fileno(),)  # pip may outlive us: so does the lock
    command = [str(PYTHON), "-P", str(ROOT / "config" / "packages.py"), extra]
    if code := subprocess.call(command, stdout=sys.stderr, pass_fds=kept):
        raise SystemExit(code)
    stamp.touch()
    (VENV / f"installed-run-{_recipe()}").touch()  # every extra brings the base along


def _hold(lock: BinaryIO) -> None:
    """Let one set-up go on at a time; the others wait, then find the work done.

    The system frees the lock when its holder ends, however that happens: a client that loses
    patience with a first start kills it.
    """
    said = False
    while not _taken(lock):
        if not said:
            said = True
            print("tokenspace: waiting for another set-up ...", file=sys.stderr, flush=True)
        time.sleep(0.2)


def _taken(lock: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
