"""The tool `memory`: the commands of Anthropic's memory tool `memory_20250818`, over the blocks.

Its answers come in two texts: what the reference implementation would say, word for word, because
models know it; and, after a write, what this memory has to say besides.
"""

from mcp_types import CallToolResult, TextContent

from ...memory import Block, Intent, Written
from ...memory.files import Files, Told
from ...memory.render import budget
from . import answers, losses, rivals
from .arguments import Memory
from .desk import Desk
from .entry import Entry


async def memory(desk: Desk, args: Memory, intent: Intent) -> CallToolResult:
    """Carry out a command."""
    space = await desk.space()
    files = Files(space, lambda label: desk.seen.shown(label, intent.branch))
    told = await files.do(args.model_dump(exclude_none=True), intent)
    if told.block is not None and told.point is not None:
        desk.seen.read(told.block, intent.branch, whole=told.whole)
        desk.seen.upto(told.point)
    if told.done is None:
        return answers.say(told.text, meta=_of_reading(told))
    desk.seen.wrote(told.done.steps, intent.branch)
    beside = await rivals.beside(space, told.done, args.file_text or args.insert_text or "")
    return _written(told.text, told.done, beside, desk.place)


ENTRY = Entry(
    name="memory",
    title="Memory files",
    description=(
        "Your long-term memory as files below /memories: view it at the start of a task, and keep "
        "it right as you learn. view shows a folder or a file; create makes a file; str_replace "
        "changes one unique text; insert adds lines; delete and rename take files and folders. "
        "Names have letters, digits, _ - and . only."
    ),
    arguments=Memory,
    run=memory,
    destructive=True,
    idempotent=False,
    always=True,
)


def _of_reading(told: Told) -> dict[str, object]:
    if told.block is None or told.point is None:
        return {}
    return {
        "receipt": answers.receipt(told.point),
        "version": told.block.version,
        "change": told.block.change,
    }


def _written(said: str, done: Written, beside: list[str], place: str) -> CallToolResult:
    """Answer a write: the words of the reference, then what became of the memory."""
    where = answers.footer(place, done.point.branch)
    rows = [*_rows(done), *beside]
    meta: dict[str, object] = {"receipt": answers.receipt(done.point)}
    if done.change is not None:
        meta["change"] = done.change.number
    versions = [step.after.version for step in done.steps if step.after is not None]
    if len(versions) == 1:
        meta["version"] = versions[0]
    result = answers.say(said, meta=meta)
    more = answers.bounded("\n".join(rows), f"\n{where}")
    result.content.append(TextContent(type="text", text=more))
    return result


def _rows(done: Written) -> list[str]:
    """Say which change it is, how full its block is, and what it lost."""
    if done.change is None:
        return ["nothing to do: it reads so already."]
    number = done.change.number
    if done.repeated:
        return [f"already done as change {number}: this call was made before."]
    rows = [f"change {number}; memory_restore(undo={number}) takes it back"]
    if done.rebased:
        rows[0] += " · put on top of what was changed since you viewed it"
    for step, found in zip(done.steps, done.ledgers or (None,) * len(done.steps), strict=True):
        if step.after is not None and step.after.chars > max(step.after.limit, _chars(step.before)):
            full = f"{step.after.label}: {budget(step.after)}"
            rows.append(f"{full}. Shorten it, or move detail to a file of its own.")
        if step.before is not None and found is not None:
            old = step.before
            rows += losses.told(found, f"label={old.label!r}, at={old.short!r}")
    return rows


def _chars(block: Block | None) -> int:
    return block.chars if block else 0
