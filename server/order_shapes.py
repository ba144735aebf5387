"""What `--json` gives of consolidation; it keeps what `shapes` promises.

spot        {label, line, entry}
pair        {kind (contradicts, repeats), one, other (spot), likeness}
finding     {kind (lost, changed, collapse, long, contradiction, read-only), label, entry, name,
                told}: name is what finish calls it, in drop or in resolve
order       {contradictions, repeats [pair], long [{label, chars, most}], stale [{label, line,
            entry, why}], old [{label, days}], clusters [{episodes [name], task, score, failed}],
            losses [{change, label, entry}], suspects [change], episodes, later, tokens, budget}

consolidate {action, run (branch), changes (number), order, missing [finding], change,
            checkpoint (name), blocks [step], learned, later}: run is null where none is under
            way; order is null where the run has ended; where something is missing that finish
            needs, nothing was written, and the exit code is 1
"""

from ..memory.gate import Finding
from ..memory.sweeping import Pair, Spot
from ..memory.workorder import WorkOrder
from .shapes import Shape


def finding(found: Finding) -> Shape:
    """Return what keeps a branch from being merged."""
    return {
        "kind": found.kind,
        "label": found.label,
        "entry": found.entry,
        "name": found.name,
        "told": found.told,
    }


def order(made: WorkOrder) -> Shape:
    """Return a work order."""
    suspected = made.account.verdict.suspects if made.account else ()
    return {
        "contradictions": [_pair(pair) for pair in made.contradictions],
        "repeats": [_pair(pair) for pair in made.repeats],
        "long": [
            {"label": long.label, "chars": long.chars, "most": long.most} for long in made.long
        ],
        "stale": [{**_spot(one.spot), "why": one.why} for one in made.stale],
        "old": [{"label": label, "days": days} for label, days in made.old],
        "clusters": [
            {
                "episodes": list(kind.names),
                "task": kind.source,
                "score": kind.score,
                "failed": kind.failed,
            }
            for kind in made.clusters
        ],
        "losses": [
            {"change": one.loss.change, "label": one.label, "entry": one.entry}
            for one in made.losses
        ],
        "suspects": [one.change for one in suspected],
        "episodes": made.episodes,
        "later": made.later,
        "tokens": made.tokens,
        "budget": made.budget,
    }


def _pair(pair: Pair) -> Shape:
    return {
        "kind": pair.kind,
        "one": _spot(pair.one),
        "other": _spot(pair.other),
        "likeness": round(pair.likeness, 3),
    }


def _spot(spot: Spot) -> Shape:
    return {"label": spot.label, "line": spot.line, "entry": spot.entry}
