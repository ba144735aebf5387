"""What comes with a project leads to no other memory, and is not taken for one's own."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hooking import filled, run
from test_locate import asked, folder, memory

from tokenspace.config.locate import Place, Told, locate
from tokenspace.config.settings import SettingsError

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder."""
    return folder(tmp_path / "home")


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A project whose memory is nobody else's business."""
    file = memory(folder(tmp_path / "bank"))
    folder(file.parent)
    file.write_bytes(b"secret")
    return file.parent.parent


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of somebody else's."""
    return folder(tmp_path / "clone")


def git(where: Path, *words: str) -> str:
    """Run git for somebody without settings."""
    who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"]
    none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [str(GIT), "-C", str(where), *who, *words],
        env=none,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


needs_git = pytest.mark.skipif(GIT is None, reason="no git here")


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (".tokenspace", "../bank/.tokenspace"),
        (".tokenspace", "../gone"),
        (".tokenspace/memory.db", "../../bank/.tokenspace/memory.db"),
        (".tokenspace/memory.db-wal", "../../bank/.tokenspace/memory.db-wal"),
        (".tokenspace/memory.db-shm", "x"),
        (".tokenspace/memory.db.sessions", "../../gone"),
    ],
)
def test_a_project_s_memory_is_no_link(
    clone: Path, bank: Path, home: Path, link: str, target: str
) -> None:
    """It is refused wherever it is found, and nothing is made where it leads."""
    folder(clone / ".git")
    earlier = locate(asked(), clone, home)
    folder((clone / link).parent)
    (clone / link).symlink_to(target)
    for look in (
        lambda: locate(asked(), clone, home),
        lambda: locate(asked(project=str(clone)), home, home),
        lambda: locate(asked(), home, home, Told(turn=(str(clone),))),
        earlier.make_folder,
    ):
        with pytest.raises(SettingsError, match=r"is a link.*remove the link.*--db"):
            look()
    assert [file.name for file in memory(bank).parent.iterdir()] == ["memory.db"]
    assert memory(bank).read_bytes() == b"secret"
    assert not (bank.parent / "gone").exists()


def test_a_file_that_a_person_names_may_be_a_link(clone: Path, bank: Path, home: Path) -> None:
    """It is their decision."""
    (clone / "mine.db").symlink_to(memory(bank))
    assert locate(asked(db=str(clone / "mine.db")), clone, home).path == clone / "mine.db"


def test_nothing_is_written_through_a_link(clone: Path, home: Path, tmp_path: Path) -> None:
    """A `.gitignore` that leads to what does not exist yet would make it."""
    folder(clone / ".tokenspace")
    (clone / ".tokenspace" / ".gitignore").symlink_to("../../planted")
    locate(asked(), clone, home).make_folder()
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize("as_link", [False, True])
def test_a_forged_pointer_leads_to_nobody_s_repository(
    clone: Path, bank: Path, home: Path, tmp_path: Path, as_link: bool
) -> None:
    """An archive can hold any `.git` file; the repository it names knows its own worktrees."""
    names = folder(bank / ".git" / "worktrees" / "x")
    linked = folder(tmp_path / "linked")
    (linked / ".git").write_text(f"gitdir: {names}\n")
    (names / "gitdir").write_text(f"{linked}/.git\n")
    assert locate(asked(), linked, home).path == memory(bank)
    if as_link:
        (clone / ".git").symlink_to("../linked/.git")
    else:
        (clone / ".git").write_text("gitdir: ../bank/.git/worktrees/x\n")
    assert locate(asked(), clone, home).path == memory(clone)
    (names / "gitdir").unlink()
    assert locate(asked(), linked, home).path == memory(linked)


@needs_git
@pytest.mark.parametrize("relative", ["false", "true"])
def test_a_worktree_of_git_s_own_is_known(clone: Path, home: Path, relative: str) -> None:
    """As git writes it, absolute or relative (where this git can), also after a move."""
    git(clone, "init", "-q")
    git(clone, "commit", "-q", "--allow-empty", "-m", "x")
    git(clone, "-c", f"worktree.useRelativePaths={relative}", "worktree", "add", "-q", "../linked")
    linked, moved = clone.with_name("linked"), clone.with_name("moved")
    assert locate(asked(), linked, home).path == memory(clone)
    git(clone, "worktree", "move", str(linked), str(moved))
    assert locate(asked(), moved, home).path == memory(clone)


