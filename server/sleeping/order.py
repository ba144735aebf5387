"""How a run is opened and ended on the server: the one place that knows its prompt and its tool."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..surface.visiting import Answer, VisitError, Visitor
from .job import CONSOLIDATE, Job

_PROMPT = "consolidate"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: the text for the model, and the branch that it works on."""

    text: str
    branch: str


async def opened(server: Visitor, job: Job) -> Order:
    """Open a run, or go on with the one that is open.

    Raises:
        VisitError: the server opens none; it says why.
    """
    budget = str(job.budget) if job.budget else ""
    asked = {"label": job.label, "focus": job.focus, "budget": budget}
    text = await server.prompt(_PROMPT, {key: value for key, value in asked.items() if value})
    # The text names the branch, but what memory holds may name others before it.
    status = await closed(server, {"action": "status"})
    branch = status.meta.get("branch")
    if status.refused or not isinstance(branch, str) or not branch:
        raise VisitError(status.text)
    return Order(text, branch)


async def closed(server: Visitor, arguments: Mapping[str, Any]) -> Answer:
    """Ask the server how the run stands, or to finish or abandon it.

    Raises:
        VisitError: the server is gone.
    """
    return await server.call(CONSOLIDATE, arguments)
