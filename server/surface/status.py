"""memory_status: how memory stands, and what is worth doing next."""

from mcp_types import CallToolResult

from ...memory import Intent
from ...memory.model import MAIN
from ...memory.refs import Point
from ..next_steps import WITH_CORE_TOOLS, WITH_TOOLS
from ..overview import overview
from . import answers
from .arguments import Status
from .desk import Desk


async def status(desk: Desk, _: Status, __: Intent) -> CallToolResult:
    """memory_status."""
    text, point = await page(desk)
    return answers.say(text, meta={"receipt": answers.receipt(point)})


async def page(desk: Desk) -> tuple[str, Point]:
    """Return what memory_status and the resource say, and the change that it is about."""
    space = await desk.space()
    found = await space.review.report()
    ways = WITH_TOOLS if desk.profile == "full" else WITH_CORE_TOOLS
    rows, then = overview(found, desk.context_budget, ways)
    end = "\n".join(("", *then, answers.footer(desk.place, MAIN)))
    return answers.bounded("\n".join(rows), end), found.point
