"""What each tool of the past does: one call of the memory's history, and its answer."""

from dataclasses import replace

from mcp_types import CallToolResult

from ...memory import Intent, Written
from ...memory.errors import InvalidError
from ...memory.model import MAIN
from . import answers, filing, telling
from .arguments import Blame, Checkpoint, Diff, Forget, History, MakeBranch, Merge, Restore
from .desk import Desk
from .handlers import line_range

BLAME_S = 2.0
"""How long a blame looks back, in seconds."""

ERASE_S = 1.0
"""How long the past is searched for what shall be erased, in seconds."""

_ARCHIVE = "the archive stays as it is"


async def history(desk: Desk, args: History, _: Intent) -> CallToolResult:
    """memory_history."""
    space = await desk.space()
    branch = args.branch or MAIN
    found = await space.changes(args.label, before=args.before, limit=args.limit + 1, branch=branch)
    page = found[: args.limit]
    while page and len(telling.history(page, more=True).encode()) > answers.ANSWER_BYTES - 512:
        page = page[: len(page) * 3 // 4]
    return _say(telling.history(page, more=len(found) > len(page)), desk, branch)


async def diff(desk: Desk, args: Diff, _: Intent) -> CallToolResult:
    """memory_diff."""
    space = await desk.space()
    branch = args.branch or MAIN
    found = await space.history.compare(args.start, args.to, label=args.label, branch=branch)
    return _say(telling.comparison(found, args.by), desk, branch)


async def blame(desk: Desk, args: Blame, _: Intent) -> CallToolResult:
    """memory_blame."""
    space = await desk.space()
    branch = args.branch or MAIN
    block, origins = await space.history.blame(args.label, args.at, branch=branch, seconds=BLAME_S)
    first, last = line_range(args.lines, len(origins))
    return _say(telling.blamed(block, origins[first - 1 : last]), desk, branch)


async def restore(desk: Desk, args: Restore, intent: Intent) -> CallToolResult:
    """memory_restore."""
    space = await desk.space()
    if sum(one is not None for one in (args.to, args.undo, args.lost)) != 1:
        raise InvalidError(
            "give one of to (a place to go back to), undo (a change to take back), lost (a change "
            "whose losses to put back)."
        )
    if args.lost is not None:
        return _written(desk, await space.history.put_back(intent, args.lost))
    if args.undo is not None:
        if args.label is not None:
            raise InvalidError("undo takes back a change in all its blocks; leave the label out.")
        return _written(desk, await space.history.revert(intent, args.undo))
    done = await space.history.restore(intent, args.to or "", args.label)
    if args.label is not None:
        return _written(desk, done)
    return _written(desk, done, f"every block reads so already; {_ARCHIVE}.", f"; {_ARCHIVE}")


async def checkpoint(desk: Desk, args: Checkpoint, intent: Intent) -> CallToolResult:
    """memory_checkpoint."""
    space = await desk.space()
    if args.name is None:
        return _say(telling.checkpoints(await space.history.checkpoints()), desk, intent.branch)
    made = await space.history.checkpoint(intent, args.name, args.message or "", args.at)
    text = f"{telling.checkpoints([made])}\nback to it: memory_restore(to={made.name!r})"
    return _say(text, desk, intent.branch)


async def branch(desk: Desk, args: MakeBranch, intent: Intent) -> CallToolResult:
    """memory_branch."""
    space = await desk.space()
    if args.name is None:
        if args.delete:
            raise InvalidError("give the name of the branch to delete.")
        return _say(telling.branches(await space.history.branches()), desk, MAIN)
    if args.delete:
        gone = await space.history.delete_branch(args.name)
        text = f"branch {gone.name} is deleted; what it had last is change {gone.head}."
        return _say(text, desk, MAIN)
    made = await space.history.make_branch(intent, args.name, args.start)
    if args.start is None:
        desk.seen.branched(made.name, intent.branch)
    text = (
        f"{telling.branches([made])}\nread and edit it with branch={made.name!r}; "
        f"memory_merge(branch={made.name!r}) brings it back"
    )
    return _say(text, desk, MAIN)


async def merge(desk: Desk, args: Merge, intent: Intent) -> CallToolResult:
    """memory_merge."""
    space = await desk.space()
    into = args.into or MAIN
    done = await space.history.merge(replace(intent, branch=into), args.branch, args.resolve)
    if done.change is None and not done.repeated:
        return _say(f"nothing to do: {into} has all of {args.branch}.", desk, into)
    return _written(desk, done)


async def forget(desk: Desk, args: Forget, intent: Intent) -> CallToolResult:
    """memory_forget."""
    space = await desk.space()
    if args.passage is not None and (args.label or args.entry):
        raise InvalidError("forget one thing at a time: a passage, or a block, or an entry.")
    if args.erase:
        return await _erased(desk, args, intent)
    if args.passage is not None:
        return filing.answer(await space.archive.remove(args.passage, intent), desk)
    if args.entry is None and args.label is not None:
        base = args.expected_version or desk.seen.whole(args.label, intent.branch)
        done = await space.history.forget(intent, label=args.label, expected=base)
        note = None if done.steps else f"{args.label} is deleted already."
        return _written(desk, done, note)
    done = await space.history.forget(intent, label=args.label, entry=args.entry)
    return _written(desk, done)


async def _erased(desk: Desk, args: Forget, intent: Intent) -> CallToolResult:
    space = await desk.space()
    if args.entry is not None and args.label is not None:
        raise InvalidError("a text is erased wherever it stands: leave out the label, or the text.")
    if args.entry is not None:
        done = await space.history.erase_text(intent, args.entry, seconds=ERASE_S)
    elif args.label is not None:
        done = await space.history.erase_block(intent, args.label)
        desk.seen.forget(args.label, intent.branch)
    elif args.passage is not None:
        done = await space.history.erase_passage(intent, args.passage)
    else:
        raise InvalidError("say what to erase: a label, a passage, or an entry (any text).")
    return _say(telling.erased(done), desk, intent.branch)


def _written(desk: Desk, done: Written, note: str | None = None, also: str = "") -> CallToolResult:
    """Answer a write that went back in history, or brought branches together.

    `note` is told where nothing was written; `also` ends the note where something was.
    """
    desk.seen.wrote(done.steps, done.point.branch)
    if done.change is not None and not done.repeated:
        kept = f"kept as checkpoint {done.checkpoint}; " if done.checkpoint else ""
        note = f"{kept}to take this back: memory_restore(undo={done.change.number}){also}"
    return answers.written(done, desk.place, note=note)


def _say(text: str, desk: Desk, branch: str) -> CallToolResult:
    return answers.say(answers.bounded(text, f"\n{answers.footer(desk.place, branch)}"))
