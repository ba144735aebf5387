"""Histories for tests of the store: branches, merges and checkpoints, made in few words."""

import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tokenspace.memory.model import MAIN, Block, Change, Draft
from tokenspace.memory.passages import PassageDraft
from tokenspace.memory.refs import Checkpoint, Point
from tokenspace.memory.store import Snapshot, SqliteStore
from tokenspace.memory.store.connector import Connection
from tokenspace.memory.transact import draft_of

from .support import ADA, BY, NOW


@dataclass
class History:
    """A store whose history a test makes, and what its clock says."""

    store: SqliteStore
    now: datetime = NOW
    reason: str = ""
    made: list[Change] = field(default_factory=list[Change])

    async def write(self, label: str, value: str | None, branch: str = MAIN, **fields: Any) -> int:
        """Make a block, write it or (None) delete it; return the change's number."""
        merged = fields.pop("merged", None)
        by = replace(BY, reason=self.reason)
        known = await self.store.read(lambda v: v.block(branch, label))
        draft = draft_of(known) if known else Draft(uid=None, label=label, value="")
        draft = replace(draft, value=value, **fields)
        self.made.append(
            await self.store.write(
                lambda tx: tx.record(branch, by, self.now, [draft], merged=merged)
            )
        )
        return self.made[-1].number

    async def file(self, text: str | None, number: int | None = None, **fields: Any) -> int:
        """File a passage, write it anew or (None) delete it; return its number."""
        given: dict[str, Any] = {"kind": "passage", **fields}
        draft = PassageDraft(id=number, text=text, **given)
        by = replace(BY, reason=self.reason)
        change = await self.store.write(
            lambda tx: tx.record(MAIN, by, self.now, [], passages=[draft])
        )
        self.made.append(change)
        return change.passages[0].id

    async def branch(self, name: str, origin: str = MAIN) -> None:
        """Make a branch at the head of another."""
        head = await self.store.read(lambda v: v.head(origin))
        await self.store.write(lambda tx: tx.make_branch(name, Point(origin, head), ADA, self.now))

    async def checkpoint(self, name: str, message: str = "", branch: str = MAIN) -> None:
        """Name a branch's head."""
        head = await self.store.read(lambda v: v.head(branch))
        made = Checkpoint(
            name=name, point=Point(branch, head), message=message, author=ADA, at=self.now,
            automatic=False, blocks=0, chars=0,
        )  # fmt: skip
        await self.store.write(lambda tx: tx.add_checkpoint(made))


async def short_history(path: Path) -> History:
    """Open a new space and write a block of it five times."""
    history = History(await SqliteStore.open(path))
    for n in range(5):
        await history.write("a", f"{n}\n" * 100)
    return history


async def value(store: SqliteStore, label: str = "a") -> str | None:
    """Return a block's text, None if there is no such block."""
    found = await store.read(lambda v: v.block(MAIN, label))
    return found.value if found else None


async def every_state(store: SqliteStore, *closed: str) -> dict[Point, list[Block]]:
    """Return all blocks of every branch that is open, and of these, after every change."""

    def work(view: Snapshot) -> dict[Point, list[Block]]:
        names = [*(branch.name for branch in view.branches()), *closed]
        numbers = [change.number for change in view.since(0, limit=10_000)]
        return {Point(b, n): view.blocks_at(b, n) for b in names for n in numbers}

    return await store.read(work)


def names_beside(path: Path) -> list[str]:
    """Return the names of the files beside `path`, its own included."""
    return sorted(file.name for file in path.parent.iterdir())


def bytes_beside(path: Path) -> dict[str, bytes]:
    """Return every file beside `path`, itself included, with its bytes.

    Read in a process of its own: a file that is opened and closed here drops a store's locks.
    """
    files = sorted(path.parent.iterdir())
    program = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
    return {
        file.name: subprocess.run(
            [sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, check=True
        ).stdout
        for file in files
    }


def tamper(path: Path, *statements: str) -> None:
    """Change a file behind the program's back, constraints or not."""
    db = Connection(path)
    db.script("PRAGMA foreign_keys = OFF")
    for sql in statements:
        db.script(sql)
    db.script("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def overwrite_page(path: Path, table: str) -> int:
    """Overwrite the middle of a leaf page of a table with other bytes; return the page's number."""
    db = Connection(path)
    size = int(db.scalar("PRAGMA page_size"))
    root = int(db.scalar("SELECT rootpage FROM sqlite_schema WHERE name = ?", table))
    db.script("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    data = bytearray(path.read_bytes())
    start = (root - 1) * size
    page = int.from_bytes(data[start + 12 : start + 14], "big")  # of its first cell
    child = int.from_bytes(data[start + page : start + page + 4], "big")
    at = (child - 1) * size
    data[at : at + size] = b"\xa5" * size
    path.write_bytes(data)
    return child


def cut(path: Path, by: int) -> int:
    """Take that many bytes off a file's end; return how many are left."""
    path.write_bytes(path.read_bytes()[:-by])
    return path.stat().st_size
