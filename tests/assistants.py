"""Real assistants' programs from npm, for a person who has nothing but a project with a memory.

Nobody is logged in, and nothing leaves this machine: what a program asks its vendor goes to the
scripted model, which is also the proxy for every other host, and refuses.
"""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from .node import CLAUDE, CODEX, GEMINI, packages
from .scripted_model import ScriptedModel
from .shell import scrubbed

PLUGIN = Path(__file__).resolve().parents[1] / "config" / "plugin"
_KEY = "sk-scripted-0123456789"
_PATIENCE_S = 120

_CODEX = """\
model = "scripted"
model_provider = "scripted"

[analytics]
enabled = false

[model_providers.scripted]
name = "scripted"
base_url = "{address}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
request_max_retries = 0
stream_max_retries = 0
"""
_GEMINI: dict[str, Any] = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
}


class Programs:
    """The programs, fetched side by side: a download of 350 MB."""

    def __init__(self) -> None:
        with ThreadPoolExecutor() as pool:
            self._fetched = {name: pool.submit(packages, name) for name in (CLAUDE, CODEX, GEMINI)}

    def command(self, package: str) -> list[str]:
        """Return what starts a program; skips the test where it cannot be had."""
        node, folder = self._fetched[package].result()
        modules = folder / "node_modules"
        if package == GEMINI:
            return [node, str(modules / "@google" / "gemini-cli" / "bundle" / "gemini.js")]
        if package == CLAUDE:
            found = [*(modules / "@anthropic-ai").glob("claude-code-*/claude")]
        else:
            found = [*(modules / "@openai").glob("codex-*/vendor/*/bin/codex")]
        if not found:
            pytest.skip("npm brought no program for this platform")
        return [str(found[0])]


@dataclass(frozen=True, slots=True)
class Assistant:
    """How an assistant's program is set up and asked.

    Attributes:
        name: What `tokenspace install` calls it.
        package: What npm calls it.
        says: What it calls itself when it greets a server.
        environ: Its switches, in words that may hold the model's address.
        plugin: Its commands that install the plugin; without any, it takes hooks of its own.
        session: Its words before a prompt that it shall answer and end.
    """

    name: str
    package: str
    says: str
    environ: dict[str, str]
    plugin: tuple[tuple[str, ...], ...]
    session: tuple[str, ...]


ASSISTANTS = {
    "claude-code": Assistant(
        name="claude-code",
        package=CLAUDE,
        says="claude-code",
        environ={
            "ANTHROPIC_BASE_URL": "{address}",
            "ANTHROPIC_API_KEY": _KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MCP_STARTUP_WAIT_MS": "30000",  # a busy machine is no failure
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
        },
        plugin=(
            ("plugin", "marketplace", "add", str(PLUGIN)),
            ("plugin", "install", "tokenspace@tokenspace"),
        ),
        session=("--allowedTools", "mcp__plugin_tokenspace_tokenspace", "--print"),
    ),
    "codex": Assistant(
        name="codex",
        package=CODEX,
        says="codex-mcp-client",
        environ={"SCRIPTED_KEY": _KEY},
        plugin=(
            ("plugin", "marketplace", "add", str(PLUGIN)),
            ("plugin", "add", "tokenspace@tokenspace"),
        ),
        session=("exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust"),
    ),
    "gemini": Assistant(
        name="gemini",
        package=GEMINI,
        says="gemini-cli-mcp-client",
        environ={
            "GEMINI_API_KEY": _KEY,
            "GOOGLE_GEMINI_BASE_URL": "{address}",
            "GEMINI_CLI_NO_RELAUNCH": "true",
        },
        plugin=(),
        session=("--model", "gemini-2.5-flash", "--approval-mode", "yolo", "--prompt"),
    ),
}


class Person:
    """Somebody with an assistant, a model, a home of their own and a project."""

    def __init__(self, folder: Path, which: Assistant, command: list[str], model: ScriptedModel):
        self.project = folder / "project"
        (self.project / ".git").mkdir(parents=True)
        self.memory = self.project / ".tokenspace" / "memory.db"
        self.memory.parent.mkdir()
        self.program = Path(sys.executable).with_name("tokenspace")
        self._which = which
        self._command = command
        known = scrubbed(folder)
        self._environ = {
            **known,
            **{name: said.format(address=model.address) for name, said in which.environ.items()},
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), model.address),
            "NO_PROXY": "127.0.0.1",
            "PATH": f"{self.program.parent}:{known['PATH']}",
        }
        for name, text in _settings(self.project, model).items():
            file = folder / "home" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def tokenspace(self, *words: str) -> str:
        """Run our program, as it is installed, and return what it says."""
        return self._run([str(self.program), *words]).stdout

    def assistant(self, *words: str) -> str:
        """Run the assistant's program, and return what it says (Gemini CLI on stderr)."""
        done = self._run([*self._command, *words])
        return done.stdout + done.stderr

    def install(self) -> None:
        """Plug tokenspace in, by a line in the assistant's own file."""
        self.tokenspace("install", self._which.name, "--program", str(self.program))

    def plug(self) -> None:
        """Plug tokenspace in with its hooks: as a plugin, where the assistant knows that."""
        for words in self._which.plugin:
            self.assistant(*words)
        if not self._which.plugin:
            self.install()

    def ask(self, prompt: str) -> str:
        """Hold a session of one prompt."""
        return self.assistant(*self._which.session, prompt)

    def serving(self) -> "Serving":
        """Start Codex as the server that its editors' extensions talk to."""
        return Serving([*self._command, "app-server"], self.project, self._environ)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=_PATIENCE_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done


class Serving:
    """A server that is asked in JSON, line by line."""

    def __init__(self, command: list[str], cwd: Path, env: dict[str, str]) -> None:
        self._server = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._alarm = threading.Timer(_PATIENCE_S, self._server.kill)
        self._alarm.start()

    def ask(self, method: str, **params: Any) -> Any:
        """Return the result of a request; what the server says meanwhile is passed over."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps({"id": method, "method": method, "params": params}))
        self._server.stdin.write("\n")
        self._server.stdin.flush()
        said = (json.loads(line) for line in self._server.stdout)
        answer = next(message for message in said if message.get("id") == method)
        assert "result" in answer, answer
        return answer["result"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._server:  # which closes its input, and waits for its end
            pass
        self._alarm.cancel()


def _settings(project: Path, model: ScriptedModel) -> dict[str, str]:
    """Return the files of a home: what the assistants want to know beforehand, and no embedding.

    Gemini CLI switches all servers off in a folder that nobody has called trusted.
    """
    hook = {"type": "command", "command": "tokenspace hook session-start"}
    gemini = {**_GEMINI, "hooks": {"SessionStart": [{"hooks": [hook]}]}}
    return {
        ".codex/config.toml": _CODEX.format(address=model.address),
        ".config/tokenspace/config.toml": 'model = "none"\n',
        ".gemini/settings.json": json.dumps(gemini),
        ".gemini/trustedFolders.json": json.dumps({str(project): "TRUST_FOLDER"}),
    }
