"""What the model may do in a run: some of the server's tools, editing the run's branch alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..doing import Doing
from ..surface.visiting import Answer, Tool, VisitError, Visitor
from ..terminal import one_line
from .job import CONSOLIDATE, Outcome
from .order import closed

EDITS = ("memory_replace", "memory_insert", "memory_rethink", "memory_patch")
READS = ("memory_read", "memory_search", "memory_diff")

_BRANCHED = (*EDITS, "memory_read", "memory_diff")  # those that take a branch
_ALL = "*"
_SHOWN = 100  # characters of an answer that a line of progress has
_REHEARSED = "Noted. This is a dry run: nothing is merged. The run ends here."


class Hands:
    """Calls the server for the model, one call at a time, and notes how the run goes."""

    def __init__(self, server: Visitor, outcome: Outcome, *, dry_run: bool, doing: Doing) -> None:
        self._server, self._outcome, self._doing = server, outcome, doing
        self._dry_run = dry_run
        self.calls = 0
        """How many calls there were."""
        self.let_go: Sequence[str] = ()
        """What a rehearsed finish named in drop and in resolve."""
        self.ended = False
        """Whether the model has ended the run; further calls are refused."""

    async def tools(self) -> list[Tool]:
        """Return what the model is offered, in the server's order."""
        useful = (*EDITS, *READS, CONSOLIDATE)
        return [tool for tool in await self._server.tools() if tool.name in useful]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Carry out one call, and tell the person of it."""
        self.calls += 1
        try:
            answer = await self._answer(name, dict(arguments))
        except VisitError as error:
            answer = Answer(str(error), refused=True)
        self._tell(name, arguments, answer)
        return answer

    async def _answer(self, name: str, arguments: dict[str, Any]) -> Answer:
        if self.ended:
            return Answer("The run has ended; nothing more is done.", refused=True)
        if wrong := _wrong(arguments):
            return Answer(wrong, refused=True)
        if name == CONSOLIDATE:
            return await self._close(arguments)
        if name in _BRANCHED:
            branch = self._outcome.branch
            asked = arguments.get("branch") or branch
            # A model that forgets the branch, or is talked out of it, must not reach main.
            if name in EDITS and asked != branch:
                return Answer(f"Edits go to branch {branch}; finish merges it.", refused=True)
            arguments["branch"] = asked
        return await self._server.call(name, arguments)

    async def _close(self, arguments: dict[str, Any]) -> Answer:
        action = arguments.get("action")
        if action == "start":
            return Answer("The run is open already; finish or abandon it.", refused=True)
        if action == "abandon":
            self._outcome.why = "the model gave it up"
        if self._dry_run and action in ("finish", "abandon"):
            self.ended, self._outcome.finished = True, action == "finish"
            self.let_go = [*(arguments.get("drop") or ()), *(arguments.get("resolve") or ())]
            return Answer(_REHEARSED, refused=False)
        answer = await closed(self._server, arguments)
        if action == "finish":
            self._outcome.said = answer.text
        if action in ("finish", "abandon") and not answer.refused:
            self.ended = True
            self._outcome.finished = action == "finish"
            self._outcome.abandoned = action == "abandon"
            later = answer.meta.get("later")
            self._outcome.later = later if isinstance(later, int) else 0
        return answer

    def _tell(self, name: str, arguments: Mapping[str, Any], answer: Answer) -> None:
        about = arguments.get("label") or arguments.get("action") or ""
        first = answer.text.strip().partition("\n")[0]
        said = first if answer.refused or name not in READS else ""
        parts = [f"{name} {one_line(str(about))[:_SHOWN]}".rstrip()]
        parts += ["refused"] if answer.refused else []
        parts += [one_line(said)[:_SHOWN]] if said else []
        self._doing.say(" · ".join(parts))


def _wrong(arguments: Mapping[str, Any]) -> str:
    """Return what is wrong with what a model would let go; empty if nothing is."""
    drop: Any = arguments.get("drop") or []
    resolve: Any = arguments.get("resolve") or {}
    if not isinstance(drop, list):
        return "drop is a list of texts: one for each entry that may go."
    if not isinstance(resolve, dict):
        return "resolve is an object: what is decided, by the name that the answer gives it."
    if _ALL in drop:  # nobody is there to see what that would be
        return "Name each entry that may go in drop; '*' is for people."
    if _ALL in resolve:
        return "Name each conflict in resolve; '*' is for people."
    return ""
