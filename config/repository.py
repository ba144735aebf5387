"""What git's own files say of a folder, read without git: where it belongs, what it brings along.

A folder may be somebody else's, unpacked or cloned: what is said here is believed only as far as it
cannot lead out of what they wrote.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from .settings import SettingsError

FOLDER = ".tokenspace"
MEMORY = "memory.db"

_MARK = ".git"
_BEHIND = b".u"  # what comes behind every `.t…` and `.T…` in git's order
_HASHES = (20, 32)  # bytes of an object's name
_HEAD = 40  # bytes of an entry before that
_EXTENDED = 0x4000
_LONG = 0xFFF  # so long a path, or longer


def git_root(folder: Path, home: Path) -> Path | None:
    """Return the nearest folder, `folder` or one around it, that holds a `.git`; real paths.

    A repository of the whole home folder (somebody's settings) is no project, nor is one around it.
    """
    for parent in (folder, *folder.parents):
        if parent == home:
            return None
        mark = parent / _MARK
        if seen(mark.is_dir) or seen(mark.is_file):
            return parent
    return None


def main_worktree(root: Path) -> Path:
    """Return the main worktree of the linked one at `root`, else `root` itself.

    A linked one has a `.git` file: `gitdir: <main>/.git/worktrees/<name>`. Anybody can write such a
    file, so it counts only where that folder's own `gitdir` names it back.
    """
    linked = _pointed(root)
    if linked is None or linked.parent.name != "worktrees" or linked.parents[1].name != _MARK:
        return root
    try:
        back = linked / (linked / "gitdir").read_text(encoding="utf-8").strip()
        mutual = (back.parent.resolve(), back.name) == (root.resolve(), _MARK)
    except (OSError, ValueError, RuntimeError):
        return root
    main = linked.parents[2]
    return main if mutual and seen(main.is_dir) else root


def brings_memory(root: Path) -> bool:
    """Tell whether git has the memory of the repository at `root`: a clone brings it along.

    What is not to be read (no index, or one that git has split) says nothing.
    """
    folder = root / _MARK
    git_dir = folder if seen(folder.is_dir) else _pointed(root)
    if git_dir is None:
        return False
    try:
        index = (git_dir / "index").read_bytes()
    except OSError:
        return False
    return any(_lists(index, size) for size in _HASHES)


def check_inside(root: Path) -> None:
    """Refuse a memory at `root` that leads elsewhere: it may have come with the project.

    Raises:
        SettingsError: its folder, its file or one of those beside the file is a link.
    """
    folder = root / FOLDER
    try:
        away = folder.is_symlink() or not folder.resolve().is_relative_to(root.resolve())
        links = [folder] if away else [file for file in _files(folder) if file.is_symlink()]
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"cannot tell where {folder} leads ({error}); remove it.") from error
    if links:
        raise SettingsError(
            f"{links[0]} is a link, and a project's memory is none, as it may come from somebody "
            "else; remove the link, or name the file itself with --db or TOKENSPACE_DB."
        )


def seen(look: Callable[[], bool]) -> bool:
    """Return what a look at a path finds; what we may not look at is not there."""
    try:
        return look()
    except (OSError, ValueError):
        return False


def _files(folder: Path) -> list[Path]:
    """Return a memory's file, and what lies beside it under its name."""
    if not seen(folder.is_dir):
        return []
    return [file for file in folder.iterdir() if file.name.casefold().startswith(MEMORY)]


def _pointed(root: Path) -> Path | None:
    """Return where a `.git` file says that git keeps its files, as a real path."""
    try:
        said = (root / _MARK).read_text(encoding="utf-8")
        return (root / said.removeprefix("gitdir:").strip()).resolve()
    except (OSError, ValueError, RuntimeError):  # no text, or no path; links in a circle
        return None


def _lists(index: bytes, size: int) -> bool:
    """Tell whether an index whose objects' names have so many bytes lists a memory.

    Its folder may be there as one thing: a repository of its own. Spelled otherwise it is the same
    file on some systems.
    """
    try:
        for path in _paths(index, size):
            if path >= _BEHIND:
                return False
            name = path.decode("utf-8", "replace").casefold()
            if name == FOLDER or name.startswith(f"{FOLDER}/{MEMORY}"):
                return True
    except (ValueError, IndexError):  # not as git writes it
        pass
    return False


def _paths(index: bytes, size: int) -> Iterator[bytes]:
    """Yield the paths of an index (versions 2 to 4) in its order.

    Raises:
        ValueError, IndexError: it is none, or its objects' names have another size.
    """
    version, count = int.from_bytes(index[4:8], "big"), int.from_bytes(index[8:12], "big")
    if index[:4] != b"DIRC" or version not in (2, 3, 4):
        raise ValueError
    at, path = 12, b""
    for _ in range(count):
        start = at + _HEAD + size
        flags = int.from_bytes(index[start : start + 2], "big")
        start += 4 if flags & _EXTENDED else 2
        kept = b""
        if version == 4:  # what it shares with the path before is not said again
            dropped, start = _number(index, start)
            kept = path[: len(path) - dropped]
        end = index.index(b"\0", start)
        path = kept + index[start:end]
        if min(len(path), _LONG) != flags & _LONG:
            raise ValueError
        yield path
        at = end + 1 if version == 4 else at + (end - at + 8) // 8 * 8


def _number(index: bytes, at: int) -> tuple[int, int]:
    """Return a number of as many bytes as it needs, and where it ends."""
    byte = index[at]
    number = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = index[at]
        number = (number + 1) << 7 | byte & 0x7F
    return number, at + 1
