"""Git's index, read without git: does it list a memory? Versions 2 to 4, whole or split."""

import re
from collections.abc import Iterator
from pathlib import Path

from .plain import read_plain

_MOST_BYTES = 128 << 20  # of one file: more than a million paths
_MOST_PATHS = 100_000  # that are read one by one: a third of a second
_HINT = re.compile(rb"\.[tT][oO].{1,3}[eE][nN].{1,2}[pP][aA][cC][eE]", re.DOTALL)
"""The folder's name in each spelling that some system takes for it (Unicode has more k and s)."""
_BEHIND = b".u"  # what comes behind every `.t…` and `.T…` in git's order
_HASHES = (20, 32)  # bytes of an object's name
_HEAD = 40  # bytes of an entry before that
_EXTENDED = 0x4000
_LONG = 0xFFF  # so long a path, or longer


def lists(git_dir: Path, folder: str, file: str) -> bool:
    """Tell whether the index in `git_dir` lists `folder`, or in it what begins with `file`.

    Spelled otherwise it is the same file on some systems. Of a split index the shared part counts
    whole, also what was taken out since: git writes it anew after a while.

    Raises:
        OSError, ValueError: it is there, but is not to be read.
    """
    try:
        index = read_plain(git_dir / "index", _MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return False
    parts = [index]
    if b"link" in index:  # an extension's name, and a word like any other
        for shared in git_dir.iterdir():
            stem, _, name = shared.name.partition(".")
            if stem == "sharedindex" and bytes.fromhex(name) in index:
                parts.append(read_plain(shared, _MOST_BYTES))
    return any(_has(part, (folder, f"{folder}/{file}")) for part in parts)


def _has(index: bytes, wanted: tuple[str, str]) -> bool:
    """Tell whether an index lists the one, or what begins with the other.

    Raises:
        ValueError: it is not as git writes it, or too much of it would have to be read.
    """
    version, count = int.from_bytes(index[4:8], "big"), int.from_bytes(index[8:12], "big")
    if index[:4] != b"DIRC" or version not in (2, 3, 4) or len(index) < count * _HEAD:
        raise ValueError
    if version != 4 and not _HINT.search(index):  # there each path stands whole
        return False
    answers = {_found(index, size, wanted) for size in _HASHES}
    if answers == {None}:
        raise ValueError
    return True in answers


def _found(index: bytes, size: int, wanted: tuple[str, str]) -> bool | None:
    """Tell the same of an index whose objects' names have so many bytes; None if they have not."""
    whole, beginning = wanted
    try:
        for number, path in enumerate(_paths(index, size)):
            if path >= _BEHIND:
                return False
            name = path.decode("utf-8", "replace").casefold()
            if name == whole or name.startswith(beginning):
                return True
            if number == _MOST_PATHS:
                return None
    except (ValueError, IndexError):
        return None
    return False


def _paths(index: bytes, size: int) -> Iterator[bytes]:
    """Yield the paths of an index in its order; empty ones are the shared part's.

    Raises:
        ValueError, IndexError: its objects' names have another size.
    """
    is_short = index[7] == 4
    at, path = 12, b""
    for _ in range(int.from_bytes(index[8:12], "big")):
        start = at + _HEAD + size
        flags = int.from_bytes(index[start : start + 2], "big")
        start += 4 if flags & _EXTENDED else 2
        kept = b""
        if is_short:  # what it shares with the path before is not said again
            dropped, start = _number(index, start)
            kept = path[: len(path) - dropped]
        end = index.index(b"\0", start)
        path = kept + index[start:end]
        if min(len(path), _LONG) != flags & _LONG:
            raise ValueError
        yield path
        at = end + 1 if is_short else at + (end - at + 8) // 8 * 8


def _number(index: bytes, at: int) -> tuple[int, int]:
    """Return a number of as many bytes as it needs, and where it ends."""
    byte = index[at]
    number = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = index[at]
        number = (number + 1) << 7 | byte & 0x7F
    return number, at + 1
