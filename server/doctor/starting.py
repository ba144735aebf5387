"""From an entry to what its client would start: which program, where, in which environment."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ...config.settings import HOSTS, TOKEN, Settings, SettingsError, inherited, token
from ..install.entries import PROJECT
from ..install.places import Places
from ..install.program import NAME
from ..install.starts import Start, start_of, words_of
from .configured import Entry
from .expanding import expanded, variables
from .manners import MANNERS, Environ, Folder, Form, Manner
from .mends import command, doubt, located, mend
from .program import is_here, may_be_the_projects
from .report import Finding, State, quoted

MENU_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""Where a program that was started from a menu looks for others."""

_BARE = re.compile(r"HOME|PATH|TERM|LANG|LC_\w+|SHELL|USER|LOGNAME|TMPDIR|SYSTEMROOT|USERPROFILE")
_MENU = re.compile(
    r"HOME|USER|LOGNAME|LANG|LC_\w+|TMPDIR|XDG_RUNTIME_DIR|SYSTEMROOT|USERPROFILE|APPDATA|"
    r"LOCALAPPDATA|TEMP|TMP|PATHEXT|COMSPEC"
)
_OURS = re.compile(r"TOKENSPACE_\w+")
_PLAIN = re.compile(r"\$([A-Za-z_]\w*)")
_HARMLESS = re.compile(
    r"HOME|USER|LOGNAME|PWD|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_\w+_HOME|CLAUDE_PROJECT_DIR"
)
"""Variables that hold nothing but folders and names: a project's file may have them put in."""
_INSIDE = (*HOSTS, "CLAUDE_PROJECT_DIR")  # what the client in whose terminal we run says of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a client would start.

    Attributes:
        written: Its words as they are written.
        start: The same with what the client puts in.
        found: The program; None where the client would not find it.
        cwd: Where it is started.
        environ: Its environment.
        refused: What is told of an entry of ours that is not started here; None where it is.
    """

    written: tuple[str, ...]
    start: Start
    found: Path | None
    cwd: Path
    environ: Mapping[str, str]
    refused: Finding | None = None

    @property
    def starts(self) -> bool:
        """Whether it is started here."""
        return self.found is not None and self.start.count > 0 and self.refused is None

    @property
    def command(self) -> list[str]:
        """The words to start it with."""
        return [str(self.found), *self.start.words[1:]]

    @property
    def bare(self) -> list[str]:
        """The words that start the same program without anything of the entry."""
        return [str(self.found), *self.start.words[1 : self.start.count], "serve"]


def launch(entry: Entry, places: Places) -> Launch:
    """Return what the client of an entry would start, and whether it may be started here."""
    manner = MANNERS[entry.client.name]
    project = places.project or places.home
    given = handed_on(manner, entry, project)
    put_in = of_client(manner, entry)
    value = dict(entry.value)
    for key in ("command", "args"):
        if manner.expands is not Form.ENV_ONLY and key in value:
            value[key] = _expanded(value[key], manner, put_in, places)
    start = start_of(value)
    own = {
        name: expanded(str(said), manner.expands, put_in, places.home, project)
        for name, said in entry.variables.items()
    }
    environ = {**given, **own}
    cwd = _folder(entry, manner, places, start)
    found = _found(start, environ if entry.trusted else given, cwd)
    refused = _refused(entry, start, found, places) if found is not None and start.count else None
    written = words_of(entry.value)
    return Launch(
        written=written, start=start, found=found, cwd=cwd, environ=environ, refused=refused
    )


def own_environment(entry: Entry) -> dict[str, str]:
    """Return the client's own environment; keys of others are left out."""
    environ = {name: value for name, value in inherited().items() if name not in _INSIDE}
    secret = _token() if entry.trusted else ""
    return {**environ, TOKEN: secret} if secret else environ


def of_client(manner: Manner, entry: Entry) -> dict[str, str]:
    """Return the environment that a client itself has, as far as an entry may be shown it.

    One that is started from a menu has nothing of what a terminal sets.
    """
    environ = own_environment(entry)
    if manner.environ is Environ.MENU:
        environ = {n: v for n, v in environ.items() if _MENU.fullmatch(n)}
    if not entry.trusted:
        environ = {n: v for n, v in environ.items() if _HARMLESS.fullmatch(n)}
    return environ


def handed_on(manner: Manner, entry: Entry, project: Path) -> dict[str, str]:
    """Return what of its environment a client hands on to a server of this entry."""
    environ, names = own_environment(entry), _listed(entry)
    secret = environ.pop(TOKEN, "")
    if manner.environ is Environ.BARE:
        kept = {n: v for n, v in environ.items() if _BARE.fullmatch(n) or n in names}
    elif manner.environ is Environ.MENU:
        kept = {n: v for n, v in environ.items() if _MENU.fullmatch(n)}
        kept["PATH"] = MENU_PATH if "SYSTEMROOT" not in environ else environ.get("PATH", "")
    else:
        kept = environ
    if secret and (entry.client.hands_on or TOKEN in names):
        kept[TOKEN] = secret
    adds = {n: v.replace("$project", str(project)) for n, v in manner.adds.items()}
    return {**kept, **adds}


