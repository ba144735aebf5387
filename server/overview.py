"""How memory stands, on one screen: what memory_status and `tokenspace status` say."""

from collections.abc import Sequence

from ..memory import Block
from ..memory.review import Status
from ..memory.sweeping import Pair, Spot
from ..memory.tokens import approximate_tokens
from .next_steps import Ways, steps
from .terminal import one_line, plural, printable
from .verdicts import verdict_rows

_LISTED = 3  # of each kind of thing
_BLOCKS = 6
_CHARS = 70  # of an entry
_LABEL_CHARS = 40
_FULL = 0.9  # of its limit, from which a block is called nearly full


def overview(status: Status, context_budget: int, ways: Ways) -> tuple[list[str], list[str]]:
    """Return how memory stands, and what is worth doing next, as lines.

    Sections stand there only where there is something to say.

    Args:
        status: What was found.
        context_budget: What all blocks should take together, estimated.
        ways: How the reader does what is to be done.
    """
    todo = steps(status, context_budget, ways)
    parts = (
        _sizes(status, context_budget),
        _clashes("may contradict each other", status.order.contradictions),
        _clashes("may say the same", status.order.repeats),
        _stale(status),
        _losses(status),
        verdict_rows(status.outcomes.verdict, status.outcomes.changes, ways.change),
        _archive(status),
        [f"search: {status.how}"],
    )
    then = ["next:", *(f"  {step}" for step in todo)] if todo else ["next: nothing needs care."]
    return [printable(row) for part in parts for row in part], list(map(printable, then))


def _sizes(status: Status, context_budget: int) -> list[str]:
    """Say what every context costs, and which blocks cost most."""
    sizes = sorted(
        ((approximate_tokens(block.value), block) for block in status.blocks),
        key=lambda size: -size[0],
    )
    total = sum(tokens for tokens, _ in sizes)
    over = f", {total - context_budget:,} over" if total > context_budget else ""
    rows = [
        f"{plural(len(sizes), 'block')}, ≈{total:,} tokens in every context, of "
        f"{context_budget:,}{over}"
    ]
    full = [size for size in sizes if size[1].value]
    rows += [f"  {_size(tokens, block)}" for tokens, block in full[:_BLOCKS]]
    if len(full) > _BLOCKS:
        rest = sum(tokens for tokens, _ in full[_BLOCKS:])
        rows.append(f"  and {plural(len(full) - _BLOCKS, 'smaller one')}, ≈{rest:,} tokens")
    known = {block.label for _, block in full[:_BLOCKS]}
    too_long = [b for b in status.blocks if b.chars > b.limit and b.label not in known]
    rows += [f"  {_size(approximate_tokens(b.value), b)}" for b in too_long[:_LISTED]]
    rows += [f"  {_label(info.label)}: its text is damaged in the file" for info in status.damaged]
    return rows


def _size(tokens: int, block: Block) -> str:
    mark = ""
    if block.chars > block.limit:
        mark = f" · {block.chars - block.limit:,} over its limit"
    elif block.chars > _FULL * block.limit:
        mark = " · nearly full"
    locked = " · read-only" if block.read_only else ""
    return (
        f"{block.label} ≈{tokens:,} ({block.chars:,} of {block.limit:,} characters){mark}{locked}"
    )


def _clashes(what: str, pairs: Sequence[Pair]) -> list[str]:
    if not pairs:
        return []
    rows = [f"{plural(len(pairs), 'pair')} of entries {what}:"]
    rows += [f"  {_spot(pair.one)} | {_spot(pair.other)}" for pair in pairs[:_LISTED]]
    return rows


def _spot(spot: Spot) -> str:
    return f"{_label(spot.label)} {spot.line}→{_short(spot.entry)}"


def _stale(status: Status) -> list[str]:
    rows = [f"  {_spot(one.spot)} ({one.why})" for one in status.order.stale[:_LISTED]]
    if rows:
        rows.insert(0, f"{_entries(len(status.order.stale))} that time has overtaken:")
    if status.old:
        rows.append(f"{_entries(status.old)} older than half a year; the oldest to look at again:")
        rows += [
            f"  {_label(find.name)} ({find.at:%Y-%m-%d}) {_short(find.text)}"
            for find in status.oldest
        ]
    if status.unread:
        rows.append(f"{plural(len(status.unread), 'block')} that nobody has asked for in a month:")
        rows += [
            f"  {one.why}: {_label(one.label)} (written {one.days} days ago)"
            for one in status.unread[:_LISTED]
        ]
    return rows


def _losses(status: Status) -> list[str]:
    if not status.losses:
        return []
    rows = [f"{_entries(len(status.losses))} left out by rewrites, unconfirmed:"]
    rows += [
        f"  change {one.loss.change} of {_label(one.label)}: {_short(one.entry)}"
        for one in status.losses[:_LISTED]
    ]
    return rows


def _archive(status: Status) -> list[str]:
    index = status.index
    counts = f"{plural(index.passages, 'passage')}, {plural(index.episodes, 'episode')}"
    learned = f", {status.unlearned:,} not learned from" if status.unlearned else ""
    rows = [f"archive: {counts}{learned}"]
    if status.run is not None:
        rows.append(f"a consolidation is under way on branch {status.run.branch}")
    return rows


def _label(label: str) -> str:
    return label if len(label) <= _LABEL_CHARS else label[:_LABEL_CHARS] + "…"


def _short(text: str) -> str:
    line = one_line(text[: 4 * _CHARS])
    return line if len(line) <= _CHARS else line[:_CHARS].rstrip() + "…"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
