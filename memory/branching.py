"""Merging one branch into another: one change, or a list of what has to be decided first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from .ancestry import base_blocks, contains, past
from .conflicts import Conflict, MergeConflictError, Resolver
from .errors import InvalidError
from .losses import account_merge, lost
from .merging import merged_blocks, paired
from .naming import essence
from .refs import Checkpoint, Point
from .restoring import require_writable
from .transact import Write, Written

_SHOWN_IN_ALL = 2_500  # characters of conflicts that a refusal shows
_SHOWN_CHARS = 240  # of each side


def merge_branch(write: Write, source: str, resolutions: Mapping[str, str]) -> Written:
    """Merge what is new on a branch into the one that is written to.

    Raises:
        MergeConflictError: something is left to decide.
        InvalidError: a resolution names no conflict, or the branch is merged into itself.
        NotFoundError: there is no such branch.
        ReadOnlyError: it would change a block that only a person may change.
    """
    tx, into = write.tx, write.point()
    if source == into.branch:
        raise InvalidError(f"branch {source} cannot be merged into itself.")
    theirs = Point(source, tx.head(source))
    behind = past(tx, into)
    if contains(tx, behind, theirs.change):
        return Written(change=None, point=into)
    base = base_blocks(tx, behind, past(tx, theirs))
    resolver = Resolver(resolutions)
    pairs = merged_blocks(paired(base, tx.blocks(into.branch), tx.blocks(source)), resolver)
    _require_resolved(resolver, into.branch, source)
    pairs = require_writable(write, pairs, "a merge is all or nothing")
    missing = {essence(one.entry) for one in lost(tx, source)}

    def record() -> Written:
        return account_merge(write, write.record(pairs, merged=theirs.change), missing)

    return with_checkpoint(write, "merge", record)


def with_checkpoint(write: Write, what: str, record: Callable[[], Written]) -> Written:
    """Record a change, and name what stood before it."""
    before = write.point()
    infos = write.tx.infos(write.branch)
    done = record()
    if done.change is None:
        return done
    made = Checkpoint(
        name=_free_name(write, f"before-{what}-{done.change.number}"),
        point=before,
        message=write.intent.reason,
        author=write.intent.author,
        at=write.now,
        automatic=True,
        blocks=len(infos),
        chars=sum(info.chars for info in infos),
    )
    write.tx.add_checkpoint(made)
    return replace(done, checkpoint=made.name)


def _free_name(write: Write, name: str) -> str:
    """Return a name for a checkpoint, another one where somebody has taken it."""
    numbered = (name if n == 1 else f"{name}-{n}" for n in count(1))
    return next(free for free in numbered if write.tx.named_so(free) is None)


def _require_resolved(resolver: Resolver, ours: str, theirs: str) -> None:
    unused = resolver.unused()
    if unused:
        gone = f"there is no conflict {unused[0]!r} (any more)"
        if not resolver.seen:
            raise InvalidError(f"{gone}, nor any other; merge without resolve.")
        told = _told(resolver.seen, ours, theirs)
        raise MergeConflictError(resolver.seen, f"{gone}. Now: {told}", gone)
    if resolver.open:
        raise MergeConflictError(resolver.open, _told(resolver.open, ours, theirs))


def _told(conflicts: Sequence[Conflict], ours: str, theirs: str) -> str:
    """Return what has to be decided, for the model or person who will."""
    many = "1 conflict" if len(conflicts) == 1 else f"{len(conflicts)} conflicts"
    rows = [
        f"{many} between {ours} (ours) and {theirs} (theirs); nothing was written. Decide each, "
        f"and merge again with resolve (and what you have decided before), for example "
        f"{{{conflicts[0].id!r}: 'theirs'}}: ours, theirs, both, base, or the text to put there; "
        "'*' stands for all others. Where two blocks would have one label, give another label."
    ]
    shown = 0
    for conflict in conflicts:
        if sum(map(len, rows)) > _SHOWN_IN_ALL:
            break
        shown += 1
        line = f", line {conflict.line}" if conflict.line else ""
        part = "" if conflict.part == "text" else f", {conflict.part}"
        rows.append(f"{conflict.id} {conflict.label}{part}{line}")
        sides = ("base", conflict.base), ("ours", conflict.ours), ("theirs", conflict.theirs)
        rows += [f"  {name + ':':<8}{_short(text)}" for name, text in sides]
    if len(conflicts) > shown:
        rows.append(f"… and {len(conflicts) - shown} more, shown when these are decided.")
    return "\n".join(rows)


def _short(text: str) -> str:
    """Return a side of a conflict on one line."""
    shown = " ⏎ ".join(text.rstrip("\n").split("\n")) if text else "(nothing)"
    return shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + "…"
