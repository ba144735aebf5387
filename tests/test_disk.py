"""A disk that is full, or not ours to write: a clear error, and nothing that was kept is harmed."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from tokenspace.memory import Space
from tokenspace.memory.errors import ReadOnlyError, StorageFullError

from .support import BY, opened, put, refusal, text
from .test_processes import acknowledged, check, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions and limits of POSIX")
FULL = "is full or cannot be written; nothing of this edit was kept. Free some space and try again."


@contextmanager
def somebody(folder: Path) -> Generator[None]:
    """Be a user whom permissions bind, owner of what is in `folder`: root is bound by none."""
    if sys.platform == "win32" or os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.iterdir()):
        os.chown(path, 65534, 65534)
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def folder() -> Generator[Path]:
    """A folder that any user can reach."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)
        Path(made).chmod(0o700)


async def used(db: Path) -> None:
    """Make a space; whatever this loads is then loaded, for a user who may not read it."""
    async with opened(db):
        pass


@pytest.mark.parametrize(
    ("mode", "file_mode", "why"),
    [
        (0o700, 0o400, "cannot be written; check that the file and its folder are yours to write."),
        (0o500, 0o600, "cannot be written; check that the file and its folder are yours to write."),
        (0o700, 0o000, "cannot be opened; check that the file and its folder are yours to write."),
        (0o500, None, "memory.db: Permission denied."),
    ],
    ids=["file", "folder", "unreadable", "new"],
)
def test_a_place_that_is_not_ours_to_write_is_refused_at_once(
    tmp_path: Path, folder: Path, mode: int, file_mode: int | None, why: str
) -> None:
    """On opening, not on the first edit; nothing is left beside the file."""
    db = folder / "memory.db"
    asyncio.run(used(tmp_path / "memory.db"))
    if file_mode is not None:
        asyncio.run(used(db))
        db.chmod(file_mode)
    folder.chmod(mode)
    with somebody(folder):
        before = sorted(folder.iterdir())
        with pytest.raises(ReadOnlyError) as refused:
            asyncio.run(Space.open(db))
        assert sorted(folder.iterdir()) == before
    assert why in str(refused.value)


@contextmanager
def small_disk(size: str) -> Generator[Path]:
    """Mount a disk of that size; skip where this is not allowed."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tokenspace-test", place]
        done = None
        with suppress(FileNotFoundError):
            done = subprocess.run(command, capture_output=True, check=False)
        if done is None or done.returncode:
            pytest.skip("needs the right to mount a disk")
        stack.callback(subprocess.run, ["umount", place], check=True)
        yield Path(place)


async def write_on(space: Space) -> None:
    """Write until it is refused; the text of each edit is its number and much that is random."""
    for n in count():
        await space.rethink("human", f"{n} {os.urandom(1_500).hex()}", BY)
        assert await space.head() == n + 2


async def test_a_full_disk_costs_only_the_edit_that_did_not_fit() -> None:
    """What was acknowledged stays; once there is room again, the same space goes on."""
    with small_disk("1m") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(200_000))
        db = disk / "memory.db"
        async with opened(db) as space:
            with pytest.raises(StorageFullError) as full:
                await write_on(space)
            assert str(full.value) == f"the disk that holds {db} {FULL}"
            kept = await space.head() - 1
            assert kept > 2
            assert (await text(space, "human")).startswith(f"{kept - 1} ")
            refused = await refusal(space.rethink("human", os.urandom(100_000).hex(), BY))
            assert isinstance(refused, StorageFullError)
            ballast.unlink()
            await put(space, "after")
        changes = await check(db)
        assert len(changes) == 1 + kept + 1
        async with opened(db) as space:
            assert await text(space) == "after"
            for n in range(kept):
                assert (await text(space, "human", f"{n + 2}")).startswith(f"{n} ")


async def test_a_space_is_not_begun_on_a_full_disk() -> None:
    """Later, with room, the same path becomes a space."""
    with small_disk("64k") as disk:
        ballast = disk / "ballast"
        with suppress(OSError):
            ballast.write_bytes(bytes(65_536))
        refused = await refusal(Space.open(disk / "memory.db"))
        assert isinstance(refused, StorageFullError)
    with small_disk("2m") as disk:
        db, ballast = disk / "memory.db", disk / "ballast"
        ballast.write_bytes(bytes(2_000_000))
        refused = await refusal(Space.open(db))
        assert isinstance(refused, StorageFullError)
        ballast.unlink()
        async with opened(db) as space:
            assert len(await space.infos()) == 3


async def test_a_file_that_may_grow_no_more_costs_only_one_edit(db: Path) -> None:
    """The same with a limit of the system instead of a disk's end; needs no rights."""
    with ExitStack() as stack:
        process = start(stack, "fill", db, 600_000)
        lines = process.communicate(timeout=60)[0].splitlines(keepends=True)
    kept = acknowledged(lines)
    assert kept == list(range(len(kept)))
    assert len(kept) > 2
    assert lines[-2:] == [f"refused StorageFullError: the disk that holds {db} {FULL}\n", "ready\n"]
    changes = await check(db)
    assert len(changes) == 1 + len(kept) + 1
    async with opened(db) as space:
        assert await text(space, "project") == "after"
        assert (await text(space, "human")).startswith(f"{kept[-1]} ")
