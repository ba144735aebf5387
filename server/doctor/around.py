"""What stands around an entry: approvals, its twins, and the other memory that a client has."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, cast

from ..install.clients import Client
from ..install.entries import PROJECT, is_mine
from ..install.places import Places
from ..install.program import NAME
from .configured import LOCAL, PLUGIN, Entry, claude_folder, part, told_in
from .manners import MANNERS, Folder
from .mends import can_be_named, command, installing, taken_out
from .report import Finding, State, quoted

_CANNOT = "cannot be told from its files"


def approvals(entry: Entry, places: Places) -> Iterator[Finding]:
    """Tell whether the client lets an entry of its file start."""
    try:
        yield from _approvals(entry, places)
    except OSError as error:
        yield _closed(entry.client, "approval", error, places)


def _approvals(entry: Entry, places: Places) -> Iterator[Finding]:
    name = entry.client.name
    if name == "claude-code":
        yield from _claude(entry, places)
    elif name == "codex" and entry.scope == PROJECT:
        yield from _codex(entry, places)
    elif name in ("gemini", "qwen"):
        yield from _trust(entry, places)
        if name == "qwen" and entry.scope == PROJECT:
            yield from _qwen(entry, places)
    elif name in ("vscode", "cursor", "junie") or entry.scope == PROJECT:
        left = entry.client.left_project if entry.scope == PROJECT else ""
        said = f"whether you have let {entry.client.title} start it {_CANNOT}"
        yield Finding(name, "approval", State.NOTE, said, left or entry.client.left)


def _claude(entry: Entry, places: Places) -> Iterator[Finding]:
    folder, project = claude_folder(places), places.project
    own = part(told_in(places.path("{claude}/.claude.json")), "projects", str(project))
    if entry.name in _names(own, "disabledMcpServers"):
        said = f"{entry.name} is switched off in this project"
        yield Finding(
            "claude-code", "approval", State.FAIL, said, "switch it on with /mcp in claude"
        )
    if entry.scope != PROJECT or project is None:
        return
    user, local = folder / "settings.json", project / ".claude" / "settings.local.json"
    # What the project's own settings allow counts for nothing; what they forbid does.
    sources = {
        user: told_in(user),
        local: told_in(local),
        project / ".claude" / "settings.json": told_in(project / ".claude" / "settings.json"),
        places.path("{claude}/.claude.json"): own,
    }
    for path, value in sources.items():
        if entry.name in _names(value, "disabledMcpjsonServers"):
            shown = places.shown(path)
            said = f"you have refused {entry.name}: it stands in disabledMcpjsonServers, {shown}"
            how = f"take it out of disabledMcpjsonServers in {shown}"
            yield Finding("claude-code", "approval", State.FAIL, said, how)
            return
    allowing = [sources[user], sources[local], own]
    allowed = chain.from_iterable(_names(value, "enabledMcpjsonServers") for value in allowing)
    every = any(value.get("enableAllProjectMcpServers") is True for value in allowing)
    if every or entry.name in allowed:
        yield Finding("claude-code", "approval", State.OK, f"you have approved {entry.name}")
        return
    said = f"{entry.name} of the project's file waits for your approval"
    yield Finding("claude-code", "approval", State.WARN, said, entry.client.left_project)


def _codex(entry: Entry, places: Places) -> Iterator[Finding]:
    path = places.path("{codex}/config.toml")
    level = part(told_in(path, "toml"), "projects", str(places.project)).get("trust_level")
    if level == "trusted":
        yield Finding("codex", "approval", State.OK, "Codex trusts this project")
        return
    said = "Codex does not trust this project, so its file does not count"
    state = State.FAIL if level == "untrusted" else State.WARN
    shown = places.shown(path)
    how = f'trust_level = "trusted" under [projects."{places.project}"] in {shown}'
    yield Finding("codex", "approval", state, said, how)


def _trust(entry: Entry, places: Places) -> Iterator[Finding]:
    """Gemini, and Qwen which comes from it: in a folder without trust all servers are off."""
    client = entry.client
    folder = places.home / f".{client.name}"
    settings = told_in(folder / "settings.json")
    is_on = part(settings, "security", "folderTrust").get("enabled")
    rule = _rule(told_in(folder / "trustedFolders.json"), places.project or places.home)
    if is_on is False:
        return
    if rule == "DO_NOT_TRUST":
        said = f"{client.title} does not trust this folder, so all servers are off in it"
        how = f"/permissions in {client.name}, or {places.shown(folder / 'trustedFolders.json')}"
        yield Finding(client.name, "approval", State.FAIL, said, how)
    elif rule:
        said = f"{client.title} trusts this folder"
        yield Finding(client.name, "approval", State.OK, said)
    elif is_on is True:
        said = f"{client.title} has not been told to trust this folder; else all servers are off"
        how = f"start {client.name} in it, and trust it when it asks"
        yield Finding(client.name, "approval", State.WARN, said, how)
    elif client.name == "gemini":
        said = f"whether {client.title} trusts this folder {_CANNOT}"
        yield Finding(client.name, "approval", State.NOTE, said, client.left)


def _rule(rules: dict[str, Any], folder: Path) -> str:
    """Return the rule of the nearest folder, empty where there is none."""
    found, depth = "", -1
    for written, rule in rules.items():
        path = Path(written)
        base = path.parent if rule == "TRUST_PARENT" else path
        if folder.is_relative_to(base) and len(base.parts) > depth:
            found, depth = str(rule), len(base.parts)
    return found


def _qwen(entry: Entry, places: Places) -> Iterator[Finding]:
    path = places.home / ".qwen" / "mcpApprovals.json"
    status = part(told_in(path), str(places.project), entry.name).get("status")
    if status == "approved":
        said = f"you have approved {entry.name}, as it was written then"
        yield Finding("qwen", "approval", State.OK, said)
        return
    said = f"{entry.name} of the project's file waits for your approval"
    if status == "rejected":
        said = f"you have refused {entry.name} of the project's file"
    state = State.FAIL if status == "rejected" else State.WARN
    how = command("qwen", "mcp", "approve", entry.name)
    if not can_be_named(entry.name):
        how = f"call it {NAME} in {entry.path} first"
    yield Finding("qwen", "approval", state, said, how)


def twins(entries: list[Entry], places: Places) -> Iterator[Finding]:
    """Tell of a client that has the same memory twice: it sees every tool twice, or starts both."""
    on = [one for one in entries if not one.is_off and _is_memory(one)]
    if len(on) < 2:
        return
    listed = ", ".join(f"{_named(one)} in {places.shown(one.path)}" for one in on)
    by_hand = next((one for one in on if one.scope != PLUGIN), on[0])
    has_plugin = any(one.scope == PLUGIN for one in on)
    local = next((one for one in on if one.scope == LOCAL), None)
    how = f"take one out: {taken_out(by_hand if has_plugin else local or _spare(on))}"
    said = f"it is there {len(on)} times: {listed}"
    yield Finding(on[0].client.name, "duplicates", State.WARN, said, how)


def _is_memory(entry: Entry) -> bool:
    """Tell whether an entry is a memory's: what only has the name is told of elsewhere."""
    return entry.scope == PLUGIN or is_mine(entry.value, entry.name)


