"""Erasing: out of every version and branch, and off the disk. What stays is that it was done."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .archive import number_of
from .errors import InvalidError, NoMatchError, TooLargeError
from .model import Intent, normal_label
from .reading import absent
from .store import Erased, Found, Store, Transaction

SHORTEST = 4
"""Fewest characters of a text that can be erased: less stands in too many places by chance."""

_AT_ONCE = 2_000  # texts that are searched in one read
_IN_ONE_CALL = 1_000  # texts that are rewritten where there is little time: about half a second


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased; `pending` while others still read a state of the file that holds it."""

    erased: Erased
    pending: bool


async def erase_text(
    store: Store, now: Callable[[], datetime], intent: Intent, text: str, seconds: float | None
) -> Erasure:
    """Erase a text wherever it stands: every version, description and reason, blocks and archive.

    Lines that are nothing else are removed; elsewhere it becomes `[erased]`. A passage of which
    nothing is left is deleted.

    Raises:
        InvalidError: it is too short to be meant.
        NoMatchError: it stands nowhere.
        TooLargeError: searching everything takes more than `seconds`; nothing was changed.
        ReadOnlyError: a block that only a person may change has it now.
    """
    needle = text.strip()
    if len(needle) < SHORTEST:
        raise InvalidError(
            f"{needle!r} is too short to be erased everywhere; give {SHORTEST} characters or more."
        )
    until = None if seconds is None else time.monotonic() + seconds
    found = Found()
    while not found.complete:
        found = await store.read(lambda view, so_far=found: view.holding(needle, so_far, _AT_ONCE))
        if until is not None and time.monotonic() > until and not found.complete:
            raise _too_much()
    if until is not None and len(found.ids) > _IN_ONE_CALL:
        raise _too_much()
    erased = await store.write(
        lambda tx: _once(tx, intent) or tx.erase(intent, now(), needle, found), alone=True
    )
    if not erased.changes:
        await store.purge()  # a process that was killed may have got no further than this
        where = f" It is part of {' and '.join(erased.left)}, which stays." if erased.left else ""
        raise NoMatchError(f"that text stands nowhere, now or in the past.{where}")
    return Erasure(erased, pending=not await store.purge())


async def erase_block(
    store: Store, now: Callable[[], datetime], intent: Intent, label: str
) -> Erasure:
    """Erase a block: it goes from every branch, and all its versions are emptied.

    Raises:
        NotFoundError: there never was such a block.
        ReadOnlyError: only a person may change it.
    """

    def work(tx: Transaction) -> Erased:
        done = _once(tx, intent)
        if done is not None:
            return done
        block = tx.block(intent.branch, normal_label(label))
        uid = block.uid if block else None
        for change in () if uid else tx.changes(intent.branch, label=label, limit=1):
            uid = next((t.uid for t in change.blocks if t.label == normal_label(label)), None)
        if uid is None:
            raise absent(tx, intent.branch, label)
        return tx.erase_block(intent, now(), uid)

    erased = await store.write(work, alone=True)
    if not erased.changes:
        await store.purge()
        raise NoMatchError(f"block {normal_label(label)} is erased already.")
    return Erasure(erased, pending=not await store.purge())


async def erase_passage(
    store: Store, now: Callable[[], datetime], intent: Intent, name: str
) -> Erasure:
    """Erase a passage or episode: it goes, and all its versions are emptied.

    Raises:
        NotFoundError: there never was one of that name.
    """

    def work(tx: Transaction) -> Erased:
        return _once(tx, intent) or tx.erase_passage(intent, now(), number_of(tx, name))

    erased = await store.write(work, alone=True)
    if not erased.changes:
        await store.purge()
        raise NoMatchError(f"{name} is erased already.")
    return Erasure(erased, pending=not await store.purge())


def _once(tx: Transaction, intent: Intent) -> Erased | None:
    """Return what was done under this idempotency key, if it was used before."""
    made = tx.by_request(intent.request_id) if intent.request_id else None
    return Erased(changes=(made.number,), entry="") if made else None


def _too_much() -> TooLargeError:
    return TooLargeError(
        "there is too much history for one call; nothing was changed. A person can do it with "
        "`tokenspace forget --erase`."
    )
