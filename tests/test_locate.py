"""Which space: the signals in their order, and folders that say nothing about a project."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tokenspace.config import nowhere
from tokenspace.config.locate import Place, locate
from tokenspace.config.settings import Settings, SettingsError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder."""
    return folder(tmp_path / "home")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A project's folder, without git."""
    return folder(tmp_path / "work")


def folder(path: Path) -> Path:
    """Make a folder and return its real path."""
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def asked(**given: Any) -> Settings:
    """Return settings as flags make them."""
    return Settings(
        **given,
        origin={name: f"--{name}" for name in given},
        data_dir=Path(tempfile.gettempdir()).resolve() / "data",
    )


def told(path: Path) -> Settings:
    """Return settings as a client makes them that names the folder it works in."""
    return Settings(client_project=str(path), data_dir=Path("/data").absolute())


def memory(root: Path) -> Path:
    """Return where a project's space lies."""
    return root / ".tokenspace" / "memory.db"


def is_personal(place: Place) -> bool:
    """Tell whether nothing pointed to a project."""
    return (place.name, place.how) == ("personal", "no project in sight")


def test_a_database_is_taken_by_its_name(work: Path, home: Path) -> None:
    """Outright, whatever else is there; its folder is not ours to make."""
    place = locate(asked(db=str(work / "gone" / "x.db"), project="/nowhere"), work, home)
    assert (place.path, str(place)) == (work / "gone" / "x.db", "x (named by --db)")
    place.make_folder()
    assert not (work / "gone").exists()


def test_a_project_is_taken_by_its_name(work: Path, home: Path) -> None:
    """Before what the client tells and before the working directory."""
    other = folder(work / "other")
    place = locate(asked(project=str(other)), work, home)
    assert (place.path, str(place)) == (memory(other), "other (named by --project)")


def test_a_project_that_is_missing_is_told(work: Path, home: Path) -> None:
    """A typing error must not become an empty memory somewhere else."""
    (work / "file").touch()
    for name in ("gone", "file"):
        with pytest.raises(SettingsError, match=r"--project: there is no folder .*, or --db for"):
            locate(asked(project=str(work / name)), work, home)


def test_the_client_tells_the_project(work: Path, home: Path) -> None:
    """Its folder wins over the working directory, unless it is missing or says nothing."""
    other = folder(work / "other")
    assert str(locate(told(other), work, home)) == "other (named by the client)"
    for nothing in (other / "gone", home, Path("/"), Path("${CLAUDE_PROJECT_DIR}")):
        assert str(locate(told(nothing), work, home)) == "work (working directory)"


def test_the_working_directory_is_a_project(work: Path, home: Path) -> None:
    """With or without git; inside the home folder as well."""
    assert locate(asked(), work, home).path == memory(work)
    inside = folder(home / "code" / "thing")
    assert locate(asked(), inside, home).path == memory(inside)


@pytest.mark.parametrize(
    "name",
    [".", "..", ".cache/x", "Library/x", ".config", ".local/share/x", ".claude/x", ".codex"],
)
def test_some_folders_of_a_home_say_nothing(home: Path, name: str) -> None:
    """Clients start servers from the home folder, its parents, their own folders, caches."""
    assert is_personal(locate(asked(), folder(home / name), home))


def test_some_folders_of_a_system_say_nothing(home: Path) -> None:
    """The root, the folder for temporary files, settings, and where we are installed."""
    root = Path(home.anchor)
    installed = nowhere.INSTALLED
    system = (root, root / "etc", root / "usr", root / "usr" / "bin", Path(tempfile.gettempdir()))
    for nothing in (*system, installed, installed / "server"):
        assert is_personal(locate(asked(), nothing, home))


def test_the_personal_space_lies_in_the_data_folder(home: Path) -> None:
    """In a folder of its own, that we make."""
    place = locate(asked(), home, home)
    assert place.path == asked().data_dir / "spaces" / "personal.db"
    assert place.own_folder


def test_a_repository_has_one_memory(work: Path, home: Path) -> None:
    """Every folder of it leads to its top; the nearest repository counts."""
    folder(work / ".git")
    deep = folder(work / "src" / "deep")
    place = locate(asked(), deep, home)
    assert (place.path, str(place)) == (
        memory(work),
        "work (working directory, its git root)",
    )
    assert locate(asked(project=str(deep)), home, home).path == memory(work)
    folder(deep / ".git")
    assert locate(asked(), deep, home).path == memory(deep)


