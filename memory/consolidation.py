"""Consolidation: memory is tidied on a branch of its own, and lands only through the gate.

A run is a branch, `consolidate-3`, and the last episode that it learns from. What is not merged is
not learned: a run that crashes is continued by whoever comes next, one that is abandoned leaves
its episodes to the next one. Runs of one space take turns.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import anyio

from .branching import merge_branch
from .conflicts import BOTH
from .errors import InvalidError
from .gate import Finding, GateError, findings, is_contradiction
from .learned import Run
from .losses import Lost, confirmed, lost
from .model import MAIN, Block, Intent
from .naming import essence
from .outcomes import Outcomes
from .refs import Branch, Point
from .runs import Seen, free_name, look, missing, require_block, required, seen, under_way
from .store import Snapshot, Store, Transaction
from .sweeping import Pair, clashes, spots
from .transact import Write, Written, transact
from .workorder import MOST_EPISODES, MOST_PAIRS, WorkOrder, order

SWEEP_S = 1.0
"""How long entries are compared with each other for a work order, in seconds."""

_PAIRS = 10 * MOST_PAIRS  # found at most, before the order takes those that it is about


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was begun, or was there already (`continued`), and its work order."""

    branch: str
    order: WorkOrder
    continued: bool


@dataclass(frozen=True, slots=True)
class State:
    """How far consolidation is.

    Attributes:
        branch: The branch of the run that is under way; None where there is none.
        changes: How many changes were made on it.
        order: What there is to do, on that branch or on main.
        missing: What would keep it from being merged now.
    """

    branch: str | None
    changes: int
    order: WorkOrder
    missing: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that has landed.

    Attributes:
        written: The merge; its `change` is None where the branch had nothing new.
        branch: The branch, which has ended; empty where the call was made before.
        learned: How many episodes it had.
        later: How many were not learned from yet.
    """

    written: Written
    branch: str
    learned: int
    later: int


class Consolidation:
    """The tidying of a space."""

    def __init__(self, store: Store, now: Callable[[], datetime], outcomes: Outcomes) -> None:
        self._store = store
        self._now = now
        self._outcomes = outcomes

    async def start(
        self, intent: Intent, label: str | None = None, focus: str = "", budget: int | None = None
    ) -> Started:
        """Begin a run, or continue the one that is under way; the work order is made anew.

        `label` is the one block to tidy, `focus` says in words what to look at most, `budget` is
        how many tokens all blocks should have together.

        Raises:
            NotFoundError: there is no such block.
            InvalidError: the budget is none.
        """
        if budget is not None and budget < 1:
            raise InvalidError("budget is the tokens that all blocks may have together: 1 or more.")

        def begin(tx: Transaction) -> tuple[Run, bool]:
            known = under_way(tx, self._now())
            branch = known.branch if known else free_name(tx)
            require_block(tx, known.branch if known else MAIN, label)
            if known is not None:  # with the episodes it has: who works on it has seen no others
                return known, True
            waiting = tx.episodes(tx.learned(), MOST_EPISODES)
            upto = waiting[-1].id if waiting else tx.learned()
            origin = Point(MAIN, tx.head(MAIN))
            tx.make_branch(branch, origin, intent.author, self._now())
            return tx.begin_run(branch, upto), False

        run, continued = await self._store.write(begin)
        shown = await self._store.read(lambda view: seen(view, run.branch, run.upto))
        return Started(run.branch, await self._order(shown, label, focus, budget), continued)

    async def preview(
        self, label: str | None = None, focus: str = "", budget: int | None = None
    ) -> WorkOrder:
        """Return the work order for main as it is; no run is begun.

        Raises:
            NotFoundError: there is no such block.
        """

        def work(view: Snapshot) -> Seen:
            require_block(view, MAIN, label)
            return seen(view, MAIN, None)

        return await self._order(await self._store.read(work), label, focus, budget)

    async def status(
        self, label: str | None = None, focus: str = "", budget: int | None = None
    ) -> State:
        """Return how far the run is, and what is left to do.

        Raises:
            NotFoundError: there is no such block.
        """

        def work(view: Snapshot) -> tuple[str | None, int, list[Finding], Seen]:
            run = view.run()
            branch = run.branch if run else MAIN
            require_block(view, branch, label)
            shown = seen(view, branch, run.upto if run else None)
            if run is None:
                return None, 0, [], shown
            return branch, view.branches(branch)[0].changes, missing(view, branch), shown

        branch, changes, found, shown = await self._store.read(work)
        made = await self._order(shown, label, focus, budget)
        return State(branch, changes, made, tuple(found))

    async def finish(
        self, intent: Intent, drop: Sequence[str] = (), resolve: Mapping[str, str] | None = None
    ) -> Finished:
        """Merge the run's branch, if the gate lets it; its episodes are learned then.

        `drop` names entries that may go: their text, its beginning, or `label:line`. `resolve`
        decides conflicts with what main has become, as in a merge; of a contradiction that the
        gate has named, `both` says that there is none.

        Raises:
            GateError: something is missing; nothing was written.
            MergeConflictError: there are conflicts to decide; nothing was written.
            NotFoundError: no run is under way.
            InvalidError: `drop` or `resolve` has what cannot be meant.
        """
        _check(drop)
        decided, conflicts = _split(resolve or {})
        by_hand = intent.override_read_only
        # What takes long is done before anybody else has to wait; it counts if nothing came after.
        looked = await self._store.read(lambda view: look(view, drop, decided, by_hand=by_hand))
        told: list[Finished] = []

        def work(write: Write) -> Written:
            tx = write.tx
            run = required(tx)
            if looked is not None and looked.holds(tx, run):
                found = looked.missing
            else:
                found = missing(tx, run.branch, drop, decided, by_hand=by_hand)
            if found:
                raise GateError(run.branch, found)
            tx.confirm([one.loss for one in lost(tx, run.branch)])  # the gate found all of it
            tx.confirm([one.loss for one in lost(tx, MAIN) if _is_named(one, drop)])
            had = tx.episode_count(tx.learned())
            done = self._merged(write, run.branch, drop, conflicts, decided)
            tx.end_run(run.branch, done.change.number if done.change else tx.head(MAIN))
            later = tx.episode_count(tx.learned())
            tx.close_branch(run.branch, write.now)
            told[:] = [Finished(done, run.branch, had - later, later)]
            return done

        written = await transact(self._store, self._now, intent, work)
        return told[0] if told and not written.repeated else Finished(written, "", 0, 0)

    def _merged(
        self,
        write: Write,
        branch: str,
        drop: Sequence[str],
        conflicts: Mapping[str, str],
        decided: Collection[str],
    ) -> Written:
        """Merge a run's branch; where main has moved on, look at what came of both as well.

        What each side kept may be gone from the merge, or have been decided away.
        """
        tx = write.tx
        if tx.fork(branch) == Point(MAIN, tx.head(MAIN)):
            return merge_branch(write, branch, conflicts)
        before = tx.blocks(MAIN)
        done = merge_branch(write, branch, conflicts)
        found = findings(
            before,
            tx.blocks(MAIN),
            confirmed=confirmed(tx, branch),
            drop=drop,
            decided=decided,
            by_hand=write.intent.override_read_only,
        )
        if found:
            raise GateError(branch, found)
        return done

    async def abandon(self) -> Branch:
        """End the run without a merge: its episodes wait for the next one.

        Raises:
            NotFoundError: no run is under way.
        """

        def work(tx: Transaction) -> Branch:
            run = required(tx)
            (gone,) = tx.branches(run.branch)
            tx.close_branch(run.branch, self._now())
            return gone

        return await self._store.write(work)

    async def _order(
        self, shown: Seen, label: str | None, focus: str, budget: int | None
    ) -> WorkOrder:
        account = await self._outcomes.account()
        return order(
            shown.blocks,
            self._now(),
            pairs=await anyio.to_thread.run_sync(_pairs, shown.blocks),
            episodes=shown.episodes,
            later=shown.later,
            scores={outcome.episode: outcome.score for outcome in account.outcomes},
            losses=shown.losses,
            account=account,
            label=label,
            focus=focus,
            budget=budget,
        )


def _pairs(blocks: Sequence[Block]) -> list[Pair]:
    """Return the entries that repeat or contradict each other; the newest blocks first."""
    every = spots(sorted(blocks, key=lambda block: -block.change))
    return clashes(every, every, _PAIRS, SWEEP_S)


def _check(drop: Sequence[str]) -> None:
    if any(essence(name) in ("", "*") for name in drop):
        raise InvalidError(
            "drop names each entry that may go: its text, its beginning, or its place as the "
            "answer shows it, like 'human:7'. There is no name for all."
        )


def _split(resolve: Mapping[str, str]) -> tuple[frozenset[str], dict[str, str]]:
    """Return the contradictions that are decided, and the decisions of conflicts."""
    decided = frozenset(name for name in resolve if is_contradiction(name))
    if any(resolve[name].strip().lower() != BOTH for name in decided):
        raise InvalidError(
            "of a contradiction, resolve only says that both entries hold; else take one of them "
            "out on the branch."
        )
    return decided, {name: what for name, what in resolve.items() if name not in decided}


def _is_named(one: Lost, drop: Sequence[str]) -> bool:
    return any(essence(name) == essence(one.entry) for name in drop)
