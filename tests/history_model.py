"""What a history means, in plain dictionaries: the model that `test_history_machine` trusts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from tokenspace.memory import Block, Intent, Step
from tokenspace.memory.diff import applied, entries, unified
from tokenspace.memory.model import MAIN, label_key
from tokenspace.memory.patch import apply, parse
from tokenspace.memory.store import verify

from .support import BY, Opened


@dataclass(frozen=True)
class Held:
    """What a block holds."""

    label: str
    value: str = ""
    description: str = ""


State: TypeAlias = Mapping[str, Held]
"""Every block of a branch, by its identity."""


@dataclass(frozen=True)
class Commit:
    """A change: what stood after it, and the numbers of those it came from."""

    branch: str
    state: State
    parents: tuple[int, ...]


def held(blocks: Iterable[Block]) -> State:
    """Return what blocks hold."""
    return {b.uid: Held(b.label, b.value, b.description) for b in blocks}


def by_label(state: State, label: str) -> str | None:
    """Return the identity of the block that has this label."""
    return next((u for u, h in state.items() if label_key(h.label) == label_key(label)), None)


def on(branch: str) -> Intent:
    """Return the intent of a write to a branch."""
    return replace(BY, branch=branch)


def differing(before: State, after: State) -> dict[str, tuple[Held | None, Held | None]]:
    """Return the blocks that are not the same in two states."""
    pairs = {uid: (before.get(uid), after.get(uid)) for uid in {**before, **after}}
    return {uid: pair for uid, pair in pairs.items() if pair[0] != pair[1]}


def steps(found: tuple[Step, ...]) -> dict[str, tuple[Held | None, Held | None]]:
    """Return what a comparison says; each text is led to the other by what is said to differ."""
    told: dict[str, tuple[Held | None, Held | None]] = {}
    for step in found:
        uid = next(block.uid for block in (step.before, step.after) if block)
        assert uid not in told
        one, other = (held([b])[uid] if b else None for b in (step.before, step.after))
        told[uid] = (one, other)
        led(one.value if one else "", other.value if other else "")
    return told


def led(one: str, other: str) -> None:
    """Check that what is said to differ leads from one text to the other."""
    assert applied(one, entries(one, other)) == other
    rows = unified(one, other)
    assert (rows == []) == (one == other)
    if rows:
        assert apply(one, parse("\n".join(["--- x", "+++ x", *rows, ""]))[0]) == other


class Model:
    """Commits, the branches that are open, and the names that were given to changes."""

    def __init__(self, first: State) -> None:
        self.commits = {1: Commit(MAIN, first, ())}
        self.heads = {MAIN: 1}
        self.names: dict[str, int] = {}
        self.undone: set[int] = set()

    def state(self, branch: str) -> State:
        """Return what a branch has now."""
        return self.commits[self.heads[branch]].state

    def commit(self, branch: str, state: State, merged: int | None = None) -> int:
        """Add a change, and return its number."""
        number = len(self.commits) + 1
        parents = (self.heads[branch], *([merged] if merged else []))
        self.commits[number] = Commit(branch, state, parents)
        self.heads[branch] = number
        return number

    def went_back(self, branch: str) -> None:
        """Note that the newest change may have taken back a merge: see `test_history_unmerged`."""
        if any(len(self.commits[n].parents) > 1 for n in self.past(self.heads[branch])):
            self.undone.add(self.heads[branch])

    def before(self, number: int) -> State:
        """Return what stood before a change."""
        parents = self.commits[number].parents
        return self.commits[parents[0]].state if parents else {}

    def log(self, branch: str) -> list[int]:
        """Return the numbers of a branch's changes and of those before it parted, newest first."""
        found = [self.heads[branch]]
        while parents := self.commits[found[-1]].parents:
            found.append(parents[0])
        return found

    def past(self, number: int) -> set[int]:
        """Return all changes that a change was made from, and itself."""
        found: set[int] = set()
        waiting = [number]
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += self.commits[at].parents
        return found

    def places(self) -> dict[str, int]:
        """Return every name that a place has, and its change."""
        return {**{str(n): n for n in self.commits}, **self.names, **self.heads}

    def restored(self, branch: str, label: str, number: int) -> State | None:
        """Return a branch with one block as it was at a change; None if it was not there."""
        now, then = self.state(branch), self.commits[number].state
        uid = by_label(now, label)
        source = uid if uid in then else by_label(then, label)
        if source is None:
            return None
        uid = uid or source
        kept = now[uid].label if uid in now else then[source].label
        return {**now, uid: replace(then[source], label=kept)}

    def merged(self, into: str, source: str) -> tuple[State, set[str]]:
        """Return a merge, and the blocks of which this model cannot say what becomes of them.

        It cannot where both sides changed one, where both changed who has a label, and where the
        sides last agreed at several changes that differ in it.
        """
        one, other = self.heads[into], self.heads[source]
        shared = self.past(one) & self.past(other)
        newest = [n for n in shared if not any(n in self.past(m) for m in shared - {n})]
        bases = [self.commits[n].state for n in newest]
        ours, theirs = self.state(into), self.state(source)
        if all(base == ours for base in bases):
            return theirs, set()
        if all(base == theirs for base in bases):
            return ours, set()
        result: dict[str, Held] = {}
        unknown = _tangled([*bases, ours, theirs])
        for uid in {**ours, **theirs}:
            was, mine, incoming = {b.get(uid) for b in bases}, ours.get(uid), theirs.get(uid)
            if mine != incoming and was != {mine} and was != {incoming}:
                unknown.add(uid)
            stands = incoming if was == {mine} else mine
            if stands is not None and uid not in unknown:
                result[uid] = stands
        return result, unknown

    @staticmethod
    def agrees(found: State, expected: State, unknown: set[str]) -> bool:
        """Tell whether a merge is as expected, but for what is unknown.

        A branch that only follows another has what that has, block by block; where a block was made
        anew under its label there, it may stay the one that it was here.
        """
        known = {uid: block for uid, block in found.items() if uid not in unknown}
        return known == expected or (not unknown and set(known.values()) == set(expected.values()))


def _tangled(states: Iterable[State]) -> set[str]:
    """Return the blocks that have, in one of these states, a label that is another's in another."""
    holders: dict[str, set[str]] = {}
    for state in states:
        for uid, block in state.items():
            holders.setdefault(label_key(block.label), set()).add(uid)
    return {uid for uids in holders.values() if len(uids) > 1 for uid in uids}


class OpenedFile(Opened):
    """A space that can be looked over."""

    def findings(self) -> tuple[str, ...]:
        """Return what is wrong with its file."""
        return verify(self._path).findings
