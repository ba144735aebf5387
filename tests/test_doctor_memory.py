"""What `tokenspace doctor` says of a memory's file and folder, and that a look leaves no trace."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokenspace.memory.store.connector import Connection
from tokenspace.server.doctor.report import State

from .doctors import Patient


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A person with a project, and no client yet."""
    return Patient(tmp_path, monkeypatch)


def crashed(home: Patient) -> Path:
    """Return the project's memory as a crash leaves it: what was written last is in its -wal."""
    path, folder = home.memory("open.db"), home.project / ".tokenspace"
    folder.mkdir()
    writer = Connection(path)
    writer.script("PRAGMA journal_mode = WAL; UPDATE meta SET value = value")
    for ending in ("", "-wal"):
        shutil.copyfile(f"{path}{ending}", folder / f"memory.db{ending}")
    writer.close()
    return folder / "memory.db"


def test_a_look_at_a_file_after_a_crash_leaves_no_trace(home: Patient) -> None:
    """SQLite would make a -shm beside it; what is said names the file, not the copy."""
    path = crashed(home)
    before = home.tree()
    found = home.doctor("zed").one("database", State.OK)
    assert f"{path} (working directory" in found.says
    assert "is whole: " in found.says
    assert home.tree() == before
    assert not [*home.temporary.iterdir()]
    path.write_bytes(path.read_bytes()[:4096])
    before = home.tree()
    found = home.doctor("zed").one("database", State.FAIL)
    assert str(home.temporary) not in found.says
    assert home.tree() == before


def test_only_a_file_of_a_newer_program_asks_for_a_newer_program(home: Patient) -> None:
    """Not one that is damaged, whatever its folder is called."""
    path = home.memory("own.db")
    with_newer = Connection(path)
    with_newer.script("PRAGMA user_version = 99")
    with_newer.close()
    found = home.doctor("zed", "--db", str(path)).one("database", State.FAIL)
    assert found.mend.startswith("`uv tool upgrade tokenspace`")
    damaged = home.folder / "newer" / "memory.db"
    damaged.parent.mkdir()
    damaged.write_bytes(b"PK" * 200)
    found = home.doctor("zed", "--db", str(damaged)).one("database", State.FAIL)
    assert found.mend.startswith("`tokenspace verify --db ")


def test_a_folder_that_may_not_be_read_is_opened_and_not_removed(
    home: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a memory in it."""
    folder = home.project / ".tokenspace"
    folder.mkdir()
    look = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path == folder:  # root may look into whatever it likes
            raise PermissionError(13, os.strerror(13), str(path))
        return look(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    found = home.doctor("zed").one("space", State.FAIL)
    assert found.mend.startswith(f"`chmod u+rwx '{folder}'`")
    assert "remove" not in found.says
