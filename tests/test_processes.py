"""Several processes on one file, and processes that are killed: what was acknowledged is there."""

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tokenspace.memory.model import MAIN, Change
from tokenspace.memory.store import SqliteStore, verify

from .support import BY, opened, put

WRITER = Path(__file__).with_name("writer.py")
KILLED_AFTER = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
"""Acknowledged edits before each round's kill."""


def start(stack: ExitStack, *arguments: object) -> "subprocess.Popen[str]":
    """Start a writing process."""
    command = [sys.executable, str(WRITER), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return stack.enter_context(process)


def acknowledged(lines: list[str]) -> list[int]:
    """Return the numbers of the edits that a process said were done."""
    return [int(line[3:]) for line in lines if re.fullmatch(r"ok \d+\n", line)]


async def check(path: Path) -> list[Change]:
    """Return every change, after looking for damage and for a break in the chain of changes."""
    assert verify(path).findings == ()
    store = await SqliteStore.open(path)
    try:
        changes = await store.read(lambda v: v.since(0, limit=1_000_000))
        for state in await store.read(lambda v: v.blocks(MAIN)):
            assert state.chars == len(state.value)
    finally:
        await store.close()
    assert [c.number for c in changes] == list(range(1, len(changes) + 1))
    assert [c.parent for c in changes] == list(range(len(changes)))
    return changes


async def writing(path: Path, labels: list[str], count: int) -> None:
    """Let one process a label make `count` edits at the same time, and check what comes of it."""
    async with opened(path) as space:
        for label in sorted(set(labels)):
            await put(space, "start\n", label)
    with ExitStack() as stack:
        processes = [
            start(stack, "write", path, f"p{n}", label, count) for n, label in enumerate(labels)
        ]
        answers = [process.communicate(timeout=120)[0].splitlines() for process in processes]
    assert answers == [["ready", *(f"ok {n}" for n in range(count))]] * len(labels)
    changes = await check(path)
    assert len(changes) == 1 + len(set(labels)) + count * len(labels)
    async with opened(path) as space:
        for n, label in enumerate(labels):
            value = (await space.read(label))[0].value
            found = re.findall(rf"^p{n} (\d+)(?: and (\d+))?$", value, re.MULTILINE)
            kept = sorted(int(number) for pair in found for number in pair if number)
            assert kept == list(range(count))
            assert value.count("start\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(["log"] * 4, id="one"),
        pytest.param(["a", "b", "c", "d"], id="separate"),
    ],
)
async def test_four_processes_make_500_edits_each_and_lose_none(
    db: Path, labels: list[str]
) -> None:
    """All edit what they read a moment ago; none is refused, every one is in the text."""
    await writing(db, labels, 500)


async def killing(path: Path, rounds: int) -> None:
    """Kill a writing process again and again; nothing that it acknowledged may be missing."""
    async with opened(path) as space:
        await put(space, "start\n", "log")
    expected: dict[str, int] = {}
    for n in range(rounds):
        with ExitStack() as stack:
            name = f"p{n}"
            process = start(stack, "write", path, name, "log", 0)
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(1 + KILLED_AFTER[n % 10])]
            process.kill()
            lines += process.stdout.readlines()
        done = acknowledged(lines)
        assert done == list(range(len(done)))
        assert len(done) >= KILLED_AFTER[n % 10]
        expected[name] = len(done)
        if n % 10 == 9:
            async with opened(path) as space:
                await space.rethink("log", "start again\n", BY)
    changes = await check(path)
    for name, count in expected.items():
        made = sum(change.author.client == name for change in changes)
        assert count <= made <= count + 1  # the last one may have been killed before it was said


async def test_a_killed_process_loses_nothing_that_it_acknowledged(db: Path) -> None:
    """Ten kills in mid-write: what was said to be done is done, file and chain are whole."""
    await killing(db, 10)


@pytest.mark.slow
async def test_fifty_killed_processes_lose_nothing(db: Path) -> None:
    """The same fifty times on one file."""
    await killing(db, 50)
