"""One run, from the server that is started for it to the branch that is merged, or not."""

import argparse
import asyncio
from dataclasses import replace

from ...config.settings import inherited
from ...memory.consolidation import State
from ...memory.model import MAIN
from ..call import Call, RefusedError
from ..comparing import diff
from ..doing import Doing
from ..surface.visiting import VisitError, Visitor, visiting
from . import agent
from .hands import Hands
from .job import NAME, Job, Outcome
from .order import closed, opened
from .rehearsal import unnamed


async def run(call: Call, job: Job, outcome: Outcome, doing: Doing) -> None:
    """Do one run, and note in `outcome` how it went, also where it is interrupted.

    Raises:
        RefusedError: the server opens no run; or a dry run would go on with one that is open.
    """
    model = agent.chosen(job.model)
    before = await _branches(call)
    if job.dry_run and (open_run := (await _state(call)).branch):
        raise RefusedError(
            f"{open_run} is open already, and a dry run would edit it: finish or abandon it first."
        )
    settings = call.settings
    flags = ["--db", str(call.place.path), "--profile", "full", "--log-level", settings.log_level]
    flags += ["--user", settings.user] if settings.user else []
    async with visiting(flags, inherited(), name=NAME, model=job.model) as server:
        try:
            order = await opened(server, job)
        except VisitError as error:
            raise RefusedError(f"no run was opened: {error}") from error
        outcome.branch = order.branch
        ours = order.branch not in before
        doing.say(f"{'working' if ours else 'going on'} on branch {order.branch}, {job.model}")
        hands = Hands(server, outcome, dry_run=job.dry_run, doing=doing)
        try:
            await agent.work(model, order.text, hands, job, outcome)
            if job.dry_run:
                await asyncio.to_thread(diff, _compared(call, outcome))
                missing = unnamed((await _state(call)).missing, hands.let_go)
                outcome.missing = tuple(found.told for found in missing)
        finally:
            # A dry run throws away what it made, never what another has opened meanwhile.
            if (job.dry_run and ours) or (job.abandon and not job.dry_run):
                await _abandon(server, outcome, dry_run=job.dry_run)


async def _branches(call: Call) -> set[str]:
    async with call.space() as space:
        return {branch.name for branch in await space.history.branches()}


async def _state(call: Call) -> State:
    async with call.space() as space:
        return await space.consolidation.status()


def _compared(call: Call, outcome: Outcome) -> Call:
    """Return the call `tokenspace diff main BRANCH`."""
    places = {"start": MAIN, "end": outcome.branch, "label": None, "entries": False}
    return replace(call, args=argparse.Namespace(**{**vars(call.args), **places}))


async def _abandon(server: Visitor, outcome: Outcome, *, dry_run: bool) -> None:
    if outcome.abandoned or (outcome.finished and not dry_run):
        return
    try:
        answer = await closed(server, {"action": "abandon"})
    except VisitError:  # the server has gone first, as with Ctrl-C; the run stays open
        return
    outcome.abandoned = not answer.refused
