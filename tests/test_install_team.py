"""`tokenspace install` for a team's endpoint, or with a memory that is named; wrong use."""

from pathlib import Path

import pytest

from .installs import Home, entry_of

URL = "https://memory.example.com/p/acme/mcp"
SECRET = "ts_0123456789ab_notforfiles"  # noqa: S105 - made up
BEARER = {
    "claude-code": "Bearer ${TOKENSPACE_TOKEN}",
    "cursor": "Bearer ${env:TOKENSPACE_TOKEN}",
    "vscode": "Bearer ${env:TOKENSPACE_TOKEN}",
    "windsurf": "Bearer ${env:TOKENSPACE_TOKEN}",
    "gemini": "Bearer ${TOKENSPACE_TOKEN}",
    "copilot": "Bearer ${TOKENSPACE_TOKEN}",
    "qwen": "Bearer ${TOKENSPACE_TOKEN}",
    "opencode": "Bearer {env:TOKENSPACE_TOKEN}",
}
KEYS = {"windsurf": "serverUrl", "qwen": "httpUrl"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet, with a token in the environment."""
    made = Home(tmp_path, monkeypatch)
    monkeypatch.setenv("TOKENSPACE_TOKEN", SECRET)
    return made


def test_an_endpoint_is_named_with_the_variable_of_the_token(home: Home) -> None:
    """In each client's own syntax; the token itself stands in no file."""
    home.install(*BEARER, "codex", "--url", URL)
    for client, header in BEARER.items():
        entry = entry_of(client, home.file(client, "user"))
        assert entry[KEYS.get(client, "url")] == URL
        assert entry["headers"] == {"Authorization": header}
    assert entry_of("codex", home.file("codex", "user")) == {
        "url": URL,
        "bearer_token_env_var": "TOKENSPACE_TOKEN",
    }
    assert SECRET.encode() not in b"".join(home.files().values())


def test_other_clients_reach_an_endpoint_through_us(home: Home) -> None:
    """What hands the environment on needs no file; the rest name one that holds the token."""
    home.install("continue", "--url", URL)
    args = entry_of("continue", home.file("continue", "user"))["args"]
    assert args == ["serve", "--remote", URL]
    rest = ("claude-desktop", "zed", "junie", "cline", "cline-vscode")
    for client in rest:
        ran = home.run("install", client, "--url", URL, *home.start)
        assert (ran.code, ran.out) == (2, b"")
        assert "--token-file FILE" in ran.err
    token = home.home / "secret" / "token"
    home.install(*rest, "--url", URL, "--token-file", str(token), "--save-token")
    assert token.read_text() == f"{SECRET}\n"
    assert token.stat().st_mode & 0o077 == 0
    for client in rest:
        args = entry_of(client, home.file(client, "user"))["args"]
        assert args == ["serve", "--remote", URL, "--token-file", str(token)]
    token.unlink()
    assert SECRET.encode() not in b"".join(home.files().values())


def test_one_file_of_a_project_serves_two_clients(home: Home) -> None:
    """Claude Code and Copilot CLI put the same variable in: what the one writes stays."""
    for words in ((), ("--bridge",)):
        first, second = home.install(
            "claude-code", "copilot", "--url", URL, *words, scope="project"
        )
        assert (first["action"] != "unchanged", second["action"]) == (True, "unchanged")
        assert first["entry"] == second["entry"]


def test_whoever_relies_on_the_variable_of_the_token_is_told(home: Home) -> None:
    """Where it has to be set; not where the token is in a file, or none is wanted."""

    def told(*words: str) -> bool:
        (done,) = home.install(*words, "--url", URL, "--force")
        return any("set TOKENSPACE_TOKEN where" in step for step in done["left"])

    assert told("cursor")
    assert told("codex")
    assert told("continue")
    assert not told("cursor", "--no-token")
    assert not told("zed", "--token-file", "secret")


def test_a_bridge_leads_to_the_space_of_the_open_project(home: Home) -> None:
    """An address that names no space is for the bridge alone."""
    ran = home.run("install", "cursor", "--url", "https://memory.example.com", *home.start)
    assert (ran.code, "--bridge" in ran.err) == (2, True)
    home.install("cursor", "--url", "https://memory.example.com", "--bridge", "--no-token")
    assert entry_of("cursor", home.file("cursor", "user"))["args"] == [
        *("serve", "--remote", "https://memory.example.com"),
        *("--project", "${workspaceFolder}"),
    ]
    home.install(
        "gemini", "--url", "https://memory.example.com", "--bridge", "--no-token", "--project", "."
    )
    assert entry_of("gemini", home.file("gemini", "user"))["args"] == [
        *("serve", "--remote", "https://memory.example.com", "--project", str(home.project)),
    ]
    home.install("cursor", "--url", URL, "--no-token")
    assert "headers" not in entry_of("cursor", home.file("cursor", "user"))


def test_a_memory_and_a_profile_can_be_pinned(home: Home) -> None:
    """By flags of `tokenspace serve`, with absolute paths."""
    home.install("cursor", "--db", "notes.db", "--profile", "full", "--user", "ada")
    assert entry_of("cursor", home.file("cursor", "user"))["args"] == [
        *("serve", "--db", str(home.project / "notes.db"), "--profile", "full", "--user", "ada")
    ]
    home.install("gemini", "--project", ".")
    entry = entry_of("gemini", home.file("gemini", "user"))
    assert entry["args"] == ["serve", "--project", str(home.project)]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["codx"], "did you mean codex?"),
        (["windsurf", "--scope", "project"], "Windsurf has no file for a project"),
        (["cursor", "--token-file", "x"], "go with --url"),
        (["cursor", "--url", "http://memory.example.com/mcp"], "--url: what is sent to http://"),
        (["cursor", "--url", URL, "--db", "x"], "give one of them"),
        (["cursor", "--url", URL, "--save-token"], "--save-token needs --token-file"),
        (["cursor", "--profile", "half"], "--profile: choose core, full"),
        (["--uninstall"], "say which client: claude-desktop"),
        (["cursor", "--name", ""], "--name: an entry needs a name"),
        (["cursor", "--name", "my memory"], "clients make the names of tools of it"),
        (["gemini", "--name", "my_memory"], "clients make the names of tools of it"),
        (["cursor", "--scope", "project", "--project", "/no/such"], "there is no folder"),
    ],
)
def test_wrong_use_is_told_in_a_line(home: Home, words: list[str], complaint: str) -> None:
    """Exit code 2, and nothing is written."""
    ran = home.run("install", *words, *home.start)
    assert (ran.code, ran.out) == (2, b"")
    assert complaint in ran.err
    assert home.files() == {}
