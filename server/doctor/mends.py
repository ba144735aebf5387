"""What mends an entry, as a command: none takes away more than what is wrong.

`tokenspace install CLIENT` keeps what an entry was pinned to. `--force` does not, so whatever shall
stay of the entry is said anew.
"""

import shlex
from collections.abc import Iterable

from ..install.entries import PROJECT
from ..install.program import NAME, STAYS, script
from ..install.starts import Start
from .configured import PLUGIN, Entry
from .expanding import unexpanded

_PINS = ("db", "project", "user")
_WHICH = ("db", "project")


def mend(entry: Entry, *flags: str) -> str:
    """Return the command that writes an entry anew, as it should be."""
    words = ["tokenspace", "install", entry.client.name]
    words += ["--scope", "project"] if entry.scope == PROJECT else []
    words += ["--name", entry.name] if entry.name != NAME and entry.scope != PLUGIN else []
    return f"`{shlex.join([*words, *flags])}`"


def replaced(entry: Entry, start: Start, without: Iterable[str] = ()) -> str:
    """Return the command that writes an entry anew and keeps only what it names.

    Args:
        entry: What is there.
        start: What it starts, as it is written.
        without: The pins that shall go.
    """
    asked = start.told if start.is_ours else None
    if asked is None or asked.wrong:
        return mend(entry, "--force")
    flags = {name: asked.flags.get(name) for name in _PINS if name not in set(without)}
    flags["profile"] = asked.others.get("profile")
    words = [
        word
        for name, value in flags.items()
        if value and not unexpanded(value)
        for word in (f"--{name}", value)
    ]
    if asked.remote:
        space, url = asked.flags.get("space"), asked.remote
        url = f"{url.removesuffix('/mcp')}/p/{space}/mcp" if space else url
        words += ["--url", url, "--bridge"]
        file = asked.flags.get("token_file")
        words += ["--token-file", file] if file else ["--no-token"]
    return mend(entry, "--force", *words)


def unpinned(entry: Entry, start: Start) -> str:
    """Return the command that lets a client find the project itself, and keeps all else."""
    return replaced(entry, start, without=_WHICH)


def with_token(entry: Entry, url: str) -> str:
    """Return what gives a client a token for the endpoint that it has already."""
    bridge = mend(entry, "--url", url, "--bridge", "--token-file", "FILE")
    if not (entry.client.token or entry.client.hands_on):
        return bridge
    return f"set TOKENSPACE_TOKEN where {entry.client.title} is started, or {bridge}"


def located(entry: Entry) -> str:
    """Return what writes the program's absolute path into an entry."""
    if entry.scope == PLUGIN:
        return f"{STAYS}, into a folder that is on the PATH"
    # A bare name in a project's file is kept for those who share it.
    flags = ("--program", str(script())) if entry.scope == PROJECT else ()
    return f"{mend(entry, *flags)} writes its absolute path"
