"""A block at a place in its history: what a version or a change's number means."""

from .errors import InvalidError, NotFoundError
from .model import MAIN, SHORT_VERSION, Block, normal_label
from .store import Snapshot


def require_change(number: int, head: int) -> int:
    """Return `number` if there is such a change.

    Raises:
        NotFoundError: there is not, or not yet.
    """
    if not 1 <= number <= head:
        raise NotFoundError(f"there is no change {number}; the newest is {head}.")
    return number


def block_at(view: Snapshot, label: str, at: str, head: int) -> Block:
    """Return a block at a place in its history: a change's number, or a version's prefix.

    Digits that can be either are a change's number, unless there are as many as a version is
    shown with.

    Raises:
        InvalidError: several versions begin so.
        NotFoundError: none does, or the block was not there then.
    """
    place = at.rpartition("@")[2].strip().lower()
    numbered = place.isdecimal() and len(place) < SHORT_VERSION and int(place) <= head
    found = view.versions(MAIN, label, place) if _is_version(place) and not numbered else []
    if len(found) > 1:
        names = ", ".join(block.version[:16] for block in found)
        raise InvalidError(f"version {place} of block {label} is ambiguous: {names}.")
    if found:
        return found[0]
    if place.isdecimal() and len(place) < 20:
        block = view.block_at(MAIN, label, require_change(int(place), head))
        if block is None:
            raise NotFoundError(f"there was no block {normal_label(label)} at change {place}.")
        return block
    raise NotFoundError(
        f"block {normal_label(label)} has no version {at[:60]!r}; give a version (the part after "
        "@) or a change's number."
    )


def _is_version(place: str) -> bool:
    return 4 <= len(place) <= 32 and not place.strip("0123456789abcdef")
