"""`tokenspace import`: the memory of a Letta agent, from its Agent File."""

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from ..memory import Space
from ..memory.adopting import Adopted
from ..memory.agentfile import AgentFile, read_agent_file
from ..memory.model import MAIN
from . import shapes
from .call import Call
from .terminal import Cell, Column

_STYLES = {"created": "green", "filled": "green", "already here": "dim"}


def import_file(call: Call) -> int:
    """Take in the blocks of an Agent File; nothing that is here is overwritten."""
    found = read_agent_file(Path(call.args.file))
    adopted = asyncio.run(_planned(call, found) if call.args.dry_run else _adopted(call, found))
    if call.args.json:
        call.answer(
            dry_run=call.args.dry_run,
            blocks=[shapes.arrival(a) for a in adopted],
            notes=list(found.notes),
            left_out=found.left_out,
            secrets=list(found.secrets),
        )
    else:
        _tell(call, found, adopted)
    return 0


async def _adopted(call: Call, found: AgentFile) -> tuple[Adopted, ...]:
    intent = call.intent(call.args.reason or f"from {Path(call.args.file).name}")
    async with call.space(make=call.branch == MAIN) as space:
        return await space.adopt(list(found.arrivals), intent)


async def _planned(call: Call, found: AgentFile) -> tuple[Adopted, ...]:
    """Return what would happen; a space that does not exist is made up for it, not made."""
    if call.has_space():
        async with call.space() as space:
            return await space.plan_adoption(list(found.arrivals), call.branch)
    with tempfile.TemporaryDirectory(prefix="tokenspace-") as folder:
        space = await Space.open(Path(folder) / "new.db")
        try:
            return await space.plan_adoption(list(found.arrivals), call.branch)
        finally:
            await space.close()


def _tell(call: Call, found: AgentFile, adopted: tuple[Adopted, ...]) -> None:
    call.name_space()
    columns = (
        Column("Block", "bold cyan"),
        Column("What"),
        Column("Characters", right=True),
        Column("Marks", "yellow"),
        Column("In the file"),
    )
    if adopted:
        call.out.table(columns, [_row(a) for a in adopted])
    for note in found.notes:
        call.out.line(Cell("Note: ", "yellow"), note)
    if found.left_out:
        parts = (f"{part.replace('_', ' ')} ({n:,})" for part, n in found.left_out.items())
        call.out.line(f"Left out, not being memory blocks: {', '.join(parts)}.")
    if found.secrets:
        names = ", ".join(found.secrets)
        call.out.line(Cell("Secrets dropped", "yellow"), f", their values were not read: {names}.")
    call.out.line(_summary(call, adopted))


def _summary(call: Call, adopted: tuple[Adopted, ...]) -> str:
    counts = Counter(a.action for a in adopted)
    told = ", ".join(f"{counts[action]} {action}" for action in _STYLES if counts[action])
    if call.args.dry_run:
        return f"Dry run, nothing was changed. It would be: {told or 'no blocks'}."
    if set(counts) <= {"already here"}:
        return f"Nothing to do: {told or 'the file has no blocks'}."
    return f"Done: {told}."


def _row(adopted: Adopted) -> list[Cell | str]:
    draft, theirs = adopted.draft, adopted.arrival
    chars = len(draft.value or "")
    over = chars > draft.limit
    source = "" if theirs.draft.label == draft.label else f"{theirs.draft.label} of {theirs.owner}"
    return [
        draft.label,
        Cell(adopted.action, _STYLES[adopted.action]),
        Cell(f"{chars:,}/{draft.limit:,}", "bold red" if over else ""),
        ", ".join(["read-only"] * draft.read_only + [f"{chars - draft.limit:,} over"] * over),
        source,
    ]
