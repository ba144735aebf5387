"""`tokenspace sleep` that only shows, and that comes back: rehearsals, and what is news."""

import asyncio
import os
import signal

import pytest
from provider import Provider, does, says
from shell import Shell, parsed, text, until
from test_sleep import NEEDS_THE_EXTRA
from test_sleep_runs import BLOCK, FINISH, TIDY, branches, shell, sleeping, slept

from tokenspace.memory import Author, Intent, Space
from tokenspace.memory.passages import PassageDraft

__all__ = ["shell"]

pytestmark = [pytest.mark.slow, NEEDS_THE_EXTRA]


def test_a_dry_run_shows_the_difference_and_leaves_nothing(shell: Shell) -> None:
    """All is done but the merge; the comparison goes to standard output, as of `diff`."""
    with Provider(does(("memory_replace", TIDY), FINISH)) as provider:
        ran = slept(shell, provider, "--dry-run")
    assert "-- Likes tea.\n" in text(ran)
    assert "dry run, nothing was merged" in ran.err
    assert shell.value("human") == BLOCK
    assert not branches(shell)


def test_a_dry_run_says_what_the_merge_would_have_lacked(shell: Shell) -> None:
    """As the gate does: what finish named may go, what it did not fails the rehearsal."""
    lose = {"label": "human", "old_string": "- Birthday: 1987-03-04.\n", "new_string": ""}
    with Provider(does(("memory_replace", TIDY), ("memory_replace", lose), FINISH)) as provider:
        ran = slept(shell, provider, "--dry-run")
    assert ran.code == 1
    missing = [row for row in ran.err.splitlines() if "still missing: " in row]
    assert len(missing) == 1
    assert "Birthday: 1987-03-04" in missing[0]
    assert shell.value("human") == BLOCK
    assert not branches(shell)


def test_a_dry_run_leaves_a_run_alone_that_is_open(shell: Shell) -> None:
    """It would edit the branch of another, and could not take that back."""
    text(shell("consolidate", "start"))
    with Provider(says("?")) as provider:
        ran = slept(shell, provider, "--dry-run")
    assert ran.code == 1
    assert "consolidate-1 is open already" in ran.err
    assert "finish or abandon it first" in ran.err
    assert not provider.asked
    assert branches(shell) == ["consolidate-1"]


def _log(shell: Shell, count: int) -> None:
    """Log episodes that have nothing to do with each other."""

    async def work() -> None:
        space = await Space.open(shell.db)
        for n in range(count):
            draft = PassageDraft(id=None, kind="episode", text=f"case {n}", source=f"task {n}")
            await space.archive.file(draft, Intent(author=Author(), tool="test"))
        await space.close()

    asyncio.run(work())


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
def test_it_comes_back_for_what_a_run_has_left(shell: Shell) -> None:
    """--every: more episodes than an order holds take two runs, though nobody writes."""
    _log(shell, 45)
    with (
        Provider(does(("memory_replace", TIDY), FINISH), does(FINISH)) as provider,
        sleeping(shell, provider, "--every", "1s") as process,
    ):
        until(lambda: parsed(shell("status", "--json"))["unlearned"] == 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, 130)
    assert len(provider.asked) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
def test_what_somebody_writes_during_a_run_is_news(shell: Shell) -> None:
    """Though the merge comes after it, and is the newest change."""
    reads = [does(("memory_read", {}))] * 20
    end = does(("memory_replace", TIDY), FINISH)
    with (
        Provider(*reads, end, does(FINISH)) as provider,
        sleeping(shell, provider, "--every", "1s") as process,
    ):
        until(lambda: len(provider.asked) >= 1)
        shell.put("other", "- Moved to Bergen on 2026-11-01.\n")
        until(lambda: len(provider.asked) >= len(reads) + 2 and not branches(shell))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, 130)
    assert len(provider.asked) == len(reads) + 2
