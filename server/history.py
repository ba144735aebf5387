"""`tokenspace restore` and `tokenspace merge`: writes that bring in another state of the blocks."""

import asyncio
from collections.abc import Iterator

from ..memory import Written
from ..memory.conflicts import ALL, Conflict, MergeConflictError
from ..memory.model import MAIN, SHORT_VERSION
from . import shapes
from .call import Call, RefusedError, WrongUseError
from .steps import action, label, tally
from .terminal import Cell, Column, plural

_STYLES = {"created": "green", "deleted": "red"}
_LINES = 12  # of a side of a conflict that are shown
_NAMED = 4  # conflicts that the next command decides one by one


def restore(call: Call) -> int:
    """Bring one block, or everything, back to a place; or take one change back, or its losses."""
    args = call.args
    if args.label is not None and args.to is None:
        raise WrongUseError("--undo and --lost are of a change in all its blocks; leave LABEL out.")
    goal, what = _goal(call)
    intent = call.intent(args.reason or goal)

    async def work() -> Written:
        async with call.space() as space:
            if args.undo is not None:
                return await space.history.revert(intent, args.undo)
            if args.lost is not None:
                return await space.history.put_back(intent, args.lost)
            return await space.history.restore(intent, args.to, args.label)

    written = asyncio.run(work())
    if args.json:
        answer(call, written)
    elif written.change is None:
        call.out.line(f"Nothing to do ({goal}): it reads like that already, in {call.where}.")
    else:
        tell(call, written, what)
    return 0


def merge(call: Call) -> int:
    """Merge a branch into another; where both changed the same, say what has to be decided."""
    args = call.args
    intent = call.intent(args.reason)
    resolutions = {**({ALL: args.rest} if args.rest else {}), **dict(args.resolve)}

    async def work() -> Written:
        async with call.space() as space:
            return await space.history.merge(intent, args.source, resolutions)

    try:
        written = asyncio.run(work())
    except MergeConflictError as error:
        refused = _refused(call, error.conflicts)
        raise RefusedError(f"{error.stale}: {refused}" if error.stale else f"{refused}") from None
    if args.json:
        answer(call, written, conflicts=[])
    elif written.change is None:
        call.out.line(f"{args.source} has nothing that {call.branch} has not, in {call.place}.")
    else:
        tell(call, written, f"Merged {args.source} into {call.branch}")
    return 0


def _goal(call: Call) -> tuple[str, str]:
    """Return what a restore is for, and what to say once it is done."""
    args = call.args
    if args.undo is not None:
        return f"undo change {args.undo}", f"Took back change {args.undo}"
    if args.lost is not None:
        goal = f"put back what change {args.lost} left out"
        return goal, goal.capitalize()
    goal = f"back to {_named(args.to)}"
    return goal, f"Brought {args.label or 'everything'} {goal}"


def _named(place: str) -> str:
    numbered = place.isdecimal() and len(place) < SHORT_VERSION
    return f"change {place}" if numbered else place[:80]


def answer(call: Call, written: Written, **more: object) -> None:
    """Answer a program with what a write did."""
    call.answer(
        change=shapes.change(written.change) if written.change else None,
        checkpoint=written.checkpoint,
        blocks=[shapes.step(step) for step in written.steps] if written.change else [],
        **more,
    )


def tell(call: Call, written: Written, what: str) -> None:
    """Tell what was done, block by block, and how to take it back."""
    number = written.change.number if written.change else 0
    call.out.line(f"{what}, as change {number} in {call.where}.")
    columns = (Column("Block", "bold cyan"), Column("What"), Column("Lines"))
    rows: list[list[Cell | str]] = []
    for step in written.steps:
        added, removed = tally(step)
        lines = " ".join([f"+{added:,}"] * (added > 0) + [f"-{removed:,}"] * (removed > 0))
        did = action(step)
        rows.append([label(step), Cell(did, _STYLES.get(did, "")), lines])
    call.out.table(columns, rows)
    archived = written.change.passages if written.change else ()
    for filed in archived:
        call.out.line(Cell(filed.name, "bold cyan"), f" {filed.action}")
    if not rows and not archived:
        call.out.line("No block reads differently.")
        return
    if written.checkpoint:
        call.out.line("What was there before: checkpoint ", Cell(written.checkpoint, "bold"), ".")
    on = () if call.branch == MAIN else ("--branch", call.branch)
    call.out.line(
        "To take it back: ", Cell(call.command("restore", "--undo", str(number), *on), "bold")
    )


def _refused(call: Call, conflicts: tuple[Conflict, ...]) -> RefusedError:
    """Tell what has to be decided and how, and return what to complain of."""
    if call.args.json:
        shape = [shapes.conflict(conflict) for conflict in conflicts]
        call.answer(change=None, checkpoint=None, blocks=[], conflicts=shape)
    else:
        for conflict in conflicts:
            _tell_conflict(call, conflict)
        call.out.line(
            "Decide each (ours, theirs, both, or the text to put there), or all with --ours or "
            "--theirs. For example:"
        )
        call.out.line(Cell(f"  {call.command(*_next(call, conflicts))}", "bold"))
    return RefusedError(
        f"{plural(len(conflicts), 'conflict')} between {call.branch} (ours) and "
        f"{call.args.source} (theirs); nothing was written."
    )


def _tell_conflict(call: Call, conflict: Conflict) -> None:
    part = "" if conflict.part == "text" else f" · {conflict.part}"
    line = f" · line {conflict.line}" if conflict.line else ""
    call.out.line(
        Cell(conflict.id, "bold yellow"), "  ", Cell(conflict.label, "bold cyan"), part, line
    )
    sides = (
        ("before", conflict.base, "dim"),
        ("ours", conflict.ours, "green"),
        ("theirs", conflict.theirs, "magenta"),
    )
    for name, text, style in sides:
        rows = text.splitlines() or ["(nothing)"]
        for i, row in enumerate(rows[:_LINES]):
            call.out.line(f"  {name if i == 0 else '':<8}", Cell(row, style))
        if len(rows) > _LINES:
            call.out.line(Cell(f"          … {plural(len(rows) - _LINES, 'more line')}", "dim"))
    call.out.line()


def _next(call: Call, conflicts: tuple[Conflict, ...]) -> Iterator[str]:
    """Yield the words of a merge that decides everything, as far as it was decided and so on."""
    args = call.args
    yield from ("merge", args.source)
    if call.branch != MAIN:
        yield from ("--into", call.branch)
    for conflict, what in args.resolve:
        yield from ("--resolve", f"{conflict}={what}")
    for conflict in conflicts[:_NAMED]:
        yield from ("--resolve", f"{conflict.id}=theirs")
    if len(conflicts) > _NAMED:
        yield "--ours"
    if args.reason:
        yield from ("--reason", args.reason)
