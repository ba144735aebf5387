"""What the edit of a file started from: the state it was written from, and what came of it."""

from collections.abc import Callable
from contextlib import suppress

from .errors import ConflictError, NotFoundError
from .model import Block
from .passages import Passage
from .redact import MARK
from .transact import Write

_MOST_STEPS = 500
"""So many changes of one thing are looked back at, to see whether all came from one file."""


def block(write: Write, uid: str) -> Block | None:
    """Return a block by its identity, as it is now."""
    infos = write.tx.infos(write.branch)
    label = next((info.label for info in infos if info.uid == uid), None)
    return write.tx.block(write.branch, label) if label is not None else None


def state(write: Write, uid: str, change: int) -> Block | None:
    """Return a block as it was after a change; None too where that text is no longer kept."""
    with suppress(NotFoundError):
        return write.tx.state(write.branch, uid, change)
    return None


def passage(write: Write, number: int, change: int) -> Passage | None:
    """Return a passage as it was after a change; None too where that text is no longer kept."""
    with suppress(NotFoundError):
        return write.tx.passage(number, change)
    return None


def deleted_block(write: Write, then: Block) -> Block | None:
    """Return a block as it was before it was deleted, if that was because its file was gone."""
    for change in write.tx.changes(write.branch, label=then.label, limit=_MOST_STEPS):
        for touched in change.blocks:
            if touched.uid == then.uid and touched.action == "deleted":
                mine = change.tool == write.intent.tool
                return state(write, then.uid, change.number - 1) if mine else None
    return None


def deleted_passage(write: Write, number: int) -> Passage | None:
    """Return a passage as it was before it was taken out, if that was because its file was gone."""
    at = write.tx.passage_change(number)
    if not at or write.tx.change(at).tool != write.intent.tool:
        return None
    before = passage(write, number, at - 1)
    return before if before is not None and before.text != MARK else None


def require_version(then: Block | Passage, version: str | None) -> None:
    """Refuse a file that says it had another version then: its changes are not those counted here.

    Raises:
        ConflictError: it was written from a copy of this memory, that went its own way.
    """
    if version is not None and version != then.version:
        raise ConflictError(
            f"it was written from another copy of this memory: version {version[:16]!r} of change "
            f"{then.change} never was here."
        )


def only_from_here(
    write: Write, newest: int, since: int, then: Callable[[int], Block | Passage | None]
) -> bool:
    """Tell whether all changes of a thing after `since` were edits of the file that is saved now.

    `newest` is the thing's newest change, `then` returns it as it was after one.
    """
    at, here = newest, (write.intent.tool, write.intent.reason)
    for _ in range(_MOST_STEPS):
        if at <= since:
            return True
        made = write.tx.change(at)
        before = then(at - 1)
        if (made.tool, made.reason) != here or before is None:
            return False
        at = before.change
    return False
