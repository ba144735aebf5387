"""Prompts: the texts of `prompts/` with what memory holds put in."""

from collections.abc import Mapping

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    GetPromptResult,
    ListPromptsResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

from ...memory import Intent, Space
from ...memory.errors import InvalidError
from ...memory.model import MAIN
from ...memory.querying import Scope, parsed
from ...memory.render import render_context
from ...prompts import PromptText, load, names
from ..orders import told
from ..verdicts import with_core_tools, with_tools
from .consolidating import PROMPT_BYTES
from .desk import Desk
from .shown import one_hit

FOUND = 8
FOUND_CHARS = 300
"""How much of the archive a prompt brings: so many passages, of so many characters."""

_ARCHIVED = Scope(places=frozenset(("archive", "episodes")))


def listed() -> ListPromptsResult:
    """Return the prompts; every argument is optional, since some clients cannot ask for one."""
    return ListPromptsResult(prompts=[_offer(name, load(name)) for name in names()])


async def filled(
    desk: Desk, profile: str, name: str, arguments: Mapping[str, str], intent: Intent
) -> GetPromptResult:
    """Return a prompt with the memory it speaks of.

    `consolidate` begins a run, or goes on with it, where the profile has the tools for that.

    Raises:
        MCPError: there is no such prompt, or it has no such argument.
        TokenspaceError: the block it should be about does not exist.
    """
    if name not in names():
        known = ", ".join(names())
        raise MCPError(code=INVALID_PARAMS, message=f"unknown prompt {name!r}; there are {known}")
    text = load(name)
    unknown = set(arguments) - set(text.arguments)
    if unknown:
        takes = ", ".join(text.arguments)
        message = f"prompt {name} has no argument {min(unknown)!r}; it takes {takes}"
        raise MCPError(code=INVALID_PARAMS, message=message)
    given = {key: value.strip() for key, value in arguments.items() if value.strip()}
    space = await desk.space()
    branch, fields = await _fields(space, profile, name, given, text.parts, intent)
    if branch != MAIN:
        desk.run = branch
    label = given.get("label")
    if label:
        block, point = await space.read(label, branch=branch)
        blocks = (block,)
    else:
        context = await space.context(branch=branch)
        blocks, point = context.blocks, context.point
    desk.seen.rendered(blocks, point.branch)
    desk.seen.upto(point)
    body = text.body.format(context=render_context(blocks, point.change), **fields)
    message = PromptMessage(role="user", content=TextContent(type="text", text=body))
    return GetPromptResult(description=text.description, messages=[message])


async def _fields(
    space: Space,
    profile: str,
    name: str,
    given: Mapping[str, str],
    parts: Mapping[str, str],
    intent: Intent,
) -> tuple[str, dict[str, str]]:
    """Return the branch that a prompt is about, and what is put into its text."""
    topic, task = given.get("topic", ""), given.get("task", "")
    full = profile == "full"
    if name == "recall":
        about = f"The task is about: {topic}." if topic else "Use it for what comes next."
        return MAIN, {"found": await _found(space, topic), "task": about}
    if name == "reflect":
        about = f"this task: {task}" if task else "this session"
        return MAIN, {"task": about, "log": parts["log" if full else "no_log"]}
    focus, label, budget = given.get("focus", ""), given.get("label"), _budget(given)
    if full:
        begun = await space.consolidation.start(intent, label, focus, budget)
        branch, order = begun.branch, begun.order
    else:
        branch, order = MAIN, await space.consolidation.preview(label, focus, budget)
    return branch, {
        "focus": f" Look most at this: {focus}" if focus else "",
        "where": parts["branch" if full else "main"].format(branch=branch),
        "order": told(order, PROMPT_BYTES, with_tools if full else with_core_tools),
        "finish": parts["finish" if full else "stop"],
    }


def _budget(given: Mapping[str, str]) -> int | None:
    """Return the tokens that a prompt's argument names; prompts have only texts."""
    budget = given.get("budget")
    if budget is None:
        return None
    digits = budget.replace(",", "").replace("_", "")
    if not digits.isdecimal() or not int(digits[:12]):
        raise InvalidError(f"budget {budget[:40]!r} is no number of tokens; give one like 4000.")
    return int(digits[:12])


async def _found(space: Space, topic: str) -> str:
    """Return what the archive holds on a topic, as lines of a prompt; nothing without a topic."""
    if not topic:
        return ""
    findings = await space.search.find(topic, _ARCHIVED, FOUND)
    rows = [one_hit(find, parsed(topic).words, FOUND_CHARS) for find in findings.finds]
    return "\n".join(["", "From the archive:", *rows, ""]) if rows else ""


def _offer(name: str, text: PromptText) -> Prompt:
    return Prompt(
        name=name,
        title=text.title,
        description=text.description,
        arguments=[
            PromptArgument(name=key, description=about, required=False)
            for key, about in text.arguments.items()
        ],
    )
