"""What a rewrite left out, told to the model that wrote it."""

import re

from ...memory.ledger import Account, Ledger

MOST_TOLD = 20
"""Losses that are listed; of the others their number is told."""

_ENTRY_CHARS = 160
_INTO_CHARS = 80
_FACTS = 8  # that are named of one entry
_FACT_CHARS = 40
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Line breaks, and what else does something to a line: no entry may pose as two rows."""


def told(found: Ledger, read_back: str) -> list[str]:
    """Return the lines that say which entries are lost, hard facts first; none if none is.

    Args:
        found: What became of each entry.
        read_back: The arguments with which memory_read shows the old text.
    """
    losses = found.losses
    if not losses:
        return []
    total = len(found.accounts)
    entries = "entry" if total == 1 else "entries"
    rows = [
        f"kept {found.kept} of {total} {entries}. Not in the new text (put back what still "
        "matters, or confirm with drop=[…] what may go; the old text is "
        f"memory_read({read_back})):"
    ]
    rows += map(_row, losses[:MOST_TOLD])
    if len(losses) > MOST_TOLD:
        rows.append(f"… and {len(losses) - MOST_TOLD} more")
    return rows


def collapse(found: Ledger) -> str:
    """Return what to say first of a rewrite that keeps under a third of the entries."""
    return f"collapse: {found.kept} of {len(found.accounts)} entries are left"


def _row(loss: Account) -> str:
    """Say what became of one entry."""
    row = f"line {loss.line} {loss.status}: {_clipped(loss.entry, _ENTRY_CHARS)}"
    if loss.into:
        row += f" → {_clipped(loss.into.strip(), _INTO_CHARS)}"
    if not loss.missing:
        return row
    named = ", ".join(_clipped(fact, _FACT_CHARS) for fact in loss.missing[:_FACTS])
    more = len(loss.missing) - _FACTS
    return f"{row} · missing: {named}{f' and {more} more' if more > 0 else ''}"


def _clipped(text: str, most: int) -> str:
    """Return a text, or the beginning of it, on one line."""
    return _UNPRINTABLE.sub(" ", text[:most]) + ("…" if len(text) > most else "")
