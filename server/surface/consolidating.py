"""memory_consolidate: a run is begun, looked at, finished through the gate, or given up."""

from collections.abc import Sequence

from mcp_types import CallToolResult

from ...memory import Intent, Space
from ...memory.consolidation import Finished, State
from ...memory.errors import InvalidError
from ...memory.gate import Finding, GateError
from ...memory.model import MAIN
from ..orders import told
from ..terminal import plural
from . import answers
from .arguments import Consolidate
from .desk import Desk

PROMPT_BYTES = 6 * 1024
"""Most bytes of a work order in a prompt."""

_ORDER_BYTES = 3_000  # of one in an answer, which says what to do with it too
_FOUND_BYTES, _FOUND_BRIEFLY = 3_400, 2_000  # of what is missing, alone and before an order
_CLIPPED = 400


async def consolidate(desk: Desk, args: Consolidate, intent: Intent) -> CallToolResult:
    """memory_consolidate."""
    space = await desk.space()
    if args.action != "finish" and (args.drop or args.resolve):
        raise InvalidError("drop and resolve go with action='finish'.")
    if args.action == "start":
        return await _started(desk, space, args, intent)
    if args.action == "status":
        state = await space.consolidation.status(args.label, args.focus or "", args.budget)
        _require_own(desk, state)
        return _say(desk, _told_state(state), {"branch": state.branch or ""})
    await _check_own(desk, space)
    if args.action == "abandon":
        gone = await space.consolidation.abandon()
        text = (
            f"{gone.name} is abandoned; main is as it was, and its episodes wait for the next run. "
            f"What it had last is change {gone.head}."
        )
        return _say(desk, text, {"branch": gone.name})
    try:
        done = await space.consolidation.finish(intent, args.drop or (), args.resolve)
    except GateError as error:
        return _refused(desk, error)
    return _finished(desk, done)


async def _check_own(desk: Desk, space: Space) -> None:
    """Refuse to end a run that is not the one which the client was given.

    Raises:
        InvalidError: its own has ended, and another is under way.
    """
    if desk.run is None:  # a server that was started anew: whose run it is is not known
        return
    if all(branch.name != desk.run for branch in await space.history.branches()):
        _require_own(desk, await space.consolidation.status())


def _require_own(desk: Desk, state: State) -> None:
    if desk.run is not None and state.branch not in (None, desk.run):
        raise InvalidError(
            f"{desk.run} has ended; {state.branch} is somebody else's: "
            "memory_consolidate(action='start') joins it."
        )


async def _started(desk: Desk, space: Space, args: Consolidate, intent: Intent) -> CallToolResult:
    begun = await space.consolidation.start(intent, args.label, args.focus or "", args.budget)
    desk.run = begun.branch
    if not begun.continued:
        desk.seen.branched(begun.branch, MAIN)
    verb = "is under way: go on with it" if begun.continued else "is begun"
    text = (
        f"{begun.branch} {verb}. Pass branch={begun.branch!r} to every memory tool; main stays as "
        "it is until memory_consolidate(action='finish').\n"
        f"{told(begun.order, _ORDER_BYTES)}"
    )
    return _say(desk, text, {"branch": begun.branch})


def _told_state(state: State) -> str:
    if state.branch is None:
        return f"no consolidation is under way.\n{told(state.order, _ORDER_BYTES)}"
    rows = [f"{state.branch} is under way, with {plural(state.changes, 'change')} of its own."]
    if state.missing:
        rows += ["Missing before it can be merged:", *_found(state.missing, _FOUND_BRIEFLY)]
    else:
        rows.append("memory_consolidate(action='finish') would merge it.")
    room = answers.ANSWER_BYTES - 256 - len("\n".join(rows).encode())
    return "\n".join([*rows, told(state.order, min(_ORDER_BYTES, room))])


def _refused(desk: Desk, error: GateError) -> CallToolResult:
    """Answer what is missing, as far as an answer holds it."""
    branch = error.branch
    many = "1 thing is" if len(error.findings) == 1 else f"{len(error.findings)} things are"
    rows = [
        f"not merged, and main is as it was: {many} missing on {branch}.",
        *_found(error.findings, _FOUND_BYTES),
        f"Mend it with branch={branch!r}, then finish again with all that may go in drop.",
    ]
    foot = answers.footer(desk.place, branch)
    meta: dict[str, object] = {"branch": branch, "missing": len(error.findings)}
    return answers.say(answers.bounded("\n".join(rows), f"\n{foot}"), meta=meta, error=True)


def _found(findings: Sequence[Finding], most: int) -> list[str]:
    rows: list[str] = []
    size = 0
    for found in findings:
        row = f"- {found.told if len(found.told) <= _CLIPPED else found.told[:_CLIPPED] + '…'}"
        size += len(row.encode())
        if rows and size > most:
            break
        rows.append(" ".join(row.split()))
    if len(rows) < len(findings):
        rows.append(f"… and {len(findings) - len(rows)} more")
    return rows


def _finished(desk: Desk, done: Finished) -> CallToolResult:
    written = done.written
    change = written.change
    meta: dict[str, object] = {"receipt": answers.receipt(written.point), "later": done.later}
    if change is not None:
        meta["change"] = change.number
    if written.repeated and change is not None:
        text = f"already done as change {change.number}: this call was made before."
        return _say(desk, text, meta)
    desk.seen.wrote(written.steps, written.point.branch)
    if change is None:
        text = f"{done.branch} has ended: it had nothing that main has not"
    else:
        labels = [(step.after or step.before) for step in written.steps]
        named = ", ".join(block.label for block in labels[: answers.LISTED] if block)
        text = f"{done.branch} is merged as change {change.number}: {named or 'no block differs'}"
    later = f"; {done.later:,} wait for the next run" if done.later else ""
    text += f". {plural(done.learned, 'episode')} learned{later}."
    if change is not None:
        text += f" To take it back: memory_restore(undo={change.number})."
    return _say(desk, text, meta)


def _say(desk: Desk, text: str, meta: dict[str, object]) -> CallToolResult:
    foot = f"\n{answers.footer(desk.place, MAIN)}"
    return answers.say(answers.bounded(text, foot), meta=meta)
