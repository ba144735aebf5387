"""Which space: one resolver from what was asked and where we run to a database file.

Order: `--db`, `--project` (or their variables) → the folder the client names → the working
directory, unless it says nothing about a project → the personal space. A project is its real path,
then its git top level, then the main worktree, so that every window and worktree shares one memory.
Worktrees of a repository that has no main one (it is bare, or lies apart) have their own.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .settings import Settings, SettingsError

FOLDER = ".tokenspace"
INSTALLED = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Place:
    """Where a space lies.

    Attributes:
        path: The database file.
        name: What to call the space.
        how: How it was found, in a few words.
        own_folder: Its folder is ours to make.
    """

    path: Path
    name: str
    how: str
    own_folder: bool = True

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


def locate(settings: Settings, cwd: Path | None = None, home: Path | None = None) -> Place:
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
        return _project(folder, f"named by {settings.origin['project']}", home)
    told = Path(settings.client_project) if settings.client_project else None
    if told is not None and _seen(told.is_dir) and _is_project(told.resolve(), home):
        return _project(told, "named by the client", home)
    here = cwd or _cwd()
    if here is not None and _is_project(here.resolve(), home):
        return _project(here, "working directory", home)
    path = settings.data_dir / "spaces" / "personal.db"
    if not path.is_absolute():  # `~` stays as it is where this user has no home
        raise SettingsError("there is neither a project nor a home folder; give --project or --db.")
    return Place(path, "personal", "no project in sight")


def _project(folder: Path, how: str, home: Path) -> Place:
    root = _git_root(folder.resolve(), home)
    how += ", its git root" if root != folder.resolve() else ""
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
    except (OSError, UnicodeDecodeError):
        return None
    git_dir = (mark.parent / target).resolve()
    is_linked = git_dir.parent.name == "worktrees" and git_dir.parent.parent.name == ".git"
    return git_dir.parents[2] if is_linked else None


def _seen(look: Callable[[], bool]) -> bool:
    """Return what a look at a path finds; what we may not look at is not there."""
    try:
        return look()
    except OSError:
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


def _is_project(here: Path, home: Path) -> bool:
    """Tell whether a working directory says anything: not `/`, home, a system or our own folder."""
    if here == Path(here.anchor) or here == home or home.is_relative_to(here):
        return False
    nowhere = [INSTALLED, home / ".cache", home / "Library", home / "AppData", home / ".local"]
    nowhere += [home / name for name in (".codex", ".claude", ".gemini", ".cursor", ".config")]
    if here in (Path(tempfile.gettempdir()).resolve(), Path(here.anchor, "Windows", "System32")):
        return False
    return not any(here.is_relative_to(folder) for folder in nowhere)
