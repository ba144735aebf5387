"""What `tokenspace status --json` gives; it keeps what `shapes` promises.

entry       {label, line, entry}
pair        {one (entry), other (entry), likeness}: likeness is 0 to 1

status      {blocks [{label, chars, limit, tokens}], damaged [label], context_budget,
            contradictions [pair], repeats [pair], stale [entry and {why}], old, unread
            [{label, why, written, shown}], losses [{change, label, entry}], unlearned,
            consolidation (branch), verdict, search (text), index, next [text]}: tokens are
            estimates; old and unlearned are numbers of entries and of episodes; written is
            a time, shown: among all others it still is; verdict is that of
            `outcome_shapes`, index that of `archive_shapes`
"""

from ..memory.review import Status
from ..memory.sweeping import Pair, Spot
from ..memory.tokens import approximate_tokens
from . import archive_shapes, outcome_shapes
from .shapes import Shape, moment


def status(found: Status, context_budget: int) -> Shape:
    """Return how a space stands."""
    return {
        "blocks": [
            {
                "label": block.label,
                "chars": block.chars,
                "limit": block.limit,
                "tokens": approximate_tokens(block.value),
            }
            for block in found.blocks
        ],
        "damaged": [info.label for info in found.damaged],
        "context_budget": context_budget,
        "contradictions": [_pair(pair) for pair in found.order.contradictions],
        "repeats": [_pair(pair) for pair in found.order.repeats],
        "stale": [{**_spot(one.spot), "why": one.why} for one in found.order.stale],
        "old": found.old,
        "unread": [
            {
                "label": one.label,
                "why": one.why,
                "written": moment(one.written),
                "shown": one.shown,
            }
            for one in found.unread
        ],
        "losses": [
            {"change": one.loss.change, "label": one.label, "entry": one.entry}
            for one in found.losses
        ],
        "unlearned": found.unlearned,
        "consolidation": found.run.branch if found.run else None,
        "verdict": outcome_shapes.verdict(found.outcomes.verdict),
        "search": found.how,
        "index": archive_shapes.index(found.index),
    }


def _pair(pair: Pair) -> Shape:
    return {
        "one": _spot(pair.one),
        "other": _spot(pair.other),
        "likeness": round(pair.likeness, 4),
    }


def _spot(spot: Spot) -> Shape:
    return {"label": spot.label, "line": spot.line, "entry": spot.entry}
