"""Merges among several processes, and processes that are killed in the middle of one."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tokenspace.memory.model import MAIN
from tokenspace.memory.store import verify

from .forks import fork, merge, value
from .support import opened, put

MERGER = Path(__file__).with_name("merger.py")
KILLED_AFTER = (1, 2, 3, 4, 5, 7, 9, 12, 16, 20)
"""Acknowledgements before each round's kill."""


def start(stack: ExitStack, *arguments: object) -> "subprocess.Popen[str]":
    """Start a process."""
    command = [sys.executable, str(MERGER), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return stack.enter_context(process)


def said(lines: Iterable[str], what: str) -> list[list[str]]:
    """Return what a process acknowledged; a line that a kill cut short is none."""
    rows = [line.split() for line in lines if line.endswith("\n")]
    return [row[1:] for row in rows if row[0] == what]


async def begin(path: Path) -> None:
    """Make a log, and a branch that has it."""
    async with opened(path) as space:
        await put(space, "start\n", "log")
        await fork(space, "draft")


async def check(path: Path, lines: list[list[str]], merges: list[list[str]]) -> None:
    """Every line that was acknowledged is on its branch, once; after a last merge all are on main.

    Every merge has a checkpoint of what stood before.
    """
    assert verify(path).findings == ()
    async with opened(path) as space:
        for branch in (MAIN, "draft"):
            found = Counter((await value(space, branch, "log")).split())
            assert all(found[line] == 1 for where, line in lines if where == branch)
        await merge(space, "draft")
        found = Counter((await value(space, label="log")).split())
        assert all(found[line] == 1 for _, line in lines)
        assert max(found.values()) == 1
        assert found.keys() >= set((await value(space, "draft", "log")).split())
        made = {c.number for c in await space.changes(limit=1_000_000) if c.merged}
        kept = {k.name: k.point.change for k in await space.history.checkpoints()}
        assert kept.keys() == {f"before-merge-{number}" for number in made}
        for number, name in merges:
            assert int(number) in made
            assert kept[name] < int(number)
    assert verify(path).findings == ()


async def test_a_branch_is_merged_while_others_write_to_both(db: Path) -> None:
    """One process merges again and again, another edits both branches: no line is lost or twice."""
    await begin(db)
    with ExitStack() as stack:
        merging = start(stack, "merge", db)
        assert merging.stdout is not None
        assert merging.stdout.readline() == "ready\n"
        editing = start(stack, "edit", db, 200)
        lines = said(editing.communicate(timeout=120)[0].splitlines(keepends=True), "ok")
        merging.kill()
        merges = said(merging.stdout.readlines(), "merged")
    assert len(lines) == 200
    await check(db, lines, merges)


async def killing(path: Path, rounds: int) -> None:
    """Kill a process that edits and merges again and again; the file is whole each time."""
    await begin(path)
    lines: list[list[str]] = []
    merges: list[list[str]] = []
    for n in range(rounds):
        with ExitStack() as stack:
            process = start(stack, "both", path, f"p{n}")
            assert process.stdout is not None
            answers = [process.stdout.readline() for _ in range(1 + KILLED_AFTER[n % 10])]
            process.kill()
            answers += process.stdout.readlines()
        assert verify(path).findings == ()
        lines += said(answers, "ok")
        merges += said(answers, "merged")
    assert len(lines) >= rounds
    await check(path, lines, merges)


async def test_a_process_that_is_killed_while_it_merges_leaves_a_whole_file(db: Path) -> None:
    """Five kills: a merge is there with all that it brought and its checkpoint, or not at all."""
    await killing(db, 5)


@pytest.mark.slow
async def test_thirty_processes_that_are_killed_leave_a_whole_file(db: Path) -> None:
    """The same thirty times on one file."""
    await killing(db, 30)
