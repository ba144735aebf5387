"""Clients as the tests of `tokenspace install` know them: written down apart from our table."""

import argparse
import io
import json
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tokenspace.server.commands import run
from tokenspace.server.install_options import add

from .shell import Shell

PROGRAM = "/opt/tools/tokenspace"

FOLDER = ["--project", "${workspaceFolder}"]
HOME_FILES: dict[str, tuple[str, list[str]]] = {
    # client -> its file below home (on Linux), the keys that lead to the entry
    "claude-desktop": (".config/Claude/claude_desktop_config.json", ["mcpServers"]),
    "claude-code": (".claude.json", ["mcpServers"]),
    "cursor": (".cursor/mcp.json", ["mcpServers"]),
    "vscode": (".config/Code/User/mcp.json", ["servers"]),
    "windsurf": (".codeium/windsurf/mcp_config.json", ["mcpServers"]),
    "zed": (".config/zed/settings.json", ["context_servers"]),
    "junie": (".junie/mcp/mcp.json", ["mcpServers"]),
    "codex": (".codex/config.toml", ["mcp_servers"]),
    "gemini": (".gemini/settings.json", ["mcpServers"]),
    "copilot": (".copilot/mcp-config.json", ["mcpServers"]),
    "opencode": (".config/opencode/opencode.json", ["mcp"]),
    "qwen": (".qwen/settings.json", ["mcpServers"]),
    "cline": (".cline/data/settings/cline_mcp_settings.json", ["mcpServers"]),
    "cline-vscode": (
        ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        ["mcpServers"],
    ),
    "continue": (".continue/mcpServers/tokenspace.yaml", ["mcpServers"]),
}
PROJECT_FILES = {
    "claude-code": ".mcp.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".vscode/mcp.json",
    "zed": ".zed/settings.json",
    "junie": ".junie/mcp/mcp.json",
    "codex": ".codex/config.toml",
    "gemini": ".gemini/settings.json",
    "copilot": ".mcp.json",
    "opencode": "opencode.json",
    "qwen": ".qwen/settings.json",
    "continue": ".continue/mcpServers/tokenspace.yaml",
}
CASES = [
    *((client, "user") for client in HOME_FILES),
    *((client, "project") for client in PROJECT_FILES),
]

JSON = """\
{
  // the person's own remark
  "theme": "dark", /* and another */
  "KEYS": {
    "other": {
      "command": "npx", // of a friend
      "args": ["-y", "x"]
    }
    // nothing below this line
  },
  "last": [1, 2, {"deep": null}]
}
"""
TOML = """\
# the person's own remark
model = "large"  # and another

[mcp_servers.other]
command = 'npx'   # of a friend
args = [
  "-y", # here too
  "x",
]

[mcp_servers.other.env]
TEXT = \"\"\"
[mcp_servers.tokenspace]
is no table here\"\"\"

# before the last
[tui]
notifications = true
"""
YAML_TEXT = """\
# the person's own remark
name: Main   # and another
version: 1.0.0
schema: v1
mcpServers:
  # of a friend
  - name: other
    command: npx
    args:
      - "-y"
      - x   # here too

models: []
"""


def file_of(home: Path, project: Path, client: str, scope: str) -> Path:
    """Return the file of a client."""
    if scope == "user":
        return home / HOME_FILES[client][0]
    return project / PROJECT_FILES[client]


def existing(client: str, path: Path) -> str:
    """Return a file as a person may have it, with remarks and another server."""
    if path.suffix == ".toml":
        return TOML
    if path.suffix == ".yaml":
        return YAML_TEXT
    return JSON.replace("KEYS", HOME_FILES[client][1][0])


def parsed_file(path: Path) -> dict[str, Any]:
    """Return what a file says, read by other means than ours."""
    text = path.read_text("utf-8")
    if path.suffix == ".toml":
        return tomllib.loads(text)
    if path.suffix == ".yaml":
        library: Any = YAML(typ="safe", pure=True)
        return library.load(text)
    plain = "\n".join(line.partition(" //")[0] for line in text.splitlines())
    return json.loads(plain.replace("/* and another */", ""))


def entry_of(client: str, path: Path, name: str = "tokenspace") -> dict[str, Any]:
    """Return an entry as a client would read it."""
    found: Any = parsed_file(path)
    for key in HOME_FILES[client][1]:
        found = found[key]
    if isinstance(found, list):
        (entry,) = (one for one in found if one.pop("name") == name)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return entry  # pyright: ignore[reportUnknownVariableType]
    return found[name]


def expected(client: str, scope: str, project: Path) -> dict[str, Any]:
    """Return the entry that starts us, as the vendor of a client documents it."""
    args = ["serve"]
    if client in ("cursor", "vscode"):
        args += FOLDER
    if client == "junie" and scope == "project":
        args += ["--project", str(project)]
    plain = {"command": PROGRAM, "args": args}
    if client in ("claude-code", "cursor", "vscode", "copilot"):
        typed = {"type": "stdio", **plain}
        if (client, scope) == ("copilot", "user"):
            return {**typed, "tools": ["*"]}
        # A project's file is one for Claude Code and Copilot CLI.
        return {**typed, "alwaysLoad": True} if client in ("claude-code", "copilot") else typed
    if client == "zed":
        return {"source": "custom", **plain}
    if client == "opencode":
        return {"type": "local", "command": [PROGRAM, *args], "enabled": True}
    return plain


@cache
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add(parser)
    for flag in ("--db", "--project", "--user", "--log-level"):
        parser.add_argument(flag)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(command="install", profile=None)
    return parser


class Home(Shell):
    """A person with a home folder and a project."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, monkeypatch)
        self.home = folder / "home"
        self.project = folder / "a project"
        (self.project / ".git").mkdir(parents=True)
        monkeypatch.chdir(self.project)
        self.program = folder / "tokenspace"
        self.program.touch()

    def install(self, *words: str, scope: str = "user") -> Any:
        """Return what `tokenspace install` tells a program (parsed by one parser: faster)."""
        return self._asked(*words, "--scope", scope)["done"]

    def states(self) -> Any:
        """Return how the clients are, as `tokenspace install` alone tells a program."""
        return self._asked()["clients"]

    def _asked(self, *words: str) -> Any:
        out = io.TextIOWrapper(io.BytesIO(), write_through=True)
        with self._monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            code = run(_parser().parse_args([*words, *self.start, "--json"]))
        assert code == 0
        out.seek(0)
        return json.load(out)

    @property
    def start(self) -> tuple[str, str]:
        """The program that clients shall start."""
        return "--program", str(self.program)

    def file(self, client: str, scope: str) -> Path:
        """Return the file of a client."""
        return file_of(self.home, self.project, client, scope)

    def have(self, client: str, text: str) -> Path:
        """Write a client's file for the person, and return where."""
        path = self.file(client, "user")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def files(self) -> dict[str, bytes]:
        """Return all that stands in the home and the project."""
        every = [*self.home.rglob("*"), *self.project.rglob("*")]
        return {str(path): path.read_bytes() for path in every if path.is_file()}
