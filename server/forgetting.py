"""`tokenspace forget`: out of the present, or (`--erase`) out of all of the past as well."""

import asyncio

from ..memory import Written
from ..memory.archive import Shelved
from ..memory.erasing import Erasure
from ..memory.model import normal_label
from . import history, passages, shapes
from .asking import confirm, text_of
from .call import Call, WrongUseError
from .terminal import Cell, plural


def forget(call: Call) -> int:
    """Take a block, an entry or a passage out of the present; with --erase, out of everything."""
    args = call.args
    if args.passage is not None and (args.label, args.entry, args.branch) != (None, None, None):
        raise WrongUseError("--passage goes alone: leave LABEL, --entry and --branch out.")
    if args.label is None and args.entry is None and args.passage is None:
        raise WrongUseError("say what to forget: a block's LABEL, --entry TEXT or --passage ID.")
    if args.erase and args.entry is not None and (args.label or args.branch) is not None:
        raise WrongUseError(
            "--erase --entry takes the text out of every block on every branch; leave "
            f"{'LABEL' if args.label is not None else '--branch'} out."
        )
    call.require_space()
    entry = None if args.entry is None else text_of(args.entry, "Text to forget")
    if args.erase:
        return _erase(call, entry)
    return _forget(call, entry) if args.passage is None else _take_out(call)


def _forget(call: Call, entry: str | None) -> int:
    """Write what no longer has the block, or the entry."""
    label = call.args.label

    async def work() -> Written:
        async with call.space() as space:
            intent = call.intent(call.args.reason)
            return await space.history.forget(intent, label=label, entry=entry)

    written = asyncio.run(work())
    what = "that entry" if entry is not None else f"block {label}"
    if call.args.json:
        history.answer(call, written, erased=None)
    elif written.change is None:
        call.out.line(f"Nothing to do: {what} is forgotten already, in {call.where}.")
    else:
        history.tell(call, written, f"Forgot {what}")
        call.out.line("Earlier versions still have it; --erase takes it out of those as well.")
    return 0


def _take_out(call: Call) -> int:
    """Take a passage or an episode out of the archive."""
    name = call.args.passage

    async def work() -> Shelved:
        async with call.space() as space:
            await passages.require(space, name)
            return await space.archive.remove(name, call.intent(call.args.reason))

    written = asyncio.run(work()).written
    if call.args.json:
        history.answer(call, written, erased=None)
    elif written.change is None:
        call.out.line(f"Nothing to do: {name} is forgotten already, in {call.place}.")
    else:
        number, named = written.change.number, written.change.passages[0].name
        call.out.line(f"Forgot {named}, as change {number} in {call.place}.")
        words = ("restore", "--undo", str(number))
        call.out.line("To take it back: ", Cell(call.command(*words), "bold"))
        call.out.line("Its earlier versions are still there; --erase takes those out as well.")
    return 0


def _erase(call: Call, entry: str | None) -> int:
    """Erase, once the person has agreed to what that is."""
    confirm(call, _warning(call, entry))
    name = call.args.passage
    what = "a text" if entry is not None else name or f"block {call.args.label}"
    intent = call.intent(call.args.reason or f"erase {what}")

    async def work() -> Erasure:
        async with call.space() as space:
            if name is not None:
                return await space.history.erase_passage(intent, name)
            if entry is None:
                return await space.history.erase_block(intent, call.args.label)
            return await space.history.erase_text(intent, entry)

    done = asyncio.run(work())
    if call.args.json:
        call.answer(change=None, checkpoint=None, blocks=[], erased=shapes.erasure(done))
    else:
        _tell(call, done)
    return 0


def _warning(call: Call, entry: str | None) -> str:
    """Return what is about to be erased; of a text only its length, as others may look on."""
    if call.args.passage is not None:
        asyncio.run(_require_passage(call))
        what = f"{call.args.passage} and all its versions"
        return f"This erases {what}, from {call.place} and from the disk. It cannot be undone."
    if entry is not None:
        what = f"a text of {plural(len(entry.strip()), 'character')} from every version"
    else:
        asyncio.run(_require_block(call))
        what = f"block {normal_label(call.args.label)} and all its versions"
    return (
        f"This erases {what}, on every branch of {call.place}, and from the disk. It cannot be "
        "undone."
    )


async def _require_block(call: Call) -> None:
    """Refuse a label that no block has or had, before anything is asked."""
    async with call.space() as space:
        await space.changes(call.args.label, limit=1, branch=call.branch)


async def _require_passage(call: Call) -> None:
    """Refuse a name that no passage has or had, before anything is asked."""
    async with call.space() as space:
        await passages.require(space, call.args.passage)


def _tell(call: Call, done: Erasure) -> None:
    """Tell what was erased in numbers, never what it was; and what is left of it."""
    erased = done.erased
    told = ", ".join(plural(count, noun) for count, noun in erased.counts())
    call.out.line(
        Cell("Erased", "bold"),
        f" from {call.place}, as change {erased.changes[-1]} (entry {erased.entry[:8]}): "
        f"{told or 'it had no text'}. This cannot be undone.",
    )
    if call.args.entry is None:
        what = "block" if call.args.passage is None else "passage"
        call.out.line(f"That there was such a {what}, and when it changed, stays in the history.")
    if erased.left:
        left = " and ".join(erased.left)
        call.out.line(Cell("Not erased", "yellow"), f": it is still part of the name of {left}.")
    if done.pending:
        call.out.line(
            Cell("Not yet off the disk", "yellow"),
            ": another program still reads what stood before. Once it is done, or closed, run ",
            Cell(call.command("gc"), "bold"),
            ".",
        )
    call.out.line(
        "Copies that tokenspace kept beside the file are removed; your backups, and what other "
        "programs copied, are not touched."
    )
