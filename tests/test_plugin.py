"""The plugin under `config/plugin/`: in one format that three assistants read."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hooking import filled, run
from node import packages
from shell import scrubbed

from tokenspace.server.hook.events import event
from tokenspace.server.hook.hosts import HOSTS
from tokenspace.server.surface.tools import TABLE

ROOT = Path(__file__).resolve().parents[1]
MARKET = ROOT / "config" / "plugin"
PLUGIN = MARKET / "plugins" / "tokenspace"
HOOK = PLUGIN / "bin" / "tokenspace-hook"
CLAUDE = "@anthropic-ai/claude-code@2.1.330"


def parsed(path: Path) -> dict[str, Any]:
    """Return a JSON file."""
    return json.loads(path.read_text("utf-8"))


def front_matter(path: Path) -> dict[str, str]:
    """Return what stands between the first two lines of dashes."""
    _, head, _ = path.read_text("utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in head.splitlines())


def test_the_plugin_has_the_programs_version() -> None:
    """A host updates a plugin by that."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (entry,) = parsed(MARKET / ".claude-plugin" / "marketplace.json")["plugins"]
    plugin = parsed(PLUGIN / ".claude-plugin" / "plugin.json")
    assert entry["version"] == plugin["version"] == project["version"]
    assert entry["description"] == plugin["description"]
    assert entry["name"] == plugin["name"] == project["name"]
    assert (MARKET / entry["source"]).resolve() == PLUGIN


def test_nothing_needs_a_variable_that_some_host_does_not_expand() -> None:
    """Codex expands none in the server's entry; all know the plugin's folder in a hook."""
    assert "${" not in (PLUGIN / ".mcp.json").read_text("utf-8")
    hooks = (PLUGIN / "hooks" / "hooks.json").read_text("utf-8")
    assert set(re.findall(r"\$\{\w+\}", hooks)) == {"${CLAUDE_PLUGIN_ROOT}"}


def test_every_hook_runs_the_wrapper_with_its_own_event() -> None:
    """As one shell string: Codex passes over arguments that stand apart."""
    hooks = parsed(PLUGIN / "hooks" / "hooks.json")["hooks"]
    assert set(hooks) == {"SessionStart", "UserPromptSubmit", "PreCompact", "Stop", "SessionEnd"}
    for name, ((group),) in hooks.items():
        (hook,) = group["hooks"]
        assert set(hook) == {"type", "command", "timeout"}
        command = re.fullmatch(
            r'"\$\{CLAUDE_PLUGIN_ROOT\}/bin/tokenspace-hook" (\S+)', hook["command"]
        )
        assert command
        assert command[1] == event(name)
        assert name != "SessionEnd" or hook["timeout"] <= 3


def test_the_program_says_where_the_marketplace_lies(tmp_path: Path) -> None:
    """One line, for the shell of somebody who has nothing but the program."""
    ran = run(tmp_path, "plugin")
    assert (ran.code, ran.out, ran.err) == (0, f"{MARKET}\n", "")


def commands_of(document: Path) -> list[str]:
    """Return the lines of a document that install the plugin."""
    return re.findall(r"^    (\w+ plugin marketplace add .*)$", document.read_text("utf-8"), re.M)


def test_both_readmes_install_it_in_the_same_way() -> None:
    """With the program's own answer, once for each assistant."""
    lines = commands_of(ROOT / "README.md")
    assert lines == commands_of(PLUGIN / "README.md")
    assert [line.split()[0] for line in lines] == ["claude", "codex", "copilot"]
    assert all('marketplace add "$(tokenspace hook plugin)" && ' in line for line in lines)


def test_hooks_of_other_programs_run_ours_at_their_events() -> None:
    """As the README shows them: each command names the event that the program calls so."""
    shown = re.findall(r"```json\n(.*?)```", (PLUGIN / "README.md").read_text("utf-8"), re.DOTALL)
    hosts = set[str]()
    for hooks in (json.loads(text)["hooks"] for text in shown):
        for name, (group,) in hooks.items():
            (hook,) = group.get("hooks", [group])
            command = re.fullmatch(r"tokenspace hook (\S+) --host (\w+)", hook["command"])
            assert command
            assert command[1] == event(name)
            hosts.add(command[2])
    assert hosts == {"gemini", "qwen", "cursor"} <= set(HOSTS)


def test_what_models_read_names_tools_that_exist() -> None:
    """In commands and in the skill."""
    tools = {entry.name for entry in TABLE}
    for path in [*(PLUGIN / "commands").glob("*.md"), *PLUGIN.glob("skills/*/SKILL.md")]:
        assert set(re.findall(r"\bmemory_[a-z]+", path.read_text("utf-8"))) <= tools, path
        assert front_matter(path)["description"]


def test_a_skill_is_called_as_its_folder() -> None:
    """The format's rule."""
    (skill,) = PLUGIN.glob("skills/*/SKILL.md")
    assert front_matter(skill)["name"] == skill.parent.name
    assert len(front_matter(skill)["description"]) <= 1_024


@pytest.mark.skipif(os.name == "nt", reason="the other wrapper is used there")
def test_the_wrapper_finds_the_program_where_tools_are_installed(tmp_path: Path) -> None:
    """Without a path, as a desktop starts it; and without the program it is silent."""
    environ = {**scrubbed(tmp_path), "PATH": "/usr/bin:/bin", "CLAUDECODE": "1"}

    def hooked() -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            [str(HOOK), "session-start", "--db", str(db)],
            input=b"{}", capture_output=True, cwd=tmp_path, env=environ, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    db = asyncio.run(filled(tmp_path / "a b.db"))
    program = tmp_path / "home" / ".local" / "bin" / "tokenspace"
    assert shutil.which("tokenspace", path=environ["PATH"]) is None
    assert hooked() == (0, b"", b"")
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tokenspace.server "$@"\n')
    program.chmod(0o755)
    code, said, complaint = hooked()
    assert b"Deploys on Mondays" in said
    assert (code, complaint) == (0, b"")
    program.write_text("#!/bin/sh\necho trouble >&2\nexit 2\n")
    assert hooked() == (0, b"", b"")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return a shell that has Claude Code and us; skips the test where that cannot be had."""
    _, folder = packages(CLAUDE)
    found = [*(folder / "node_modules" / "@anthropic-ai").glob("claude-code-*/claude*")]
    if not found:
        pytest.skip("npm brought no program for this platform")
    home = tmp_path_factory.mktemp("claude")
    known = scrubbed(home)
    (home / "bin").mkdir()
    (home / "bin" / "claude").symlink_to(found[0])
    (home / "bin" / "tokenspace").symlink_to(Path(sys.executable).with_name("tokenspace"))
    path = f"{home / 'bin'}:{known['PATH']}"
    environ = {**known, "DISABLE_AUTOUPDATER": "1", "PATH": path}

    def shell(line: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=home, env=environ, capture_output=True, check=False, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return shell


@pytest.mark.slow
@pytest.mark.parametrize("place", [MARKET, PLUGIN], ids=["marketplace", "plugin"])
def test_claude_code_takes_it_for_valid(shell: Callable[[str], str], place: Path) -> None:
    """By its own strict check."""
    said = shell(f"claude plugin validate --strict '{place}'")
    assert "Validation passed" in said
    if place == PLUGIN:
        assert said.count("hooks: ") == 5
        assert "skills: tokenspace:memory-keeping" in said


@pytest.mark.slow
def test_claude_code_installs_it(shell: Callable[[str], str]) -> None:
    """As the README says it, without a network."""
    shell(commands_of(ROOT / "README.md")[0])
    assert "tokenspace@tokenspace" in shell("claude plugin list")
