"""How each client starts a server, as data: its environment, its folder, how long it waits.

What is not known of a client is as unkind as that of any: the root as its working directory, the
environment of a program that was started from a menu.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SLOW_S = 1.0
"""A start that takes longer is worth a word, whatever the client's limit."""


class Environ(StrEnum):
    """What of the person's environment a client hands on to a server."""

    ALL = "all of it"
    SAFE = "all but what looks like a key"
    BARE = "HOME, PATH, TERM and the language alone"
    MENU = "that of a program started from a menu: a bare PATH"


class Folder(StrEnum):
    """Where a client starts a server."""

    PROJECT = "the project"
    HOME = "the home folder"
    ROOT = "/"


class Form(StrEnum):
    """Which variables a client expands in an entry."""

    NONE = "none"
    SHELL = "${NAME} and ${NAME:-default}"
    ENV_ONLY = "$NAME and ${NAME}, under `env` alone"
    EDITOR = "${env:NAME} and ${workspaceFolder}"
    NAMED = "${env:NAME}"
    BRACES = "{env:NAME}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a client starts a server.

    Attributes:
        environ: What it hands on.
        folder: Where it starts an entry of the person's own file.
        project_folder: Where it starts one of a project's file.
        limit_s: How long it waits for the handshake and the list of tools; None: not known.
        raise_it: How the person makes it wait longer; empty: not at all.
        limit_key: The key of an entry that says how long, and what its number is in seconds.
        expands: The variables that it expands.
        adds: Variables that it sets; `$project` is the project's folder.
        ignores: Keys of an entry that it does not read.
        addresses: Keys that hold an endpoint's address, the right one first.
        variables: The key under which the environment of a server stands.
        has_projects: Whether it works in a folder at all.
        tells: Whether it tells the open folder once it is connected: with its roots, or each call.
    """

    environ: Environ = Environ.MENU
    folder: Folder = Folder.ROOT
    project_folder: Folder = Folder.PROJECT
    limit_s: float | None = None
    raise_it: str = ""
    limit_key: tuple[str, float] = ("", 0.0)
    expands: Form = Form.NONE
    adds: Mapping[str, str] = field(default_factory=dict[str, str])
    ignores: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ("url",)
    variables: str = "env"
    has_projects: bool = True
    tells: bool = False


_PROJECT = Folder.PROJECT

MANNERS: Mapping[str, Manner] = {
    "claude-desktop": Manner(limit_s=60, has_projects=False),
    "claude-code": Manner(
        environ=Environ.ALL,
        folder=_PROJECT,
        limit_s=30,
        raise_it="start claude with MCP_TIMEOUT=60000",
        expands=Form.SHELL,
        adds={"CLAUDECODE": "1", "CLAUDE_PROJECT_DIR": "$project"},
        ignores=("cwd",),
        tells=True,
    ),
    "cursor": Manner(folder=Folder.HOME, expands=Form.EDITOR, tells=True),
    "vscode": Manner(folder=_PROJECT, expands=Form.EDITOR, tells=True),
    "windsurf": Manner(expands=Form.NAMED, addresses=("serverUrl", "url")),
    "zed": Manner(folder=_PROJECT),
    "junie": Manner(project_folder=Folder.ROOT),
    "codex": Manner(
        environ=Environ.BARE,
        folder=_PROJECT,
        limit_s=30,
        raise_it="startup_timeout_sec = 60 in the entry",
        limit_key=("startup_timeout_sec", 1.0),
        tells=True,
    ),
    "gemini": Manner(
        environ=Environ.SAFE,
        folder=_PROJECT,
        limit_s=5,
        expands=Form.ENV_ONLY,
        addresses=("url", "httpUrl"),
        adds={"GEMINI_CLI": "1"},
        tells=True,
    ),
    "copilot": Manner(environ=Environ.ALL, folder=_PROJECT, expands=Form.SHELL),
    "opencode": Manner(
        environ=Environ.ALL,
        folder=_PROJECT,
        expands=Form.BRACES,
        variables="environment",
        adds={"OPENCODE": "1"},
        tells=True,
    ),
    "qwen": Manner(
        environ=Environ.SAFE,
        folder=_PROJECT,
        limit_s=10,
        raise_it='"discoveryTimeoutMs": 30000 in the entry',
        limit_key=("discoveryTimeoutMs", 0.001),
        expands=Form.ENV_ONLY,
        addresses=("httpUrl", "url"),
        adds={"QWEN_CODE_CLI": "1"},
        tells=True,
    ),
    "cline": Manner(environ=Environ.BARE, folder=_PROJECT, limit_s=3),
    "cline-vscode": Manner(),
    "continue": Manner(environ=Environ.ALL, folder=_PROJECT),
}
"""By the name of the client."""