@needs_git
@pytest.mark.parametrize("form", ["2", "3", "4", "sha256"])
def test_a_memory_that_git_has_is_told(clone: Path, home: Path, form: str) -> None:
    """In each form of git's index; until git lets go of it, or it is no memory."""
    git(clone, "init", "-q", *(["--object-format=sha256"] if form == "sha256" else []))
    kept = memory(clone)
    other = clone / "deep" / ".tokenspace" / "memory.db"
    for file in (
        kept,
        other,
        *(clone / f".{name}" for name in ("a", "aa", "tok", "z")),
        clone / "b",
    ):
        folder(file.parent)
        file.write_text(file.name)
    git(clone, "add", "-f", ".")
    if form == "3":
        git(clone, "update-index", "--skip-worktree", ".a", ".tokenspace/memory.db")
    if form == "4":
        git(clone, "update-index", "--index-version=4")
    index = (clone / ".git" / "index").read_bytes()
    assert index[4:8] == bytes([0, 0, 0, int(form) if form != "sha256" else 2])
    place = locate(asked(), clone / "deep", home)
    assert place.is_tracked
    assert str(place) == (
        "clone (working directory, its git root; its file comes with the repository)"
    )
    git(clone, "update-index", "--force-remove", ".tokenspace/memory.db")
    assert not locate(asked(), clone, home).is_tracked


@needs_git
@pytest.mark.parametrize("name", [".TokenSpace/Memory.db", ".tokenspace/memory.db-wal"])
def test_whatever_git_has_of_a_memory_counts(clone: Path, home: Path, name: str) -> None:
    """Some systems take other spellings for the same file; a log would be played back."""
    git(clone, "init", "-q")
    folder((clone / name).parent)
    (clone / name).touch()
    git(clone, "add", "-f", ".")
    assert locate(asked(), clone, home).is_tracked


def test_what_a_turn_names_is_a_project_already(clone: Path, bank: Path, home: Path) -> None:
    """By git, by a memory, or because the process works in it; a system's folder never is."""

    def found(*turn: str | Path, cwd: Path = home) -> Place:
        return locate(asked(), cwd, home, Told(turn=tuple(map(str, turn))))

    assert found("/etc", "/usr", clone).is_fallback
    assert found("/etc", clone, bank).path == memory(bank)
    assert found(clone, cwd=folder(clone / "src")).path == memory(clone)
    folder(clone / ".git")
    assert found("/etc", clone).path == memory(clone)


def test_of_nested_workspaces_the_inner_one_counts(clone: Path, home: Path) -> None:
    """The process works in it, and only then in those around."""
    inner = folder(clone / "packages" / "one")
    for project in (clone, inner):
        folder(project / ".git")
    for workspaces in ((clone, inner), (inner, clone)):
        told = Told(turn=tuple(map(str, workspaces)))
        assert locate(asked(), folder(inner / "src"), home, told).path == memory(inner)


@needs_git
def test_what_a_clone_brings_is_not_told_as_one_s_own(
    clone: Path, home: Path, tmp_path: Path
) -> None:
    """Neither at the start nor at a prompt: who cloned it reads why, and what accepts it."""
    git(clone, "init", "-q")
    folder(memory(clone).parent)
    asyncio.run(filled(memory(clone)))
    spool = memory(clone).with_name("memory.db.sessions")
    spool.touch()
    git(clone, "add", "-f", ".tokenspace")
    given = {"cwd": str(clone), "prompt": "why does E4502 come up?", "transcript_path": "/t/s"}

    def said(event: str, **environ: str) -> str:
        ran = run(tmp_path, event, given=json.dumps(given).encode(), CLAUDECODE="1", **environ)
        assert (ran.code, ran.err) == (0, "")
        log.append(ran.log)
        return ran.out

    log: list[str] = []
    first = said("session-start")
    assert "Deploys" not in first
    assert "comes with its repository" in first
    assert "git rm -r --cached .tokenspace`" in first
    assert said("prompt") == said("session-end") == ""
    assert spool.read_bytes() == b""
    assert log[-1].count("session-start: the memory of") == 1
    outright = {"TOKENSPACE_DB": str(memory(clone))}
    assert "Deploys" in said("session-start", **outright)
    assert "E4502" in said("prompt", **outright)
    git(clone, "rm", "-q", "-r", "--cached", ".tokenspace")
    assert "Deploys" in said("session-start")
    assert said("session-end") == ""
    assert b"/t/s" in spool.read_bytes()


def test_a_hook_reads_nothing_through_a_link(clone: Path, bank: Path, tmp_path: Path) -> None:
    """It is silent, and its log says why."""
    memory(bank).unlink()
    asyncio.run(filled(memory(bank)))
    (clone / ".tokenspace").symlink_to("../bank/.tokenspace")
    given = json.dumps({"cwd": str(clone), "transcript_path": "/t/s.jsonl"}).encode()
    for event in ("session-start", "session-end"):
        ran = run(tmp_path, event, given=given, CLAUDECODE="1")
        assert ran.silent
        assert f"{event}: SettingsError: {clone / '.tokenspace'} is a link" in ran.log
    assert [file.name for file in memory(bank).parent.iterdir()] == ["memory.db"]
