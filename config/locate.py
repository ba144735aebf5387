"""Which space: one resolver from what was asked, what a client tells and where we run to a file.

Order: `--db`, `--project` (or their variables) → the folder that the client names as it starts us
→ the workspace of Codex's turn → the working directory, unless it says nothing about a project →
the folders that are open in the client (roots) → the personal space. Roots come last because they
have to be asked for: every client that has them and starts us in a project starts us in the same.

A project is its real path, then its git top level, then the main worktree, so that every window
and worktree shares one memory. Worktrees of a repository that has no main one (it is bare, or lies
apart) have their own. What comes with a project leads to no other one's memory (`repository.py`).
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import unquote

from .nowhere import INSTALLED, is_common, is_project
from .repository import (
    FOLDER,
    MEMORY,
    brings_memory,
    check_inside,
    git_root,
    in_git_store,
    is_remote,
    main_worktree,
    seen,
)
from .settings import Settings, SettingsError

TURN = "x-codex-turn-metadata"
"""What Codex tells with each call of a turn."""

_ADDRESS = re.compile(r"file:(?://(?:localhost)?)?/(.*)", re.IGNORECASE | re.DOTALL)
_DRIVE = re.compile(r"[a-z]:(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a space lies.

    Attributes:
        path: The database file.
        name: What to call the space.
        how: How it was found, in a few words.
        own_folder: Its folder is ours to make.
        is_fallback: Nothing pointed to a project.
        is_tracked: It is a project's, and git has its file, or may have: whoever wrote the
            project may have written it.
    """

    path: Path
    name: str
    how: str
    own_folder: bool = True
    is_fallback: bool = False
    is_tracked: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.how})"

    def make_folder(self) -> None:
        """Make the folder of a project's or a person's space, closed to others and to git.

        Raises:
            SettingsError: it cannot be made, or leads out of the project by now.
        """
        if not self.own_folder:
            return
        folder = self.path.parent
        if folder.name == FOLDER:
            check_inside(folder.parent)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.name == FOLDER:
                _ignore(folder / ".gitignore")
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
        SettingsError: a project folder was named that does not exist, a project's memory leads
            out of it, or there is neither a project nor a home folder.
    """
    if settings.db:
        path = Path(settings.db)
        return Place(path, path.stem, f"named by {settings.origin['db']}", own_folder=False)
    home = (home or _home()).resolve()
    if settings.project:
        folder = Path(settings.project)
        if not seen(folder.is_dir):
            raise SettingsError(
                f"{settings.origin['project']}: there is no folder {folder}; give a project's "
                "folder, or --db for a database file."
            )
        return _project(folder.resolve(), f"named by {settings.origin['project']}", home)
    here = cwd or _cwd()
    turn = (name for name in told.turn if not is_remote(name))
    signals: tuple[tuple[str, Iterable[str | Path | None]], ...] = (
        ("named by the client", (settings.client_project,)),
        ("named by Codex's turn", _marked(turn, here, home)),
        ("working directory", (here,)),
        ("the client's root", map(local_folder, told.roots)),
    )
    for how, names in signals:
        folders = [found for name in names if name and (found := _telling(Path(name), home))]
        if folders:
            around = (folder for folder in folders if _is_around(folder, here))
            nearest = max(around, key=lambda folder: len(folder.parts), default=folders[0])
            return _project(nearest, how, home)
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
    """Return the place of a project's memory.

    Raises:
        SettingsError: it leads out of the project.
    """
    root = _root(folder, home)
    check_inside(root)
    how += ", its git root" if root != folder else ""
    brought = brings_memory(root)
    how += f"; {brought}" if brought else ""
    path = root / FOLDER / MEMORY
    return Place(path, root.name or "root", how, is_tracked=bool(brought))


def _root(folder: Path, home: Path) -> Path:
    """Return the main worktree that `folder` is in, or `folder` itself."""
    top = git_root(folder, home)
    if top is None:
        return folder
    main = main_worktree(top)
    return top if is_common(main, home) else main


def _ignore(file: Path) -> None:
    """Have git pass over a folder, unless there is something at `file` already, a link as well."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with suppress(FileExistsError):
        made = os.open(file, flags, 0o600)
        try:
            os.write(made, b"*\n")
        finally:
            os.close(made)


def _marked(names: Iterable[str], here: Path | None, home: Path) -> Iterator[str]:
    """Yield the folders that something marks as a project: a call may name any, and make it one."""
    for name in names:
        folder = Path(name)
        if folder.is_absolute() and seen(folder.is_dir):
            real = folder.resolve()
            known = git_root(real, home) or seen((real / FOLDER).is_dir)
            if known or _is_around(real, here):
                yield name


def _is_around(folder: Path, here: Path | None) -> bool:
    return here is not None and here.resolve().is_relative_to(folder)


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
    if not folder.is_absolute() or not seen(folder.is_dir):
        return None
    real = folder.resolve()
    if in_git_store(real):
        return None
    if is_project(real, home):
        return real
    away = not real.is_relative_to(INSTALLED) and is_project(_root(real, home), home)
    return real if away else None
