"""A look at a file without its service: which are read, what is refused, and that it ends."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tokenspace.memory.store.database import APPLICATION_ID as OURS
from tokenspace.memory.store.database import migrations
from tokenspace.server.hook import journal, peek
from tokenspace.server.hook.events import Event
from tokenspace.server.hook.peek import APPLICATION_ID, FORMATS, UnusableError, peeking

from .hooking import filled, run, told
from .test_migrations import make

ENDLESS = """
CREATE VIEW branch AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT 1 AS id, max(i) AS head_change FROM n;
"""
CROWDED = """
CREATE TABLE about (id INTEGER PRIMARY KEY, description);
INSERT INTO about VALUES (1, '');
CREATE TABLE object (id, chars);
CREATE TABLE branch (id, head_change);
CREATE TABLE block_head (branch_id, block_id, change);
CREATE TABLE block_version (label, version, read_only, object_id, about_id, block_id, change);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
INSERT INTO block_head SELECT 1, 1, 1 FROM n;
INSERT INTO block_version SELECT 'b', x'00', 0, 1, 1, 1, 1 FROM block_head;
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a space to copy."""
    return asyncio.run(filled(tmp_path_factory.mktemp("peek") / "m.db"))


def hostile(path: Path, statements: str) -> Path:
    """Make a file that calls itself a space."""
    db = sqlite3.connect(path)
    db.executescript(statements)
    db.executescript(f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={FORMATS[-1]}")
    db.close()
    return path


def test_the_file_is_read_as_the_store_writes_it() -> None:
    """Who adds a migration looks whether a hook still reads the file right."""
    assert FORMATS[-1] == migrations()[-1][0]
    assert APPLICATION_ID == OURS


@pytest.mark.parametrize(
    ("version", "block", "asked", "found"),
    [
        (3, "- only on the branch", "deploys from main", "Deploys run at 10:15 from main."),
        (4, "- A deploy can hang for an hour.", "cut a release on Monday", "runbook: "),
    ],
)
def test_older_formats_with_these_tables_are_read(
    tmp_path: Path, version: int, block: str, asked: str, found: str
) -> None:
    """A hook may run before the server that brings the file up to date."""
    make(tmp_path / "m.db", version)
    assert block in told(tmp_path / "m.db", "session-start", {})
    assert found in told(tmp_path / "m.db", "prompt", {"prompt": asked})


@pytest.mark.parametrize("version", [1, 2])
def test_formats_without_these_tables_are_refused(tmp_path: Path, version: int) -> None:
    """They have no archive."""
    make(tmp_path / "m.db", version)
    with pytest.raises(UnusableError, match=f"format {version}"):
        told(tmp_path / "m.db", "session-start", {})


def lengthened(path: Path) -> None:
    """Write to a file."""
    with path.open("ab") as file:
        file.write(b"\0" * 4_096)


def logged(path: Path) -> None:
    """Write beside it, as the first change to a file that lay still does."""
    path.with_name(f"{path.name}-wal").write_bytes(b"a log")


@pytest.mark.parametrize("write", [lengthened, logged])
def test_what_was_written_to_meanwhile_is_dropped(
    made: Path, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    """A file without a log is read as it lies: half of one state and half of another is none."""
    path = Path(shutil.copy(made, tmp_path / "m.db"))

    def look() -> None:
        with peeking(path) as peek:
            assert peek.head() == 3
            write(path)

    with pytest.raises(UnusableError, match="written to while"):
        look()


@pytest.mark.parametrize("at", ["session-start", "prompt"])
def test_a_view_in_place_of_a_table_is_refused(tmp_path: Path, at: Event) -> None:
    """It would be calculated, for as long as it likes: the file may have come with a project."""
    path = hostile(tmp_path / "m.db", ENDLESS)
    with pytest.raises(UnusableError, match="views"):
        told(path, at, {"prompt": "Where does E4502 come from?"})


@pytest.mark.parametrize("by_words", [False, True])
def test_a_look_ends_in_the_midst_of_a_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_words: bool
) -> None:
    """With either copy of SQLite; nine million rows would take longer."""
    path = hostile(tmp_path / "m.db", CROWDED)
    monkeypatch.setattr(peek, "MOST_S", 0.1)
    with (
        pytest.raises(Exception, match=r"(?i)interrupt"),
        peeking(path, by_words=by_words) as look,
    ):
        look.blocks()


def test_the_log_of_failures_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins anew when it is full."""
    for name in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(journal, "MOST_BYTES", 1_000)
    for number in range(99):
        journal.note("prompt", f"failure {number}")
    (log,) = tmp_path.rglob(journal.NAME)
    lines = log.read_text("utf-8").splitlines()
    assert 1 < len(lines) < 99
    assert lines[-1].endswith("prompt: failure 98")
    assert log.stat().st_size < 1_100


def _garbage(path: Path, _: Path) -> None:
    path.write_bytes(b"no database at all" * 99)


def _folder(path: Path, _: Path) -> None:
    path.mkdir()


def _corrupt(path: Path, db: Path) -> None:
    data = bytearray(db.read_bytes())
    data[4_096:] = b"\xa5" * (len(data) - 4_096)
    path.write_bytes(data)


def _foreign(path: Path, _: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()


def _newer(path: Path, db: Path) -> None:
    shutil.copy(db, path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "logged"),
    [
        (_garbage, "not a database"),
        (_corrupt, "malformed"),
        (_foreign, "not a space"),
        (_newer, "format 999"),
        (_folder, ""),
    ],
    ids=["garbage", "corrupt", "foreign", "newer", "folder"],
)
def test_a_file_that_cannot_be_read_is_silence(
    made: Path, tmp_path: Path, spoil: Callable[[Path, Path], None], logged: str
) -> None:
    """Nothing is said, the exit code is 0, the file stays, and the log has a line."""
    path = tmp_path / "m.db"
    spoil(path, made)
    before = path.read_bytes() if path.is_file() else b""
    ran = run(tmp_path, "session-start", "--db", str(path), given=b"{}")
    assert ran.silent
    assert logged in ran.log
    assert ran.log.count("\n") == bool(logged)
    assert before == (path.read_bytes() if path.is_file() else b"")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "m.db"]


def test_a_locked_file_is_silence(made: Path, tmp_path: Path) -> None:
    """Somebody who locks out readers is not waited for."""
    path = Path(shutil.copy(made, tmp_path / "m.db"))
    holder = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.executescript('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE x (y)')\n"
        "print('locked', flush=True)\nsys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holder, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"locked\n"
        ran = run(tmp_path, "session-start", "--db", str(path), given=b"{}")
        held.communicate()
    assert ran.silent
    assert "locked" in ran.log
