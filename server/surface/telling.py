"""What the tools of the past say: changes, differences, origins, branches, checkpoints."""

from collections.abc import Sequence

from ...memory import Block, Change, Step
from ...memory.blame import Origin
from ...memory.comparing import Comparison
from ...memory.diff import EntryChange, entries, unified
from ...memory.erasing import Erasure
from ...memory.lines import content
from ...memory.refs import Branch, Checkpoint, Point
from ...memory.render import one_line
from .answers import ANSWER_BYTES, clipped

_MOST = 6  # of what a change did, in its one line
_MARKS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}


def change_row(change: Change) -> str:
    """Return one line about a change: number, time, tool, author, what it did, why."""
    did = [
        f"{t.action} {t.label}"
        + (f" (was {t.old_label})" if t.old_label else "")
        + (f"@{t.version[:8]}" if t.version and t.action != "described" else "")
        for t in change.blocks
    ]
    did += [f"{filed.action} {filed.name}" for filed in change.passages]
    what = ", ".join(did[:_MOST])
    more = f" and {len(did) - _MOST} more" if len(did) > _MOST else ""
    merged = f"merged change {change.merged}" if change.merged else ""
    parts = (
        str(change.number),
        f"{change.at:%Y-%m-%d %H:%M}Z",
        change.tool,
        one_line(str(change.author)),
        ": ".join(filter(None, (merged, what + more))),
        f'"{one_line(change.reason)}"' if change.reason else "",
    )
    return clipped(" · ".join(filter(None, parts)))


def history(changes: Sequence[Change], more: bool) -> str:
    """Return a page of changes, newest first."""
    rows = [change_row(change) for change in changes]
    if more and changes:
        rows.append(f"older: before={changes[-1].number}")
    return "\n".join(rows) or "no changes."


def comparison(found: Comparison, by: str) -> str:
    """Return what differs, block by block."""
    if not found.steps:
        return f"no difference between {_point(found.before)} and {_point(found.after)}."
    rows: list[str] = []
    for step in found.steps:  # no more than an answer holds: each may take a while
        rows += _difference(step, by)
        if sum(map(len, rows)) > ANSWER_BYTES:
            break
    return "\n".join(rows)


def _difference(step: Step, by: str) -> list[str]:
    before, after = step.before, step.after
    rows = [f"--- {_side(before)}", f"+++ {_side(after)}"]
    old, new = (block.value if block else "" for block in (before, after))
    if by == "entry":
        rows += [_entry(change) for change in entries(old, new)]
    else:
        rows += unified(old, new)
    if before is not None and after is not None:
        rows += _about(before, after)
    return rows


def _side(block: Block | None) -> str:
    return f"{block.label}@{block.short}" if block else "/dev/null"


def _entry(change: EntryChange) -> str:
    where = change.new if change.new is not None else change.old
    row = f"{_MARKS[change.kind]}{where} {content(change.after or change.before or '')}"
    if change.kind == "changed":
        row += f" (was: {content(change.before or '')})"
    elif change.kind == "moved":
        row += f" (was line {change.old})"
    return row


def _about(before: Block, after: Block) -> list[str]:
    """Say what is said of a block otherwise."""
    rows: list[str] = []
    for name in ("label", "description", "limit", "read_only", "tags", "metadata"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            rows.append(clipped(f"{name}: {one_line(str(old))} -> {one_line(str(new))}"))
    return rows


def blamed(block: Block, origins: Sequence[Origin]) -> str:
    """Return lines with the change that each came with, and those changes."""
    rows = [f"{block.label}@{block.short}: change, line→text"]
    rows += [f"{o.change.number if o.change else '?'} {o.line}→{o.text}" for o in origins]
    changes = {o.change.number: o.change for o in origins if o.change}
    rows += [change_row(changes[number]) for number in sorted(changes)]
    if any(o.change is None for o in origins):
        rows.append("? is older than what was looked at.")
    return "\n".join(rows)


def erased(done: Erasure) -> str:
    """Return what was erased, by its numbers; never what it was."""
    e = done.erased
    told = ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in e.counts())
    rows = [f"erased (change {e.changes[-1]}, entry {e.entry[:8]}): {told or 'nothing was left'}."]
    if e.left:
        rows.append(f"It is still part of the name of {' and '.join(e.left)}.")
    if done.pending:
        rows.append("Another program still reads the file; the last copies go when it is done.")
    rows.append(
        "Copies that tokenspace kept beside the file are removed; backups elsewhere are not."
    )
    return "\n".join(rows)


def checkpoints(found: Sequence[Checkpoint]) -> str:
    """Return one line a checkpoint, newest first."""
    if not found:
        return "no checkpoints yet; memory_checkpoint(name='before-cleanup') makes one."
    return "\n".join(clipped(_checkpoint(k)) for k in found)


def _checkpoint(k: Checkpoint) -> str:
    message = f' · "{one_line(k.message)}"' if k.message else ""
    return (
        f"{k.name} · {_point(k.point)} · {k.at:%Y-%m-%d %H:%M}Z · {one_line(str(k.author))} · "
        f"{k.blocks} blocks, {k.chars:,} characters{message}"
    )


def branches(found: Sequence[Branch]) -> str:
    """Return one line a branch, oldest first."""
    return "\n".join(
        f"{b.name} · {b.changes:,} changes, head {b.head} · {b.blocks} blocks"
        + (f" · from {_point(b.fork)}" if b.fork else "")
        for b in found
    )


def _point(point: Point) -> str:
    return f"{point.branch} at change {point.change}"
