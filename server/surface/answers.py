"""What a tool says: short text for the model, and the same facts in `_meta` for programs.

Some clients show the model only `structuredContent`, others only text, others both; so all that
matters stands in the text, once, and nothing structured doubles it.
"""

from mcp_types import CallToolResult, TextContent

from ...memory import Block, Change, Context, Step, Written
from ...memory.ledger import Ledger
from ...memory.lines import content, snippet, split_lines
from ...memory.model import MAIN
from ...memory.refs import Point
from ...memory.render import budget, render_block, render_context
from .losses import collapse, told

LISTED = 20
LINE_CHARS = 160
ANSWER_BYTES = 4_096
"""Most bytes of UTF-8 in an answer that the caller did not ask to be long."""


def say(text: str, *, meta: dict[str, object] | None = None, error: bool = False) -> CallToolResult:
    """Return a tool's answer."""
    named = {f"tokenspace/{key}": value for key, value in (meta or {}).items()}
    result = CallToolResult(content=[TextContent(type="text", text=text)], is_error=error)
    if named:
        result.meta = named
    return result


def receipt(point: Point) -> str:
    """Return the receipt of a read: the branch and change that it showed."""
    return f"{point.branch}.{point.change}"


def footer(place: str, branch: str) -> str:
    """Return the line that says where all this is."""
    return f"space {place}" + ("" if branch == MAIN else f" · branch {branch}")


def context_read(context: Context, place: str) -> CallToolResult:
    """Answer a read of everything."""
    at = context.point
    text = render_context(context.blocks, at.change, damaged=context.damaged)
    return say(
        f"{text}\nreceipt {receipt(at)} · {footer(place, at.branch)}",
        meta={"receipt": receipt(at), "change": at.change},
    )


def block_read(
    block: Block, head: Point, span: tuple[int | None, int | None], place: str
) -> CallToolResult:
    """Answer a read of one block, or of its lines `span`."""
    where = footer(place, head.branch)
    return say(
        f"{render_block(block, *span)}\nreceipt {receipt(head)} · change {block.change} · {where}",
        meta={"receipt": receipt(head), "version": block.version, "change": block.change},
    )


def written(done: Written, place: str, *, note: str | None = None) -> CallToolResult:
    """Answer a write: what stands now, where, and what the model should know about it.

    `note` is one line more.
    """
    meta: dict[str, object] = {"receipt": receipt(done.point)}
    where = footer(place, done.point.branch)
    if done.repeated and done.change is not None:
        text = f"already done as change {done.change.number}: this call was made before."
        return say(f"{text}\n{where}", meta={**meta, "change": done.change.number})
    if done.change is not None:
        meta["change"] = done.change.number
    versions = [step.after.version for step in done.steps if step.after is not None]
    if len(versions) == 1:
        meta["version"] = versions[0]
    parts = _parts(done)
    if not parts and done.change is not None:
        parts = [f"change {done.change.number}: no block reads otherwise."]
    elif not parts:
        parts, note = [f"nothing to do: {note or 'what it deletes is gone already.'}"], None
    rest = f"\n{note}\n{where}" if note else f"\n{where}"
    return say(bounded("\n".join(parts), rest), meta=meta)


def _step(step: Step, done: Written, found: Ledger | None) -> str:
    """Say what became of one block; `found` is what became of its entries, if it was rewritten."""
    before, after = step.before, step.after
    if after is None:
        assert before is not None  # noqa: S101 - a step has at least one side
        return (
            f"{before.label} deleted (change {done.point.change}); its text is still "
            f"memory_read({_then(before, done)})."
        )
    name = f"{after.label}@{after.short}"
    if done.change is None:
        return f"nothing to do: {name} reads so already."
    rows = [f"{name} {_verb(before, after)} (change {done.change.number}) · {budget(after)}"]
    if found is not None and found.collapsed:
        rows[0] = f"{collapse(found)} · {rows[0]}"
    if done.rebased:
        rows[0] += " · put on top of what was changed since you read it"
    if before is None or before.value != after.value:
        rows += _text(before, after)
        if before is not None and found is not None:
            rows += told(found, _then(before, done))
    elif before.label == after.label:
        rows += _about(after)
    return "\n".join(rows)


def _parts(done: Written) -> list[str]:
    """Say what became of each block, of passages, and of entries that may go."""
    parts: list[str] = []
    ledgers = done.ledgers or (None,) * len(done.steps)
    for step, found in zip(done.steps, ledgers, strict=True):
        parts.append(_step(step, done, found))
        if sum(map(len, parts)) > ANSWER_BYTES:
            break
    if done.change is not None and done.change.passages:
        parts.append(_archived(done.change))
    parts += [clipped(f"noted that it may go: {entry}") for entry in done.confirmed[:LISTED]]
    return parts


def _archived(change: Change) -> str:
    """Say what a change did in the archive."""
    did = [f"{filed.name} {filed.action}" for filed in change.passages[:LISTED]]
    more = len(change.passages) - LISTED
    return f"{', '.join(did)}{f' and {more} more' if more > 0 else ''} (change {change.number})"


def _then(block: Block, done: Written) -> str:
    """Return the arguments that read a block as it was before a write."""
    branch = done.point.branch
    where = "" if branch == MAIN else f", branch={branch!r}"
    return f"label={block.label!r}, at={block.short!r}{where}"


def _text(before: Block | None, after: Block) -> list[str]:
    """Show the place that was written, and what could go."""
    shown = snippet(before.value if before else "", after.value)
    rows = [clipped(line) for line in shown.split("\n")] if shown else ["(now empty)"]
    return rows + _over_limit(after)


def _about(block: Block) -> list[str]:
    """Show what is said about a block."""
    about = " ".join(block.description.split())
    tags = " ".join(", ".join(block.tags).split())
    return [clipped(f"about: {about}"), clipped(f"tags: {tags or 'none'}")]


def _verb(before: Block | None, after: Block) -> str:
    if before is None:
        return "created"
    if before.label != after.label:
        return f"renamed from {before.label}"
    return "saved" if before.value != after.value else "described"


def _over_limit(block: Block) -> list[str]:
    """Name what could go where a block is over its budget."""
    over = block.chars - block.limit
    if over <= 0:
        return []
    much = f"{over:,} character" + ("s" if over > 1 else "")
    lines = sorted(enumerate(split_lines(block.value), 1), key=lambda row: -len(row[1]))[:3]
    longest = "; ".join(f"line {n} ({len(t):,}): {content(t)[:60]}" for n, t in lines)
    return [
        f"saved, but {much} over its limit. Shorten it, or move detail to a block of its own. "
        f"Longest: {longest}"
    ]


def clipped(line: str) -> str:
    """Return a line, cut where it is long."""
    return line if len(line) <= LINE_CHARS else line[:LINE_CHARS] + "…"


def bounded(text: str, footer: str) -> str:
    """Return `text` and `footer`, cut at a line where they would be too long."""
    if len((text + footer).encode()) <= ANSWER_BYTES:
        return text + footer
    mark = "\n… (shortened)" + footer
    room = ANSWER_BYTES - len(mark.encode())
    return text.encode()[:room].decode(errors="ignore").rsplit("\n", 1)[0] + mark
