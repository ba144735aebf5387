"""What rewrites left out: accounted for with the change, confirmed later, or put back."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from .align import hunks
from .errors import InvalidError, NotFoundError
from .learned import Loss
from .ledger import ALL, Ledger, essence, ledger
from .lines import content, newline, split_lines
from .model import Block, Change, Draft
from .redact import MARK
from .store import Snapshot
from .transact import Step, Write, Written, draft_of

_LEAST_CHARS = 12  # of the beginning by which an entry may be named


@dataclass(frozen=True, slots=True)
class Lost:
    """A loss with what it was: the entry as it stood, and the block's label then."""

    loss: Loss
    label: str
    entry: str


def account(write: Write, done: Written, drop: Sequence[str]) -> Written:
    """Account for all entries of what a write replaced; what is lost is noted with its change.

    An entry that stands in another block now has only moved. `drop` names those that may go.

    Raises:
        InvalidError: it names an entry that is not lost; or all of them, in a consolidation.
    """
    run = write.tx.run()
    if ALL in drop and run is not None and run.branch == write.branch:
        raise InvalidError("a consolidation answers for each entry: name those that may go.")
    if done.change is None:
        confirmed = _confirmed_late(write, done.steps, drop)
        return replace(done, ledgers=(None,) * len(done.steps), confirmed=confirmed)
    found: list[Ledger | None] = []
    unknown = set(drop) - {ALL}
    for step in done.steps:
        if step.before is None or step.after is None:
            found.append(None)
            continue
        taken = ledger(step.before.value, step.after.value, drop)
        if taken.losses:
            moved = _elsewhere(write, step.after)
            taken = taken.without([a.line for a in taken.losses if essence(a.entry) in moved])
        unknown &= set(taken.unknown)
        _note(write, done.change, step.before, taken)
        found.append(taken)
    if unknown:
        raise InvalidError(
            f"drop names {min(unknown)[:80]!r}, which is no entry that the new text leaves out; "
            "name each by its text or its line number in the old text, or '*' for all."
        )
    return replace(done, ledgers=tuple(found))


def account_merge(write: Write, done: Written, missing: Collection[str]) -> Written:
    """Note what a merge brings of losses that nobody confirmed on its branch.

    `missing` has the essence of those; whatever else the branch took out was meant.
    """
    found: list[Ledger | None] = []
    for step in done.steps:
        if done.change is None or step.before is None or step.after is None:
            found.append(None)
            continue
        taken = ledger(step.before.value, step.after.value)
        taken = taken.without([a.line for a in taken.losses if essence(a.entry) not in missing])
        open_ = [Loss(done.change.number, step.before.uid, a.line) for a in taken.losses]
        write.tx.add_losses(open_)
        found.append(taken)
    return replace(done, ledgers=tuple(found))


def lost(view: Snapshot, branch: str) -> list[Lost]:
    """Return the losses on a branch that are not confirmed, newest change first.

    One whose entry stands again, in any block, is none; nor is one whose text was let go.
    """
    there = {essence(line) for block in view.blocks(branch) for line in split_lines(block.value)}
    there.add(essence(MARK))  # what was erased is not missed
    told = _told(view, branch, view.losses(branch))
    return [one for one in told if essence(one.entry) not in there]


def confirmed(view: Snapshot, branch: str) -> frozenset[str]:
    """Return the essence of each entry of which somebody said on a branch that it may go."""
    told = _told(view, branch, view.losses(branch, confirmed=True))
    return frozenset(essence(one.entry) for one in told)


