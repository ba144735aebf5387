"""The tools: a table of what is offered, and for each one call of the memory service."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp_types import CallToolResult, Tool, ToolAnnotations

from ...memory import Draft, Intent, Written
from ...memory.errors import InvalidError
from ...memory.model import DEFAULT_LIMIT, label_key
from . import answers
from .arguments import (
    Arguments,
    Create,
    Delete,
    Describe,
    Insert,
    Patch,
    Read,
    Rename,
    Replace,
    Rethink,
    schema,
)
from .desk import Desk

_LINES = re.compile(r"(\d{1,9})(-)?(\d{1,9})?")

Handler = Callable[[Desk, Any, Intent], Awaitable[CallToolResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tool.

    Attributes:
        description: When to use it, key sentence first; it must stand alone, because some
            clients hide the server's instructions.
        core: Whether the small profile has it.
    """

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Handler
    core: bool = False
    read_only: bool = False
    destructive: bool = False
    idempotent: bool = True

    def tool(self) -> Tool:
        """Return the tool as clients list it."""
        tool = Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=schema(self.arguments),
            annotations=ToolAnnotations(
                read_only_hint=self.read_only,
                destructive_hint=self.destructive,
                idempotent_hint=self.idempotent,
                open_world_hint=False,
            ),
        )
        if self.core:  # some clients show the model a tool's name only, until it is asked for
            tool.meta = {"anthropic/alwaysLoad": True}
        return tool


async def read(desk: Desk, args: Read, _: Intent) -> CallToolResult:
    """memory_read."""
    space = await desk.space()
    if args.label is None:
        context = await space.context(_change(args.at))
        if args.at is None:
            desk.saw(*context.blocks)
        return answers.context_read(context, desk.place)
    block, head = await space.read(args.label, args.at)
    if args.at is None:
        desk.saw(block)
    return answers.block_read(block, head, _span(args.lines), desk.place)


async def replace(desk: Desk, args: Replace, intent: Intent) -> CallToolResult:
    """memory_replace."""
    space = await desk.space()
    expected = _expected(desk, args.label, args.expected_version)
    done = await space.replace(args.label, args.old_string, args.new_string, intent, expected)
    return _written(desk, done)


async def insert(desk: Desk, args: Insert, intent: Intent) -> CallToolResult:
    """memory_insert."""
    space = await desk.space()
    expected = _expected(desk, args.label, args.expected_version)
    done = await space.insert(args.label, args.new_string, args.insert_line, intent, expected)
    return _written(desk, done)


async def rethink(desk: Desk, args: Rethink, intent: Intent) -> CallToolResult:
    """memory_rethink."""
    space = await desk.space()
    expected = _expected(desk, args.label, args.expected_version)
    return _written(desk, await space.rethink(args.label, args.new_memory, intent, expected))


async def patch(desk: Desk, args: Patch, intent: Intent) -> CallToolResult:
    """memory_patch."""
    space = await desk.space()
    return _written(desk, await space.patch(args.patch, intent, desk.seen))


async def create(desk: Desk, args: Create, intent: Intent) -> CallToolResult:
    """memory_create."""
    space = await desk.space()
    draft = Draft(
        uid=None,
        label=args.label,
        value=args.value or "",
        description=args.description,
        limit=args.limit or DEFAULT_LIMIT,
        tags=tuple(args.tags or ()),
    )
    return _written(desk, await space.create(draft, intent))


async def delete(desk: Desk, args: Delete, intent: Intent) -> CallToolResult:
    """memory_delete."""
    space = await desk.space()
    expected = _expected(desk, args.label, args.expected_version)
    done = await space.delete(args.label, intent, expected)
    desk.lost(args.label)
    return _written(desk, done)


async def rename(desk: Desk, args: Rename, intent: Intent) -> CallToolResult:
    """memory_rename."""
    space = await desk.space()
    done = await space.rename(args.label, args.new_label, intent)
    desk.lost(args.label)
    return _written(desk, done)


