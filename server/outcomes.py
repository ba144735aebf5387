"""`tokenspace outcome` and `outcomes`: how tasks went, and which edit made them go worse."""

import asyncio
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from ..memory import Intent
from ..memory.curve import Point, as_csv, curves
from ..memory.model import passage_name
from ..memory.outcomes import Account, Told, receipt_of
from ..memory.refs import Point as Shown
from ..memory.suspects import ModelChange, Verdict
from . import outcome_shapes, shapes
from .call import Call, RefusedError, WrongUseError
from .plot import plot
from .terminal import Cell, Column, plural
from .verdicts import short, verdict_rows

_COLUMNS, _ROWS = 80, 8  # of the plot, at most
_EVERY = 100  # suspects: all of them
_NAMED = 12  # tasks or models that are named


def outcome(call: Call) -> int:
    """Tell how a task went."""
    args = call.args
    shown = receipt_of(args.receipt) if args.receipt is not None else None
    intent = call.intent()
    intent = replace(intent, author=replace(intent.author, model=args.model.strip()))
    told = asyncio.run(_tell(call, intent, shown))
    if args.json:
        change = told.shelved.written.change
        call.answer(
            outcome=outcome_shapes.told(told.outcome) if told.outcome else None,
            change=shapes.change(change) if change else None,
            verdict=outcome_shapes.verdict(told.account.verdict),
        )
        return 0
    call.name_space()
    _tell_kept(call, told)
    _judge(call, told.account)
    return 0


def outcomes(call: Call) -> int:
    """Show the curve of losses, who is suspected, and where the model was changed."""
    args = call.args
    if args.csv and args.json:
        raise WrongUseError("give either --csv or --json.")
    account = asyncio.run(_account(call))
    found = curves(account.trials, args.by)
    if args.csv:
        call.out.exact(as_csv(found, args.by or "group"))
        return 0
    if args.json:
        call.answer(
            outcomes=[outcome_shapes.told(one) for one in account.outcomes],
            curves={name: outcome_shapes.curve(points) for name, points in found.items()},
            verdict=outcome_shapes.verdict(account.verdict),
            changes=[shapes.change(change) for change in account.changes.values()],
        )
        return 0
    call.name_space()
    if not account.outcomes:
        told = Cell(call.command("outcome", "TASK", "SCORE"), "bold")
        call.out.line("There are no outcomes yet. To tell one: ", told)
        return 0
    for name, points in found.items():
        _show(call, name, points, account.verdict)
    _conclude(call, account)
    return 0


async def _tell(call: Call, intent: Intent, shown: Shown | None) -> Told:
    args = call.args
    async with call.space() as space:
        return await space.outcomes.tell(intent, args.task, args.score, args.rationale, shown)


async def _account(call: Call) -> Account:
    """Return what the outcomes say that were asked for.

    Raises:
        RefusedError: there are some, but none of that task or model.
    """
    args = call.args
    async with call.space() as space:
        account = await space.outcomes.account(args.task, args.model)
        if account.outcomes or (args.task, args.model) == (None, None):
            return account
        every = await space.outcomes.told()
    if not every:
        return account
    tasks = _named(one.task for one in every)
    models = _named(one.author.model for one in every)
    raise RefusedError(f"there are no such outcomes. Tasks: {tasks}. Models: {models}.")


def _named(names: Iterable[str]) -> str:
    every = sorted({short(name) or "unnamed" for name in names})
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more


def _tell_kept(call: Call, told: Told) -> None:
    kept, change = told.outcome, told.shelved.written.change
    if kept is None or change is None:
        return
    call.out.line(
        "Kept ",
        Cell(passage_name("episode", kept.episode), "bold cyan"),
        f" as change {change.number}: {kept.score:.3g} for {short(kept.task)}, by memory as in "
        f"{kept.branch}.{kept.shown}.",
    )


def _show(call: Call, name: str, points: Sequence[Point], verdict: Verdict) -> None:
    """Show a curve and, of its newest changes, the numbers."""
    args = call.args
    if args.by is not None:
        call.out.line()
        call.out.line(Cell(short(name) or "unnamed", "bold cyan"))
    width = min(_COLUMNS, shutil.get_terminal_size().columns)
    suspects = [suspect.change for suspect in verdict.suspects]
    swaps = [] if verdict.model_change is None else [_swapped(points, verdict.model_change)]
    encoding = sys.stdout.encoding if call.out.is_terminal else "utf-8"
    drawn = plot(points, width, _ROWS, suspects=suspects, swaps=swaps, encoding=encoding)
    if len(points) > 1:
        call.out.line(drawn)
    columns = (
        Column("Change", "bold", right=True),
        Column("Outcomes", right=True),
        Column("Mean", right=True),
        Column("Lost in all", right=True),
        Column("Marks", "bold red"),
    )
    marks = _marks(points, verdict)
    rows: list[list[Cell | str]] = [
        [
            str(at.change),
            f"{at.count:,}",
            f"{at.mean:.2f}",
            f"{at.cumulative:,.2f}",
            ", ".join(marks.get(at.change, ())),
        ]
        for at in points[-args.number :]
    ]
    call.out.table(columns, rows)
    if len(points) > args.number:
        older = f"There are {plural(len(points) - args.number, 'older change')}"
        call.out.line(Cell(f"{older}: -n {args.number * 2}", "dim"))


def _marks(points: Sequence[Point], verdict: Verdict) -> dict[int, list[str]]:
    """Return what is to be said of changes: which edit or model is suspected to begin there."""
    marks: dict[int, list[str]] = {}
    for before, at in pairwise(points):
        begin = (s.change for s in verdict.suspects if before.change < s.change <= at.change)
        marks[at.change] = [f"suspect {change}" for change in begin]
    new = verdict.model_change
    if new is not None:
        told = f"model {short(new.after) or 'unnamed'}"
        marks.setdefault(_swapped(points, new), []).append(told)
    return marks


def _swapped(points: Sequence[Point], new: ModelChange) -> int:
    """Return which point of a curve is the one where the model was changed."""
    return max((at.change for at in points if at.change <= new.change), default=0)


def _conclude(call: Call, account: Account) -> None:
    """Say who is suspected, and what was not counted."""
    call.out.line()
    _judge(call, account)
    apart = len(account.outcomes) - len(account.trials)
    if apart:
        told = f"{plural(apart, 'outcome')} of branches that are not merged"
        call.out.line(Cell(f"Not counted: {told}.", "dim"))


def _judge(call: Call, account: Account) -> None:
    """Say who is suspected, with what a person would type to see it and to take it back."""

    def typed(number: int) -> tuple[str, str]:
        show = call.command("diff", "--to", str(number))
        return show, call.command("restore", "--undo", str(number))

    rows = verdict_rows(account.verdict, account.changes, typed, _EVERY)
    for row in rows or [f"no edit is suspected: {account.verdict.why}."]:
        call.out.line(row[:1].upper() + row[1:])