def _listed(entry: Entry) -> list[str]:
    """Return the variables that an entry has the client hand on besides, as Codex does."""
    listed = entry.value.get("env_vars")
    return [str(name) for name in cast(list[object], listed)] if isinstance(listed, list) else []


def _token() -> str:
    """Return the token of the environment, if it is one."""
    try:
        return token(Settings())
    except SettingsError:
        return ""


def _expanded(value: object, manner: Manner, environ: Mapping[str, str], places: Places) -> object:
    project = places.project or places.home
    if isinstance(value, list):
        return [_expanded(one, manner, environ, places) for one in cast(list[object], value)]
    if not isinstance(value, str):
        return value
    return expanded(value, manner.expands, environ, places.home, project)


def _folder(entry: Entry, manner: Manner, places: Places, start: Start) -> Path:
    """Return where it is started; never in a project that could put its own code in our place."""
    if start.unsafe and start.count:
        return places.home
    named = entry.value.get("cwd")
    if isinstance(named, str) and entry.trusted and "cwd" not in manner.ignores:
        folder = Path(named)
        if folder.is_absolute() and folder.is_dir():
            return folder
    which = manner.project_folder if entry.scope == PROJECT else manner.folder
    if which is Folder.HOME:
        return places.home
    if which is Folder.PROJECT and places.project is not None:
        return places.project
    return Path("/") if which is not Folder.PROJECT else places.home


def _found(start: Start, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """Return the program as the client finds it."""
    if not start.words:
        return None
    word = start.words[0]
    if "/" in word or "\\" in word:
        path = Path(word)
        path = path if path.is_absolute() else cwd / path
        return path if path.is_file() else None
    found = shutil.which(word, path=environ.get("PATH") or MENU_PATH)
    return Path(found) if found and Path(found).is_absolute() else None


def _refused(entry: Entry, start: Start, found: Path, places: Places) -> Finding | None:
    """Return what is told of an entry that is not started here; None where it is."""
    shown, asked = places.shown(entry.path), start.told
    state, how = State.FAIL, f"look at {shown}; to replace it: {mend(entry)}"
    if asked.command != "serve":
        why = f"it runs {command(NAME, asked.command)}, which is not the server"
    elif asked.transport != "stdio":
        why = "it serves an endpoint, and the client waits on its standard output"
    elif not entry.trusted:
        return _refused_of_project(entry, start, found, places)
    elif not may_be_the_projects(found, start, places.project):
        return None
    else:
        state, how = State.WARN, located(entry)
        why = "in each project it may be that one's own program: it is named by a path from there, "
        why += "or lies in this one"
    return _told(entry, why, how, state)


def _refused_of_project(entry: Entry, start: Start, found: Path, places: Places) -> Finding | None:
    shown = places.shown(entry.path)
    others = sorted(name for name in entry.variables if not _OURS.fullmatch(name))
    if not is_here(found, start, places.project):
        why = "is not the program that you installed"
        return _told(entry, why, f"look at {shown}; to replace it: {located(entry)}")
    if others:
        names = quoted(", ".join(others))
        return _told(entry, f"sets {names}", f"take {names} out of {shown}")
    if start.told.remote:
        why = "leads to an endpoint, which was not asked"
        return _told(entry, why, doubt(entry, shown), State.WARN)
    if taken := _taken(entry):
        why = f"takes {', '.join(sorted(taken))} of your environment"
        return _told(entry, why, f"write in {shown} what is meant by that")
    return None


def _told(entry: Entry, why: str, how: str, state: State = State.FAIL) -> Finding:
    whose = "" if entry.trusted else "it comes with the project, and "
    said = f"{whose}{why}; it was not started here"
    return Finding(entry.client.name, "program", state, said, how)


def _taken(entry: Entry) -> set[str]:
    """Return what an entry of a project takes of what the person's shell holds."""
    manner = MANNERS[entry.client.name]
    words = () if manner.expands is Form.ENV_ONLY else words_of(entry.value)
    own = [str(value) for value in entry.variables.values()]
    taken = {name for text in (*words, *own) for name in variables(text, manner.expands)}
    # In paths this program itself puts in `$NAME`, whatever the client does.
    taken |= {name for text in (*words_of(entry.value), *own) for name in _PLAIN.findall(text)}
    return {name for name in taken if not _HARMLESS.fullmatch(name)}
