"""Whatever order edits on both sides come in: both end alike, and nothing that was written is lost.

Also the real command, that is started, edited against, and ended.
"""

import asyncio
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.errors import ConflictError

from .mirrors import Both, mirrored
from .shell import PROGRAM, Shell, until
from .support import BY, put, text

LINES = 4
acts = st.lists(
    st.tuples(st.sampled_from(["file", "memory", "look", "restart"]), st.integers(0, LINES - 1)),
    min_size=4,
    max_size=14,
)


async def act(both: Both, who: str, line: int, word: str) -> None:
    """Do one thing: each edit puts a word that stands nowhere else behind a line."""
    if who == "look":
        await both.mirror.step()
    elif who == "restart":
        both.again()
    elif who == "file":
        both.edit(both.path("notes"), f"line {line}:", f"line {line}: {word}")
    else:
        await both.space.replace("notes", f"line {line}:", f"line {line}: {word}", BY)


@pytest.mark.slow
@given(acts)
@settings(max_examples=40, deadline=None)
def test_nothing_is_lost_in_any_order(order: list[tuple[str, int]]) -> None:
    """Words of memory stand in memory; words of the file there, or in a file beside."""

    async def work(folder: Path) -> None:
        async with mirrored(folder) as both:
            await put(both.space, "".join(f"line {n}:\n" for n in range(LINES)))
            await both.settle()
            for n, (who, line) in enumerate(order):
                await act(both, who, line, f"w{n}.")
            await both.settle()
            now = await text(both.space)
            assert both.body("notes") == now
            beside = "".join(p.read_text() for p in both.root.rglob("*.conflict.md"))
            for n, (who, _) in enumerate(order):
                assert who not in ("file", "memory") or f"w{n}." in now + beside
                assert who != "memory" or f"w{n}." in now

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))


async def test_many_edits_at_once_on_both_sides_all_arrive(tmp_path: Path) -> None:
    """Two writers and the mirror run side by side, on lines of their own."""
    async with mirrored(tmp_path) as both:
        await put(both.space, "mine:\n\n\ntheirs:\n")
        await both.settle()

        async def memory() -> None:
            for n in range(8):
                try:
                    await both.space.replace("notes", "theirs:", f"theirs: t{n}.", BY)
                except ConflictError:
                    pytest.fail("memory's own edit was refused")
                await asyncio.sleep(0)

        async def files() -> None:
            for n in range(8):
                both.edit(both.path("notes"), "mine:", f"mine: m{n}.")
                for _ in range(3):
                    await both.mirror.step()

        await asyncio.gather(memory(), files())
        await both.settle()
        now = await text(both.space)
        assert all(f"m{n}." in now and f"t{n}." in now for n in range(8))
        assert both.body("notes") == now
        assert not list(both.root.rglob("*.conflict.md"))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_the_command_mirrors_until_it_is_told_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: signal.Signals
) -> None:
    """Another process's change is written, an edit taken in, the end is clean."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("notes", "one\ntwo\n")
    file = tmp_path / "out" / "blocks" / "notes.md"
    with subprocess.Popen(
        [*PROGRAM, "export", "out", "--watch", "--json", "--db", str(shell.db)],
        cwd=tmp_path,
        env=shell.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        until(file.exists)
        file.write_bytes(file.read_bytes().replace(b"one", b"eins"))
        until(lambda: shell.value("notes") == "eins\ntwo\n")
        shell.put("notes", "eins\nzwei\n")
        until(lambda: b"zwei" in file.read_bytes())
        running.send_signal(ends)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, b"")
    told = [(event["did"], event["path"]) for event in map(json.loads, out.splitlines())]
    assert ("taken in", "blocks/notes.md") in told
