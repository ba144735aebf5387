"""Going back: one block, everything, or what one change did. Each is itself a change."""

from collections.abc import Sequence
from dataclasses import replace

from .ancestry import contains, past
from .conflicts import Conflict, Resolver
from .errors import ConflictError, CorruptError, NotFoundError, ReadOnlyError
from .merging import merged_blocks
from .model import Block, BlockInfo, Change, Draft, Touched, label_key, normal_label
from .places import block_at, point_at, told
from .reading import is_version, version_part
from .refs import Point
from .transact import Write, Written, draft_of

Pair = tuple[Block | None, Draft]


def restore_block(write: Write, label: str, place: str) -> Written:
    """Bring a block back to what it was at a place; it keeps the label that it has now.

    Raises:
        NotFoundError, InvalidError: there is no such block or place, or there are several.
        ReadOnlyError: only a person may change it.
    """
    now = _now(write, normal_label(label))
    then = _then(write, now, label, place)
    current = now or _present(write, then.uid)
    if current is None:
        return write.record([(None, draft_of(then))])
    write.writable(current)
    draft = replace(draft_of(then), uid=current.uid, label=current.label)
    return write.record([(current, draft)])


def restore_all(write: Write, place: str) -> tuple[list[Pair], Point]:
    """Return what brings every block back to a place, and the point that this is.

    Raises:
        ReadOnlyError: it would change a block that only a person may change.
    """
    point = point_at(write.tx, write.branch, place, write.now)
    then = {block.uid: block for block in write.tx.blocks_at(point.branch, point.change)}
    now = {block.uid: block for block in write.tx.blocks(write.branch)}
    pairs: list[Pair] = [(now.get(uid), draft_of(block)) for uid, block in then.items()]
    pairs += [
        (block, replace(draft_of(block), value=None))
        for uid, block in now.items()
        if uid not in then
    ]
    return require_writable(write, pairs, "restore the others one by one"), point


def require_writable(write: Write, pairs: list[Pair], instead: str) -> list[Pair]:
    """Return those pairs that differ, if this caller may write them all.

    Raises:
        ReadOnlyError: some are read-only; the message names them.
    """
    news = [
        (before, draft) for before, draft in pairs if before is None or draft != draft_of(before)
    ]
    kept = [b.label for b, _ in news if b is not None and b.read_only]
    if kept and not write.intent.override_read_only:
        names = ", ".join(kept)
        raise ReadOnlyError(
            f"this would change read-only blocks ({names}), which only a person can do, with "
            f"`tokenspace {write.intent.tool.removeprefix('memory_')}`; {instead}."
        )
    return news


def revert(write: Write, number: int) -> list[Pair]:
    """Return what takes back one change and nothing else, three-way.

    Raises:
        NotFoundError: there is no such change on this branch.
        ConflictError: what it did was changed again; the places are shown.
        ReadOnlyError: it would change a block that only a person may change.
    """
    change = write.tx.change(number)
    if not contains(write.tx, past(write.tx, write.point()), number):
        raise NotFoundError(
            f"change {number} was made on branch {change.branch} and is not part of "
            f"{write.branch}; there is nothing to take back."
        )
    triples = [
        (
            write.tx.state(change.branch, touched.uid, number),
            _present(write, touched.uid) or _namesake(write, change, touched),
            write.tx.state(change.branch, touched.uid, number - 1),
        )
        for touched in change.blocks
    ]
    resolver = Resolver({})
    pairs = merged_blocks(triples, resolver)
    if resolver.open:
        raise ConflictError(_in_the_way(number, resolver.open))
    return require_writable(write, pairs, "ask them")


def _now(write: Write, label: str) -> Block | None:
    """Return the block; if the file holds its text damaged, without it: another takes its place."""
    try:
        return write.tx.block(write.branch, label)
    except CorruptError:
        key = label_key(label)
        info = next(i for i in write.tx.infos(write.branch) if label_key(i.label) == key)
        fields = {name: getattr(info, name) for name in BlockInfo.__slots__}
        return Block(**fields, value="")


def _then(write: Write, now: Block | None, label: str, place: str) -> Block:
    """Return the block as it was at a place, under whatever label it then had."""
    if now is None or is_version(version_part(place)):
        return block_at(write.tx, write.branch, label, place, write.now)
    point = point_at(write.tx, write.branch, place, write.now)
    found = write.tx.state(point.branch, now.uid, point.change)
    found = found or write.tx.block_at(point.branch, label, point.change)
    if found is None:
        raise NotFoundError(
            f"there was no block {now.label} at {told(point, place)}; to take it away, delete it."
        )
    return found


def _present(write: Write, uid: str) -> Block | None:
    return write.tx.state(write.branch, uid, write.point().change)


def _namesake(write: Write, change: Change, touched: Touched) -> Block | None:
    """Return the block that one made on another branch was merged into: the one of its label."""
    elsewhere = change.branch != write.branch and touched.version is not None
    return write.tx.block(write.branch, touched.label) if elsewhere else None


def _in_the_way(number: int, conflicts: Sequence[Conflict]) -> str:
    first = conflicts[0]
    where = f", line {first.line}" if first.line else ""
    more = f" (and {len(conflicts) - 1} more places)" if len(conflicts) > 1 else ""
    return (
        f"change {number} cannot be taken back by itself: block {first.label}{where}{more} was "
        f"changed again since. It now reads {_quoted(first.ours)}; before change {number} it was "
        f"{_quoted(first.theirs)}. Edit it, or restore the block to an older place."
    )


def _quoted(text: str) -> str:
    short = " ".join(text.split())
    return repr(short if len(short) <= 200 else short[:200] + "…")
