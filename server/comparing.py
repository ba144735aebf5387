"""`tokenspace diff` and `tokenspace blame`: what became of the text, and where it comes from."""

import asyncio
from collections.abc import Iterator
from itertools import cycle

from ..memory import Block, Step
from ..memory.blame import Origin
from ..memory.comparing import Comparison
from ..memory.diff import EntryChange, entries
from ..memory.lines import content
from ..memory.refs import Point
from . import shapes
from .call import Call, by_whom
from .steps import action, label, patch, said
from .terminal import Cell

_SIGNS = {"+": "green", "-": "red", "@": "cyan", "\\": "dim"}
_COLOURS = ("cyan", "yellow", "magenta", "green", "blue", "bright_red")  # of changes, in turn

Row = tuple[str, int | None, int | None, str, str]
"""A line of a list of entries: its sign, numbers before and after, text, style."""


def diff(call: Call) -> int:
    """Show what differs between two places."""
    args = call.args

    async def work() -> Comparison:
        async with call.space() as space:
            return await space.history.compare(
                args.start, args.end, label=args.label, branch=call.branch
            )

    found = asyncio.run(work())
    if args.json:
        _answer(call, found)
        return 0
    _tell_places(call, found)
    for step in found.steps:
        if call.out.is_terminal:
            call.out.line()
        if args.entries:
            _tell_entries(call, step)
        else:
            _tell_said(call, step)
            _tell_patch(call, step)
    return 0


def blame(call: Call) -> int:
    """Show which change each line of a block came with."""
    args = call.args

    async def work() -> tuple[Block, list[Origin]]:
        async with call.space() as space:
            return await space.history.blame(args.label, args.at, branch=call.branch)

    block, lines = asyncio.run(work())
    if args.json:
        changes = {line.change.number: line.change for line in lines if line.change}
        call.answer(
            block=shapes.facts(block),
            lines=[shapes.line(line) for line in lines],
            changes=[shapes.change(changes[number]) for number in sorted(changes)],
        )
        return 0
    if call.out.is_terminal:
        call.name_space()
        head = Cell(block.label, "bold cyan"), Cell(f"@{block.short}", "dim")
        call.out.line(*head, f" · change {block.change}")
        call.out.line()
    _tell_lines(call, lines)
    if not lines:
        call.out.line(Cell("(empty)", "dim"))
    return 0


def _answer(call: Call, found: Comparison) -> None:
    blocks = [
        {
            "before": shapes.facts(step.before) if step.before else None,
            "after": shapes.facts(step.after) if step.after else None,
            "patch": "".join(f"{row}\n" for row in patch(step)),
            "entries": [shapes.entry(made) for made in _entries(step)],
        }
        for step in found.steps
    ]
    places = {"from": shapes.point(found.before), "to": shapes.point(found.after)}
    call.answer(**places, blocks=blocks)


def _tell_places(call: Call, found: Comparison) -> None:
    """Tell what was compared; into a pipe goes only that nothing differs, where that is so."""
    if call.out.is_terminal:
        call.name_space()
    before, after = _told(call, found.before), _told(call, found.after)
    if not found.steps:
        between = f"between {before} and {after}"
        call.out.line(f"Nothing differs {f'in {call.args.label}' if call.args.label else between}.")
    elif call.out.is_terminal and not call.args.label:
        call.out.line(Cell(f"From {before} to {after}:", "dim"))


def _told(call: Call, point: Point) -> str:
    on = "" if point.branch == call.branch else f" on {point.branch}"
    return f"change {point.change}{on}" if point.change else "the beginning"


def _tell_said(call: Call, step: Step) -> None:
    """Tell what is said about a block and differs."""
    for what, before, after in said(step):
        if what == "label" and not call.args.entries:
            continue  # the names in the diff tell it
        call.out.line(
            Cell(label(step), "bold cyan"),
            f" · {what}: ",
            Cell(_short(before), "red"),
            " → ",
            Cell(_short(after), "green"),
        )


def _short(text: str) -> str:
    return " ".join(text.split()) or "(none)"


def _tell_patch(call: Call, step: Step) -> None:
    """Tell what became of a block's text; into a pipe goes a patch, byte for byte."""
    rows = patch(step)
    if not call.out.is_terminal:
        call.out.exact("".join(f"{row}\n" for row in rows))
        return
    for name in rows[:2]:
        sign, _, change = name.partition("\t")
        call.out.line(Cell(sign, "bold"), Cell(f"  {change}" if change else "", "dim"))
    for row in rows[2:]:
        call.out.line(Cell(row, _SIGNS.get(row[0], "")))


def _entries(step: Step) -> list[EntryChange]:
    return entries(*(block.value if block else "" for block in (step.before, step.after)))


def _tell_entries(call: Call, step: Step) -> None:
    """Tell line by line what became of a block's text."""
    changes = [f"change {block.change}" for block in (step.before, step.after) if block]
    call.out.line(
        Cell(label(step), "bold cyan"), f" · {action(step)}, ", Cell(" → ".join(changes), "dim")
    )
    _tell_said(call, step)
    rows = [row for made in _entries(step) for row in _entry_rows(made)]
    width = max((len(str(n)) for row in rows for n in row[1:3] if n), default=0)
    for sign, old, new, text, style in rows:
        numbers = f"{old or '':>{width}} {new or '':>{width}}"
        call.out.line(Cell(sign, style), Cell(f" {numbers}  ", "dim"), Cell(text, style))


def _entry_rows(made: EntryChange) -> Iterator[Row]:
    before, after = content(made.before or ""), content(made.after or "")
    if made.kind == "added":
        yield "+", None, made.new, after, "green"
    elif made.kind == "removed":
        yield "-", made.old, None, before, "red"
    elif made.kind == "moved":
        yield ">", made.old, made.new, after, "cyan"
    elif before == after:
        yield "~", made.old, made.new, f"{after} (its line ending)", "yellow"
    else:
        yield "~", made.old, None, before, "red"
        yield "→", None, made.new, after, "green"


def _tell_lines(call: Call, lines: list[Origin]) -> None:
    """Tell where each line comes from; on a terminal, each change in a colour of its own."""
    rows = [_origin(call, line) for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(3)] if rows else []
    colours = cycle(_COLOURS)
    style: dict[str, str] = {}
    above = ""
    for line, (number, when, who) in zip(lines, rows, strict=True):
        if number not in style:
            style[number] = next(colours)
        told = f"{number:>{widths[0]}}  {when:<{widths[1]}}  {who:<{widths[2]}}"
        call.out.line(
            Cell(told, f"dim {style[number]}" if number == above else style[number]),
            Cell(f"  {line.line:>{len(str(len(lines)))}} ", "dim"),
            Cell("│ ", style[number]),
            line.text,
        )
        above = number


def _origin(call: Call, line: Origin) -> tuple[str, str, str]:
    change = line.change
    if change is None:
        return "older", "", ""
    return str(change.number), call.out.when(change.at), by_whom(change.author)
