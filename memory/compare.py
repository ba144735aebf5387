"""Compare and set: what the caller has read, what others did since, and whether both fit."""

from collections.abc import Callable

from .errors import ConflictError, InvalidError, NoMatchError
from .lines import numbered, split_lines
from .model import Block
from .rebase import Overlap, merge
from .store import Snapshot


def base_of(view: Snapshot, branch: str, current: Block, expected: str | None) -> Block:
    """Return the state of the block that the caller has read.

    Raises:
        InvalidError: `expected` is not a version, or names several.
        ConflictError: the block never had it.
    """
    if expected is None:
        return current
    prefix = expected.rpartition("@")[2].strip().lower()
    if not 4 <= len(prefix) <= 32 or prefix.strip("0123456789abcdef"):
        raise InvalidError(
            f"expected_version {expected[:60]!r} is not a version; it is the part after @ that a "
            f"read shows, now {current.short}."
        )
    if current.version.startswith(prefix):
        return current
    found = view.versions(branch, current.label, prefix)
    if not found:
        raise ConflictError(
            f"block {current.label} never had version {prefix}; it is at {current.short}. "
            "Read it again."
        )
    if len(found) > 1:
        names = ", ".join(block.version[:16] for block in found)
        raise InvalidError(f"version {prefix} of block {current.label} is ambiguous: {names}.")
    return found[0]


def merged_text(base: Block, current: Block, change: Callable[[str], str]) -> str:
    """Return the current text with what `change` does to the base."""
    try:
        mine = change(base.value)
    except (InvalidError, NoMatchError) as error:
        if str(error).startswith("block "):
            raise
        raise type(error)(f"block {current.label}: {error}") from None
    merged = merge(base.value, mine, current.value)
    if isinstance(merged, str):
        return merged
    raise moved_on(base, current, _places(current, merged))


def _places(current: Block, overlaps: list[Overlap]) -> str:
    """Show where a merge failed, as the current text reads there."""
    lines = split_lines(current.value)
    shown: list[str] = []
    for overlap in overlaps[:3]:
        low = max(0, overlap.line - 2)
        high = min(len(lines), overlap.line + max(1, len(overlap.theirs)))
        shown.append(numbered(lines[low : min(high, low + 12)], low + 1) or "(now empty)")
    more = f"\n… and {len(overlaps) - 3} more places" if len(overlaps) > 3 else ""
    return "your edit overlaps with it. There it now reads:\n" + "\n…\n".join(shown) + more


def moved_on(base: Block, current: Block, what: str) -> ConflictError:
    """Return the refusal of an edit made from a version that is no longer current."""
    return ConflictError(
        f"block {current.label} has changed since version {base.short} (change {current.change}, "
        f"now {current.short}): {what}"
    )
