"""What rewrites left out: accounted for with the change, confirmed later, or put back."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from .align import hunks
from .errors import CorruptError, InvalidError, NotFoundError
from .learned import Loss
from .ledger import Account, Ledger, ledger
from .lines import content, newline, split_lines
from .model import Block, Change, Draft
from .naming import ALL, by_text, essence, essences
from .reading import readable
from .redact import MARK
from .store import Snapshot
from .transact import Step, Write, Written, draft_of


@dataclass(frozen=True, slots=True)
class Lost:
    """A loss with what it was: the entry as it stood, the block's label then, and the line."""

    loss: Loss
    label: str
    entry: str
    line: int


def account(write: Write, done: Written, drop: Sequence[str]) -> Written:
    """Account for all entries of what a write replaced; what is lost is noted with its change.

    An entry that stands in another block now has only moved. `drop` names those that may go: by
    text, by line, or of several blocks as `label:line`.

    Raises:
        InvalidError: it names an entry that is not lost; or all of them, in a consolidation.
    """
    run = write.tx.run() if ALL in drop else None
    if run is not None and run.branch == write.branch:
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
        named = _of_block(step.before, drop, alone=len(done.steps) == 1)
        taken = ledger(step.before.value, step.after.value, list(named))
        if taken.losses:
            moved = _elsewhere(write, step.after)
            taken = taken.without([a.line for a in taken.losses if essence(a.entry) in moved])
        unknown -= {named[name] for name in named if name not in taken.unknown}
        _note(write, done.change, step.before, taken)
        found.append(taken)
    _refuse(unknown)
    return replace(done, ledgers=tuple(found))


def _of_block(block: Block, drop: Sequence[str], *, alone: bool) -> dict[str, str]:
    """Return what names entries of a block, and how `drop` has it; a line of several needs a label.

    `alone`: no other block was written.
    """
    named: dict[str, str] = {}
    for name in drop:
        label, _, line = name.rpartition(":")
        if line.strip().isdecimal() and label.strip().casefold() == block.label.casefold():
            named[line.strip()] = name
        elif alone or not name.strip().isdecimal():
            named[name] = name
    return named


def _refuse(unknown: Collection[str]) -> None:
    """Refuse what names no entry that is lost."""
    if unknown:
        raise InvalidError(
            f"drop names {min(unknown)[:80]!r}, which is no entry that the new text leaves out; "
            "name each by its text or its line in the old text (of several blocks as label:line), "
            "or '*' for all."
        )


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
        _note(write, done.change, step.before, taken, meant=False)
        found.append(taken)
    return replace(done, ledgers=tuple(found))


def lost(view: Snapshot, branch: str, change: int | None = None) -> list[Lost]:
    """Return the losses on a branch that are not confirmed, newest change first: all or one's.

    One whose entry stands again, in any block, is none; nor is one whose text was let go.
    """
    blocks, _ = readable(view, branch)
    there = essences(block.value for block in blocks)
    told = _told(view, branch, view.losses(branch, change=change))
    return [
        one for one in told if essence(one.entry) not in there and MARK not in one.entry
    ]  # what was erased is not missed


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
    missing = lost(write.tx, write.branch, change)
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
        lines = [one.line for one in missing if one.loss.uid == uid]
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
    into = {a.line: a.into for a in ledger(before, now).accounts if a.status == "changed"}
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


def _note(
    write: Write, change: Change, before: Block, taken: Ledger, *, meant: bool = True
) -> None:
    """Note with a change what it lost, and with `meant` what somebody said may go."""
    lines = split_lines(before.value)

    def loss(account: Account) -> Loss:
        mark = write.tx.mark(content(lines[account.line - 1]).strip())
        return Loss(change.number, before.uid, account.line, mark)

    write.tx.add_losses([loss(each) for each in taken.losses])
    if meant:
        dropped = [loss(each) for each in taken.accounts if each.status == "dropped"]
        write.tx.add_losses(dropped, confirmed=True)


def _elsewhere(write: Write, block: Block) -> frozenset[str]:
    """Return the essence of the entries of all other blocks."""
    blocks, _ = readable(write.tx, write.branch)
    return essences(other.value for other in blocks if other.uid != block.uid)


def _confirmed_late(write: Write, steps: Sequence[Step], drop: Sequence[str]) -> tuple[str, ...]:
    """Confirm losses of earlier changes to these blocks; return the entries."""
    if not drop:
        return ()
    uids = {step.after.uid for step in steps if step.after is not None}
    known = [one for one in lost(write.tx, write.branch) if one.loss.uid in uids]
    named = {name: known if name == ALL else _named(known, name) for name in drop}
    _refuse({name for name, some in named.items() if not some and name != ALL})
    found = list(dict.fromkeys(one for some in named.values() for one in some))
    write.tx.confirm([one.loss for one in found])
    return tuple(one.entry for one in found)


def _named(losses: Sequence[Lost], name: str) -> list[Lost]:
    """Return the losses that a name means: by their line, alone or with the label, or by text."""
    said = essence(name)
    found = [one for one in losses if said in (str(one.line), f"{one.label}:{one.line}".casefold())]
    return found or by_text(said, [(one, essence(one.entry)) for one in losses])


def _told(view: Snapshot, branch: str, losses: Sequence[Loss]) -> list[Lost]:
    """Return losses with what they were."""
    found: list[Lost] = []
    states: dict[tuple[str, int], Block | None] = {}
    for loss in losses:
        key = loss.uid, loss.change
        if key not in states:
            states[key] = None
            with suppress(NotFoundError, CorruptError):  # its text was let go, or is damaged
                states[key] = view.state(branch, loss.uid, loss.change - 1)
        before = states[key]
        if before is None:
            continue
        line = _line_of(view, before, loss)
        if line is not None:
            entry = content(split_lines(before.value)[line - 1]).strip()
            found.append(Lost(loss, before.label, entry, line))
    return found


def _line_of(view: Snapshot, before: Block, loss: Loss) -> int | None:
    """Return the line of an entry in the text that had it; erasing may have moved or taken it."""
    lines = [content(line).strip() for line in split_lines(before.value)]
    likely = [loss.line, *range(1, len(lines) + 1)]
    marked = (n for n in likely if n <= len(lines) and view.mark(lines[n - 1]) == loss.mark)
    return next(marked, None)
