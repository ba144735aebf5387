"""When blocks were last read, and which of them nobody reads: values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .model import Block

LONG = timedelta(days=30)
"""A block that was written, or read, less than so long ago is not called unread."""


@dataclass(frozen=True, slots=True)
class Read:
    """When a block was last read, right to the hour; None: never, as far as is known.

    Attributes:
        asked: When somebody asked for it by name, or found it.
        shown: When it was shown with all others, which says little of it.
    """

    asked: datetime | None = None
    shown: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reads:
    """What is known of reads: from when on they were noted, and the last ones by block (uid)."""

    since: datetime
    last: Mapping[str, Read] = field(default_factory=dict[str, Read])


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A block that nobody has asked for in a long time.

    Attributes:
        why: What is known of it: `never read`, `last read 45 days ago`.
        days: How long ago it was written.
        shown: It is still shown with all others.
    """

    label: str
    why: str
    written: datetime
    days: int
    shown: bool


def unread(blocks: Sequence[Block], reads: Reads, now: datetime) -> list[Unread]:
    """Return the blocks that nobody has asked for in a long time.

    First those that are not even shown; of each kind, the longest unread. Those that are still
    shown are told only where others are asked for: some clients never ask for one.
    """
    found: list[tuple[bool, datetime, Unread]] = []
    for block in blocks:
        read = reads.last.get(block.uid, Read())
        start = max(block.at, reads.since)
        asked = max(start, read.asked or start)
        seen = max(asked, read.shown or start)
        if block.value.strip() and now - asked >= LONG:
            shown = now - seen < LONG
            why = "only shown with all others" if shown else _why(block, read, reads.since, now)
            one = Unread(
                label=block.label,
                why=why,
                written=block.at,
                days=(now - block.at).days,
                shown=shown,
            )
            found.append((shown, seen, one))
    is_asked = any(read.asked and now - read.asked < LONG for read in reads.last.values())
    found.sort(key=lambda one: one[:2])
    return [one for shown, _, one in found if is_asked or not shown]


def _why(block: Block, read: Read, since: datetime, now: datetime) -> str:
    """Say of a block that was not read for long what is known, and no more than that."""
    last = max(filter(None, (read.asked, read.shown)), default=None)
    if last is not None and last >= max(block.at, since):
        return f"last read {(now - last).days} days ago"
    if block.at < since:
        return f"not read in the {(now - since).days} days that reads have been noted"
    return "never read" if last is None else "not read since it was written"
