"""`tokenspace sleep`: memory is consolidated by a model of the user's choice, with nobody there."""

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from ..config import packages
from ..config.settings import config_file
from ..memory import TokenspaceError
from .call import Call, RefusedError, WrongUseError
from .doing import Doing
from .sleeping.job import NAME, Job, Outcome
from .sleeping.pace import newest, quiet_in, wrote_since
from .terminal import ago, one_line, plural

EXTRA = "sleep"

_RUNS = 3  # what does not finish in so many has a reason that more of them would not mend


@dataclass(slots=True)
class _Sleep:
    """A command under way; `run` is the run that it is in, None between two."""

    call: Call
    job: Job
    doing: Doing = field(default_factory=Doing)
    run: Outcome | None = None

    async def once(self) -> int:
        """Do a run now, unless somebody wrote too recently; return the exit code."""
        if idle := self.call.args.when_idle:
            change = await newest(self.call)
            if quiet_in(change, idle):
                wrote = ago(change.at, datetime.now(UTC))
                self.doing.say(f"somebody wrote {wrote} (change {change.number}); nothing was done")
                return 0
        return self._tell(await self._work())

    async def for_ever(self) -> int:
        """Do a run every so often, if there is news, and nobody has written for a while.

        News is what somebody wrote since the last run began, and episodes that it left.
        """
        args, seen, runs = self.call.args, 0, 0
        while True:
            began = time.monotonic()
            change = await newest(self.call)
            if wait := quiet_in(change, args.when_idle):
                await asyncio.sleep(wait)
                continue
            if change.number != seen:
                runs = _RUNS
            if runs:
                done = await self._turn()
                runs = runs - 1 if done is None else _RUNS if done.later else 0
                last = await newest(self.call)
                news = await wrote_since(self.call, change.number, NAME)
                seen = change.number if news else last.number
            await asyncio.sleep(max(0.0, began + args.every - time.monotonic()))

    def left(self) -> str:
        """Say what an interruption leaves behind; nothing between two runs."""
        return self._left(self.run) if self.run and self.run.branch else ""

    async def _turn(self) -> Outcome | None:
        """Do one of many runs, and return it if it finished; what goes wrong ends that one only."""
        try:
            outcome = await self._work()
        except (RefusedError, TokenspaceError) as error:
            self.doing.say(str(error))
            return None
        return None if self._tell(outcome) else outcome

    async def _work(self) -> Outcome:
        from .sleeping.work import run

        self.run = outcome = Outcome()
        try:
            await run(self.call, self.job, outcome, self.doing)
        except Exception:
            self.run = None
            raise
        self.run = None
        return outcome

    def _tell(self, outcome: Outcome) -> int:
        """Tell how a run went, and return the exit code for it."""
        cost = outcome.cost
        took = ", ".join(
            (
                plural(cost.requests, "request"),
                plural(cost.calls, "call"),
                plural(cost.tokens, "token"),
            )
        )
        if self.call.args.json and not self.job.dry_run:  # a dry run has answered its comparison
            self.call.answer(**asdict(outcome))
        if not outcome.finished:
            self.doing.say(f"not finished: {outcome.why}. {self._left(outcome)} ({took})")
            return 1
        if self.job.dry_run:
            self.doing.say(f"dry run, nothing was merged ({took})")
            for row in outcome.missing:
                self.doing.say(f"still missing: {one_line(row)}")
            return 1 if outcome.missing else 0
        if not self.call.args.json:
            self.call.out.line(f"Finished {outcome.branch} in {self.call.place} ({took}).")
            self.call.out.line(outcome.said)
        return 0

    def _left(self, outcome: Outcome) -> str:
        refused = outcome.said and f" The server refused it: {one_line(outcome.said)}"
        if outcome.abandoned:
            return f"Nothing was merged, and branch {outcome.branch} is gone.{refused}"
        again = self.call.command("sleep")
        return (
            f"Nothing was merged; branch {outcome.branch} stays open, and {again} goes on with it "
            f"(--abandon throws it away).{refused}"
        )


def sleep(call: Call) -> int:
    """Have a model consolidate memory, once or again and again."""
    job = _job(call)
    call.require_space()
    _check(job)
    sleeping = _Sleep(call, job)
    try:
        return asyncio.run(_signalled(sleeping))
    except (KeyboardInterrupt, asyncio.CancelledError):
        if call.args.every and sleeping.run is None:
            return 0
        interrupt = KeyboardInterrupt()
        if left := sleeping.left():
            interrupt.add_note(left)
        raise interrupt from None


async def _signalled(sleeping: _Sleep) -> int:
    """Do what is asked; the signal that services are ended with ends it as Ctrl-C does."""
    work = asyncio.current_task()
    assert work is not None  # noqa: S101 - this is a task
    with suppress(NotImplementedError):  # on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    return await (sleeping.for_ever() if sleeping.call.args.every else sleeping.once())


def _job(call: Call) -> Job:
    """Return what is asked.

    Raises:
        WrongUseError: no model is named.
    """
    args = call.args
    model = args.model or call.settings.sleep_model
    if not model:
        raise WrongUseError(
            f"which model? Say --model openai:gpt-5-mini (or another provider and name), or write "
            f'sleep_model = "openai:gpt-5-mini" into {config_file()}.'
        )
    if args.dry_run and args.every:
        raise WrongUseError("--dry-run shows one run; leave --every out.")
    return Job(
        model=model,
        label=args.label,
        focus=args.focus,
        budget=args.budget,
        max_tokens=args.max_tokens,
        max_seconds=args.max_seconds,
        max_requests=args.max_requests,
        dry_run=args.dry_run,
        abandon=args.abandon,
    )


def _check(job: Job) -> None:
    """Return if the model can be asked, before anything is started.

    Raises:
        RefusedError: the extra, or a key, is missing; it says how to mend that.
        WrongUseError: there is no such provider.
    """
    try:
        from .sleeping.agent import chosen
    except ImportError as error:
        raise RefusedError(
            f"the libraries that ask a model are not installed ({error}); to install them: "
            f"{_command()}"
        ) from error
    chosen(job.model)


def _command() -> str:
    """Return the command that installs the extra."""
    try:
        return packages.typed(packages.steps(EXTRA)[-1].command)
    except packages.NoInstallerError as error:
        return str(error)
