"""What git's own files say of a folder, read without git: where it belongs, what it brings along.

A folder may be somebody else's, unpacked or cloned: what is said here is believed only as far as it
cannot lead out of what they wrote.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from .index import lists
from .nowhere import is_common
from .plain import read_plain
from .settings import SettingsError

FOLDER = ".tokenspace"
MEMORY = "memory.db"

_MARK = ".git"
_MOST_BYTES = 16_384  # of a file that holds one path


def git_root(folder: Path, home: Path) -> Path | None:
    """Return the nearest folder, `folder` or one around it, that holds a `.git`; real paths.

    A repository of the whole home folder (somebody's settings) is no project, nor is one around it
    or of a folder that people share; nor one whose `.git` anybody may have put above `folder`.
    """
    for parent in (folder, *folder.parents):
        if parent == home:
            return None
        if _is_marked(parent):
            counts = not is_common(parent, home) and _is_trusted(parent / _MARK, folder)
            return parent if counts else None
    return None


def in_git_store(folder: Path) -> bool:
    """Tell whether a folder is one where git keeps its own files: of a bare repository, or `.git`.

    A worktree may lie in there, and is none.
    """
    for parent in (folder, *folder.parents):
        if parent.name == _MARK:
            return True
        if _is_marked(parent):
            return False
        is_store = seen((parent / "HEAD").is_file) and seen((parent / "objects").is_dir)
        if is_store and seen((parent / "refs").is_dir):
            return True
    return False


def main_worktree(root: Path) -> Path:
    """Return the main worktree of the linked one at `root`, else `root` itself.

    A linked one has a `.git` file: `gitdir: <main>/.git/worktrees/<name>`. Anybody can write such a
    file, so it counts only where that folder's own `gitdir` names it back.
    """
    try:
        linked = _pointed(root)
        if linked.parent.name != "worktrees" or linked.parents[1].name != _MARK:
            return root
        back = _led(linked, read_plain(linked / "gitdir", _MOST_BYTES).decode())
        mutual = (back.parent.resolve(), back.name) == (root.resolve(), _MARK)
    except (OSError, ValueError, RuntimeError):
        return root
    main = linked.parents[2]
    counts = mutual and seen(main.is_dir) and _is_trusted(linked.parents[1], root)
    return main if counts else root


def brings_memory(root: Path) -> str:
    """Say that git has the memory of the repository at `root`, as a clone brings it; else nothing.

    What cannot be told counts as that.
    """
    mark = root / _MARK
    try:
        git_dir = mark if seen(mark.is_dir) else _pointed(root)
        return "its file comes with the repository" if lists(git_dir, FOLDER, MEMORY) else ""
    except FileNotFoundError:  # no repository
        return ""
    except (OSError, ValueError, RuntimeError):
        return "git's index cannot be read, so its file counts as the repository's"


def check_inside(root: Path) -> None:
    """Refuse a memory at `root` that leads elsewhere: it may have come with the project.

    Raises:
        SettingsError: its folder, its file or one of those beside the file is a link, or that
            cannot be told.
    """
    folder = root / FOLDER
    try:
        away = folder.is_symlink() or not folder.resolve().is_relative_to(root.resolve())
        links = [folder] if away else [file for file in _files(folder) if file.is_symlink()]
    except (OSError, RuntimeError) as error:
        why = "you may not read it" if isinstance(error, PermissionError) else str(error)
        raise SettingsError(
            f"cannot look into {folder}: {why}. See whose it is and who may read it, or name "
            "another file with --db or TOKENSPACE_DB."
        ) from error
    if links:
        raise SettingsError(
            f"{links[0]} is a link, and a project's memory is none, as it may come from somebody "
            "else; remove the link, or name the file itself with --db or TOKENSPACE_DB."
        )


def is_remote(name: str) -> bool:
    """Tell whether Windows would look for a path on another machine, which may be anybody's."""
    return name.replace("\\", "/").startswith("//")


def seen(look: Callable[[], bool]) -> bool:
    """Return what a look at a path finds; what we may not look at is not there."""
    try:
        return look()
    except (OSError, ValueError):
        return False


def _is_marked(folder: Path) -> bool:
    mark = folder / _MARK
    return seen(mark.is_dir) or seen(mark.is_file)


def _is_trusted(mark: Path, folder: Path) -> bool:
    """Tell whether a `.git` is ours, root's, or of who made `folder`: that is theirs as well.

    So a container's root, or one that `sudo` made, is at home in a person's repository.
    """
    if sys.platform == "win32":  # it has no such numbers
        return True
    return seen(lambda: mark.lstat().st_uid in (0, os.geteuid(), folder.stat().st_uid))


def _files(folder: Path) -> list[Path]:
    """Return a memory's file, and what lies beside it under its name."""
    if not seen(folder.is_dir):
        return []
    return [file for file in folder.iterdir() if file.name.casefold().startswith(MEMORY)]


def _pointed(root: Path) -> Path:
    """Return where a `.git` file says that git keeps its files, as a real path.

    Raises:
        OSError, ValueError, RuntimeError: there is none to be read, or it names no folder.
    """
    said = read_plain(root / _MARK, _MOST_BYTES).decode()
    if not said.startswith("gitdir:"):
        raise ValueError
    return _led(root, said.removeprefix("gitdir:")).resolve()


def _led(folder: Path, said: str) -> Path:
    """Return the path that a file in `folder` names.

    Raises:
        ValueError: it is on another machine.
    """
    name = said.strip()
    if sys.platform == "win32" and is_remote(name):
        raise ValueError
    return folder / name