def put_back(write: Write, change: int) -> Written:
    """Bring back what a change left out and nobody confirmed, as a change of its own.

    An entry comes back behind what took its place. Where that is a whole line with other facts, the
    line goes.

    Raises:
        InvalidError: there is nothing of that change to bring back.
    """
    missing = [one for one in lost(write.tx, write.branch) if one.loss.change == change]
    if not missing:
        raise InvalidError(
            f"change {change} left out nothing that is still missing; memory_status lists what is."
        )
    pairs: list[tuple[Block | None, Draft]] = []
    for uid in dict.fromkeys(one.loss.uid for one in missing):
        now = write.tx.state(write.branch, uid, write.tx.head(write.branch))
        if now is None:
            raise InvalidError(f"block {missing[0].label} was deleted since; bring it back first.")
        before = write.tx.state(write.branch, uid, change - 1)
        assert before is not None  # noqa: S101 - `lost` has read it
        lines = [one.loss.line for one in missing if one.loss.uid == uid]
        value = _with_lines(before.value, write.writable(now).value, lines)
        pairs.append((now, replace(draft_of(now), value=value)))
    return write.record(pairs)


def _with_lines(before: str, now: str, lines: Collection[int]) -> str:
    """Return a text with these lines (from 1) of an older one put back in their places."""
    old, new = split_lines(before), split_lines(now)
    ending = newline(now or before)
    behind = {
        line: hunk.at + len(hunk.lines)
        for hunk in hunks(old, new)
        for line in range(hunk.start + 1, hunk.end + 1)
    }
    into = {account.line: account.into for account in ledger(before, now).accounts}
    for number in sorted(lines, reverse=True):  # from the end: what is put in moves nothing else
        entry = content(old[number - 1])
        bare = [content(line) for line in new]
        successor = into.get(number, "")
        if successor and successor in bare:
            new[bare.index(successor)] = entry + ending
            continue
        at = behind.get(number, len(new))
        if at and not new[at - 1].endswith("\n"):
            new[at - 1] += ending
        new.insert(at, entry + (ending if at < len(new) or now.endswith("\n") else ""))
    return "".join(new)


def _note(write: Write, change: Change, before: Block, taken: Ledger) -> None:
    open_ = [Loss(change.number, before.uid, account.line) for account in taken.losses]
    write.tx.add_losses(open_)
    dropped = [a.line for a in taken.accounts if a.status == "dropped"]
    write.tx.add_losses([Loss(change.number, before.uid, line) for line in dropped], confirmed=True)


def _elsewhere(write: Write, block: Block) -> set[str]:
    """Return the essence of the entries of all other blocks."""
    others = (other for other in write.tx.blocks(write.branch) if other.uid != block.uid)
    return {essence(line) for other in others for line in split_lines(other.value)} - {""}


def _confirmed_late(write: Write, steps: Sequence[Step], drop: Sequence[str]) -> tuple[str, ...]:
    """Confirm losses of earlier changes to these blocks; return the entries."""
    if not drop:
        return ()
    uids = {step.after.uid for step in steps if step.after is not None}
    known = [one for one in lost(write.tx, write.branch) if one.loss.uid in uids]
    named = [one for one in known if _is_named(one, drop)]
    write.tx.confirm([one.loss for one in named])
    return tuple(one.entry for one in named)


def _is_named(one: Lost, drop: Sequence[str]) -> bool:
    words = essence(one.entry)
    return any(
        name == ALL or essence(name) == words
        or (len(essence(name)) >= _LEAST_CHARS and words.startswith(essence(name)))
        for name in drop
    )  # fmt: skip


def _told(view: Snapshot, branch: str, losses: Sequence[Loss]) -> list[Lost]:
    """Return losses with what they were."""
    found: list[Lost] = []
    states: dict[tuple[str, int], Block | None] = {}
    for loss in losses:
        key = loss.uid, loss.change
        if key not in states:
            states[key] = None
            with suppress(NotFoundError):  # its text was let go
                states[key] = view.state(branch, loss.uid, loss.change - 1)
        before = states[key]
        lines = split_lines(before.value) if before is not None else []
        if before is not None and loss.line <= len(lines):
            found.append(Lost(loss, before.label, content(lines[loss.line - 1]).strip()))
    return found
