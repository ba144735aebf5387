"""Finding a place in history by any of its names.

A place is a change's number, a version (any unique prefix of at least four digits), a checkpoint,
a branch (what it has now), or a time (what a branch had then). Digits that could be a number or a
version are a number, unless there are as many as a version is shown with.
"""

import re
from datetime import datetime

from .errors import DeletedError, InvalidError, NotFoundError
from .model import SHORT_VERSION, Block, checked_note, label_key, normal_label
from .nearest import nearest_label
from .reading import absent, is_version, version_of, version_part
from .refs import Point
from .store import Snapshot
from .when import is_time, latest

_NUMBERED = re.compile(r"(?:change\s+|#)(\d+)", re.IGNORECASE)
_LONGEST = 200  # characters: no name is as long
_DIGITS = 18  # more cannot be the number of a change


def point_at(view: Snapshot, branch: str, place: str, now: datetime) -> Point:
    """Return the point that `place` names; a time means the past of `branch`.

    Raises:
        InvalidError: it names several places; they are listed.
        NotFoundError: it names none; the message says what is near, or what can be given.
    """
    name = checked_note(place[:_LONGEST], "the place").strip()
    if numbered := _NUMBERED.fullmatch(name):
        name = numbered[1]
    found = _candidates(view, name)
    if not found and is_time(name):
        return _at_time(view, branch, name, now)
    if len(found) > 1:
        told = ", ".join(what for what, _ in found)
        raise InvalidError(
            f"{name[:60]!r} is ambiguous: it is {told}. Give a change's number, or more of it."
        )
    if not found:
        raise _unknown(view, name)
    return found[0][1]


def block_at(view: Snapshot, branch: str, label: str, place: str, now: datetime) -> Block:
    """Return a block as it was at a place; a version is looked for among the block's own.

    Raises:
        InvalidError: it names several places.
        NotFoundError: it names none, or the block was not there then.
    """
    name = version_part(place)
    if _is_version(view, name):
        found = version_of(view, branch, label, name)
        if found is not None:
            return found
        if not name.isdecimal():
            _require_known(view, branch, label)
            raise NotFoundError(
                f"block {normal_label(label)} has no version {name[:60]!r}; give a version (the "
                "part after @), a change's number, a checkpoint, a branch or a time."
            )
    point = point_at(view, branch, place, now)
    block = view.block_at(point.branch, label, point.change)
    if block is None:
        _require_known(view, branch, label)
        raise NotFoundError(f"there was no block {normal_label(label)} at {told(point, place)}.")
    return block


def told(point: Point, place: str) -> str:
    """Name a point the way it was asked for, and by its change."""
    number = f"change {point.change}"
    return number if place.strip() == str(point.change) else f"{place.strip()} ({number})"


def _is_version(view: Snapshot, name: str) -> bool:
    """Tell whether a text shall be read as a version."""
    if not is_version(name):
        return False
    numbered = name.isdecimal() and len(name) < SHORT_VERSION and _exists(view, int(name))
    return not numbered


def _candidates(view: Snapshot, name: str) -> list[tuple[str, Point]]:
    """Return everything that goes by this name, each with words for it."""
    found: list[tuple[str, Point]] = []
    head = _head(view, name)
    if head is not None:
        found.append((f"the branch {name}", Point(name, head)))
    checkpoint = view.checkpoint(name)
    if checkpoint is not None:
        found.append((f"the checkpoint {name}", checkpoint.point))
    if name.isdecimal() and len(name) <= _DIGITS and _exists(view, int(name)):
        found.append((f"change {int(name)}", Point(view.change(int(name)).branch, int(name))))
    version = version_part(name)
    if is_version(version) and (not found or len(version) >= SHORT_VERSION):
        found += _versions(view, name, version)
    return found


def _head(view: Snapshot, branch: str) -> int | None:
    try:
        return view.head(branch)
    except NotFoundError:
        return None


def _versions(view: Snapshot, name: str, version: str) -> list[tuple[str, Point]]:
    """Return the points that versions lead to: of the label before the `@`, or of any block."""
    label = name.rpartition("@")[0]
    states = view.named(version)
    if label:
        states = [(i, p) for i, p in states if label_key(i.label) == label_key(label)]
    return [(f"{i.label}@{i.version[:16]} (change {p.change})", p) for i, p in states]


def _exists(view: Snapshot, number: int) -> bool:
    try:
        view.change(number)
    except NotFoundError:
        return False
    return True


def _at_time(view: Snapshot, branch: str, name: str, now: datetime) -> Point:
    number = view.at_time(branch, latest(name, now))
    if number:
        return Point(branch, number)
    first = view.since(0, 1)
    began = f"; the first change was made {first[0].at:%Y-%m-%d %H:%M} UTC" if first else ""
    raise NotFoundError(f"there was nothing yet at {name}{began}.")


def _unknown(view: Snapshot, name: str) -> NotFoundError:
    """Return what to say of a name that is none: what is near, or what can be given."""
    try:
        view.head(name)
    except DeletedError as error:
        return error
    except NotFoundError:
        pass
    if name.isdecimal():
        return NotFoundError(f"there is no change {name[:_DIGITS]}; the newest is {view.newest()}.")
    names = [branch.name for branch in view.branches()]
    names += [checkpoint.name for checkpoint in view.checkpoints()]
    near = nearest_label(name, names)
    meant = f" Did you mean {near!r}?" if near else ""
    return NotFoundError(
        f"{name[:60]!r} is no place in the history.{meant} Give a change's number, a version, a "
        "checkpoint, a branch, or a time like 2026-11-20 or '2 hours ago'."
    )


def _require_known(view: Snapshot, branch: str, label: str) -> None:
    """Say what became of a label, or what was meant, where no block ever had it."""
    if view.block(branch, label) is None and not view.changes(branch, label=label, limit=1):
        raise absent(view, branch, label)