def _spare(on: list[Entry]) -> Entry:
    """Return the entry to do without: the project's, unless only that one knows the project."""
    manner = MANNERS[on[0].client.name]
    blind = manner.folder is not Folder.PROJECT and not (manner.tells or on[0].client.folder)
    return on[0] if blind else on[-1]


def _named(entry: Entry) -> str:
    name = quoted(entry.name)
    return f"{name}, a plugin," if entry.scope == PLUGIN else name


def _closed(client: Client, check: str, error: OSError, places: Places) -> Finding:
    """Return what is told where a file of a client may not be read: nothing of what it may say."""
    at = places.shown(Path(str(error.filename)))
    said = f"cannot be told: {at} may not be read ({error.strerror})"
    how = "make it yours to read, with the folders above it"
    return Finding(client.name, check, State.WARN, said, how)


def memories(client: Client, places: Places) -> Iterator[Finding]:
    """Tell of a memory that a client has itself: its model may write there, and not to us."""
    try:
        yield from _memories(client, places)
    except OSError as error:
        yield _closed(client, "own memory", error, places)


def _memories(client: Client, places: Places) -> Iterator[Finding]:
    name = client.name
    if name == "claude-code":
        paths = [claude_folder(places) / "settings.json"]
        if places.project is not None:
            folder = places.project / ".claude"
            paths = [folder / "settings.local.json", folder / "settings.json", *paths]
        said = [told_in(path).get("autoMemoryEnabled") for path in paths]
        if next((one for one in said if isinstance(one, bool)), True):
            yield Finding(
                name,
                "own memory",
                State.NOTE,
                "Claude Code's own memory is on as well, and its model is told of that one first",
                f'"autoMemoryEnabled": false in {places.shown(paths[0])}',
            )
        else:
            yield Finding(name, "own memory", State.OK, "Claude Code's own memory is off")
    if name == "codex":
        path = places.path("{codex}/config.toml")
        if part(told_in(path, "toml"), "features").get("memories") is True:
            said_so = "Codex's own memories are on as well"
            how = f"memories = false under [features] in {places.shown(path)}"
            yield Finding(name, "own memory", State.NOTE, said_so, how)
    if name == "gemini":
        path = places.home / ".gemini" / "GEMINI.md"
        if _says(path, "## Gemini Added Memories"):
            shown = places.shown(path)
            said_so = f"Gemini CLI has written memories of its own into {shown}"
            how = f"{command(NAME, 'import', str(path))}, then take them out there"
            yield Finding(name, "own memory", State.NOTE, said_so, how)


def _says(path: Path, words: str) -> bool:
    try:
        return path.is_file() and words in path.read_text("utf-8", "replace")
    except OSError:
        return False


def _names(value: dict[str, Any], key: str) -> list[str]:
    found = value.get(key)
    return [str(one) for one in cast(list[Any], found)] if isinstance(found, list) else []


def plug_in(client: Client, *, asked: bool) -> Finding:
    """Return what is told of a client that does not have tokenspace."""
    said = f"{client.title} is here, and does not have tokenspace"
    state = State.NOTE
    if asked:
        said, state = f"{client.title} does not have tokenspace, for you or here", State.FAIL
    return Finding(client.name, "entry", state, said, installing(client.name))
