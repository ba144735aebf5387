"""`tokenspace status`: how memory stands, and what is worth doing next."""

import asyncio

from ..memory.review import Status
from . import status_shapes
from .call import Call
from .next_steps import steps, with_commands
from .overview import overview
from .terminal import Cell


def status(call: Call) -> int:
    """Show how memory stands, on one screen."""

    async def work() -> Status:
        async with call.space(embedders=call.embedders()) as space:
            return await space.review.report()

    found = asyncio.run(work())
    budget, ways = call.settings.context_budget, with_commands(call)
    if call.args.json:
        call.answer(
            branch=None, **status_shapes.status(found, budget), next=steps(found, budget, ways)
        )
        return 0
    call.name_space()
    rows, then = overview(found, budget, ways)
    for row in rows:
        call.out.line(row)
    for row in then:
        call.out.line(Cell(row, "bold"))
    return 0
