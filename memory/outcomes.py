"""Outcomes as a space offers them: how tasks went, and which edit made them go worse.

An outcome is an episode: raw experience, which is found, learned from and erased like any other.
Beside it only numbers are kept: the score, and the newest change that memory showed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import anyio

from .archive import Shelved
from .errors import InvalidError, NotFoundError
from .learned import Outcome
from .model import MAIN, Change, Intent
from .passages import MAX_SOURCE_CHARS, PassageDraft
from .refs import Point
from .store import Snapshot, Store
from .suspects import Trial, Verdict
from .transact import Write, Written, transact
from .trials import Evidence, by_edit, evidence, judged

TAG = "outcome"
"""The tag of an episode that is an outcome."""

_RECEIPT = re.compile(r"(?:receipt\s+)?(\S.*)\.(\d{1,18})", re.IGNORECASE)
_SHOWN_CHARS = 100  # of a receipt that is none

_JUDGED = 5_000  # outcomes that are looked at with each call: the newest
_EVERY = 1_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """What outcomes say.

    Attributes:
        outcomes: All that were asked about, by the change that memory showed.
        trials: Those of them that say something of main, by the newest edit that memory showed.
        verdict: Which edit of main made tasks go worse, as far as it can be told.
        changes: The changes that the verdict names, by number.
    """

    outcomes: tuple[Outcome, ...]
    trials: tuple[Trial, ...]
    verdict: Verdict
    changes: Mapping[int, Change]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an outcome that was told.

    Attributes:
        shelved: Its episode, and the change that filed it.
        outcome: As it is kept; None where it was told before, and taken out since.
        account: What all outcomes say now.
    """

    shelved: Shelved
    outcome: Outcome | None
    account: Account


class Outcomes:
    """How tasks went with the memory of a space."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._judged: tuple[Evidence, Verdict] | None = None  # the newest: a scan takes a while

    async def tell(
        self,
        intent: Intent,
        task: str,
        score: float,
        rationale: str = "",
        shown: Point | None = None,
    ) -> Told:
        """Keep how a task went.

        Args:
            intent: Who tells it; its author's model is the one that did the task.
            task: What it is called. Outcomes of one task are compared with each other.
            score: 0 (failed) to 1.
            rationale: Why, in words.
            shown: What the receipt of a read names; without it, what main has now.

        Raises:
            InvalidError: there is no task, no such score, or no read had that receipt.
            NotFoundError: there is no such branch.
        """
        if intent.branch != MAIN:
            raise InvalidError("outcomes have no branch but that of their receipt: leave it out.")
        name = _checked_task(task)
        if not 0 <= score <= 1:
            raise InvalidError(
                f"score {score:g} is not one: give 0 (failed) to 1 (all went well), with what lies "
                "between for what went partly well."
            )
        said = f"score {round(score, 3):g}: {rationale.strip() or name}"
        draft = PassageDraft(id=None, kind="episode", text=said, tags=(TAG,), source=name)

        def work(write: Write) -> Written:
            seen = write.tx.head(MAIN) if shown is None else _checked(write.tx, shown)
            done = write.record([], passages=[draft])
            write.tx.add_outcome(_episode(done), seen, score)
            return done

        done = await transact(self._store, self._now, intent, work)
        episode = _episode(done)
        passage = await self._store.read(lambda view: view.passage(episode))
        account = await self.account()
        kept = next((one for one in account.outcomes if one.episode == episode), None)
        return Told(Shelved(done, passage), kept, account)

    async def is_shown(self, shown: Point) -> bool:
        """Tell whether memory still has what a read showed: a backup may have taken its place."""

        def work(view: Snapshot) -> bool:
            try:
                return _checked(view, shown) > 0
            except (InvalidError, NotFoundError):
                return False

        return await self._store.read(work)

    async def told(self) -> list[Outcome]:
        """Return the outcomes that stand, by the change that memory showed, oldest first."""
        return await self._store.read(lambda view: view.outcomes(_EVERY))

    async def verdict(self) -> Verdict:
        """Return which edit of main made tasks go worse, as far as it can be told."""
        return (await self.account()).verdict

    async def account(self, task: str | None = None, model: str | None = None) -> Account:
        """Return what the outcomes say: all of them, or those of one task or model."""
        name = None if task is None else " ".join(task.split())

        def work(view: Snapshot) -> tuple[list[Outcome], Evidence]:
            found = [
                outcome
                for outcome in view.outcomes(_JUDGED)
                if name in (None, outcome.task) and model in (None, outcome.author.model)
            ]
            return found, evidence(view, found)

        outcomes, found = await self._store.read(work)
        verdict = await self._verdict(found)
        named = [n for s in verdict.suspects for n in (s.change, *s.others)]
        changes = await self._store.read(lambda view: {n: view.change(n) for n in named})
        return Account(tuple(outcomes), by_edit(found), verdict, changes)

    async def _verdict(self, found: Evidence) -> Verdict:
        """Return what the evidence says, scanned anew only where it is not what it was."""
        known = self._judged
        if known is not None and known[0] == found:
            return known[1]
        verdict = await anyio.to_thread.run_sync(judged, found)
        self._judged = found, verdict
        return verdict


def receipt_of(text: str) -> Point:
    """Return what a receipt names, as reads hand it out: `main.12`; a branch's name may hold dots.

    Raises:
        InvalidError: it is none.
    """
    found = _RECEIPT.fullmatch(text.strip())
    if found is None:
        raise InvalidError(
            f"{text[:_SHOWN_CHARS]!r} is not a receipt; it is like main.12, as each read of memory "
            "says it. Leave it out if you have none."
        )
    return Point(found[1], int(found[2]))


def _checked_task(task: str) -> str:
    name = " ".join(task.split())
    if not name:
        raise InvalidError("the task is empty: say in a few words which one it was.")
    if len(name) > MAX_SOURCE_CHARS:
        raise InvalidError(
            f"the task is {len(name):,} characters; name it in {MAX_SOURCE_CHARS} or fewer, the "
            "same each time, and say the rest in the rationale."
        )
    return name


def _checked(view: Snapshot, shown: Point) -> int:
    """Return the change of a receipt, if a read of that branch can have shown it.

    Raises:
        InvalidError: none can; the message says what is meant, perhaps.
        NotFoundError: there is no such branch.
    """
    branch, number = shown.branch, shown.change
    fork = view.fork(branch)  # says which there are, where there never was one of that name
    try:
        made = view.change(number)
    except NotFoundError:
        raise InvalidError(
            f"there is no change {number}, which the receipt {branch}.{number} names; the newest "
            f"is {view.newest()}. Give the receipt as the read said it, or leave it out."
        ) from None
    while made.branch != branch:
        if fork is None or fork.change < number:
            raise InvalidError(
                f"{shown.branch} did not show change {number}, which was made on {made.branch}: "
                f"the receipt is {made.branch}.{number}, or another number. Leave it out if unsure."
            )
        branch, fork = fork.branch, view.fork(fork.branch)
    return number


def _episode(done: Written) -> int:
    """Return the number of the episode that a write filed, 0 where it filed none."""
    return done.change.passages[0].id if done.change and done.change.passages else 0
