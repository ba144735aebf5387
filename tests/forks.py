"""Branches in few words: what stands on them, and what a merge says of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tokenspace.memory import Block, Draft, Intent, Space, Written
from tokenspace.memory.conflicts import Conflict, MergeConflictError
from tokenspace.memory.model import MAIN
from tokenspace.memory.store import SqliteStore, Transaction
from tokenspace.memory.transact import draft_of

from .support import BY, NOW, put, refusal


def on(branch: str, **fields: Any) -> Intent:
    """Return the intent of a write to a branch."""
    return replace(BY, branch=branch, **fields)


async def fork(space: Space, *names: str, start: str | None = None, parent: str = MAIN) -> None:
    """Make branches."""
    for name in names:
        await space.history.make_branch(on(parent), name, start)


async def block(space: Space, label: str = "notes", branch: str = MAIN) -> Block:
    """Return a block."""
    return (await space.read(label, branch=branch))[0]


async def value(space: Space, branch: str = MAIN, label: str = "notes") -> str:
    """Return a block's text."""
    return (await block(space, label, branch)).value


async def write(space: Space, text: str, branch: str = MAIN, label: str = "notes") -> int:
    """Rewrite a block or make it; return the change's number."""
    done = await space.rethink(label, text, on(branch))
    assert done.change is not None
    return done.change.number


async def become(db: Path, branch: str = MAIN, label: str = "notes", **fields: Any) -> None:
    """Change any of a block's fields, also those that `Space` only takes when it is made."""
    store = await SqliteStore.open(db)

    def work(tx: Transaction) -> None:
        known = tx.block(branch, label)
        draft = draft_of(known) if known else Draft(uid=None, label=label, value="")
        tx.record(branch, on(branch), NOW, [replace(draft, **fields)])

    try:
        await store.write(work)
    finally:
        await store.close()


async def merge(
    space: Space, source: str, into: str = MAIN, resolve: dict[str, str] | None = None
) -> Written:
    """Merge a branch into another."""
    return await space.history.merge(on(into), source, resolve)


async def conflicts(space: Space, source: str, into: str = MAIN) -> tuple[Conflict, ...]:
    """Return what is left to decide of a merge; nothing was written."""
    before = await everything(space)
    refused = await refusal(merge(space, source, into))
    assert isinstance(refused, MergeConflictError)
    assert await everything(space) == before
    return refused.conflicts


async def blocks(space: Space, branch: str = MAIN, at: str | None = None) -> dict[str, Block]:
    """Return every block by its identity, without what a restore makes anew."""
    found = (await space.context(at, branch)).blocks
    return {b.uid: replace(b, change=0, at=found[0].at) for b in found}


async def past(space: Space) -> list[int]:
    """Make a history with every kind of change in it; return its numbers."""
    await put(space, "text\n")
    await space.describe("notes", BY, description="who", tags=("t",), limit=99)
    await space.rename("human", "person", BY)
    await space.delete("persona", BY)
    await fork(space, "draft")
    await write(space, "drafted\n", "draft")
    await space.create(Draft(uid=None, label="new", value="n\n"), on("draft"))
    await write(space, "text\nmore\n")
    await merge(space, "draft", resolve={"*": "both"})
    await space.rename("new", "newer", BY)
    return list(range(1, await space.head() + 1))


async def everything(space: Space) -> tuple[object, ...]:
    """Return all that a write could change."""
    found = [await space.context(branch=b.name) for b in await space.history.branches()]
    return found, await space.history.checkpoints(), await space.head()
