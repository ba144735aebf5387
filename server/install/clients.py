"""What each client wants, as data: where its servers stand, how an entry looks, what is left to do.

In an entry, `$program`, `$args` and `$command` (both in one list) stand for what starts us, `$url`
for an endpoint, and `$token` for the token as the client takes it out of the environment. In a
path, `{...}` is a folder of `places.py`; one that begins with `?` counts only where it exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...config.settings import TOKEN

Entry = Mapping[str, Any]

_STDIO: Entry = {"command": "$program", "args": "$args"}
_TYPED: Entry = {"type": "stdio", **_STDIO}
_BEARER: Entry = {"headers": {"Authorization": "Bearer $token"}}
_HTTP: Entry = {"type": "http", "url": "$url", **_BEARER}
_BLOCK = "name: tokenspace\nversion: 0.0.1\nschema: v1\n"
_AGENTS = "AGENTS.md"
_LOADED: Entry = {"alwaysLoad": True}
"""Claude Code waits for our tools, and does not put them off: else the first turn has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client, and how it is plugged in.

    Attributes:
        name: What a person types.
        title: What it is called.
        user, project: Its files for a person and for a project; the first that exists, else the
            first without `?`. Without any, it has no such scope.
        signs: Paths and programs, one of which shows that it is here.
        format: How its files are written.
        path: The keys that lead to the entries.
        stdio, remote: An entry that starts us, and one that names an endpoint.
        first: What a new entry of each scope has besides, which the person may change later.
        token: How it writes a variable of the environment; empty where it expands none, and an
            endpoint is reached through us.
        hands_on: Whether what it starts gets the variable of the token.
        folder: How it writes the folder that is open; empty where it does not.
        names_project: Whether an entry in a project's file has to name the project, because nobody
            knows where the client starts it.
        left, left_project: What the person still has to do, for a person's and a project's entry.
        new: What stands in a file that is made.
        rules, rules_project: The file that tells its models what to do: everywhere, in a project.
    """

    name: str
    title: str
    user: tuple[str, ...]
    project: tuple[str, ...] = ()
    signs: tuple[str, ...]
    format: str = "json"
    path: tuple[str, ...] = ("mcpServers",)
    stdio: Entry = field(default_factory=lambda: _STDIO)
    remote: Entry = field(default_factory=lambda: _HTTP)
    first: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    token: str = ""
    hands_on: bool = False
    folder: str = ""
    names_project: bool = False
    left: str
    left_project: str = ""
    new: str = ""
    rules: str = ""
    rules_project: str = _AGENTS


CLIENTS = (
    Client(
        name="claude-desktop",
        title="Claude Desktop",
        user=("{support}/Claude/claude_desktop_config.json",),
        signs=("{support}/Claude",),
        left="quit Claude Desktop altogether (also in the tray), and start it again",
        rules_project="",
    ),
    Client(
        name="claude-code",
        title="Claude Code",
        user=("{claude}/.claude.json",),
        project=(".mcp.json",),
        signs=("{claude}/.claude.json", "{home}/.claude", "claude"),
        stdio=_TYPED,
        first={"user": _LOADED, "project": _LOADED},
        token=f"${{{TOKEN}}}",
        hands_on=True,
        left="start a new session; /mcp shows tokenspace",
        left_project="start claude in the project, and approve the server when it asks",
        rules="{home}/.claude/CLAUDE.md",
        rules_project="CLAUDE.md",
    ),
    Client(
        name="cursor",
        title="Cursor",
        user=("{home}/.cursor/mcp.json",),
        project=(".cursor/mcp.json",),
        signs=("{home}/.cursor", "cursor"),
        stdio=_TYPED,
        remote={"url": "$url", **_BEARER},
        token=f"${{env:{TOKEN}}}",
        folder="${workspaceFolder}",
        left="switch tokenspace on in Settings > Tools & MCP",
    ),
    Client(
        name="vscode",
        title="VS Code",
        user=("{support}/Code/User/mcp.json",),
        project=(".vscode/mcp.json",),
        signs=("{support}/Code", "code"),
        path=("servers",),
        stdio=_TYPED,
        token=f"${{env:{TOKEN}}}",
        folder="${workspaceFolder}",
        left="run the command `MCP: List Servers`, start tokenspace, and trust it when asked",
    ),
    Client(
        name="windsurf",
        title="Windsurf",
        user=("{home}/.codeium/windsurf/mcp_config.json",),
        signs=("{home}/.codeium/windsurf", "windsurf"),
        remote={"serverUrl": "$url", **_BEARER},
        token=f"${{env:{TOKEN}}}",
        left="press Refresh in the list of MCP servers of Cascade",
    ),
    Client(
        name="zed",
        title="Zed",
        user=("{zed}/settings.json", "?{support}/Zed/settings.json"),
        project=(".zed/settings.json",),
        signs=("{zed}", "zed"),
        path=("context_servers",),
        stdio={"source": "custom", **_STDIO},
        left="nothing; the settings of the Agent Panel show tokenspace",
        left_project="open the project, and trust it when Zed asks",
    ),
    Client(
        name="junie",
        title="JetBrains Junie",
        user=("{home}/.junie/mcp/mcp.json",),
        project=(".junie/mcp/mcp.json",),
        signs=("{home}/.junie", "junie"),
        names_project=True,
        left="switch tokenspace on in Settings > Tools > Junie > MCP Settings",
        rules_project=".junie/AGENTS.md",
    ),
    Client(
        name="codex",
        title="Codex",
        user=("{codex}/config.toml",),
        project=(".codex/config.toml",),
        signs=("{codex}", "codex"),
        format="toml",
        path=("mcp_servers",),
        remote={"url": "$url", "bearer_token_env_var": "$token"},
        token=TOKEN,
        left="start a new session; /mcp shows tokenspace",
        left_project="start codex in the project, and trust it: else its file does not count",
        rules="{codex}/AGENTS.md",
    ),
    Client(
        name="gemini",
        title="Gemini CLI",
        user=("{home}/.gemini/settings.json",),
        project=(".gemini/settings.json",),
        signs=("{home}/.gemini", "gemini"),
        token=f"${{{TOKEN}}}",
        left="start a new session in a folder that you trust: in others all servers are off",
        rules="{home}/.gemini/GEMINI.md",
        rules_project="GEMINI.md",
    ),
    Client(
        name="copilot",
        title="Copilot CLI",
        user=("{copilot}/mcp-config.json",),
        project=(".mcp.json", "?.github/mcp.json"),
        signs=("{copilot}", "copilot"),
        # Its project's file is that of Claude Code too, and so are the entries in it.
        stdio=_TYPED,
        first={"user": {"tools": ["*"]}, "project": _LOADED},
        token=f"${{{TOKEN}}}",
        hands_on=True,
        left="start a new session; /mcp show lists tokenspace",
        left_project="start copilot in the project, and trust it when it asks",
    ),
    Client(
        name="opencode",
        title="opencode",
        user=("{config}/opencode/opencode.json", "?{config}/opencode/opencode.jsonc"),
        project=("opencode.json", "?opencode.jsonc"),
        signs=("{config}/opencode", "opencode"),
        path=("mcp",),
        stdio={"type": "local", "command": "$command"},
        remote={"type": "remote", "url": "$url", **_BEARER},
        first={"user": {"enabled": True}, "project": {"enabled": True}},
        token=f"{{env:{TOKEN}}}",
        hands_on=True,
        left="start a new session",
        rules="{config}/opencode/AGENTS.md",
    ),
    Client(
        name="qwen",
        title="Qwen Code",
        user=("{home}/.qwen/settings.json",),
        project=(".qwen/settings.json",),
        signs=("{home}/.qwen", "qwen"),
        remote={"httpUrl": "$url", **_BEARER},
        token=f"${{{TOKEN}}}",
        hands_on=True,
        left="start a new session; /mcp shows tokenspace",
        left_project="run `qwen mcp approve tokenspace` in the project",
        rules="{home}/.qwen/QWEN.md",
    ),
    Client(
        name="cline",
        title="Cline CLI",
        user=("{cline}/data/settings/cline_mcp_settings.json",),
        signs=("{cline}", "cline"),
        left="start a new session",
    ),
    Client(
        name="cline-vscode",
        title="Cline in VS Code",
        user=(
            "{support}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/"
            "cline_mcp_settings.json",
        ),
        signs=("{support}/Code/User/globalStorage/saoudrizwan.claude-dev",),
        left="nothing; the MCP servers of Cline show tokenspace",
    ),
    Client(
        name="continue",
        title="Continue",
        # A new config.yaml would take the place of an old config.json: a file of our own does not.
        user=("{home}/.continue/mcpServers/tokenspace.yaml", "?{home}/.continue/config.yaml"),
        project=(".continue/mcpServers/tokenspace.yaml",),
        signs=("{home}/.continue", "cn"),
        format="yaml",
        hands_on=True,
        left="start a new session, or reload the editor's window",
        new=_BLOCK,
    ),
)

BY_NAME = {client.name: client for client in CLIENTS}
