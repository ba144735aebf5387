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
from ..install.starts import Start, start_of, words_of
from .configured import Entry, part
from .expanding import expanded, variables
from .manners import MANNERS, Environ, Folder, Form, Manner
from .program import is_here

MENU_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""Where a program that was started from a menu looks for others."""

ENDPOINT = "it comes with the project, and leads to an endpoint"
"""Why an entry is not started that may be as good as any."""

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
        reason: Why it is not started here; empty where it is.
    """

    written: tuple[str, ...]
    start: Start
    found: Path | None
    cwd: Path
    environ: Mapping[str, str]
    reason: str = ""

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
    asked = part(value, "env") or part(value, "environment")
    own = {
        name: expanded(str(said), manner.expands, put_in, places.home, project)
        for name, said in asked.items()
    }
    environ = {**given, **own}
    cwd = _folder(entry, manner, places, start)
    found = _found(start, environ if entry.trusted else given, cwd)
    reason = _reason(entry, start, found, own, places) or _taken(manner, entry)
    written = words_of(entry.value)
    return Launch(
        written=written, start=start, found=found, cwd=cwd, environ=environ, reason=reason
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
    named = entry.value.get("cwd")
    if isinstance(named, str) and entry.trusted and "cwd" not in manner.ignores:
        folder = Path(named)
        if folder.is_absolute() and folder.is_dir():
            return folder
    which = manner.project_folder if entry.scope == PROJECT else manner.folder
    if which is Folder.HOME or (start.unsafe and start.count):
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


def _taken(manner: Manner, entry: Entry) -> str:
    """Return why an entry of a project is not started that takes what the person's shell holds."""
    if entry.trusted:
        return ""
    asked = part(entry.value, "env") or part(entry.value, "environment")
    words = () if manner.expands is Form.ENV_ONLY else words_of(entry.value)
    own = [str(value) for value in asked.values()]
    taken = {name for text in (*words, *own) for name in variables(text, manner.expands)}
    # In paths this program itself puts in `$NAME`, whatever the client does.
    taken |= {name for text in (*words_of(entry.value), *own) for name in _PLAIN.findall(text)}
    taken = {name for name in taken if not _HARMLESS.fullmatch(name)}
    if not taken:
        return ""
    return f"it comes with the project, and takes {', '.join(sorted(taken))} of your environment"


def _reason(
    entry: Entry, start: Start, found: Path | None, own: Mapping[str, str], places: Places
) -> str:
    """Return why an entry is not started here; empty where it is."""
    if not start.count or found is None:
        return "it starts something else"
    asked = start.told
    if asked.command != "serve":
        return f"it runs `tokenspace {asked.command}`, which is not the server"
    if asked.transport != "stdio":
        return "it serves an endpoint, and the client waits on its standard output"
    if entry.trusted:
        return ""
    if not is_here(found, start, places.project):
        return "it comes with the project, and is not the program that you installed"
    others = sorted(name for name in own if not _OURS.fullmatch(name))
    if others:
        return f"it comes with the project, and sets {', '.join(others)}"
    if asked.remote:
        return ENDPOINT
    return ""
