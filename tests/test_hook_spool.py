"""Sessions that end wait beside the space, and become episodes once."""

import asyncio
import json
import os
import shutil
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from hooking import filled, run
from shell import Shell, parsed
from support import ADA, opened
from surface import client, said

from tokenspace.server.hook import spool as spooling
from tokenspace.server.hook.drain import QUIET_S, drain
from tokenspace.server.hook.events import Event
from tokenspace.server.hook.spool import append, queue, spool_of
from tokenspace.server.hook.start import respond

CLAUDE = {"CLAUDECODE": "1"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a space to copy."""
    return asyncio.run(filled(tmp_path_factory.mktemp("made") / "m.db"))


@pytest.fixture
def db(made: Path, tmp_path: Path) -> Path:
    """Return a space that nobody has open."""
    return Path(shutil.copy(made, tmp_path / "m.db"))


def came_to(db: Path, at: Event, session: str = "s1", **more: Any) -> None:
    """Have a host say that a session came to a point."""
    transcript = db.with_name(f"{session}.jsonl")
    given = {"session_id": session, "transcript_path": str(transcript), "cwd": str(db.parent)}
    assert respond(at, {**given, **more}, {"db": str(db)}, CLAUDE) == ""


def waiting(db: Path) -> list[dict[str, Any]]:
    """Return what waits."""
    spool = spool_of(db)
    return [json.loads(line) for line in spool.read_text().splitlines()] if spool.exists() else []


async def drained(db: Path, *, every: bool = False) -> list[str]:
    """File what waits and return the texts of the episodes."""
    async with opened(db) as space:
        names = await drain(db, space, ADA, every=every)
        return [(await space.archive.read(name))[0].text for name in names]


def test_a_session_that_ends_is_noted_beside_the_space(db: Path) -> None:
    """One line, for its owner only."""
    db.with_name("s1.jsonl").write_bytes(b"x" * 1_234)
    came_to(db, "session-end", reason="logout")
    (line,) = waiting(db)
    assert line.pop("at") == pytest.approx(time.time(), abs=60)
    assert line == {
        "event": "session-end", "bytes": 1_234, "host": "claude", "session": "s1",
        "transcript": str(db.with_name("s1.jsonl")), "cwd": str(db.parent), "reason": "logout",
    }  # fmt: skip
    if os.name != "nt":
        assert stat.S_IMODE(spool_of(db).stat().st_mode) == 0o600


def test_the_process_says_nothing(db: Path, tmp_path: Path) -> None:
    """A host may read whatever is printed as an order."""
    given = json.dumps({"session_id": "s1", "transcript_path": "/t/s1.jsonl"}).encode()
    ran = run(tmp_path, "pre-compact", "--db", str(db), given=given, **CLAUDE)
    assert ran.silent
    assert [line["event"] for line in waiting(db)] == ["pre-compact"]


def test_without_a_transcript_there_is_nothing_to_wait_for(db: Path) -> None:
    """Nobody could learn from it."""
    assert respond("session-end", {"session_id": "s1"}, {"db": str(db)}, CLAUDE) == ""
    assert waiting(db) == []


def test_a_session_that_goes_on_is_noted_now_and_then(db: Path) -> None:
    """Hosts stop at each turn."""
    for session in ("s1", "s1", "s2", "s2", "s1"):
        came_to(db, "stop", session)
    assert [line["session"] for line in waiting(db)] == ["s1", "s2"]
    came_to(db, "pre-compact", "s1")
    came_to(db, "stop", "s1")
    assert [line["event"] for line in waiting(db)] == ["stop", "stop", "pre-compact", "stop"]


async def test_what_waits_becomes_one_episode_a_session(db: Path) -> None:
    """It names the transcript; those that may go on wait on."""
    came_to(db, "pre-compact", trigger="auto")
    came_to(db, "stop")
    came_to(db, "session-end", reason="logout")
    came_to(db, "stop", "s2")
    (text,) = await drained(db)
    assert text.startswith(f"Session s1 of Claude Code in {db.parent} ended (logout) on 20")
    assert text.endswith(f"Its transcript, 0 bytes then: {db.with_name('s1.jsonl')}")
    assert [line["session"] for line in waiting(db)] == ["s2"]
    (text,) = await drained(db, every=True)
    assert "Session s2 of Claude Code" in text
    assert waiting(db) == []


async def test_a_session_is_filed_again_only_if_it_went_on(db: Path) -> None:
    """A crash before the file is gone files nothing twice."""
    came_to(db, "session-end")
    lines = spool_of(db).read_bytes()
    assert len(await drained(db)) == 1
    assert append(spool_of(db), lines)
    assert await drained(db) == []
    db.with_name("s1.jsonl").write_bytes(b"more")
    came_to(db, "session-end")
    assert len(await drained(db)) == 1


async def test_a_session_that_nobody_ended_is_over_after_an_hour(db: Path) -> None:
    """Its host was killed, or has no such hook."""
    queue(db, "stop", time.time() - QUIET_S - 9, {"transcript": "/t/x.jsonl", "session": "s9"})
    (text,) = await drained(db)
    assert "Session s9 of an assistant went quiet" in text


async def test_what_a_crash_left_is_filed_later(db: Path) -> None:
    """What somebody took away and did not finish; not while they may be at it."""
    came_to(db, "session-end")
    left = spool_of(db).rename(spool_of(db).with_name(f"{spool_of(db).name}.1.2.taken"))
    os.utime(left)
    assert await drained(db) == []
    os.utime(left, (1, 1))
    assert len(await drained(db)) == 1
    assert not left.exists()


async def test_lines_that_say_nothing_are_passed_over(db: Path) -> None:
    """Whoever wrote them."""
    came_to(db, "session-end")
    good = spool_of(db).read_bytes()
    bad = [b"", b"{", b"[]", b"7", b'{"event":"x"}', b'{"event":"stop","at":1e99,"bytes":1}']
    bad += [b'{"event":"stop","at":1,"bytes":1,"transcript":"\\ud800"}', b"\xff\xfe"]
    spool_of(db).write_bytes(b"\n".join([*bad, good]))
    assert len(await drained(db)) == 1
    assert not spool_of(db).exists()


def test_a_line_written_while_the_file_is_taken_away_is_not_lost(db: Path) -> None:
    """Who appended to what was taken is told so, and appends anew."""
    spool = spool_of(db)
    assert append(spool, b"one\n")
    held = os.open(spool, os.O_WRONLY | os.O_APPEND)
    spool.rename(spool.with_name("away"))
    os.close(held)
    assert append(spool, b"two\n")
    assert spool.read_bytes() == b"two\n"


async def test_the_file_stays_small(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody files anything the oldest sessions go, the newest stay; a text is cut."""
    came_to(db, "session-end", reason="r" * 9_999)
    assert len(waiting(db)[0]["reason"]) == 1_000
    monkeypatch.setattr(spooling, "MOST_BYTES", 4_000)
    for number in range(2, 99):
        came_to(db, "session-end", f"s{number}")
    kept = [path for path in db.parent.iterdir() if path.name.startswith(spool_of(db).name)]
    assert len(kept) == 2
    assert sum(path.stat().st_size for path in kept) < 2 * 4_000 + 2 * 500
    for path in kept:
        os.utime(path, (1, 1))
    told = [text.split()[1] for text in await drained(db)]
    assert told[-1] == "s98"
    assert len(told) > 10
    assert told == [f"s{number}" for number in range(99 - len(told), 99)]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_nothing_is_written_through_a_link(db: Path, tmp_path: Path, link: str) -> None:
    """A project that somebody else made may hold one, to a file of the person's."""
    target = tmp_path / "profile"
    target.write_text("mine\n")
    getattr(spool_of(db), link)(target)
    given = json.dumps({"session_id": "s", "transcript_path": "/t"}).encode()
    ran = run(tmp_path, "session-end", "--db", str(db), given=given, **CLAUDE)
    assert ran.silent
    assert ran.log.count("\n") == 1
    assert target.read_text() == "mine\n"


def test_a_place_that_cannot_be_written_is_silence(db: Path, tmp_path: Path) -> None:
    """A line in the log says so."""
    spool_of(db).mkdir()
    given = json.dumps({"session_id": "s", "transcript_path": "/t"}).encode()
    ran = run(tmp_path, "session-end", "--db", str(db), given=given, **CLAUDE)
    assert ran.silent
    assert "session-end: IsADirectoryError" in ran.log or "PermissionError" in ran.log


async def test_a_server_files_what_waits_when_it_is_first_used(db: Path) -> None:
    """So the next consolidation has it in its work order."""
    came_to(db, "session-end")
    async with client(db) as memory:
        await said(memory, "memory_read")
        until = time.monotonic() + 20
        while any(name.startswith(spool_of(db).name) for name in os.listdir(db.parent)):  # noqa: PTH208
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
        found = await said(
            memory, "memory_search", query="session transcript", **{"in": ["episodes"]}
        )
        assert "Session s1 of Claude Code" in found
        assert "Session s1" in await said(memory, "memory_consolidate", action="start")


def test_a_person_may_file_them_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that may go on."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("project", "x")
    came_to(shell.db, "stop")
    assert b"Filed as e1: they wait to be learned from." in shell("hook", "drain").out
    assert parsed(shell("hook", "drain", "--json"))["filed"] == []
    assert b"No session waits." in shell("hook", "drain").out


def test_what_came_with_a_repository_is_not_filed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote it would choose what an assistant reads as a transcript."""
    (tmp_path / "work" / ".git").mkdir(parents=True)
    (tmp_path / "work" / ".git" / "index").touch()  # not to be read
    db = tmp_path / "work" / ".tokenspace" / "memory.db"
    db.parent.mkdir()
    queue(db, "session-end", time.time(), {"transcript": "/home/ada/.ssh/id"})
    ran = Shell(tmp_path, monkeypatch).run("hook", "drain", "--project", str(tmp_path / "work"))
    assert ran.code == 2
    assert "may have come with the repository" in ran.err
    assert len(waiting(db)) == 1


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")
async def test_a_pipe_is_not_waited_for(db: Path) -> None:
    """Nobody would ever write to it; an archive can hold one."""
    os.mkfifo(spool_of(db))
    with pytest.raises(OSError, match="no plain file"):
        await drained(db)
