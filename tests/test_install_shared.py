"""`tokenspace install`: what several clients read, what plugins bring, what a person changed."""

import json
from pathlib import Path

import pytest

from .installs import Home, entry_of
from .shell import text


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet."""
    return Home(tmp_path, monkeypatch)


def test_rules_stay_while_another_client_with_an_entry_reads_them(home: Home) -> None:
    """It is said who; they go with the last client, with all at once, or if that is forced."""
    home.install("cursor", "vscode", "--rules", scope="project")
    rules = home.project / "AGENTS.md"
    was = rules.read_bytes()
    words = ("install", "cursor", "--uninstall", "--rules", "--scope", "project", *home.start)
    told = text(home.run(*words)).splitlines()
    assert f"Cursor: the rules are in {rules}" in told
    assert "  left for VS Code, which reads them too; --force takes them out" in told
    assert (rules.read_bytes(), home.file("cursor", "project").exists()) == (was, False)
    (_, done) = home.install("cursor", "--uninstall", "--rules", scope="project")
    assert (done["action"], done["others"]) == ("unchanged", ["vscode"])
    (_, done) = home.install("cursor", "--uninstall", "--rules", "--force", scope="project")
    assert (done["action"], rules.exists()) == ("removed", False)
    home.install("cursor", "--rules", scope="project")
    home.install("vscode", "cursor", "--uninstall", "--rules", scope="project")
    assert home.files() == {}


def test_rules_do_not_stay_for_an_entry_that_goes_as_well(home: Home) -> None:
    """Copilot CLI reads Claude Code's file of a project, which nobody need have asked for."""
    for words in ((), ("--uninstall",)):
        home.install("cursor", "claude-code", "--rules", *words, scope="project")
    assert home.files() == {}


def test_who_else_loses_an_entry_is_said(home: Home) -> None:
    """Claude Code and Copilot CLI read one file of a project; who is named need not be told."""
    home.install("claude-code", "copilot", scope="project")
    words = ("--uninstall", "--scope", "project", *home.start)
    told = text(home.run("install", "claude-code", *words))
    assert f"Copilot CLI reads {home.file('copilot', 'project')} too, and has lost it" in told
    home.install("copilot", scope="project")
    told = text(home.run("install", "claude-code", "copilot", *words))
    assert "too, and" not in told
    assert home.files() == {}


@pytest.mark.parametrize("words", [(), ("--uninstall",)])
def test_rules_that_a_person_changed_are_kept(home: Home, words: tuple[str, ...]) -> None:
    """Beside the file, as their words stood within our lines; our own are not."""
    home.install("claude-code", "--rules")
    path = home.home / ".claude" / "CLAUDE.md"
    ours = path.read_text()
    assert [one["backup"] for one in home.install("claude-code", "--rules")] == [None, None]
    changed = ours.replace("## Memory\n", "## Memory\n- My own line.\n")
    path.write_text(changed)
    done = home.install("claude-code", "--rules", *words)[1]
    assert Path(done["backup"]).read_text() == changed
    assert (path.read_text() if path.exists() else None) == (None if words else ours)
    told = text(home.run("install", "claude-code", "--rules", *home.start))
    assert ".bak" not in told


def test_a_plugin_that_has_it_already_is_seen(home: Home) -> None:
    """Claude Code's own files say which are on; what is there twice is said, with what mends it."""
    plugin, claude = home.folder / "plugin", home.home / ".claude"
    (claude / "plugins").mkdir(parents=True)
    plugin.mkdir()
    entry = {"command": "tokenspace", "args": ["serve"]}
    (plugin / ".mcp.json").write_text(json.dumps({"mcpServers": {"tokenspace": entry}}))
    at = {"plugins": {"tokenspace@tokenspace": [{"installPath": str(plugin)}]}}
    (claude / "plugins" / "installed_plugins.json").write_text(json.dumps(at))
    settings = claude / "settings.json"
    settings.write_text('{"enabledPlugins": {"tokenspace@tokenspace": true}}')
    told = text(home.run("install", "claude-code", *home.start))
    assert "also as tokenspace@tokenspace, a plugin, in ~/.claude/settings.json" in told
    assert "the plugin takes the place of the entry: `tokenspace install claude-code --un" in told
    home.install("claude-code", "--uninstall")
    settings.write_text('{"enabledPlugins": {"tokenspace@tokenspace": false}}')
    assert home.install("claude-code")[0]["twins"] == []


@pytest.mark.parametrize("was", ["", "mcpServers: {}\n", "# mine\r\nmcpServers: []\r\n"])
def test_a_file_of_continue_that_says_nothing_gets_what_it_needs(home: Home, was: str) -> None:
    """Its schema asks for them; the file comes back to the byte."""
    path = home.file("continue", "user")
    path.parent.mkdir(parents=True)
    path.write_bytes(was.encode())
    home.install("continue")
    told = path.read_bytes()
    assert all(f"{key}: ".encode() in told for key in ("name", "version", "schema"))
    assert ("\r" in was) == (b"\r\nschema: v1\r\n" in told)
    assert entry_of("continue", path)
    home.install("continue", "--uninstall")
    assert path.read_bytes() == was.encode()