async def describe(desk: Desk, args: Describe, intent: Intent) -> CallToolResult:
    """memory_describe."""
    space = await desk.space()
    tags = None if args.tags is None else tuple(args.tags)
    done = await space.describe(
        args.label, intent, description=args.description, limit=args.limit, tags=tags
    )
    return _written(desk, done)


TABLE: tuple[Entry, ...] = (
    Entry(
        name="memory_read",
        title="Read memory",
        description=(
            "Read your long-term memory. Call without arguments at the start of a task or when "
            "the person refers to earlier work: it returns every block. With a label: that block "
            "with line numbers (n→, not part of the text) and its version."
        ),
        arguments=Read,
        run=read,
        core=True,
        read_only=True,
    ),
    Entry(
        name="memory_replace",
        title="Replace in memory",
        description=(
            "Change what memory says, as soon as a fact, preference or decision changes: replaces "
            "one exact, unique text in a block. Prefer it to adding a contradicting line."
        ),
        arguments=Replace,
        run=replace,
        core=True,
        destructive=True,
    ),
    Entry(
        name="memory_insert",
        title="Add to memory",
        description=(
            "Remember something new, without being asked: a preference, correction, decision with "
            "its reason, or what works. Inserts lines into a block. One fact a line, absolute "
            "dates, no secrets."
        ),
        arguments=Insert,
        run=insert,
        core=True,
        idempotent=False,
    ),
    Entry(
        name="memory_rethink",
        title="Rewrite a memory block",
        description=(
            "Rewrite a whole block when it is long or muddled, or make a new one. Read it first. "
            "The answer lists what the new text leaves out."
        ),
        arguments=Rethink,
        run=rethink,
        core=True,
        destructive=True,
    ),
    Entry(
        name="memory_patch",
        title="Patch memory",
        description=(
            "Edit several blocks at once, all or nothing. Parts: '*** Update Block: label' "
            "('*** Add Block', '*** Delete Block'), then @@ hunks with ' ' kept, '-' removed, '+' "
            "added lines; '*** Move to: label' renames. Unified diffs work too."
        ),
        arguments=Patch,
        run=patch,
        destructive=True,
    ),
    Entry(
        name="memory_create",
        title="Create a memory block",
        description=(
            "Make a new block for a topic that has none, labelled like project/testing; the "
            "description teaches what belongs there."
        ),
        arguments=Create,
        run=create,
    ),
    Entry(
        name="memory_delete",
        title="Delete a memory block",
        description="Delete a block that is no longer needed. Its history stays restorable.",
        arguments=Delete,
        run=delete,
        destructive=True,
    ),
    Entry(
        name="memory_rename",
        title="Rename a memory block",
        description="Give a block another label; its text and history stay.",
        arguments=Rename,
        run=rename,
    ),
    Entry(
        name="memory_describe",
        title="Describe a memory block",
        description="Change a block's description, soft limit or tags, not its text.",
        arguments=Describe,
        run=describe,
    ),
)


def offered(profile: str) -> dict[str, Entry]:
    """Return the tools of a profile by name, in their fixed order."""
    return {entry.name: entry for entry in TABLE if entry.core or profile == "full"}


def _expected(desk: Desk, label: str, given: str | None) -> str | None:
    """Return the version a write is made from: the one named, or the one last shown."""
    return given or desk.seen.get(label_key(label))


def _written(desk: Desk, done: Written) -> CallToolResult:
    desk.saw(*(step.after for step in done.steps if step.after is not None))
    return answers.written(done, desk.place)


def _change(at: str | None) -> int | None:
    """Return the change that a read of everything is asked for."""
    if at is not None and not at.isdecimal():
        raise InvalidError(
            f"at {at!r} is a version of one block; give its label too, or a change's number."
        )
    return None if at is None else int(at)


def _span(lines: str | None) -> tuple[int | None, int | None]:
    """Return the first and last line of `10-40`, `10-` or `10`."""
    if lines is None:
        return None, None
    found = _LINES.fullmatch(lines.strip())
    if found is None:
        raise InvalidError(f"lines {lines!r} is not a range; write 10-40, 10- or 10.")
    first, dash, last = found.groups()
    if not dash:
        return int(first), int(first)
    return int(first), int(last) if last else None
