"""What `tokenspace doctor` reads of approvals, trust and other memories in the files of clients."""

import json
from pathlib import Path
from typing import Any

import pytest

from tokenspace.server.doctor.around import approvals, memories, twins
from tokenspace.server.doctor.configured import Entry, configured
from tokenspace.server.doctor.report import State
from tokenspace.server.install.clients import BY_NAME
from tokenspace.server.install.places import Places, places

LISTED = {"enabledMcpjsonServers": ["tokenspace"]}
REFUSED = {"disabledMcpjsonServers": ["tokenspace"]}
ON = {"security": {"folderTrust": {"enabled": True}}}

CASES: dict[str, tuple[str, str, dict[str, Any], State | None, str]] = {
    # whose, which scope, the files that it has, how that is, and words of the mend
    "claude waits": ("claude-code", "project", {}, State.WARN, "approve the server"),
    "claude approved": (
        "claude-code", "project", {"project/.claude/settings.local.json": LISTED}, State.OK, "",
    ),
    "claude approved by the project itself": (
        "claude-code", "project", {"project/.claude/settings.json": LISTED}, State.WARN, "approve",
    ),
    "claude takes all": (
        "claude-code", "project",
        {"home/.claude/settings.json": {"enableAllProjectMcpServers": True}}, State.OK, "",
    ),
    "claude refused": (
        "claude-code", "project",
        {"project/.claude/settings.json": REFUSED, "home/.claude/settings.json": LISTED},
        State.FAIL, "take it out of disabledMcpjsonServers in",
    ),
    "claude switched off": (
        "claude-code", "user",
        {"home/.claude.json": {"projects": {"PROJECT": {"disabledMcpServers": ["tokenspace"]}}}},
        State.FAIL, "/mcp in claude",
    ),
    "claude, for the person": ("claude-code", "user", {}, None, ""),
    "codex, not asked": ("codex", "project", {}, State.WARN, 'trust_level = "trusted"'),
    "codex trusts": (
        "codex", "project",
        {"home/.codex/config.toml": '[projects."PROJECT"]\ntrust_level = "trusted"\n'},
        State.OK, "",
    ),
    "codex does not": (
        "codex", "project",
        {"home/.codex/config.toml": '[projects."PROJECT"]\ntrust_level = "untrusted"\n'},
        State.FAIL, "in ~/.codex/config.toml",
    ),
    "gemini does not trust": (
        "gemini", "user", {"home/.gemini/trustedFolders.json": {"PROJECT": "DO_NOT_TRUST"}},
        State.FAIL, "/permissions in gemini",
    ),
    "gemini trusts what is above": (
        "gemini", "user", {"home/.gemini/trustedFolders.json": {"PROJECT": "TRUST_PARENT"}},
        State.OK, "",
    ),
    "gemini asks": ("gemini", "user", {"home/.gemini/settings.json": ON}, State.WARN, "trust it"),
    "gemini cannot be told": ("gemini", "user", {}, State.NOTE, "in a folder that you trust"),
    "qwen waits": ("qwen", "project", {}, State.WARN, "`qwen mcp approve tokenspace`"),
    "qwen approved": (
        "qwen", "project",
        {"home/.qwen/mcpApprovals.json": {"PROJECT": {"tokenspace": {"status": "approved"}}}},
        State.OK, "",
    ),
    "qwen refused": (
        "qwen", "project",
        {"home/.qwen/mcpApprovals.json": {"PROJECT": {"tokenspace": {"status": "rejected"}}}},
        State.FAIL, "`qwen mcp approve tokenspace`",
    ),
    "vscode cannot be told": ("vscode", "user", {}, State.NOTE, "trust it when asked"),
    "files that are broken": (
        "claude-code", "project", {"home/.claude/settings.json": "{"}, State.WARN, "approve",
    ),
}  # fmt: skip

MEMORIES: dict[str, tuple[str, dict[str, Any], State | None, str]] = {
    "claude": ("claude-code", {}, State.NOTE, '"autoMemoryEnabled": false in '),
    "claude without": (
        "claude-code", {"home/.claude/settings.json": {"autoMemoryEnabled": False}}, State.OK, "",
    ),
    "claude, here all the same": (
        "claude-code",
        {
            "home/.claude/settings.json": {"autoMemoryEnabled": False},
            "project/.claude/settings.local.json": {"autoMemoryEnabled": True},
        },
        State.NOTE, "settings.local.json",
    ),
    "codex": (
        "codex", {"home/.codex/config.toml": "[features]\nmemories = true\n"},
        State.NOTE, "memories = false under [features]",
    ),
    "codex without": ("codex", {}, None, ""),
    "gemini": (
        "gemini", {"home/.gemini/GEMINI.md": "## Gemini Added Memories\n- tea\n"},
        State.NOTE, "`tokenspace import ",
    ),
}  # fmt: skip


