"""Finding a block: at a place in its history, and what to say where there is none."""

from .errors import InvalidError, NotFoundError
from .model import MAIN, SHORT_VERSION, Block, Change, label_key, normal_label
from .nearest import nearest_label
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
    if is_version(place) and not numbered:
        found = version_of(view, MAIN, label, place)
        if found is not None:
            return found
    if place.isdecimal() and len(place) < 20:
        block = view.block_at(MAIN, label, require_change(int(place), head))
        if block is None:
            raise NotFoundError(f"there was no block {normal_label(label)} at change {place}.")
        return block
    raise NotFoundError(
        f"block {normal_label(label)} has no version {at[:60]!r}; give a version (the part after "
        "@) or a change's number."
    )


def absent(view: Snapshot, branch: str, label: str) -> NotFoundError:
    """Return what to say of a label that no block has: what became of it, or what was meant."""
    told = _fate(label, view.changes(branch, label=label))
    if told:
        return NotFoundError(told)
    labels = [info.label for info in view.infos(branch)]
    near = nearest_label(label, labels)
    if near:
        return NotFoundError(f"there is no block {label!r}. Did you mean {near!r}?")
    known = ", ".join(labels[:12]) + (" …" if len(labels) > 12 else "")
    return NotFoundError(f"there is no block {label!r}. Blocks here: {known or 'none'}.")


def _fate(label: str, changes: list[Change]) -> str | None:
    """Return what became of a label that no block has, from its block's changes, newest first."""
    key = label_key(label)
    for change in changes:
        when = f"in change {change.number} by {' '.join(str(change.author).split())}"
        for touched in change.blocks:
            if touched.action == "deleted" and label_key(touched.label) == key:
                return (
                    f"block {touched.label} was deleted {when}; it is still readable: "
                    f"memory_read(label={touched.label!r}, at='{change.parent}')."
                )
            if touched.old_label is not None and label_key(touched.old_label) == key:
                return f"block {touched.old_label} was renamed {touched.label} {when}."
    return None


def version_of(view: Snapshot, branch: str, label: str, prefix: str) -> Block | None:
    """Return the newest state of the one version of a block that starts with `prefix`.

    Raises:
        InvalidError: several do.
    """
    found = view.versions(branch, label, prefix)
    if len(found) > 1:
        names = ", ".join(block.version[:16] for block in found)
        raise InvalidError(f"version {prefix} of block {label} is ambiguous: {names}.")
    return found[0] if found else None


def is_version(place: str) -> bool:
    """Tell whether a text can be the beginning of a version: 4 hex digits or more."""
    return 4 <= len(place) <= 32 and not place.strip("0123456789abcdef")
