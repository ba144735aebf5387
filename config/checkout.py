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
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / ".venv.lock"
LOCK_STALE_S = 900.0  # a set-up that has held the lock this long was killed


def reenter(extra: str, command: list[str]) -> NoReturn:
    """Run `command` with the checkout's interpreter; install first if the recipe changed.

    `extra` names the optional dependencies to install ("" or "test").
    """
    stamp = VENV / f"installed-{extra or 'run'}-{_recipe()}"
    if not (PYTHON.exists() and stamp.exists()):
        with _Lock():  # two clients may start the same fresh checkout at the same moment
            if not (PYTHON.exists() and stamp.exists()):
                _install(extra, stamp)
    if os.name == "nt":  # exec detaches from the console there
        raise SystemExit(subprocess.call([str(PYTHON), *command]))
    os.execv(PYTHON, [str(PYTHON), *command])


def _recipe() -> str:
    """Return a short hash of all that decides what gets installed."""
    recipe = (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    return hashlib.sha256(recipe).hexdigest()[:16]


def _install(extra: str, stamp: Path) -> None:
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
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if code := subprocess.call([*pip, "--editable", target], stdout=sys.stderr):
        raise SystemExit(code)
    stamp.touch()
    (VENV / f"installed-run-{_recipe()}").touch()  # every extra brings the base along


class _Lock:
    """One set-up at a time: the others wait for it, then find the work done."""

    def __enter__(self) -> None:
        while True:
            try:
                LOCK.open("x").close()
            except FileExistsError:
                if time.time() - _modified(LOCK) > LOCK_STALE_S:
                    LOCK.unlink(missing_ok=True)
                time.sleep(0.2)
            else:
                return

    def __exit__(self, *_: object) -> None:
        LOCK.unlink(missing_ok=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # released between our two looks
        return time.time()
