"""Finding a block, or all of them, and what to say where there is none."""

from dataclasses import dataclass

from .errors import CorruptError, InvalidError, NotFoundError
from .model import MAIN, Block, BlockInfo, Change, label_key
from .nearest import nearest_label
from .refs import Point
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Context:
    """Every block, as they stood at a point; `damaged` are those whose text cannot be read."""

    blocks: tuple[Block, ...]
    point: Point
    damaged: tuple[BlockInfo, ...] = ()


def readable(view: Snapshot, branch: str) -> tuple[list[Block], list[BlockInfo]]:
    """Return every block of a branch, and those whose text the file holds damaged."""
    try:
        return view.blocks(branch), []
    except CorruptError:
        blocks: list[Block] = []
        damaged: list[BlockInfo] = []
        for info in view.infos(branch):
            try:
                found = view.block(branch, info.label)
                blocks += [found] if found else []
            except CorruptError:
                damaged.append(info)
        return blocks, damaged


def absent(view: Snapshot, branch: str, label: str, at: str | None = None) -> NotFoundError:
    """Return what to say of a label that no block has, or had at a place.

    That is what became of it, or what was meant.
    """
    if at is not None and view.block(branch, label) is not None:
        return NotFoundError(f"there was no block {label} at {at.strip()[:80]}.")
    told = _fate(label, view.changes(branch, label=label), branch)
    if told:
        return NotFoundError(told)
    labels = [info.label for info in view.infos(branch)]
    on = "" if branch == MAIN else f" on branch {branch}"
    near = nearest_label(label, labels)
    if near:
        return NotFoundError(f"there is no block {label!r}{on}. Did you mean {near!r}?")
    known = ", ".join(labels[:12]) + (" …" if len(labels) > 12 else "")
    return NotFoundError(f"there is no block {label!r}{on}. Blocks here: {known or 'none'}.")


def _fate(label: str, changes: list[Change], branch: str) -> str | None:
    """Return what became of a label that no block has, from its block's changes, newest first."""
    key = label_key(label)
    where = "" if branch == MAIN else f", branch={branch!r}"
    for change in changes:
        when = f"in change {change.number} by {' '.join(str(change.author).split())}"
        for touched in change.blocks:
            if touched.action == "deleted" and label_key(touched.label) == key:
                return (
                    f"block {touched.label} was deleted {when}; it is still readable: "
                    f"memory_read(label={touched.label!r}, at='{change.parent}'{where})."
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


def version_part(place: str) -> str:
    """Return the part of a place that may be a version: what stands after an @, if there is one."""
    return place.rpartition("@")[2].strip().lower()


def is_version(place: str) -> bool:
    """Tell whether a text can be the beginning of a version: 4 hex digits or more."""
    return 4 <= len(place) <= 32 and not place.strip("0123456789abcdef")