@pytest.mark.parametrize("relative", [False, True])
def test_linked_worktrees_share_the_memory(work: Path, home: Path, relative: bool) -> None:
    """Git writes their pointer absolute, or relative where it is asked to."""
    main, linked = folder(work / "main"), folder(work / "linked")
    target = folder(main / ".git" / "worktrees" / "linked")
    pointer = Path("..", "main", ".git", "worktrees", "linked") if relative else target
    (linked / ".git").write_text(f"gitdir: {pointer}\n")
    back = Path("..", "..", "..", "..", "linked", ".git") if relative else linked / ".git"
    (target / "gitdir").write_text(f"{back}\n")
    assert locate(asked(), folder(linked / "src"), home).path == memory(main)


@pytest.mark.parametrize("pointer", ["gitdir: ../.git/modules/sub\n", "nonsense", "", "\udcff"])
def test_other_pointers_lead_nowhere_else(work: Path, home: Path, pointer: str) -> None:
    """A submodule is a project of its own, and so is a folder with a `.git` file we cannot read."""
    folder(work / ".git")
    sub = folder(work / "sub")
    (sub / ".git").write_bytes(pointer.encode(errors="surrogateescape"))
    assert locate(asked(), sub, home).path == memory(sub)


@pytest.mark.parametrize("common", ["x.git", ".bare", "store"])
def test_worktrees_without_a_main_one_stand_alone(work: Path, home: Path, common: str) -> None:
    """Of a bare repository, or of one that is kept apart: none of its folders is the project."""
    for name in ("one", "two"):
        linked = folder(work / name)
        target = folder(work / common / "worktrees" / name)
        (linked / ".git").write_text(f"gitdir: {target}\n")
        assert locate(asked(), linked, home).path == memory(linked)


def test_a_worktree_of_what_is_gone_stands_alone(work: Path, home: Path) -> None:
    """No memory is made where a removed repository was, nor in the home folder."""
    linked = folder(work / "linked")
    for gone in (work / "gone", home):
        (linked / ".git").write_text(f"gitdir: {gone / '.git' / 'worktrees' / 'linked'}\n")
        assert locate(asked(), linked, home).path == memory(linked)


def test_a_home_under_git_is_no_project(home: Path) -> None:
    """Somebody's settings are kept that way: its folders stay projects of their own."""
    folder(home / ".git")
    thing = folder(home / "code" / "thing")
    assert locate(asked(), thing, home).path == memory(thing)
    assert is_personal(locate(asked(), home, home))


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_leads_to_the_real_project(work: Path, home: Path, tmp_path: Path) -> None:
    """Two ways to one folder are one memory."""
    link = tmp_path / "link"
    link.symlink_to(work)
    assert locate(asked(), link, home).path == memory(work)
    assert str(locate(asked(project=str(link)), home, home)) == "work (named by --project)"


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed there")
def test_a_removed_working_directory_says_nothing(
    work: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person's window is in a folder that is gone; that is no reason to fail."""
    gone = folder(work / "gone")
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        assert is_personal(locate(asked(), None, home))
    finally:
        os.chdir(work)


def test_without_a_home_a_project_is_needed(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the user may have none: a project still works, the personal space says so."""

    def none() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", none)
    assert locate(asked(), work).path == memory(work)
    with pytest.raises(SettingsError, match="neither a project nor a home folder"):
        locate(Settings(data_dir=Path("~/.local/share")), Path("/"))


def test_a_projects_folder_is_private_and_ignored(work: Path, home: Path) -> None:
    """Only its owner reads it, git does not see it, and what is there already stays."""
    place = locate(asked(), work, home)
    place.make_folder()
    ignore = place.path.with_name(".gitignore")
    assert ignore.read_text() == "*\n"
    assert sys.platform == "win32" or place.path.parent.stat().st_mode & 0o077 == 0
    ignore.write_text("mine")
    place.make_folder()
    assert ignore.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told(work: Path, home: Path) -> None:
    """A file stands in its way."""
    (work / ".tokenspace").touch()
    with pytest.raises(SettingsError, match="cannot make the folder"):
        locate(asked(), work, home).make_folder()
