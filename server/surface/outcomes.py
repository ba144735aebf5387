"""How a task went: what memory_outcome does, and says."""

from mcp_types import CallToolResult

from ...memory import Intent
from ...memory.learned import Outcome as Kept
from ...memory.model import MAIN
from ...memory.outcomes import Told, receipt_of
from ...memory.refs import Point
from ..verdicts import short, verdict_rows
from . import answers
from .arguments import Outcome
from .desk import Desk


async def outcome(desk: Desk, args: Outcome, intent: Intent) -> CallToolResult:
    """memory_outcome."""
    space = await desk.space()
    if args.receipt is not None:
        shown = receipt_of(args.receipt)
    else:
        newest = desk.seen.newest
        shown = newest if newest and await space.outcomes.is_shown(newest) else None
    told = await space.outcomes.tell(intent, args.task, args.score, args.rationale or "", shown)
    written, verdict = told.shelved.written, told.account.verdict
    meta: dict[str, object] = {
        "receipt": answers.receipt(written.point),
        "suspects": [
            {"change": one.change, "confidence": round(one.confidence, 2), "others": one.others}
            for one in verdict.suspects
        ],
    }
    if written.change is not None:
        meta["change"] = written.change.number
    if told.outcome is not None:
        meta |= {"id": f"e{told.outcome.episode}", "shown": _shown(told.outcome)}
    judged = verdict_rows(verdict, told.account.changes)
    rows = [_kept(told), *(judged or [f"no edit is suspected: {verdict.why}."])]
    footer = f"\n{answers.footer(desk.place, MAIN)}"
    return answers.say(answers.bounded("\n".join(rows), footer), meta=meta)


def _kept(told: Told) -> str:
    change, kept = told.shelved.written.change, told.outcome
    number = change.number if change is not None else 0
    if told.shelved.written.repeated or kept is None:
        return f"already done as change {number}: this call was made before."
    return (
        f"e{kept.episode} kept (change {number}): {kept.score:.3g} for {short(kept.task)}, "
        f"by memory as in {_shown(kept)}"
    )


def _shown(kept: Kept) -> str:
    """Return the receipt of what memory showed."""
    return answers.receipt(Point(kept.branch, kept.shown))
