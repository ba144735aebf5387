"""The bundle as its host treats it: uv at hand, variables put in, started from nowhere."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from checkouts import ROOT, SCRIPTS, base_python
from mcp import StdioServerParameters
from node import packages
from shell import scrubbed

MCPB = "@anthropic-ai/mcpb@2.1.2"
"""The official tool for bundles; it also has the code that puts variables in."""
UV = "uv>=0.9,<1"

_PLACE = ROOT / ".venv" / "clients" / "uv"
_NO_NETWORK = ("error sending request", "client error", "failed to fetch", "timed out")
_PUT_IN = """\
import { readFileSync } from "node:fs";
import { getMcpConfigForManifest } from "@anthropic-ai/mcpb";
const { folder, userConfig } = JSON.parse(process.argv[1]);
const manifest = JSON.parse(readFileSync(folder + "/manifest.json", "utf8"));
const options = { manifest, extensionPath: folder, systemDirs: {}, userConfig, pathSeparator: "/" };
console.log(JSON.stringify(await getMcpConfigForManifest(options)));
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A desktop program with a home folder, and the bundle that was installed in it."""

    folder: Path
    home: Path
    uv: Path

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program started from a menu, and the way to packages."""
        ways = {k: v for k, v in os.environ.items() if k.startswith(("UV_", "SSL_CERT"))}
        ways |= {k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}
        path = os.pathsep.join([str(self.uv.parent), "/usr/bin", "/bin"])
        return {**ways, **scrubbed(self.home), "PATH": path, "UV_PYTHON": base_python()}

    def fetch(self) -> Path:
        """Have uv install what the bundle needs; return the folder of its programs.

        Skips the test where there is no way to packages.
        """
        done = subprocess.run(
            [str(self.uv), "sync", "--directory", str(self.folder)],
            env=self.environ, capture_output=True, check=False, text=True, timeout=300,
        )  # fmt: skip
        if done.returncode and any(sign in done.stderr.lower() for sign in _NO_NETWORK):
            pytest.skip(f"uv cannot fetch packages: {' '.join(done.stderr.split())[:300]}")
        assert done.returncode == 0, done.stderr
        return self.folder / ".venv" / SCRIPTS

    def starts(self, home: Path, **user_config: str) -> StdioServerParameters:
        """Return what is started, by the official tool, for somebody who filled this in.

        What was fetched has to do: no network is looked for.
        """
        node, tools = packages(MCPB)
        told = json.dumps({"folder": str(self.folder), "userConfig": user_config})
        words = [node, "--input-type=module", "--eval", _PUT_IN, told]
        done = subprocess.run(words, cwd=tools, check=True, capture_output=True, timeout=60)
        config: dict[str, Any] = json.loads(done.stdout)
        env = {**self.environ, **scrubbed(home), **config["env"], "UV_OFFLINE": "1"}
        env["PATH"] = self.environ["PATH"]
        return StdioServerParameters(
            command=str(self.uv.with_name(config["command"])),
            args=config["args"],
            env=env,
            cwd=home.anchor,
        )


def mcpb(*words: str) -> str:
    """Return what the official tool says; it has to be content."""
    node, tools = packages(MCPB)
    program = tools / "node_modules" / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js"
    done = subprocess.run(
        [node, str(program), *words], capture_output=True, check=False, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def uv() -> Path:
    """Return uv: that on the path, or pip's, fetched once; skips the test where it has none."""
    if found := shutil.which("uv"):
        return Path(found)
    if not _PLACE.exists():
        unfinished = _PLACE.with_name(f"uv.{os.getpid()}")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        done = subprocess.run(
            [*pip, "--target", str(unfinished), UV], capture_output=True, check=False, text=True
        )
        if done.returncode:
            pytest.skip(f"pip cannot fetch {UV}: {' '.join(done.stderr.split())[:300]}")
        unfinished.rename(_PLACE)
    return _PLACE / "bin" / ("uv.exe" if os.name == "nt" else "uv")
