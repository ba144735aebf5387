"""What each tool does: one call of the memory service, and its answer."""

import re
from functools import partial

from mcp_types import CallToolResult

from ...memory import Draft, Intent, Space, Written
from ...memory.errors import InvalidError, NotFoundError
from ...memory.lines import split_lines
from ...memory.model import DEFAULT_LIMIT, MAIN, label_key
from ...memory.nearest import nearest_label
from . import answers, rivals
from .arguments import Create, Delete, Describe, Insert, Patch, Read, Rename, Replace, Rethink
from .desk import Desk

_LINES = re.compile(r"(\d{1,9})(-)?(\d{1,9})?")


async def read(desk: Desk, args: Read, _: Intent) -> CallToolResult:
    """memory_read."""
    space = await desk.space()
    branch = args.branch or MAIN
    if args.label is None:
        if args.lines is not None:
            raise InvalidError("lines are those of one block; give its label too.")
        context = await space.context(args.at, branch)
        if args.at is None:
            desk.seen.rendered(context.blocks, branch)
            desk.seen.upto(context.point)
        return answers.context_read(context, desk.place)
    block, head = await space.read(args.label, args.at, branch)
    total = len(split_lines(block.value))
    span = line_range(args.lines, total)
    if args.at is None:
        desk.seen.read(block, branch, whole=span == (1, total))
        desk.seen.upto(head)
    return answers.block_read(block, head, span, desk.place)


async def replace(desk: Desk, args: Replace, intent: Intent) -> CallToolResult:
    """memory_replace."""
    space = await desk.space()
    base = args.expected_version or desk.seen.shown(args.label, intent.branch)
    done = await space.replace(args.label, args.old_string, args.new_string, intent, base)
    return _written(desk, done)


async def insert(desk: Desk, args: Insert, intent: Intent) -> CallToolResult:
    """memory_insert."""
    space = await desk.space()
    base = args.expected_version or desk.seen.shown(args.label, intent.branch)
    done = await space.insert(args.label, args.new_string, args.insert_line, intent, base)
    beside = await rivals.beside(space, done, args.new_string)
    return _written(desk, done, note="\n".join(beside))


async def rethink(desk: Desk, args: Rethink, intent: Intent) -> CallToolResult:
    """memory_rethink."""
    space = await desk.space()
    base = args.expected_version or desk.seen.whole(args.label, intent.branch)
    try:
        done = await space.rethink(args.label, args.new_memory, intent, base, args.drop or ())
    except NotFoundError as error:
        desk.seen.forget(args.label, intent.branch)
        raise NotFoundError(f"{error} To make a new one, call again without a version.") from None
    desk.seen.wrote(done.steps, intent.branch, args.new_memory)
    made = [step.after.label for step in done.steps if step.before is None and step.after]
    notes: list[str] = []
    if made:
        notes += filter(None, [await _near(space, made[0], intent.branch)])
        notes += await rivals.beside(space, done, args.new_memory)
    return answers.written(done, desk.place, note="\n".join(notes))


async def patch(desk: Desk, args: Patch, intent: Intent) -> CallToolResult:
    """memory_patch."""
    space = await desk.space()
    seen = partial(desk.seen.of_section, branch=intent.branch)
    done = await space.patch(args.patch, intent, seen, args.drop or ())
    return _written(desk, done)


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
    done = await space.create(draft, intent)
    desk.seen.wrote(done.steps, intent.branch, draft.value)
    beside = await rivals.beside(space, done, args.value or "")
    return answers.written(done, desk.place, note="\n".join(beside))


async def delete(desk: Desk, args: Delete, intent: Intent) -> CallToolResult:
    """memory_delete."""
    space = await desk.space()
    base = args.expected_version or desk.seen.whole(args.label, intent.branch)
    done = await space.delete(args.label, intent, base)
    desk.seen.forget(args.label, intent.branch)
    return _written(desk, done, note=None if done.steps else f"{args.label} is deleted already.")


async def rename(desk: Desk, args: Rename, intent: Intent) -> CallToolResult:
    """memory_rename."""
    space = await desk.space()
    return _written(desk, await space.rename(args.label, args.new_label, intent))


async def describe(desk: Desk, args: Describe, intent: Intent) -> CallToolResult:
    """memory_describe."""
    space = await desk.space()
    tags = None if args.tags is None else tuple(args.tags)
    done = await space.describe(
        args.label, intent, description=args.description, limit=args.limit, tags=tags
    )
    return _written(desk, done)


def _written(desk: Desk, done: Written, *, note: str | None = None) -> CallToolResult:
    desk.seen.wrote(done.steps, done.point.branch)
    return answers.written(done, desk.place, note=note)


async def _near(space: Space, made: str, branch: str) -> str | None:
    """Name the block that was perhaps meant where a new one was made; not one it is a part of."""
    near = nearest_label(made, [b.label for b in await space.infos(branch) if b.label != made])
    if near is None or label_key(made).startswith(label_key(near) + "/"):
        return None
    return f"made a new block; nearest existing: {near!r}"


def line_range(lines: str | None, total: int) -> tuple[int, int]:
    """Return the first and last of the lines `10-40`, `10-` or `10` that there are."""
    if lines is None or not total:
        return 1, total
    found = _LINES.fullmatch(lines.strip())
    if found is None:
        raise InvalidError(f"lines {lines[:60]!r} is not a range; write 10-40, 10- or 10.")
    first = int(found[1])
    last = int(found[3] or total) if found[2] else first
    if not 1 <= first <= min(last, total):
        count = "1 line" if total == 1 else f"{total:,} lines"
        raise InvalidError(
            f"lines {lines.strip()!r} are not there: the block has {count}, counted from 1."
        )
    return first, min(last, total)
