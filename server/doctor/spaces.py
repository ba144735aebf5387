"""Which memory a start leads to: is it this project's, another's, or one for all?"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from ...config.locate import FOLDER, locate
from ...config.settings import Settings, SettingsError
from ..install.entries import PROJECT, USER
from ..install.places import Places
from ..install.starts import start_of
from .configured import Entry
from .expanding import unexpanded
from .manners import MANNERS, Folder
from .mends import installing, mend, taken_out
from .report import Finding, State, quoted
from .starting import Launch

_LOOK_S = 10.0
_WHICH = ("db", "project")


def where(launch: Launch) -> dict[str, Any]:
    """Return the space that a start leads to, said by a process with that start's environment."""
    module = f"{__package__}.where"
    command = [sys.executable, "-P", "-m", module, *launch.start.rest]
    try:
        done = subprocess.run(
            command,
            cwd=launch.cwd,
            env=dict(launch.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LOOK_S,
            check=True,
        )
        return cast(dict[str, Any], json.loads(done.stdout))
    except (OSError, ValueError, subprocess.SubprocessError):
        return {"error": "which space it gets cannot be told"}


def of_foreign(entry: Entry, found: dict[str, Any], places: Places) -> Iterator[Finding]:
    """Tell of an entry in a project's file that names a memory which is not the project's."""
    if entry.scope != PROJECT or "path" not in found or not _named(entry):
        return
    path = Path(str(found["path"]))
    if path == _own(places) or _is_within(path, places.project):
        return
    shown = places.shown(entry.path)
    yield Finding(
        entry.client.name,
        "space",
        State.FAIL,
        f"the project's file leads to {quoted(places.shown(path))}, which is not in the project: "
        "its assistants would read and change what is another's. It was not started here, and "
        "that file not opened",
        f"take {', '.join(_named(entry))} out of {shown}",
    )


def of_space(
    entry: Entry, found: dict[str, Any], places: Places, *, runs: bool = True
) -> Iterator[Finding]:
    """Tell which space a start leads to, and how it was found.

    Args:
        entry: What is started.
        found: What `where` says.
        places: The project in which somebody looks.
        runs: Whether it answers at all: else nothing of it is well.
    """
    who = entry.client.name
    good = State.OK if runs else State.NOTE
    if "error" in found:
        at = f" in {places.shown(entry.path)}" if str(found["error"]).startswith("--") else ""
        how = f"put that right{at}"
        yield Finding(who, "space", State.FAIL, quoted(str(found["error"])), how)
        return
    if "target" in found:
        yield Finding(who, "space", good, quoted(str(found["target"])))
        return
    path, how = Path(str(found["path"])), str(found["how"])
    said = quoted(f"{found['name']} ({how}), {places.shown(path)}")
    manner = MANNERS[who]
    if places.project is None or not manner.has_projects:
        yield Finding(who, "space", good, said)
    elif found["lost"]:
        yield _lost(entry, said, places)
    elif entry.scope == USER and _named(entry) and path != _own(places):
        yield _elsewhere(entry, said, path, places)
    else:
        yield Finding(who, "space", good, said)


def _lost(entry: Entry, said: str, places: Places) -> Finding:
    """Return what is said of a start that nothing leads to a project."""
    client, manner = entry.client, MANNERS[entry.client.name]
    who, title = client.name, client.title
    if manner.tells:
        said = f"at its start {said}; the folder that is open in {title} is asked for at first use"
        how = f"to name it at the start: {mend(entry)}" if client.folder else ""
        return Finding(who, "space", State.NOTE, said, how)
    at = "the home folder" if manner.folder is Folder.HOME else "a folder that says nothing"
    said += f": {title} starts it in {at}, so every project has this one"
    if entry.scope == PROJECT:
        return Finding(who, "space", State.WARN, said, mend(entry))
    if client.project:
        return Finding(who, "space", State.WARN, said, _in_each(entry))
    # A pin would lead every other project to this one's memory.
    return Finding(who, "space", State.NOTE, f"{said}, and it has no file for a project")


def _elsewhere(entry: Entry, said: str, path: Path, places: Places) -> Finding:
    """Return what is said of a person's entry that leads every project to one memory."""
    client, manner = entry.client, MANNERS[entry.client.name]
    said += f": its entry names that one for every project, {places.shown(_here(places))} too"
    finds = client.folder or manner.tells or manner.folder is Folder.PROJECT
    if finds:
        named = ", ".join(_named(entry))
        how = f"to have each project's own: take {named} out of {places.shown(entry.path)}"
    elif client.project:
        how = _in_each(entry)
    else:
        to_here = mend(entry, "--project", str(places.project))
        how = f"{client.title} has one memory for all; to make it this project's: {to_here}"
    # A file that is no project's may well be meant for all of them.
    state = State.WARN if path.parent.name == FOLDER else State.NOTE
    return Finding(client.name, "space", state, said, how)


def _in_each(entry: Entry) -> str:
    told = start_of(entry.value).told
    stays = {"--user": told.flags.get("user"), "--profile": told.others.get("profile")}
    words = [word for flag, value in stays.items() if value for word in (flag, value)]
    each = installing(entry.client.name, "--scope", PROJECT, *words)
    return f"{each} in each project, and without this: {taken_out(entry)}"


def _named(entry: Entry) -> list[str]:
    """Return the words and variables with which an entry names a memory itself."""
    flags = start_of(entry.value).told.flags
    asked = entry.variables
    written = {f"--{key}": flags.get(key) for key in _WHICH}
    written |= {
        name: str(asked[name])
        for name in (f"TOKENSPACE_{key.upper()}" for key in _WHICH)
        if name in asked
    }
    own = entry.scope == PROJECT
    return [name for name, value in written.items() if value and (own or not unexpanded(value))]


def _own(places: Places) -> Path | None:
    """Return the memory of the project in which somebody looks."""
    if places.project is None:
        return None
    try:
        asked = Settings(project=str(places.project), origin={"project": "--project"})
        return locate(asked).path
    except SettingsError:
        return None


def _here(places: Places) -> Path:
    return places.project or places.home


def _is_within(path: Path, project: Path | None) -> bool:
    try:
        return project is not None and path.resolve().is_relative_to(project.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False