@pytest.fixture
def where(tmp_path: Path) -> Places:
    """The places of a person with a project."""
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    return places(tmp_path / "home", tmp_path / "project", environ={})


def write(where: Places, files: dict[str, Any]) -> None:
    """Write files of clients; the word PROJECT in them is the project's folder."""
    for name, value in files.items():
        path = where.home.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = value if isinstance(value, str) else json.dumps(value)
        path.write_text(text.replace("PROJECT", str(where.project)), "utf-8")


@pytest.mark.parametrize("case", CASES)
def test_an_approval_is_read_where_the_client_keeps_it(where: Places, case: str) -> None:
    """What a project says in its own favour does not count; what cannot be told is a note."""
    client, scope, files, state, mend = CASES[case]
    write(where, files)
    entry = Entry(client=BY_NAME[client], scope=scope, path=Path("x"), name="tokenspace", value={})
    found = [*approvals(entry, where)]
    assert [one.state for one in found] == ([] if state is None else [state])
    assert all(mend in one.mend for one in found)


@pytest.mark.parametrize(("client", "scope"), [("claude-code", "project"), ("gemini", "user")])
def test_what_may_not_be_read_is_not_taken_for_empty(
    where: Places, client: str, scope: str
) -> None:
    """Nobody can tell then what the person has approved, or whether another memory is on."""
    path = where.home / f".{client.removesuffix('-code')}" / "settings.json"
    path.parent.mkdir()
    path.symlink_to(path)  # what root may not read either
    entry = Entry(client=BY_NAME[client], scope=scope, path=Path("x"), name="tokenspace", value={})
    found = [*approvals(entry, where), *memories(BY_NAME["claude-code"], where)]
    assert found[0].says.startswith(f"cannot be told: ~/{path.relative_to(where.home)} may not be")
    assert found[0].state is State.WARN
    assert client == "gemini" or found[1].says.startswith("cannot be told: ")


@pytest.mark.parametrize("case", MEMORIES)
def test_a_memory_that_competes_is_named(where: Places, case: str) -> None:
    """With the key that switches it off, or the command that takes in what it holds."""
    client, files, state, mend = MEMORIES[case]
    write(where, files)
    found = [*memories(BY_NAME[client], where)]
    assert [one.state for one in found] == ([] if state is None else [state])
    assert all(mend in one.mend for one in found)


@pytest.mark.parametrize(("client", "mend"), [("junie", ""), ("zed", " --scope project")])
def test_of_two_entries_the_one_that_knows_the_project_stays(
    where: Places, client: str, mend: str
) -> None:
    """Junie starts a person's own entry nowhere; Zed starts it in the project."""

    def entry(scope: str, program: str) -> Entry:
        value = {"command": program}
        return Entry(
            client=BY_NAME[client], scope=scope, path=Path("x"), name="tokenspace", value=value
        )

    both = [entry(scope, "/opt/tokenspace") for scope in ("user", "project")]
    (found,) = twins(both, where)
    assert not [*twins([both[0], entry("project", "sh")], where)]
    assert found.mend == f"take one out: `tokenspace install {client}{mend} --uninstall`"


def test_entries_are_found_wherever_a_client_has_them(where: Places) -> None:
    """A person's for one project stands in Claude's own file; others of theirs are left out."""
    ours, other = {"command": "/opt/tokenspace"}, {"command": "npx", "args": ["other"]}
    local = {"PROJECT": {"mcpServers": {"mine": ours, "other": other}}}
    write(where, {"home/.claude.json": {"mcpServers": {"other": other}, "projects": local}})
    write(where, {"project/.mcp.json": {"mcpServers": {"tokenspace": other}}})
    write(where, {"home/.codex/config.toml": '[plugins."tokenspace@x"]\nenabled = true\n'})
    found = configured(BY_NAME["claude-code"], where).entries
    assert [(one.scope, one.name, one.trusted) for one in found] == [
        ("local", "mine", True), ("project", "tokenspace", False),
    ]  # fmt: skip
    assert [one.scope for one in configured(BY_NAME["codex"], where).entries] == ["plugin"]
