"""Whatever order edits on both sides come in: both end alike, and nothing that was written is lost.

Also the real command, that is started, edited against, and ended.
"""

import asyncio
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tokenspace.memory.errors import ConflictError, NotFoundError
from tokenspace.memory.passages import PassageDraft
from tokenspace.server.mirror_missing import CALM_S
from tokenspace.server.mirror_state import STATE

from .mirrors import Both, mirrored
from .shell import PROGRAM, Shell, until
from .support import BY, put, text

LINES = 4
PLAIN = ("file", "memory", "episode", "archive", "look", "wait", "restart", "second", "rename")
ROUGH = (*PLAIN, "buffer", "delete", "kill", "damage")


def orders(kinds: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, int]]]:
    """Return what is done, one after the other, and with which line."""
    each = st.tuples(st.sampled_from(kinds), st.integers(0, LINES - 1))
    return st.lists(each, min_size=4, max_size=14)


@dataclass
class Story:
    """A block and an episode, their files, and everybody who works on them.

    Attributes:
        buffer: What an editor has open, that never looks at the file again.
        state: What the mirror kept of itself when it was first killed.
    """

    both: Both
    buffer: str = ""
    state: bytes = b""

    async def begin(self) -> None:
        """Have both, with a file each."""
        lines = "".join(f"line {n}:\n" for n in range(LINES))
        await put(self.both.space, lines)
        draft = PassageDraft(id=None, kind="episode", text=lines, source="task")
        await self.both.space.archive.file(draft, BY)
        await self.both.settle()
        self.buffer = self.both.path("notes").read_text()
        self.state = (self.both.root / STATE).read_bytes()

    def file(self) -> Path | None:
        """Return the file of the block, under whichever name."""
        paths = [self.both.path(name) for name in ("notes", "ideas")]
        return next((path for path in paths if path.exists()), None)

    async def act(self, who: str, line: int, word: str) -> None:
        """Do one thing: each edit puts a word that stands nowhere else behind a line."""
        both, old, new = self.both, f"line {line}:", f"line {line}: {word}"
        path = self.file()
        if who in ("look", "wait"):
            await both.look(2 * CALM_S if who == "wait" else 0.5)
        elif who == "second":
            other = both.started()
            await other.step()
            both.now += 1
            await other.step()
        elif who in ("memory", "archive"):
            await self.write(who, old, new)
        elif who in ("restart", "kill", "damage"):
            self.again(who)
        elif who == "episode":
            both.edit(both.root / "episodes" / "e1.md", old, new)
        elif path is not None:
            self.edit(who, path, old, new)

    async def write(self, who: str, old: str, new: str) -> None:
        """Change the block or the episode in memory."""
        space = self.both.space
        if who == "archive":
            was = (await space.archive.read("e1"))[0].text
            await space.archive.update("e1", BY, text=was.replace(old, new, 1))
            return
        with suppress(NotFoundError):
            label = "notes" if await self.has("notes") else "ideas"
            await space.replace(label, old, new, BY)

    def again(self, who: str) -> None:
        """Start the mirror anew, with what it kept, or kept long ago, or with nothing."""
        state = self.both.root / STATE
        if who == "kill":
            state.write_bytes(self.state)
        elif who == "damage":
            state.write_bytes(b"{")
        self.both.again()

    def edit(self, who: str, path: Path, old: str, new: str) -> None:
        """Do something with the file of the block."""
        if who == "file":
            self.both.edit(path, old, new)
        elif who == "buffer":
            self.buffer = self.buffer.replace(old, new, 1)
            path.write_text(self.buffer)
        elif who == "rename":
            path.rename(self.both.path("ideas" if path.stem == "notes" else "notes"))
        else:
            path.unlink()

    async def has(self, label: str) -> bool:
        """Tell whether memory has a block of that label."""
        return label in {info.label for info in await self.both.space.infos()}

    async def ever(self) -> str:
        """Return all texts that memory has or had, and those that stand in files beside."""
        space = self.both.space
        found = [p.read_text() for p in self.both.root.rglob("*.conflict.md")]
        for change in await space.changes(limit=1_000):
            context = await space.context(at=str(change.number))
            found += [block.value for block in context.blocks]
            for filed in change.passages:
                passage, _ = await space.archive.read(filed.name, at=str(change.number))
                found.append(passage.text)
        return "".join(found)


def told(order: list[tuple[str, int]], check: Callable[[Story], Awaitable[None]]) -> str:
    """Have a story happen, hold its end to a check; return every text that there ever was."""

    async def work(folder: Path) -> str:
        async with mirrored(folder) as both:
            story = Story(both)
            await story.begin()
            for n, (who, line) in enumerate(order):
                await story.act(who, line, f"w{n}.")
            both.now += 100
            await both.settle()
            await both.settle()
            found = await both.space.exchange.everything()
            kept = {block.label: block.value for block in found.blocks}
            assert {label: both.body(label) for label in kept} == kept
            assert len(found.passages) == 1
            await check(story)
            return await story.ever()

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(work(Path(folder)))


@pytest.mark.slow
@given(orders(PLAIN))
@example([("memory", 0), ("rename", 0), ("look", 0), ("file", 0)])  # moved, then edited at once
@settings(max_examples=40, deadline=None)
def test_nothing_is_lost_in_any_order(order: list[tuple[str, int]]) -> None:
    """Words of memory stand in memory; words of the file there, or in a file beside."""
    named = {n: who for n, (who, _) in enumerate(order)}

    async def check(story: Story) -> None:
        found = await story.both.space.exchange.everything()
        now = "".join([b.value for b in found.blocks] + [p.text for p in found.passages])
        beside = "".join(p.read_text() for p in story.both.root.rglob("*.conflict.md"))
        for n, who in named.items():
            assert who not in ("file", "episode") or f"w{n}." in now + beside
            assert who not in ("memory", "archive") or f"w{n}." in now

    told(order, check)


@pytest.mark.slow
@given(orders(ROUGH))
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost_whatever_happens_to_files_and_mirror(
    order: list[tuple[str, int]],
) -> None:
    """What was saved last, and what nobody overwrote, was in memory once; both sides are alike."""

    async def check(_story: Story) -> None:
        """Hold it to nothing more: a buffer may take back what others wrote to its file."""

    ever = told(order, check)
    over = [n for n, (who, _) in enumerate(order) if who in ("buffer", "delete")]
    for n, (who, _) in enumerate(order):
        if who in ("file", "buffer") and not any(later > n for later in over):
            assert f"w{n}." in ever or order_is_gone(order, n)
        assert who not in ("episode", "archive") or f"w{n}." in ever


def order_is_gone(order: list[tuple[str, int]], n: int) -> bool:
    """Tell whether the block's file had been deleted when it was to be edited."""
    return any(who == "delete" for who, _ in order[:n])


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
        shell.put("more", "zwei\n")
        until(file.with_name("more.md").exists)
        running.send_signal(ends)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, b"")
    told = [(event["did"], event["path"]) for event in map(json.loads, out.splitlines())]
    assert ("taken in", "blocks/notes.md") in told
