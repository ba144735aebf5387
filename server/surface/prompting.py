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

from ...memory import Space
from ...memory.querying import Scope, parsed
from ...memory.render import render_context
from ...prompts import PromptText, load, names
from .desk import Desk
from .shown import one_hit

FOUND = 8
FOUND_CHARS = 300
"""How much of the archive a prompt brings: so many passages, of so many characters."""

_ARCHIVED = Scope(places=frozenset(("archive", "episodes")))


def listed() -> ListPromptsResult:
    """Return the prompts; every argument is optional, since some clients cannot ask for one."""
    return ListPromptsResult(prompts=[_offer(name, load(name)) for name in names()])


async def filled(desk: Desk, name: str, arguments: Mapping[str, str]) -> GetPromptResult:
    """Return a prompt with the memory it speaks of.

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
    space = await desk.space()
    label = arguments.get("label")
    if label:
        block, point = await space.read(label)
        blocks = (block,)
    else:
        context = await space.context()
        blocks, point = context.blocks, context.point
    desk.seen.rendered(blocks, point.branch)
    focus, topic = arguments.get("focus", "").strip(), arguments.get("topic", "").strip()
    body = text.body.format(
        context=render_context(blocks, point.change),
        found=await _found(space, topic) if "{found}" in text.body else "",
        focus=f" Look most at this: {focus}" if focus else "",
        task=f"The task is about: {topic}." if topic else "Use it for what comes next.",
    )
    message = PromptMessage(role="user", content=TextContent(type="text", text=body))
    return GetPromptResult(description=text.description, messages=[message])


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
