"""The projects of a client over stdio: found when they are needed, and each write in its own."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import mcp_types as t
import pytest
from mcp import Client
from mcp.client.session import ListRootsFnT
from surface import Era, said, text

from tokenspace.config.settings import Settings
from tokenspace.server.app import make_server
from tokenspace.server.hook.spool import queue, spool_of
from tokenspace.server.surface.projects import MOST_FURTHER

Make = Callable[[str], Path]

TURN = "named by Codex's turn"
PERSONAL = "personal (no project in sight)"
PATIENCE_S = 10.0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Work in the home folder; make repositories in it."""
    home = tmp_path.resolve()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(home)

    def made(name: str) -> Path:
        (home / name / ".git").mkdir(parents=True, exist_ok=True)
        return home / name

    return made


class Roots:
    """What a client has open; it counts how often it is asked."""

    def __init__(self, *folders: Path) -> None:
        self.asked = 0
        self._folders = folders

    async def __call__(self, context: object) -> t.ListRootsResult | t.ErrorData:
        """Answer roots/list; without a folder, by an error."""
        del context
        self.asked += 1
        if not self._folders:
            return t.ErrorData(code=t.INTERNAL_ERROR, message="not now")
        found = [{"uri": folder.as_uri()} for folder in self._folders]
        return t.ListRootsResult.model_validate({"roots": found})


@asynccontextmanager
async def client(
    era: Era = "legacy", roots: ListRootsFnT | None = None, **asked: Any
) -> AsyncGenerator[Client]:
    """Yield a client that starts a server in the present working directory."""
    origin = {name: f"--{name}" for name in asked}
    settings = Settings(**asked, user="ada", model="none", data_dir=Path.cwd(), origin=origin)
    async with Client(make_server(settings), mode=era, list_roots_callback=roots) as connected:
        yield connected


async def note(client: Client, line: str, *turn: Path) -> str:
    """Write a line, in a turn of Codex in these folders; return which space the answer names."""
    answer = await call(client, "memory_insert", *turn, label="human", new_string=line)
    assert not answer.is_error, text(answer)
    return text(answer).rpartition("\nspace ")[2]


async def call(client: Client, tool: str, *turn: Path, **arguments: str) -> t.CallToolResult:
    """Call a tool in such a turn."""
    workspaces: dict[str, Any] = {str(folder): {"has_changes": True} for folder in turn}
    meta: Any = {"x-codex-turn-metadata": {"workspaces": workspaces}} if turn else None
    return await client.call_tool(tool, arguments, meta=meta)


async def human(client: Client, *turn: Path) -> list[str]:
    """Return the lines that were written."""
    read = text(await call(client, "memory_read", *turn, label="human"))
    return [line.partition("→")[2] for line in read.splitlines() if "→" in line]


