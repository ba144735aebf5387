"""Which space: one resolver from what was asked, what a client tells and where we run to a file.

Order: `--db`, `--project` (or their variables) → the folder that the client names as it starts us
→ the workspace of Codex's turn → the working directory, unless it says nothing about a project →
the folders that are open in the client (roots) → the personal space. Roots come last because they
have to be asked for: every client that has them and starts us in a project starts us in the same.

A project is its real path, then its git top level, then the main worktree, so that every window
and worktree shares one memory. Worktrees of a repository that has no main one (it is bare, or lies
apart) have their own.
"""

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import unquote

from .settings import Settings, SettingsError

FOLDER = ".tokenspace"
INSTALLED = Path(__file__).resolve().parent.parent
TURN = "x-codex-turn-metadata"
"""What Codex tells with each call of a turn."""

_ADDRESS = re.compile(r"file:(?://(?:localhost)?)?/(.*)", re.IGNORECASE | re.DOTALL)
_DRIVE = re.compile(r"[a-z]:(?:/|$)", re.IGNORECASE)
_SHARE = ("//", "\\\\")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a space lies.

    Attributes:
        path: The database file.
        name: What to call the space.
        how: How it was found, in a few words.
        own_folder: Its folder is ours to make.
        is_fallback: Nothing pointed to a project.
    """

    path: Path
    name: str
    how: str
    own_folder: bool = True
    is_fallback: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.how})"

    def make_folder(self) -> None:
        """Make the folder of a project's or a person's space, closed to others and to git.

        Raises:
            SettingsError: it cannot be made.
        """
        if not self.own_folder:
            return
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            ignore = folder / ".gitignore"
            if folder.name == FOLDER and not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"cannot make the folder {folder} ({error.strerror}); give another place with "
                "--project or --db."
            ) from error


@dataclass(frozen=True, slots=True)
class Told:
    """What a client tells of where it works once it is connected; what is of no use counts as none.

    Attributes:
        turn: The workspaces of the turn that a call is part of, see `workspaces`.
        roots: The addresses of the folders that are open in it.
    """

    turn: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()


NOTHING = Told()


def locate(
    settings: Settings, cwd: Path | None = None, home: Path | None = None, told: Told = NOTHING
) -> Place:
    """Return the place of the space that `settings` ask for.

    Raises:
        SettingsError: a project folder was named that does not exist, or there is neither a
            project nor a home folder.
    """
    if settings.db:
        path = Path(settings.db)
        return Place(path, path.stem, f"named by {settings.origin['db']}", own_folder=False)
    home = (home or _home()).resolve()
    if settings.project:
        folder = Path(settings.project)
        if not _seen(folder.is_dir):
            raise SettingsError(
                f"{settings.origin['project']}: there is no folder {folder}; give a project's "
                "folder, or --db for a database file."
            )
        return _project(folder.resolve(), f"named by {settings.origin['project']}", home)
    here = cwd or _cwd()
    signals: tuple[tuple[str, Iterable[str | Path | None]], ...] = (
        ("named by the client", (settings.client_project,)),
        ("named by Codex's turn", (name for name in told.turn if not name.startswith(_SHARE))),
        ("working directory", (here,)),
        ("the client's root", map(local_folder, told.roots)),
    )
    for how, names in signals:
        folders = [found for name in names if name and (found := _telling(Path(name), home))]
        if folders:
            around = (f for f in folders if here is not None and here.resolve().is_relative_to(f))
            return _project(next(around, folders[0]), how, home)
    path = settings.data_dir / "spaces" / "personal.db"
    if not path.is_absolute():  # `~` stays as it is where this user has no home
        raise SettingsError("there is neither a project nor a home folder; give --project or --db.")
    return Place(path, "personal", "no project in sight", is_fallback=True)


def workspaces(meta: Mapping[str, object] | None) -> tuple[str, ...]:
    """Return the workspaces that a request's `_meta` names as Codex does: git roots, as paths."""
    turn = meta.get(TURN) if meta else None
    found = cast(dict[str, object], turn).get("workspaces") if isinstance(turn, dict) else None
    return tuple(cast(dict[str, object], found)) if isinstance(found, dict) else ()


def local_folder(address: str) -> str | None:
    """Return the path that a `file:` address names; None where that is not on this machine."""
    found = _ADDRESS.fullmatch(address)
    path = unquote(found[1]) if found else "/"
    if path.startswith(("/", "\\")):  # another machine's, or none
        return None
    return path if _DRIVE.match(path) else f"/{path}"


def _project(folder: Path, how: str, home: Path) -> Place:
    root = _git_root(folder, home)
    how += ", its git root" if root != folder else ""
    return Place(root / FOLDER / "memory.db", root.name or "root", how)


def _git_root(folder: Path, home: Path) -> Path:
    """Return the main worktree that `folder` is in, or `folder` itself. Reads git's files only.

    A repository of the whole home folder (somebody's settings) is no project.
    """
    for parent in (folder, *folder.parents):
        if parent == home:
            break
        mark = parent / ".git"
        if _seen(mark.is_dir):
            return parent
        if _seen(mark.is_file):
            main = _main_worktree(mark)
            return main if main and main != home and _seen(main.is_dir) else parent
    return folder


def _main_worktree(mark: Path) -> Path | None:
    """Follow a linked worktree's `.git` file: `gitdir: <main>/.git/worktrees/<name>`."""
    try:
        target = mark.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        git_dir = (mark.parent / target).resolve()
    except (OSError, ValueError, RuntimeError):  # no text, or no path; links in a circle
        return None
    is_linked = git_dir.parent.name == "worktrees" and git_dir.parent.parent.name == ".git"
    return git_dir.parents[2] if is_linked else None


def _seen(look: Callable[[], bool]) -> bool:
    """Return what a look at a path finds; what we may not look at is not there."""
    try:
        return look()
    except (OSError, ValueError):
        return False


def _cwd() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was removed under us
        return None


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user without one, as in some containers
        return Path("/")


def _telling(folder: Path, home: Path) -> Path | None:
    """Return the real path of a folder that says which project it is of, None of any other.

    Some clients keep a project's worktrees in their own folder: then the main one counts.
    """
    if not folder.is_absolute() or not _seen(folder.is_dir):
        return None
    real = folder.resolve()
    if _is_project(real, home):
        return real
    away = not real.is_relative_to(INSTALLED) and _is_project(_git_root(real, home), home)
    return real if away else None


def _is_project(here: Path, home: Path) -> bool:
    """Tell whether a folder says anything: not `/`, home, a system's, a client's or our own."""
    if here == Path(here.anchor) or here == home or home.is_relative_to(here):
        return False
    if here == Path(tempfile.gettempdir()).resolve():
        return False
    own = (".cache", "Library", "AppData", ".local", ".config")
    clients = (".claude", ".cline", ".codeium", ".codex", ".continue", ".copilot", ".cursor")
    clients += (".gemini", ".junie", ".qwen", ".vscode")
    system = ("Windows", "Program Files", "Program Files (x86)", "Applications")
    nowhere = [INSTALLED, *(home / name for name in (*own, *clients))]
    nowhere += [Path(here.anchor, name) for name in system]
    return not any(here.is_relative_to(folder) for folder in nowhere)
