"""Compare and set: what the caller has read, what others did since, and whether both fit."""

from collections.abc import Callable

from .align import hunks
from .errors import ConflictError, InvalidError, NoMatchError
from .lines import newline, numbered, split_lines, with_newline
from .merge import Overlap, merge
from .model import SHORT_VERSION, Block
from .reading import is_version, version_of, version_part
from .store import Snapshot

UNSEEN = "unseen"
"""The expected version of a caller that has not seen the whole text: only an empty one fits."""


def base_of(view: Snapshot, branch: str, current: Block, expected: str | None) -> Block:
    """Return the state of the block that the caller has read.

    Raises:
        InvalidError: `expected` is not a version, or names several.
        ConflictError: the block never had it, or has text that was not seen.
    """
    if expected is None:
        return current
    if expected == UNSEEN:
        if current.value:
            raise ConflictError(
                f"block {current.label} has text that you have not been shown whole; read it "
                f"first: memory_read(label={current.label!r}), and pass the version that it shows "
                "as expected_version."
            )
        return current
    prefix = version_part(expected)
    if not is_version(prefix):
        raise InvalidError(
            f"expected_version {expected[:60]!r} is not a version; it is the part after @ that a "
            f"read shows, now {current.short}."
        )
    if current.version.startswith(prefix):
        return current
    found = version_of(view, branch, current.label, prefix)
    if found is None:
        raise ConflictError(
            f"block {current.label} never had version {prefix[:SHORT_VERSION]}, or was replaced by "
            f"another block since you read it; it is at {current.short}. Read it again."
        )
    return found


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


def quote_moved_on(base: Block, current: Block, quote: str) -> ConflictError | None:
    """Return the refusal of a quote that stood in the base, with its place as it now reads."""
    wanted = with_newline(quote, newline(base.value))
    at = base.value.find(wanted)
    if at < 0:
        return None
    first = base.value.count("\n", 0, at)
    last = base.value.count("\n", 0, at + len(wanted) - 1)
    lines = split_lines(current.value)
    low, high = _now_at(split_lines(base.value), lines, first, last + 1)
    return moved_on(
        base,
        current,
        f"old_string is no longer there. There it now reads:\n{_place(lines, low, high)}",
    )


def _now_at(base: list[str], current: list[str], low: int, high: int) -> tuple[int, int]:
    """Return where the base's lines `[low, high)`, counted from 0, stand in the current text."""
    before = within = 0
    for hunk in hunks(base, current):
        grown = len(hunk.lines) - (hunk.end - hunk.start)
        if hunk.end <= low:
            before += grown
        elif hunk.start < high:
            low, high = min(low, hunk.start), max(high, hunk.end)
            within += grown
    return low + before, high + before + within


def _place(lines: list[str], low: int, high: int) -> str:
    """Show lines `[low, high)`, counted from 0, with one line on either side: 12 at most."""
    low, high = max(0, low - 1), min(len(lines), max(high, low + 1) + 1)
    return numbered(lines[low : min(high, low + 12)], low + 1) or "(now empty)"


def _places(current: Block, overlaps: list[Overlap]) -> str:
    """Show where a merge failed, as the current text reads there."""
    lines = split_lines(current.value)
    shown = [_place(lines, o.line - 1, o.line - 1 + len(o.theirs)) for o in overlaps[:3]]
    more = f"\n… and {len(overlaps) - 3} more places" if len(overlaps) > 3 else ""
    return "your edit overlaps with it. There it now reads:\n" + "\n…\n".join(shown) + more


def moved_on(base: Block, current: Block, what: str) -> ConflictError:
    """Return the refusal of an edit made from a version that is no longer current."""
    return ConflictError(
        f"block {current.label} has changed since version {base.short} (change {current.change}, "
        f"now {current.short}): {what}"
    )
