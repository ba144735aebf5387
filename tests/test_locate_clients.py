"""Which space each client gets: what it starts us with and tells, and where that leads.

The rows are clients as they were observed: their variables, the working directory that they give,
our arguments as they expand them, their roots, and the workspaces of a turn of Codex.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tokenspace.config import settings
from tokenspace.config.locate import Told, local_folder, locate, workspaces
from tokenspace.config.settings import load
from tokenspace.server.install.clients import CLIENTS

APP = "home/code/app"
"""A repository; the other folders are worktrees of it, where clients make them."""
BESIDE = "home/code/app-two"
CLAUDES = "home/code/app/.claude/worktrees/x"
CODEXS = "home/.codex/worktrees/1f/app"
CURSORS = "home/.cursor/worktrees/app/y"
NOTES = "home/code/notes"
"""A project without git."""
LITERAL = "${workspaceFolder}"


class Row(NamedTuple):
    """A start of a client. Folders are below the test's own but for `/`."""

    client: str
    start: str
    answer: str
    cwd: str = "home"
    variable: str = ""  # CLAUDE_PROJECT_DIR
    project: str = ""  # --project
    roots: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()


FLAG = "app (named by --project)"
NAMED = "app (named by the client)"
TURN = "app (named by Codex's turn)"
CWD = "app (working directory)"
CWD_IN_GIT = "app (working directory, its git root)"
ROOT = "app (the client's root)"
NONE = "personal (no project in sight)"

ROWS = (
    Row("Claude Desktop", "macOS", NONE, cwd="/"),
    Row("Claude Desktop", "with a project", FLAG, cwd="/", project=APP),
    Row("Claude Code", "in a project", NAMED, cwd=APP, variable=APP, roots=(APP,)),
    Row(
        *("Claude Code", "in a folder of it", "app (named by the client, its git root)"),
        cwd=f"{APP}/src",
        variable=f"{APP}/src",
    ),
    Row("Claude Code", "variable left as it is", NAMED, cwd=APP, variable=APP, project=LITERAL),
    Row("Claude Code", "plugin", FLAG, cwd=APP, variable=APP, project=APP),
    Row(
        *("Claude Code", "its own worktree", "app (named by the client, its git root)"),
        cwd=CLAUDES,
        variable=CLAUDES,
    ),
    Row("Claude Code", "in the home folder", NONE, variable="home", roots=("home",)),
    Row("Cursor", "the project's file", FLAG, cwd=APP, project=APP),
    Row("Cursor", "your file", FLAG, project=APP, roots=(APP,)),
    Row("Cursor", "your file, no variable", ROOT, roots=(APP,)),
    Row("Cursor", "its own worktree", f"{ROOT[:-1]}, its git root)", roots=(CURSORS,)),
    Row("Cursor", "no folder is open", NONE, project=LITERAL),
    Row("VS Code", "with its variable", FLAG, cwd=APP, project=APP, roots=(APP,)),
    Row("VS Code", "without it", CWD, cwd=APP, roots=(APP,)),
    Row("VS Code", "your file", ROOT, roots=(APP,)),
    Row("VS Code", "several folders", "notes (the client's root)", roots=("gone", NOTES, APP)),
    Row("VS Code", "its own folder", NONE, cwd="home/.vscode/extensions/x"),
    Row("Windsurf", "from the desktop", NONE),
    Row("Windsurf", "in a workspace", CWD, cwd=APP),
    Row("Zed", "the worktree's root", CWD, cwd=APP),
    Row("Zed", "a linked worktree", CWD_IN_GIT, cwd=BESIDE),
    Row("JetBrains Junie", "the project's file", FLAG, cwd="/", project=APP),
    Row("JetBrains Junie", "your file", NONE, cwd="/Applications/IDE.app"),
    Row("Codex", "a turn", TURN, cwd=APP, turn=(APP,)),
    Row("Codex", "a turn in a folder of it", TURN, cwd=f"{APP}/src", turn=(APP,)),
    Row("Codex", "before it knows the workspace", CWD, cwd=APP),
    Row("Codex", "without git", "notes (working directory)", cwd=NOTES),
    Row("Codex", "variable left as it is", TURN, cwd=APP, project=LITERAL, turn=(APP,)),
    Row("Codex", "status probe", NONE, cwd="home/.codex"),
    Row("Codex", "a turn, from its own folder", TURN, cwd="home/.codex", turn=(APP,)),
    Row("Codex", "its own worktree", f"{TURN[:-1]}, its git root)", cwd=CODEXS, turn=(CODEXS,)),
    Row("Codex", "its own worktree, no turn", CWD_IN_GIT, cwd=CODEXS),
    Row("Codex", "a turn where no project is", CWD, cwd=APP, turn=(NOTES, "/etc")),
    Row("Codex", "a turn without git", "notes (named by Codex's turn)", cwd=NOTES, turn=(NOTES,)),
    Row("Codex", "several workspaces", TURN, cwd=f"{APP}/src", turn=("gone", NOTES, APP)),
    Row("Codex", "a home under git", CWD, cwd=APP, turn=("home",)),
    Row("Codex", "pinned", FLAG, cwd=NOTES, project=APP, turn=(NOTES,)),
    Row("Gemini CLI", "a workspace", CWD, cwd=APP, roots=(APP,)),
    Row("Gemini CLI", "a linked worktree", CWD_IN_GIT, cwd=BESIDE, roots=(BESIDE,)),
    Row("Gemini CLI", "an extension", FLAG, cwd=APP, project=APP),
    Row("Copilot CLI", "a workspace", CWD, cwd=APP),
    Row("opencode", "a workspace", CWD, cwd=APP, roots=(APP,)),
    Row("Qwen Code", "a workspace", CWD, cwd=APP, roots=(APP,)),
    Row("Cline CLI", "a workspace", CWD, cwd=APP),
    Row("Cline in VS Code", "from the desktop", NONE),
    Row("Continue", "a workspace", CWD, cwd=APP),
    Row("any client", "uv's cache", NONE, cwd="home/.cache/uv/x"),
    Row("any client", "Windows' own folder", NONE, cwd="/Windows/System32"),
)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make the folders of the table; return where one is."""
    base = tmp_path.resolve()
    for name in (f"{APP}/src", NOTES, "home/.codex", "home/.vscode/extensions/x"):
        (base / name).mkdir(parents=True)
    (base / "home/.cache/uv/x").mkdir(parents=True)
    for number, name in enumerate((BESIDE, CLAUDES, CODEXS, CURSORS)):
        back = base / APP / ".git/worktrees" / str(number) / "gitdir"
        back.parent.mkdir(parents=True)
        back.write_text(f"{base / name}/.git\n")
        (base / name).mkdir(parents=True)
        (base / name / ".git").write_text(f"gitdir: {base / APP}/.git/worktrees/{number}\n")
    monkeypatch.setattr(settings, "config_file", lambda: base / "none.toml")
    return lambda name: base.joinpath(name) if not name.startswith("/") else Path(name)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.client}, {row.start}")
def test_each_client_gets_its_space(row: Row, at: Callable[[str], Path]) -> None:
    """By the first of its signals that says something, which is named."""

    def path(name: str) -> str:
        return str(at(name)) if name and "$" not in name else name

    environ = {"CLAUDE_PROJECT_DIR": path(row.variable)} if row.variable else {}
    asked = load({"project": path(row.project) or None}, environ)
    told = Told(
        turn=workspaces(codex(*map(path, row.turn))),
        roots=tuple(at(name).as_uri() for name in row.roots),
    )
    place = locate(asked, at(row.cwd), at("home"), told)
    assert str(place) == row.answer
    is_app = place.path == at(APP) / ".tokenspace/memory.db"
    assert is_app == row.answer.startswith("app ")
    assert place.is_fallback == (row.answer == NONE)


def test_every_client_has_a_row() -> None:
    """All that the installer knows."""
    assert {client.title for client in CLIENTS} <= {row.client for row in ROWS}


def codex(*names: str) -> dict[str, object]:
    """Return a call's `_meta` as Codex sends it."""
    about = {"latest_git_commit_hash": "0" * 40, "has_changes": True}
    return {"x-codex-turn-metadata": {"turn_id": "t", "workspaces": dict.fromkeys(names, about)}}


