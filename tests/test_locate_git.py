"""What lies in or as `.git`: read without waiting, believed where it may be, no project itself."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from test_locate import asked, folder, is_personal, memory
from test_locate_trust import bank, clone, git, home, needs_git

from tokenspace.config import index as reading
from tokenspace.config.locate import Place, locate
from tokenspace.config.settings import SettingsError

__all__ = ["bank", "clone", "home"]

PATIENCE_S = 10.0
UNREAD = "git's index cannot be read, so its file counts as the repository's"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, owners and links")


def in_time(look: Callable[[], Place]) -> Place:
    """Return what `look` finds, if it does so soon."""
    found: list[Place] = []
    looking = Thread(target=lambda: found.append(look()), daemon=True)
    looking.start()
    looking.join(PATIENCE_S)
    assert found, "it waits"
    return found[0]


def index_of(paths: list[bytes], version: int) -> bytes:
    """Return an index that lists these paths; they share nothing with one another."""
    index, before = b"DIRC" + version.to_bytes(4, "big") + len(paths).to_bytes(4, "big"), b""
    for path in paths:
        index += bytes(60) + len(path).to_bytes(2, "big")
        padding = b"\0" if version == 4 else bytes(8 - (62 + len(path)) % 8)
        index += (bytes([len(before)]) if version == 4 else b"") + path + padding
        before = path
    return index + bytes(20)


def as_if_theirs(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    """Have some files be another user's, which only root could make so."""

    def patched(look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def told(self: Path, **how: bool) -> os.stat_result:
            found = list(look(self, **how))
            found[4] = 65_534 if self in paths else found[4]
            return os.stat_result(found)

        return told

    for name in ("stat", "lstat"):
        monkeypatch.setattr(Path, name, patched(getattr(Path, name)))


@pytest.mark.parametrize("kind", ["pipe", "endless", "folder"])
@pytest.mark.parametrize("name", [".git", ".git/index", ".git/worktrees/x/gitdir"])
def test_nothing_of_git_is_waited_for(clone: Path, home: Path, name: str, kind: str) -> None:
    """An archive can hold what is no file: it is left alone, and says nothing good."""
    planted = folder((clone / name).parent) / Path(name).name
    if kind == "pipe":
        os.mkfifo(planted)
    elif kind == "endless":
        planted.symlink_to("/dev/zero")
    else:
        planted.mkdir()
    linked = folder(clone.with_name("linked"))
    (linked / ".git").write_text(f"gitdir: {clone / '.git' / 'worktrees' / 'x'}\n")
    assert in_time(lambda: locate(asked(), linked, home)).path == memory(linked)
    place = in_time(lambda: locate(asked(), clone, home))
    assert place.path == memory(clone)
    assert place.is_tracked == (name == ".git/index" or (name, kind) in UNTOLD)


UNTOLD = {(".git", "pipe"), (".git", "endless")}


@pytest.mark.parametrize(
    "index",
    [b"", b"DIRC", b"DIRC\0\0\0\2\0\0\0\7", b"DIRC\0\0\0\4\0\0\0\1" + b"x" * 99, b"DIRC\0\0\0\5"],
)
def test_an_index_that_is_none_counts_as_one_that_has_it(
    clone: Path, home: Path, index: bytes
) -> None:
    """Nobody can tell any more; without an index nothing came."""
    folder(clone / ".git")
    assert not locate(asked(), clone, home).is_tracked
    (clone / ".git" / "index").write_bytes(index)
    place = locate(asked(), clone, home)
    assert place.is_tracked
    assert place.how == f"working directory; {UNREAD}"


@needs_git
def test_a_memory_in_a_split_index_is_told(clone: Path, home: Path) -> None:
    """Git may keep most of it in another file, for good if a person has it so."""
    git(clone, "init", "-q")
    git(clone, "config", "core.splitIndex", "true")
    for file in (memory(clone), clone / "link"):
        folder(file.parent)
        file.touch()
    git(clone, "add", "-f", ".tokenspace")
    git(clone, "add", "link")
    assert b".tokenspace" not in (clone / ".git" / "index").read_bytes()
    assert locate(asked(), clone, home).is_tracked
    git(clone, "rm", "-q", "-r", "--cached", ".tokenspace")
    git(clone, "update-index", "--no-split-index")
    assert not locate(asked(), clone, home).is_tracked


@pytest.mark.parametrize("version", [2, 4])
def test_a_long_index_is_not_read_path_by_path(
    clone: Path, home: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    """It need not be where paths stand whole; else there is an end, and it cannot be told."""
    monkeypatch.setattr(reading, "_MOST_PATHS", 100)
    folder(clone / ".git")
    file, paths = clone / ".git" / "index", [b"!%07d" % number for number in range(101)]
    for some, is_tracked in ((paths[:100], False), (paths, version == 4), ([], False)):
        file.write_bytes(index_of([*some, b"a"], version))
        assert locate(asked(), clone, home).is_tracked == is_tracked
    file.write_bytes(index_of([*paths[:50], b".to\xe2\x84\xaaenspace/memory.db"], version))
    assert locate(asked(), clone, home).is_tracked


def test_a_folder_that_may_not_be_read_is_told(
    clone: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold a memory that another user of this machine made; nobody is told to remove it."""
    folder(clone / ".tokenspace")

    def closed(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", closed)  # root, who may run this, reads everything
    with pytest.raises(SettingsError, match=r"you may not read it\. See whose it is") as refusal:
        locate(asked(), clone, home)
    assert "remove" not in str(refusal.value)


def test_somebody_else_s_git_around_a_folder_does_not_count(
    clone: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may put one where all can write; git does not take it either."""
    mark, work = folder(clone / ".git"), folder(clone / "work")
    assert locate(asked(), work, home).path == memory(clone)
    with monkeypatch.context() as other:
        as_if_theirs(other, mark)
        assert locate(asked(), work, home).path == memory(work)
    as_if_theirs(monkeypatch, mark, work)  # as for root in a person's repository
    assert locate(asked(), work, home).path == memory(clone)


def test_a_git_of_a_folder_that_people_share_does_not_count(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the one for temporary files, nor around a home."""
    folder(clone / ".git")
    home, work = folder(clone / "homes" / "ada"), folder(clone / "work")
    assert locate(asked(), work, home).path == memory(work)
    away = folder(clone.with_name("away"))
    assert locate(asked(), work, away).path == memory(clone)
    monkeypatch.setattr(tempfile, "tempdir", str(clone))
    assert locate(asked(), work, away).path == memory(work)


@needs_git
def test_git_s_own_folders_are_no_project(clone: Path, home: Path) -> None:
    """Neither a bare repository nor what lies in `.git`; a worktree in one is a project."""
    git(clone, "init", "-q")
    git(clone, "commit", "-q", "--allow-empty", "-m", "x")
    bare = clone.with_name("store")
    git(clone, "clone", "-q", "--bare", ".", str(bare))
    for nothing in (bare, bare / "refs", clone / ".git", clone / ".git" / "hooks"):
        assert is_personal(locate(asked(), folder(nothing), home))
    git(bare, "worktree", "add", "-q", "tree")
    assert locate(asked(), folder(bare / "tree" / "src"), home).path == memory(bare / "tree")
    assert locate(asked(project=str(bare)), home, home).path == memory(bare)
