"""The spaces of an endpoint: names that stay in the folder, and spaces that go while in use."""

import asyncio
import os
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import MCPError

from tokenspace.memory import Space, glance, retire, verify
from tokenspace.memory.errors import CorruptError, ExistsError, InvalidError, NotFoundError
from tokenspace.memory.store import backup
from tokenspace.memory.store.connector import Connection
from tokenspace.server.endpoint.spaces import Spaces

from .endpoints import Endpoint, connected, endpoint
from .shell import PROGRAM
from .support import opened, put
from .test_database import other_program

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def names_in(folder: Path) -> list[str]:
    """Return the names of all that lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def notes(path: Path, label: str = "notes") -> str:
    """Return the text of a block of a space."""
    async with opened(path) as space:
        return (await space.read(label))[0].value


async def made(data: Path, name: str, text: str) -> Spaces:
    """Make a space whose block `notes` has this text."""
    spaces = Spaces(data)
    async with opened(await spaces.create(name)) as space:
        await put(space, text)
    return spaces


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/b", "a\\b", "/etc/x", "a.db", ".a", "a\x00", "a\n", "~", "C:x"),
        *("Acme", "é", "٣", "a b", "-a", "a-", "_a", "a_", "a" * 65, "con", "nul", "com1", "lpt9"),
    ],
)
async def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    """Nothing is made, found, archived or deleted under it."""
    spaces = Spaces(tmp_path / "data")
    with pytest.raises(InvalidError, match="cannot be a space's name"):
        await spaces.create(name)
    for ask in (spaces.require, spaces.delete, partial(spaces.archive, at=NOW)):
        with pytest.raises(NotFoundError):
            ask(name)
    assert names_in(tmp_path) == []


async def test_a_space_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    """What else lies in the folder is no space."""
    spaces = await made(tmp_path / "data", "acme", "tea")
    with pytest.raises(ExistsError):
        await spaces.create("acme")
    folder = tmp_path / "data" / "spaces"
    for name in ("Acme2.db", "con.db", "a b.db", "notes.txt", "acme.db.replaced.bak"):
        (folder / name).touch()
    (folder / "folder.db").mkdir()
    assert spaces.names() == ["acme"]
    if os.name != "nt":
        modes = [path.stat().st_mode & 0o777 for path in (folder.parent, folder)]
        assert modes == [0o700, 0o700]


async def test_what_is_archived_is_one_whole_file_with_its_copies(tmp_path: Path) -> None:
    """Nothing stays in its place; another of the same second has another name."""
    for text in ("one", "two"):
        spaces = await made(tmp_path, "acme", text)
        backup(spaces.path("acme"), tmp_path / "spaces" / "acme.db.replaced.bak")
        kept = spaces.archive("acme", NOW)
        assert await notes(kept) == text
        assert verify(kept).findings == ()
        assert names_in(tmp_path / "spaces") == []
    first = "acme-2026-11-20T143000Z"
    assert [name for name in names_in(tmp_path / "archive") if name.startswith(first)] == [
        f"{first}-2.db",
        f"{first}-2.db.replaced.bak",
        f"{first}.db",
        f"{first}.db.replaced.bak",
    ]


async def test_what_is_deleted_leaves_nothing(tmp_path: Path) -> None:
    """Neither the file, nor what belongs to it, nor copies; others stay."""
    spaces = await made(tmp_path, "acme", "tea")
    await made(tmp_path, "acme-2", "coffee")
    for ending in (".replaced.bak", ".damaged-2.bak", ".format1.bak"):
        (tmp_path / "spaces" / f"acme.db{ending}").write_text("tea")
    with closing(Connection(spaces.path("acme"))):  # its -wal and -shm are there
        spaces.delete("acme")
    assert names_in(tmp_path / "spaces") == ["acme-2.db"]
    assert await notes(spaces.path("acme-2")) == "coffee"


async def test_what_was_acknowledged_is_in_the_archive_and_nothing_is_made_anew(
    tmp_path: Path,
) -> None:
    """An endpoint has it open and writes; another process archives it; the answer is 404 then."""
    written: asyncio.Queue[str] = asyncio.Queue()
    acknowledged: list[str] = []
    kept: list[Path] = []
    answers: list[int] = []
    async with endpoint(tmp_path, "acme") as served, anyio.create_task_group() as tasks:
        tasks.start_soon(write_until_refused, served, written, "")
        with anyio.fail_after(20):
            acknowledged += [await written.get() for _ in range(5)]
        kept.append(await archived(tmp_path))
        assert names_in(tmp_path / "spaces") == []
        async with httpx2.AsyncClient() as http:
            answers += [(await http.post(served.mcp("acme"), json={})).status_code for _ in "ab"]
    assert answers == [404, 404]
    assert names_in(tmp_path / "spaces") == []
    assert {*acknowledged, *rest(written)} <= set((await notes(kept[0], "human")).splitlines())
    assert verify(kept[0]).findings == ()


@pytest.mark.slow
async def test_nothing_is_lost_however_often_a_space_goes_and_comes(tmp_path: Path) -> None:
    """Three write through an endpoint while the space is archived and made anew, three times."""
    written: asyncio.Queue[str] = asyncio.Queue()
    acknowledged: list[str] = []
    kept: list[Path] = []
    async with endpoint(tmp_path, "acme") as served:
        for turn in range(3):
            async with anyio.create_task_group() as writers:
                for who in "abc":
                    writers.start_soon(write_until_refused, served, written, f"{turn}{who} ")
                with anyio.fail_after(30):
                    acknowledged += [await written.get() for _ in range(10)]
                kept.append(await archived(tmp_path))
            acknowledged += rest(written)
            await Spaces(tmp_path).create("acme")
    found = [line for path in kept for line in (await notes(path, "human")).splitlines()]
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found)) >= len(acknowledged) >= 30
    assert [verify(path).findings for path in kept] == [()] * 3


async def test_an_opened_space_that_shall_not_be_made_is_not(tmp_path: Path) -> None:
    """Also where its folder is there."""
    with pytest.raises(NotFoundError):
        await Space.open(tmp_path / "acme.db", make=False)
    assert names_in(tmp_path) == []


async def test_a_damaged_space_is_archived_as_it_is(tmp_path: Path) -> None:
    """Its -wal goes with it; deleting needs it whole no more than that."""
    spaces = Spaces(tmp_path)
    spaces.make_folder()
    for _ in range(2):
        spaces.path("acme").write_bytes(b"overwritten" * 1000)
        (tmp_path / "spaces" / "acme.db-wal").write_bytes(b"wal")
        if not (tmp_path / "archive").exists():
            kept = spaces.archive("acme", NOW)
            assert kept.read_bytes() == b"overwritten" * 1000
            assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"wal"
        else:
            spaces.delete("acme")
        assert names_in(tmp_path / "spaces") == []


async def test_a_space_of_which_a_page_is_damaged_is_archived_as_it_is(tmp_path: Path) -> None:
    """What a copy cannot be made of is moved, byte for byte."""
    spaces = await made(tmp_path, "acme", "tea")
    whole = bytearray(spaces.path("acme").read_bytes())
    whole[4096 : 4096 * 8] = b"\xff" * (4096 * 7)
    spaces.path("acme").write_bytes(whole)
    assert spaces.archive("acme", NOW).read_bytes() == bytes(whole)
    assert names_in(tmp_path / "spaces") == []


async def test_a_file_of_another_program_is_left_where_it_is(tmp_path: Path) -> None:
    """It is not ours to move."""
    path = tmp_path / "acme.db"
    other_program(path)
    for target in (None, tmp_path / "kept.db"):
        with pytest.raises(CorruptError, match="of another program"):
            retire(path, target)
    assert names_in(tmp_path) == ["acme.db"]


async def test_a_look_from_outside_changes_nothing(tmp_path: Path) -> None:
    """Neither the file nor its folder; while others have it open, it sees what they wrote."""
    spaces = await made(tmp_path, "acme", "tea")
    path = spaces.path("acme")
    before = path.read_bytes()
    assert glance(path).change == 2
    assert (path.read_bytes(), names_in(path.parent)) == (before, ["acme.db"])
    async with opened(path) as space:
        await put(space, "coffee", "more")
        look = glance(path)
    assert (look.change, look.at is not None) == (3, True)
    path.write_bytes(b"x" * 5000)
    with pytest.raises(CorruptError):
        glance(path)


async def archived(data: Path) -> Path:
    """Have another process archive the space `acme`; return where it is kept."""
    words = [*PROGRAM, "spaces", "archive", "acme", "--data", str(data)]
    done = await anyio.run_process(words, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr
    return max((data / "archive").glob("*.db"), key=lambda path: path.stat().st_mtime_ns)


async def write_until_refused(served: Endpoint, written: asyncio.Queue[str], who: str) -> None:
    """Write entry after entry until one is refused; put those that were acknowledged."""
    async with connected(served.mcp("acme")) as client:
        for number in count():
            entry = f"entry {who}{number}"
            try:
                answer = await client.call_tool(
                    "memory_insert", {"label": "human", "new_string": entry}
                )
            except MCPError:
                return
            if answer.is_error:
                return
            written.put_nowait(entry)


def rest(written: asyncio.Queue[str]) -> list[str]:
    """Return what a queue has left."""
    return [written.get_nowait() for _ in range(written.qsize())]