ODD: tuple[object, ...] = (None, "text", [], {}, {"workspaces": None}, {"workspaces": ["/x"]})


@pytest.mark.parametrize("turn", ODD, ids=repr)
def test_what_is_no_turn_names_nothing(turn: object) -> None:
    """Anything may come in `_meta`."""
    assert workspaces({"x-codex-turn-metadata": turn}) == ()
    assert workspaces({}) == workspaces(None) == ()


@pytest.mark.parametrize(
    "name",
    ["", ".", "code/app", "//host/share", r"\\host\share", r"/\host\share", r"\/host", "\0", "x\0"],
)
def test_a_workspace_is_a_folder_of_this_machine(at: Callable[[str], Path], name: str) -> None:
    """Not what is relative, on another machine, or no path; nor a file, or too long a name."""
    (at(NOTES) / "file").touch()
    told = Told(turn=(name, str(at(NOTES) / "file"), str(at(NOTES) / ("x" * 5_000))))
    assert locate(load({}, {}), at("home"), at("home"), told).is_fallback


ADDRESSES = {
    "file:///home/ada/a%20b": "/home/ada/a b",
    "file:///home/ada/a b": "/home/ada/a b",
    "file://LOCALHOST/home/ada": "/home/ada",
    "FILE:/home/ada": "/home/ada",
    "file:///home/%C3%BC/c%23?%25#x": "/home/ü/c#?%#x",
    "file:///C:/Users/ada": "C:/Users/ada",
    "file:///c%3A/Users/ada": "c:/Users/ada",
    "file:///": "/",
    "file://host/share": None,
    "file:////host/share": None,
    "file:///%2Fhost/share": None,
    "file:///%5C%5Chost/share": None,
    "https://example.com/home": None,
    "/home/ada": None,
    "": None,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_root_is_read_as_clients_write_it(address: str) -> None:
    """Encoded or not, with a drive or not; what lies on another machine is not looked at."""
    assert local_folder(address) == ADDRESSES[address]
