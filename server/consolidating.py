"""`tokenspace consolidate`: the person's way to begin, look at, finish or give up a run."""

import asyncio

from ..memory import Space, Written
from ..memory.consolidation import Finished, Started, State
from ..memory.gate import Finding, GateError
from ..memory.refs import Branch
from . import order_shapes, shapes
from .call import Call, RefusedError, WrongUseError
from .history import tell
from .orders import told
from .terminal import Cell, plural

_ORDER_BYTES = 16 * 1024  # of a work order on a terminal
_NAMED = 4  # entries that the next command names


def consolidate(call: Call) -> int:
    """Do what is asked of consolidation."""
    args = call.args
    if args.action != "finish" and (args.drop or args.resolve):
        raise WrongUseError("--drop and --resolve go with finish.")
    try:
        done = asyncio.run(_done(call))
    except GateError as error:
        raise _refused(call, error) from None
    if isinstance(done, State):
        _tell_state(call, done)
    elif isinstance(done, Started):
        _tell_started(call, done)
    elif isinstance(done, Finished):
        _tell_finished(call, done)
    else:
        _tell_abandoned(call, done)
    return 0


async def _done(call: Call) -> State | Started | Finished | Branch:
    args = call.args
    async with call.space() as space:
        run = space.consolidation
        if args.action == "status":
            return await run.status(args.label, args.focus, args.budget)
        if args.action == "start":
            intent = call.intent(args.reason)
            return await run.start(intent, args.label, args.focus, args.budget)
        if args.action == "finish":
            return await _finished(call, space)
        return await run.abandon()


async def _finished(call: Call, space: Space) -> Finished:
    args = call.args
    intent = call.intent(args.reason)
    return await space.consolidation.finish(intent, args.drop, dict(args.resolve))


def _tell_state(call: Call, state: State) -> None:
    if call.args.json:
        missing = [order_shapes.finding(found) for found in state.missing]
        order = order_shapes.order(state.order)
        _answer(call, run=state.branch, changes=state.changes, order=order, missing=missing)
        return
    call.name_space()
    if state.branch is None:
        call.out.line("No consolidation is under way.")
    else:
        own = plural(state.changes, "change")
        call.out.line(Cell(state.branch, "bold green"), f" is under way, with {own} of its own.")
    _tell_missing(call, state.missing)
    _tell_order(call, told(state.order, _ORDER_BYTES))
    words = ("finish",) if state.branch and not state.missing else ("start",)
    if state.branch is None or not state.missing:
        what = "To merge it: " if state.branch else "To begin: "
        call.out.line(what, Cell(call.command("consolidate", *words), "bold"))


def _tell_started(call: Call, begun: Started) -> None:
    if call.args.json:
        _answer(call, run=begun.branch, order=order_shapes.order(begun.order))
        return
    verb = "is under way already" if begun.continued else "is begun"
    call.out.line("Branch ", Cell(begun.branch, "bold green"), f" {verb}, in {call.place}.")
    _tell_order(call, told(begun.order, _ORDER_BYTES))
    edit = call.command("edit", "LABEL", "--branch", begun.branch)
    call.out.line("To work on it: ", Cell(edit, "bold"))
    call.out.line("To merge it: ", Cell(call.command("consolidate", "finish"), "bold"))


def _tell_finished(call: Call, done: Finished) -> None:
    if call.args.json:
        _answer(call, written=done.written, learned=done.learned, later=done.later)
        return
    if done.written.change is None:
        call.out.line(f"{done.branch} has ended: it had nothing that main has not.")
    else:
        tell(call, done.written, f"Merged {done.branch} into {call.branch}")
    later = f"; {done.later:,} wait for the next run" if done.later else ""
    call.out.line(f"{plural(done.learned, 'episode')} learned{later}.")


def _tell_abandoned(call: Call, gone: Branch) -> None:
    if call.args.json:
        _answer(call)
        return
    call.out.line(f"{gone.name} is abandoned at change {gone.head}, in {call.place}.")
    call.out.line("Its episodes wait for the next run; main is as it was.")


def _refused(call: Call, error: GateError) -> RefusedError:
    """Tell what is missing, and return what to complain of."""
    if call.args.json:
        missing = [order_shapes.finding(found) for found in error.findings]
        _answer(call, run=error.branch, missing=missing)
    else:
        _tell_missing(call, error.findings)
        _suggest(call, error.findings)
    things = plural(len(error.findings), "thing")
    verb = "is" if len(error.findings) == 1 else "are"
    return RefusedError(f"{error.branch} is not merged: {things} {verb} missing; see above.")


def _tell_missing(call: Call, findings: tuple[Finding, ...]) -> None:
    if findings:
        call.out.line(Cell("Missing before it can be merged:", "bold yellow"))
    for found in findings:
        call.out.line(f"- {found.told}")


def _suggest(call: Call, findings: tuple[Finding, ...]) -> None:
    """Tell how what may go is let go, where there is not too much of it to be named in one line."""
    gone = [found.name for found in findings if found.kind in ("lost", "changed")]
    if gone and len(gone) == len(findings) and len(gone) <= _NAMED:
        words = [word for name in [*call.args.drop, *gone] for word in ("--drop", name)]
        command = call.command("consolidate", "finish", *words)
        call.out.line("To let them go: ", Cell(command, "bold"))


def _tell_order(call: Call, text: str) -> None:
    for row in text.splitlines():
        call.out.line(Cell(row, "bold") if row.endswith(":") else row)


def _answer(call: Call, written: Written | None = None, **more: object) -> None:
    change = written.change if written else None
    fields: dict[str, object] = {
        "action": call.args.action,
        "run": None,
        "changes": 0,
        "order": None,
        "missing": [],
        "change": shapes.change(change) if change else None,
        "checkpoint": written.checkpoint if written else None,
        "blocks": [shapes.step(step) for step in written.steps] if written and change else [],
        "learned": 0,
        "later": 0,
    }
    call.answer(**{**fields, **more})
