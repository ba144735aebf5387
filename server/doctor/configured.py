"""The entries of ours that each client has, wherever they stand, and what is wrong in the files."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ..install import files
from ..install.broken import BrokenError
from ..install.clients import Client
from ..install.document import Document, document
from ..install.entries import PROJECT, USER, address, is_mine, is_ours
from ..install.formats import FORMATS, Value, servers
from ..install.places import Places
from ..install.program import NAME
from .report import Finding, State

LOCAL, PLUGIN = "local", "plugin"
"""Scopes that `tokenspace install` does not write: a person's for one project, and a plugin's."""

_KEYS = ("mcpServers", "servers", "mcp_servers", "context_servers", "mcp")
"""Under which some client or other has its entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a client that is ours, or is called so.

    Attributes:
        scope: `user`, `project`, `local` or `plugin`.
        path: The file in which it stands.
        value: What it says.
    """

    client: Client
    scope: str
    path: Path
    name: str
    value: Value

    @property
    def trusted(self) -> bool:
        """Whether the person wrote it, not whoever wrote the project."""
        return self.scope != PROJECT

    @property
    def address(self) -> str:
        """The endpoint that it names, empty where it starts a program."""
        return address(self.value)

    @property
    def variables(self) -> Value:
        """The environment that it gives, under whichever key."""
        return part(self.value, "env") or part(self.value, "environment")

    @property
    def is_off(self) -> bool:
        """Whether the file itself switches it off."""
        return self.value.get("enabled") is False or self.value.get("disabled") is True


@dataclass(frozen=True, slots=True)
class Configured:
    """What the files of one client say.

    Attributes:
        entries: Those of ours, in the order in which they were found.
        findings: What is wrong with the files themselves.
    """

    entries: list[Entry] = field(default_factory=list[Entry])
    findings: list[Finding] = field(default_factory=list[Finding])


def configured(client: Client, places: Places) -> Configured:
    """Return what the files of a client say."""
    found = Configured()
    for scope in (USER, PROJECT):
        if scope == PROJECT and places.project is None:
            continue
        for path in places.files(client, scope):
            _read(client, scope, path, places, found)
    found.entries.extend(_plugins(client, places))
    return found


def value_of(path: Path, form: str = "json") -> Value:
    """Return what another file of a client says; nothing where it is none, or may not be read."""
    try:
        return told_in(path, form)
    except OSError:
        return {}


def told_in(path: Path, form: str = "json") -> Value:
    """Return what another file of a client says; nothing where it is none, or not as it should be.

    Raises:
        OSError: it may not be read.
    """
    try:
        return FORMATS[form].read(text_of(path) or "")
    except (BrokenError, RecursionError):
        return {}


def text_of(path: Path) -> str | None:
    """Return the text of a file; None where there is none.

    Only a plain file is read: anything else could hold up whoever opens it.

    Raises:
        BrokenError: it is no text.
        OSError: it may not be looked at.
    """
    try:
        is_plain = stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return files.read(path) if is_plain else None


def part(value: Any, *keys: str) -> Value:
    """Return an object within a document; an empty one where there is none."""
    for key in keys:
        value = cast(Value, value).get(key) if isinstance(value, dict) else None
    return cast(Value, value) if isinstance(value, dict) else {}


def _read(client: Client, scope: str, path: Path, places: Places, found: Configured) -> None:
    shown = places.shown(path)
    try:
        text = text_of(path)
        if text is None:
            return
        have = document(client, text)
    except (BrokenError, OSError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error)
        mend = f"put {shown} right; {client.title} does not read the rest of it either"
        found.findings.append(Finding(client.name, "file", State.FAIL, f"{shown}: {why}", mend))
        return
    found.entries.extend(
        Entry(client=client, scope=scope, path=path, name=name, value=value)
        for name, value in have.entries.items()
        if _concerns_us(name, value)
    )
    if client.name == "claude-code" and scope == USER and places.project is not None:
        keys = ("projects", str(places.project), "mcpServers")
        local = servers(have.form.read(text), keys)
        found.entries.extend(
            Entry(client=client, scope=LOCAL, path=path, name=name, value=value)
            for name, value in local.items()
            if _concerns_us(name, value)
        )
    good = any(_concerns_us(name, value) for name, value in have.entries.items())
    found.findings.extend(_misplaced(client, scope, have, shown, needed=not good))


def _concerns_us(name: str, value: Value) -> bool:
    return NAME in name.lower() or is_mine(value)


def _misplaced(
    client: Client, scope: str, have: Document, shown: str, *, needed: bool
) -> Iterator[Finding]:
    """Find entries of ours under a key that other clients read.

    Args:
        client: Whose file it is.
        scope: Whose entries stand in it.
        have: What it says.
        shown: How its path is shown.
        needed: There is none of ours under the right key.
    """
    value = have.form.read(have.text)
    right = client.path[0]
    for key in _KEYS:
        if key == right:
            continue
        for name, entry in servers(value, (key,)).items():
            if not (is_ours(entry) or NAME in name.lower()):
                continue
            if not needed:
                said = f"{name} stands under {key!r} in {shown} as well, and is not read there"
                how = f"take it out of {key!r}"
                yield Finding(client.name, "file", State.NOTE, said, how)
            else:
                yield Finding(
                    client.name,
                    "file",
                    State.FAIL,
                    f"{name} stands under {key!r} in {shown}, which {client.title} does not read: "
                    f"its servers stand under {right!r}",
                    f"move it from {key!r} to {right!r}, or take it out and run `tokenspace "
                    f"install {client.name}{' --scope project' if scope == PROJECT else ''}`",
                )


def _plugins(client: Client, places: Places) -> Iterator[Entry]:
    """Yield what plugins bring, for the clients that say in a file which are on."""
    if client.name == "claude-code":
        folder = claude_folder(places)
        on = part(value_of(folder / "settings.json"), "enabledPlugins")
        installed = part(value_of(folder / "plugins" / "installed_plugins.json"), "plugins")
        for name, is_on in on.items():
            if name.startswith(f"{NAME}@") and is_on is True:
                yield from _of_plugin(client, folder, name, installed.get(name))
    if client.name == "codex":
        path = places.path("{codex}/config.toml")
        for name, table in part(value_of(path, "toml"), "plugins").items():
            if name.startswith(f"{NAME}@") and part(table).get("enabled") is not False:
                yield _plugin_entry(client, path, name, {"command": NAME, "args": ["serve"]})


def _of_plugin(client: Client, folder: Path, name: str, installed: Any) -> Iterator[Entry]:
    copies = cast(list[Any], installed) if isinstance(installed, list) else []
    for one in copies:
        path = Path(str(part(one).get("installPath", ""))) / ".mcp.json"
        for value in servers(value_of(path), ("mcpServers",)).values():
            yield _plugin_entry(client, folder / "settings.json", name, value)


def _plugin_entry(client: Client, path: Path, name: str, value: Value) -> Entry:
    return Entry(client=client, scope=PLUGIN, path=path, name=name, value=value)


def claude_folder(places: Places) -> Path:
    """Return where Claude Code keeps its settings: in a folder of its own, or the one it is told.

    Its other file, `.claude.json`, lies in the home folder, or in the one it is told as well.
    """
    moved = places.path("{claude}")
    return moved if moved != places.home else places.home / ".claude"
