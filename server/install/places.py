"""Where the files of clients lie on each platform, and which clients are here."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...config.repository import git_root
from ...config.settings import elsewhere
from .clients import Client

_SUPPORT = "{home}/Library/Application Support"
_FOLDERS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    # its name, the variable that moves it, and where it lies: per platform, "" for the others
    ("config", "XDG_CONFIG_HOME", {"": "{home}/.config"}),
    ("roaming", "APPDATA", {"": "{home}/AppData/Roaming"}),
    ("support", "", {"": "{config}", "darwin": _SUPPORT, "win32": "{roaming}"}),
    ("zed", "", {"": "{config}/zed", "win32": "{roaming}/Zed"}),
    ("claude", "CLAUDE_CONFIG_DIR", {"": "{home}"}),
    ("codex", "CODEX_HOME", {"": "{home}/.codex"}),
    ("copilot", "COPILOT_HOME", {"": "{home}/.copilot"}),
    ("cline", "CLINE_DIR", {"": "{home}/.cline"}),
)


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one person on one platform.

    Attributes:
        home: The person's home folder.
        project: The project that project files belong to; None where there is none.
        folders: The others, by the names that paths of clients have for them.
    """

    home: Path
    project: Path | None = None
    folders: Mapping[str, str] = field(default_factory=dict[str, str])

    def file(self, client: Client, scope: str) -> Path | None:
        """Return the file that an entry of this scope belongs into; None where there is none."""
        paths = self.files(client, scope)
        return next((path for path in reversed(paths) if _is_there(path)), next(iter(paths), None))

    def files(self, client: Client, scope: str) -> list[Path]:
        """Return every file in which a client may have entries of this scope."""
        return [self.path(path.removeprefix("?")) for path in getattr(client, scope)]

    def rules(self, client: Client, scope: str) -> Path | None:
        """Return the file that tells a client's models what to do; None where there is none."""
        path = client.rules if scope == "user" else client.rules_project
        return self.path(path) if path else None

    def sign(self, client: Client) -> str:
        """Return what shows that a client is here, empty where nothing does."""
        for sign in client.signs:
            if "{" not in sign:
                found = shutil.which(sign)
            else:
                path = self.path(sign)
                found = str(path) if _is_there(path) else None
            if found:
                return found
        return ""

    def shown(self, path: Path) -> str:
        """Return a path as a person writes it."""
        return f"~/{path.relative_to(self.home)}" if path.is_relative_to(self.home) else str(path)

    def path(self, written: str) -> Path:
        """Return a path of `clients.py`; one without a folder's name is the project's."""
        path = written.format_map(self.folders)
        return Path(path) if "{" in written else (self.project or Path()) / path


def places(
    home: Path,
    project: Path | None = None,
    platform: str = sys.platform,
    environ: Mapping[str, str] | None = None,
) -> Places:
    """Return the places of the person whose home folder this is."""
    moved = elsewhere(environ)
    folders = {"home": str(home)}
    for name, variable, where in _FOLDERS:
        usual = where.get(platform, where[""]).format_map(folders)
        folders[name] = moved.get(variable) or usual
    return Places(home, project, folders)


def _is_there(path: Path) -> bool:
    """Tell whether there is something; what nobody lets us look at counts as nothing."""
    try:
        return path.exists()
    except OSError:
        return False


def project_of(folder: Path, home: Path) -> Path | None:
    """Return the project that a folder is in: its git root, else itself; None for a home or `/`."""
    folder, home = folder.resolve(), home.resolve()
    nowhere = home.is_relative_to(folder)
    return git_root(folder, home) or (None if nowhere else folder)