async def test_each_call_goes_to_the_project_that_it_names(
    project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process may serve several turns; what names none is of the folder it was started in."""
    one, two = project("one"), project("two")
    monkeypatch.chdir(one)
    async with client() as codex:
        assert await note(codex, "a", one) == f"one ({TURN})"
        assert await note(codex, "b", two) == f"two ({TURN})"
        assert await note(codex, "c") == f"one ({TURN})"
        assert await note(codex, "d", one / "gone") == f"one ({TURN})"
        assert await human(codex, one) == ["a", "c", "d"]
        assert await human(codex, two) == ["b"]
    for folder in (one, two):  # what was open is closed: the last to leave takes the log along
        assert [file.name for file in folder.glob(".tokenspace/memory.db*")] == ["memory.db"]


async def test_what_was_shown_of_one_project_is_not_shown_of_another(project: Make) -> None:
    """Blocks are called alike everywhere; a rewrite needs a reading of the same memory."""
    one, two = project("one"), project("two")
    async with client() as codex:
        await note(codex, "a", one)
        await note(codex, "a", two)
    async with client() as codex:
        assert await human(codex, one) == ["a"]
        rewrite = {"label": "human", "new_memory": "b"}
        assert (await call(codex, "memory_rethink", two, **rewrite)).is_error
        assert not (await call(codex, "memory_rethink", one, **rewrite)).is_error
        assert await human(codex, two) == ["a"]


async def test_the_first_turn_settles_what_the_start_left_open(project: Make) -> None:
    """Started in the home folder: then what names no project is of the one that was named first."""
    one, two = project("one"), project("two")
    async with client() as codex:
        assert await note(codex, "a", one) == f"one ({TURN})"
        assert await note(codex, "b", two) == f"two ({TURN})"
        assert await note(codex, "c") == f"one ({TURN})"
        assert await note(codex, "d", Path.cwd()) == f"one ({TURN})"
        assert f"one ({TURN})" in await said(codex, "memory_status")


async def test_an_open_memory_stays_where_it_is(project: Make) -> None:
    """A project that is named later has its own; the personal space keeps what it has."""
    one = project("one")
    async with client() as codex:
        assert await note(codex, "a") == PERSONAL
        assert await note(codex, "b", one) == f"one ({TURN})"
        assert await note(codex, "c") == PERSONAL
        assert await human(codex) == ["a", "c"]


async def test_what_was_asked_for_outright_is_not_moved(project: Make) -> None:
    """Neither by a turn nor by roots, which nobody asks for then."""
    roots = Roots(project("two"))
    async with client(roots=roots, db=str(project("one") / "x.db")) as codex:
        assert await note(codex, "a", project("two")) == "x (named by --db)"
    async with client(roots=roots, project=str(project("one"))) as codex:
        assert await note(codex, "a", project("two")) == "one (named by --project)"
    assert roots.asked == 0


async def test_of_many_projects_the_one_named_longest_ago_is_closed(project: Make) -> None:
    """Its log goes with it, and what it showed; it opens again when it is named again."""
    first, *rest = [project(f"p{number}") for number in range(MOST_FURTHER + 4)]
    async with client() as codex:
        await note(codex, "first", first)
        for folder in rest:
            await note(codex, folder.name, folder)
        with anyio.fail_after(PATIENCE_S):
            while True:
                shut = [at for at in rest if not (at / ".tokenspace" / "memory.db-wal").exists()]
                if len(shut) >= len(rest) - MOST_FURTHER:
                    break
                await anyio.sleep(0.01)
        assert shut == rest[: len(rest) - MOST_FURTHER]
        assert (first / ".tokenspace" / "memory.db-wal").exists()
        rewrite = {"label": "human", "new_memory": "b"}
        assert (await call(codex, "memory_rethink", rest[0], **rewrite)).is_error
        assert await human(codex, rest[0]) == [rest[0].name]
        assert await human(codex, first) == ["first"]


async def test_calls_of_many_projects_at_once_are_all_answered(project: Make) -> None:
    """A project is closed between two calls, never within one; no more than a few are open."""
    folders = [project(f"p{number}") for number in range(2 * MOST_FURTHER)]
    opened: list[int] = []

    def are_open() -> int:
        logs = [folder / ".tokenspace" / "memory.db-wal" for folder in folders]
        opened.append(sum(log.exists() for log in logs))
        return opened[-1]

    async def watch() -> None:
        while True:
            are_open()
            await anyio.sleep(0.001)

    async with client() as codex:
        await note(codex, "first")
        async with anyio.create_task_group() as watching:
            watching.start_soon(watch)
            async with anyio.create_task_group() as tasks:
                for folder in folders * 2:
                    tasks.start_soon(note, codex, "a", folder)
            watching.cancel_scope.cancel()
        assert 0 < max(opened) <= MOST_FURTHER
        assert are_open() <= MOST_FURTHER
        assert [await human(codex, folder) for folder in folders] == [["a", "a"]] * len(folders)


async def test_a_project_whose_memory_is_a_link_is_refused_in_its_turn(project: Make) -> None:
    """With the reason, and until that is mended; nothing goes into another project's memory."""
    one, two = project("one"), project("two")
    link = two / ".tokenspace"
    link.symlink_to(one / ".tokenspace")
    written = {"label": "human", "new_string": "b"}
    async with client() as codex:
        await note(codex, "a", one)
        refused = await call(codex, "memory_insert", two, **written)
        assert refused.is_error
        assert f"{link} is a link" in text(refused)
        link.unlink()
        assert await note(codex, "c", two) == f"two ({TURN})"
        assert await human(codex, one) == ["a"]


async def test_roots_are_asked_for_once_where_the_start_says_nothing(
    project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By however many calls at once; a working directory that is a project needs none."""
    roots = Roots(Path.cwd(), project("one"), project("two"))
    async with client(roots=roots) as cursor:
        await cursor.list_tools()
        assert roots.asked == 0
        async with anyio.create_task_group() as tasks:
            for line in "abc":
                tasks.start_soon(note, cursor, line)
        assert sorted(await human(cursor)) == ["a", "b", "c"]
        assert await note(cursor, "d") == "one (the client's root)"
        assert roots.asked == 1
    monkeypatch.chdir(project("two"))
    async with client(roots=roots) as cursor:
        assert await note(cursor, "a") == "two (working directory)"
    assert roots.asked == 1


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_no_roots_are_no_signal(project: Make, era: Era) -> None:
    """A client that fails to name them, or has none; in the newer era they are not asked for."""
    failing, there = Roots(), Roots(project("one"))
    async with client(era, roots=failing) as cursor:
        assert await note(cursor, "a") == PERSONAL
    async with client(era) as zed:
        assert await note(zed, "b") == PERSONAL
    if era == "auto":
        async with client(era, roots=there) as copilot:
            assert await note(copilot, "c") == PERSONAL
    assert (failing.asked, there.asked) == (int(era == "legacy"), 0)


async def test_sessions_that_wait_are_filed_in_every_project(project: Make) -> None:
    """Also where it was found late, or is not the first; not where they came with it."""
    spools: list[Path] = []
    theirs = project("theirs")
    (theirs / ".git" / "index").touch()  # not to be read
    for folder in (theirs, project("one"), project("two")):
        place = folder / ".tokenspace" / "memory.db"
        place.parent.mkdir()
        about = {"host": "codex", "session": "s", "transcript": str(folder / "gone.jsonl")}
        queue(place, "session-end", time.time(), about)
        spools.append(spool_of(place))
    assert all(spool.exists() for spool in spools)
    async with client() as codex:
        await note(codex, "a", project("one"))
        await note(codex, "a", theirs)
        for folder in (project("one"), project("two")):
            await note(codex, "a", folder)
            with anyio.fail_after(PATIENCE_S):
                while True:
                    found = await call(codex, "memory_search", folder, query="transcript session")
                    if "Codex" in text(found):
                        break
                    await anyio.sleep(0.01)
    assert [spool.exists() for spool in spools] == [True, False, False]
