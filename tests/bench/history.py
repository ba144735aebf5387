"""What a long history costs: write latency beside a short one, and bytes on disk.

The history is made through the store itself, many changes a transaction, of a 4 KB block in which
one line of fifty is rewritten at a time.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from calls import fact
from measure import Options, Row, compared, run_alone, taking_turns

from tokenspace.memory import Author, Draft, Intent, Space
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore, Transaction

LINES = 50
SHORT = 1_000
PER_TRANSACTION = 2_000
CALLS = 20
LABEL = "project"
INTENT = Intent(author=Author(user="bench", client="bench"), tool="bench")


def text(change: int) -> str:
    """Return the block after `change`: line n is rewritten by each 50th change."""
    return "".join(fact(change - (change - line) % LINES) + "\n" for line in range(LINES))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def bench(options: Options) -> list[Row]:
    """Time writes on a long and a short history, and weigh the long one."""
    with tempfile.TemporaryDirectory() as folder:
        long, short = Path(folder, "long.db"), Path(folder, "short.db")
        asyncio.run(lengthen(long, options.changes))
        asyncio.run(lengthen(short, SHORT))
        whole = sum(len(text(n).encode()) for n in range(0, options.changes, 97)) * 97
        size = long.stat().st_size - Path(short).stat().st_size
        per_version = size / (options.changes - SHORT)
        rows = [
            Row(
                what=f"size of {options.changes:,} versions",
                value=per_version,
                unit="bytes each",
                against="full texts",
                reference=whole / options.changes,
                ratio=per_version / (whole / options.changes),
                budget=0.2,
            )
        ]
        with asyncio.Runner() as runner:
            return rows + _timed(runner, long, short, options)


async def lengthen(path: Path, changes: int) -> None:
    """Write `changes` changes to one block of a new space, then fold the log into the file."""
    space = await Space.open(path)
    await space.rethink(LABEL, text(0), INTENT)
    block, _ = await space.read(LABEL)
    await space.close()
    store = await SqliteStore.open(path)
    draft = Draft(uid=block.uid, label=LABEL, value=text(0))
    for start in range(1, changes, PER_TRANSACTION):
        numbers = range(start, min(start + PER_TRANSACTION, changes))
        await store.write(lambda tx, numbers=numbers: _record(tx, draft, numbers))
    await store.close()


def _record(tx: Transaction, draft: Draft, numbers: range) -> None:
    for number in numbers:
        tx.record(MAIN, INTENT, now(), [replace(draft, value=text(number))])


@dataclass
class Hand:
    """Goes on writing where `lengthen` ended."""

    space: Space
    change: int
    named: int = 0

    async def replace(self) -> float:
        """Return the seconds of one replacement."""
        self.change += 1
        old, new = fact(self.change - LINES) + "\n", fact(self.change) + "\n"
        began = time.perf_counter()
        await self.space.replace(LABEL, old, new, INTENT)
        return time.perf_counter() - began

    async def read_old(self) -> float:
        """Return the seconds of reading the block as it was half-way."""
        began = time.perf_counter()
        await self.space.read(LABEL, str(SHORT // 2))
        return time.perf_counter() - began

    async def read(self) -> float:
        """Return the seconds of reading the block as it is."""
        began = time.perf_counter()
        await self.space.read(LABEL)
        return time.perf_counter() - began

    async def log(self) -> float:
        """Return the seconds of listing the newest changes."""
        began = time.perf_counter()
        await self.space.changes(LABEL, limit=20)
        return time.perf_counter() - began

    async def old_page(self) -> float:
        """Return the seconds of listing twenty changes from the middle of the history."""
        began = time.perf_counter()
        await self.space.changes(LABEL, before=self.change // 2, limit=20)
        return time.perf_counter() - began

    async def diff(self) -> float:
        """Return the seconds of comparing the block with what it was half-way."""
        began = time.perf_counter()
        await self.space.history.compare(str(SHORT // 2), label=LABEL)
        return time.perf_counter() - began

    async def at_time(self) -> float:
        """Return the seconds of reading the block as it was at a moment."""
        began = time.perf_counter()
        await self.space.read(LABEL, now().isoformat())
        return time.perf_counter() - began

    async def branch(self) -> float:
        """Return the seconds of making a branch; it is deleted again."""
        self.named += 1
        began = time.perf_counter()
        await self.space.history.make_branch(INTENT, f"branch-{self.named}")
        took = time.perf_counter() - began
        await self.space.history.delete_branch(f"branch-{self.named}")
        return took

    async def checkpoint(self) -> float:
        """Return the seconds of naming the present state."""
        self.named += 1
        began = time.perf_counter()
        await self.space.history.checkpoint(INTENT, f"checkpoint-{self.named}")
        return time.perf_counter() - began


def _timed(runner: asyncio.Runner, long: Path, short: Path, options: Options) -> list[Row]:
    hands = {
        name: Hand(runner.run(Space.open(path)), changes - 1)
        for name, path, changes in (("long", long, options.changes), ("short", short, SHORT))
    }
    try:
        return [
            _row(runner, hands, what, call, options, budget)
            for what, call, budget in (
                ("replace", Hand.replace, 1.2),
                ("read of the block", Hand.read, 1.2),
                ("read of an old version", Hand.read_old, None),
                ("read as of a time", Hand.at_time, None),
                ("diff with an old version", Hand.diff, None),
                ("newest 20 changes of a block", Hand.log, None),
                ("20 changes from the middle", Hand.old_page, None),
                ("branch", Hand.branch, None),
                ("checkpoint", Hand.checkpoint, None),
            )
        ]
    finally:
        for hand in hands.values():
            runner.run(hand.space.close())


def _row(
    runner: asyncio.Runner,
    hands: dict[str, Hand],
    what: str,
    call: Callable[[Hand], Awaitable[float]],
    options: Options,
    budget: float | None,
) -> Row:
    async def turn(hand: Hand) -> float:
        return median([await call(hand) for _ in range(CALLS)])

    reference = f"{SHORT:,} changes"
    found = taking_turns(
        {
            "long": lambda: runner.run(turn(hands["long"])),
            reference: lambda: runner.run(turn(hands["short"])),
        },
        options.rounds * 2,
    )
    what = f"{what}, {options.changes:,} changes"
    return compared(what, found, "long", reference, budget=budget)


if __name__ == "__main__":
    run_alone(__doc__, bench)
