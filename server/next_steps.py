"""What is worth doing next, the most useful first, in the words of whoever reads it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from ..memory.review import Status
from ..memory.sweeping import Spot
from ..memory.tokens import approximate_tokens
from .call import Call
from .terminal import one_line
from .verdicts import Calls, with_tools

MOST = 3
"""Steps that are named."""

UNLEARNED = 10
"""Episodes from which on it is worth while to learn from them."""

_START_CHARS = 30  # of an entry, by which a call names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How a reader does things.

    Attributes:
        change: From a change's number to what shows it and what takes it back.
        put_back: From a change's number to what brings back what it lost.
        edit: From an entry to what changes it.
        shorten: From a label to what shortens that block.
        tidy: What consolidates.
        move: What takes something out of every context, and keeps it.
        begin: What writes the first entry.
    """

    change: Calls
    put_back: Callable[[int], str]
    edit: Callable[[Spot], str]
    shorten: Callable[[str], str]
    tidy: str
    move: str
    begin: str


WITH_TOOLS = Ways(
    change=with_tools,
    put_back=lambda change: f"memory_restore(lost={change})",
    edit=lambda spot: f"memory_replace(label={spot.label!r}, old_string={_start(spot)!r}, …)",
    shorten=lambda label: f"memory_rethink(label={label!r}, …)",
    tidy="memory_consolidate(action='start'), or the prompt consolidate",
    move="memory_archive",
    begin="memory_insert(label='human', new_string=…)",
)
"""What a model calls."""


def with_commands(call: Call) -> Ways:
    """Return what a person types."""
    return Ways(
        change=lambda change: (
            call.command("diff", "--to", str(change)),
            call.command("restore", "--undo", str(change)),
        ),
        put_back=lambda change: call.command("diff", "--to", str(change)),
        edit=lambda spot: call.command("edit", spot.label),
        shorten=lambda label: call.command("edit", label),
        tidy=call.command("consolidate"),
        move=call.command("archive", "FILE"),
        begin=call.command("edit", "human"),
    )


def steps(status: Status, context_budget: int, ways: Ways) -> list[str]:
    """Return what is worth doing, three things at most; `context_budget` is the whole budget."""
    return list(islice(_steps(status, context_budget, ways), MOST))


def _steps(status: Status, context_budget: int, ways: Ways) -> Iterator[str]:
    yield from _mends(status, ways)
    yield from _settles(status, ways)
    yield from _tidies(status, context_budget, ways)


def _mends(status: Status, ways: Ways) -> Iterator[str]:
    """Yield what puts right what went wrong."""
    suspects = status.outcomes.verdict.suspects
    if status.damaged:
        yield "`tokenspace verify` in a shell: says what is damaged, and what mends it"
    if suspects:
        yield f"{ways.change(suspects[0].change)[1]}: tasks go worse since that change"
    if status.losses:
        change = status.losses[0].loss.change
        yield f"{ways.put_back(change)}: put back what that change left out, if it still matters"


def _settles(status: Status, ways: Ways) -> Iterator[str]:
    """Yield what settles entries that do not go together."""
    order = status.order
    for pairs, then in ((order.contradictions, "which one holds?"), (order.repeats, "keep one")):
        if pairs:
            one, other = pairs[0].one, pairs[0].other
            yield (
                f"{ways.edit(one)}: line {one.line} of {one.label} and line {other.line} of "
                f"{other.label}, {then}"
            )


def _tidies(status: Status, context_budget: int, ways: Ways) -> Iterator[str]:
    """Yield what makes memory shorter, newer, or a beginning."""
    stale = status.order.stale
    over = [block for block in status.blocks if block.chars > block.limit and not block.read_only]
    if over:
        worst = max(over, key=lambda block: block.chars - block.limit)
        yield f"{ways.shorten(worst.label)}: shorten it, or move detail to the archive"
    if status.run is not None or status.unlearned >= UNLEARNED:
        yield f"{ways.tidy}: learn from the episodes, and tidy"
    if stale:
        yield f"{ways.edit(stale[0].spot)}: {stale[0].why}; write a date, or take it out"
    total = sum(approximate_tokens(block.value) for block in status.blocks)
    if total > context_budget and not over:
        yield f"{ways.move}: what is rarely needed is better found there than read each time"
    if not any(block.value for block in status.blocks):
        yield f"{ways.begin}: begin with what you know of the person"


def _start(spot: Spot) -> str:
    """Return the beginning of an entry, by which a call can name it."""
    return one_line(spot.entry)[:_START_CHARS].rstrip()
