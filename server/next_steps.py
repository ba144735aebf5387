"""What is worth doing next, the most useful first, in the words of whoever reads it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from ..memory.review import Status
from ..memory.sweeping import Spot
from ..memory.tokens import approximate_tokens
from .call import Call
from .verdicts import Calls, with_core_tools, with_tools

MOST = 3
"""Steps that are named."""

UNLEARNED = 10
"""Episodes from which on it is worth while to learn from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How a reader does things.

    Attributes:
        change: From a change's number to what shows it and what takes it back.
        put_back: From a change's number to what brings back what it lost.
        edit: From an entry, and what to do with it in words, to how that is done.
        look: From a label to what shows that block.
        shorten: From a label to what shortens that block.
        tidy: What consolidates.
        go_on: What goes on with a consolidation that is under way.
        move: What takes something out of every context, and keeps it.
        begin: What writes the first entry.
    """

    change: Calls
    put_back: Callable[[int], str]
    edit: Callable[[Spot, str], str]
    look: Callable[[str], str]
    shorten: Callable[[str], str]
    tidy: str
    go_on: str
    move: str
    begin: str


def _edit(spot: Spot, what: str) -> str:
    # The line is read, not quoted: what is cut, or stands there twice, would not be found.
    return f"memory_read(label={spot.label!r}, lines='{spot.line}'), then memory_replace {what}"


WITH_TOOLS = Ways(
    change=with_tools,
    put_back=lambda change: f"memory_restore(lost={change})",
    edit=_edit,
    look=lambda label: f"memory_read(label={label!r})",
    shorten=lambda label: f"memory_rethink(label={label!r}, …)",
    tidy="memory_consolidate(action='start'), or the prompt consolidate",
    go_on="memory_consolidate(action='status')",
    move="memory_archive",
    begin="memory_insert(label='human', new_string=…)",
)
"""What a model calls in the profile full."""

WITH_CORE_TOOLS = replace(
    WITH_TOOLS,
    change=with_core_tools,
    tidy="the prompt consolidate",
    go_on="`tokenspace consolidate` in a shell",
)
"""What a model calls in the profile core."""


def with_commands(call: Call) -> Ways:
    """Return what a person types."""
    return Ways(
        change=lambda change: (
            call.command("diff", "--to", str(change)),
            call.command("restore", "--undo", str(change)),
        ),
        put_back=lambda change: call.command("restore", "--lost", str(change)),
        edit=lambda spot, _: call.command("edit", spot.label),
        look=lambda label: call.command("show", label),
        shorten=lambda label: call.command("edit", label),
        tidy=call.command("consolidate"),
        go_on=call.command("consolidate"),
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
    # Where tasks differ, an edit is taken back only by somebody who has looked at it.
    suspects = [one for one in status.outcomes.verdict.suspects if one.same_tasks]
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
    for pairs, what, then in (
        (order.contradictions, "the line that no longer holds", "which one holds?"),
        (order.repeats, "the one that says less", "keep one"),
    ):
        if pairs:
            one, other = pairs[0].one, pairs[0].other
            yield (
                f"{ways.edit(one, what)}: line {one.line} of {one.label} and line {other.line} of "
                f"{other.label}, {then}"
            )


def _tidies(status: Status, context_budget: int, ways: Ways) -> Iterator[str]:
    """Yield what makes memory shorter, newer, or a beginning."""
    stale = status.order.stale
    over = [block for block in status.blocks if block.chars > block.limit and not block.read_only]
    if over:
        worst = max(over, key=lambda block: block.chars - block.limit)
        yield f"{ways.shorten(worst.label)}: shorten it, or move detail to the archive"
    if status.run is not None:
        yield f"{ways.go_on}: {status.run.branch} is under way; go on with it, or finish it"
    elif status.unlearned >= UNLEARNED:
        yield f"{ways.tidy}: learn from the episodes, and tidy"
    if stale:
        edit = ways.edit(stale[0].spot, "what no longer holds")
        yield f"{edit}: {stale[0].why}; write a date, or take it out"
    if status.unread and not status.unread[0].shown:
        one = status.unread[0]
        yield f"{ways.look(one.label)}: {one.why}; keep it, or move what matters to the archive"
    total = sum(approximate_tokens(block.value) for block in status.blocks)
    if total > context_budget and not over:
        yield f"{ways.move}: what is rarely needed is better found there than read each time"
    if not any(block.value for block in status.blocks):
        yield f"{ways.begin}: begin with what you know of the person"
