"""`tokenspace export`: all of memory as files that people and other programs read, or a mirror."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType

from ..memory import Space
from ..memory.errors import LockedError
from ..memory.exchange import jsonlines, letta
from ..memory.exchanging import Everything
from ..memory.model import MAIN
from .call import Call, RefusedError, WrongUseError
from .exchange_options import OUTPUTS
from .mirror import Mirror
from .mirror_intake import Event
from .mirror_missing import EmptiedError
from .mirrored_folder import Folder, write_whole
from .terminal import Cell, plural

STEP_S = 0.5
"""Between two looks at folder and memory; more where a look takes long, to be idle mostly."""

_LONGEST_STEP_S = 5.0
_IDLE = 20  # so many times as long as a look took

_STYLES = {
    **dict.fromkeys(("conflict", "refused", "held"), "bold red"),
    **dict.fromkeys(("deleted", "removed", "older"), "yellow"),
}


def export(call: Call) -> int:
    """Write all that memory has, or keep a folder and memory alike."""
    args = call.args
    kind = args.format or _kind(args.target)
    if args.watch and kind != "markdown":
        raise WrongUseError("--watch is for a folder of Markdown: give a folder.")
    if args.target == "-" and kind == "markdown":
        raise WrongUseError("on standard output: --format jsonl or af; Markdown is a folder.")
    if kind != "markdown" and args.target != "-" and Path(args.target).exists() and not args.force:
        raise RefusedError(f"there is already a file {args.target}; --force writes over it.")
    if kind == "markdown":
        work = _watch(call) if args.watch else _folder(call)
    else:
        work = _file(call, kind)
    return asyncio.run(work)


def _kind(target: str) -> str:
    """Return the format that a name tells.

    Raises:
        WrongUseError: it is a file's, of none that we write.
    """
    path = Path(target)
    suffix = path.suffix.lower().removeprefix(".")
    if target == "-" or suffix == "ndjson":
        return "jsonl"
    if suffix in OUTPUTS and suffix != "markdown":
        return suffix
    # A folder may have a date or a version in its name.
    is_folder = target.endswith(("/", os.sep)) or path.is_dir()
    if suffix and not suffix.isdecimal() and not is_folder:
        raise WrongUseError(
            f"{target}: tokenspace writes no .{suffix}; give FILE.af, FILE.jsonl or a folder "
            "(--format markdown makes one of this name)."
        )
    return "markdown"


async def _file(call: Call, kind: str) -> int:
    target = call.args.target
    async with call.space() as space:
        found = await space.exchange.everything(call.branch)
        at = space.now()
    name = call.place.name
    if kind == "af":
        text = letta.write(name, found.blocks, at)
    else:
        text = "".join(jsonlines.write(name, found.blocks, found.passages, at))
    if target == "-":
        call.out.exact(text)
        return 1 if found.damaged else 0
    write_whole(Path(target), text.encode())
    return _told(call, kind, found)


async def _folder(call: Call) -> int:
    refused: list[Event] = []
    async with call.space() as space:
        folder = await _opened(call, space)
        mirror = Mirror(
            space, folder, call.intent(), lambda event: _note(event, refused), calm_s=0.0
        )
        edits = await mirror.begin()
        if edits and not call.args.force:
            raise RefusedError(
                f"{plural(len(edits), 'file')} of {folder.root} was edited since the last export, "
                f"{edits[0]} first. --watch takes edits in, --force writes over them."
            )
        await mirror.write(over=call.args.force)
        await mirror.close()
    return _told(call, "markdown", mirror.memory.everything(), refused)


def _note(event: Event, refused: list[Event]) -> None:
    if event.did == "refused":
        refused.append(event)


async def _opened(call: Call, space: Space) -> Folder:
    """Return the folder, unless it has what is not this memory's."""
    folder = _looked_at(Path(call.args.target))
    origin = await space.exchange.origin()
    if folder.origin and (folder.origin, folder.branch) != (origin, call.branch):
        raise RefusedError(f"{folder.root} is of another memory or branch; give another folder.")
    folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _looked_at(root: Path) -> Folder:
    if root.exists() and not root.is_dir():
        raise RefusedError(f"{root} is a file; give a folder, or FILE.af, or FILE.jsonl.")
    folder = Folder(root)
    if folder.is_foreign():
        raise RefusedError(
            f"{root} has files that are no export of tokenspace; give an empty folder, or one that "
            "is not there yet."
        )
    return folder


async def _watch(call: Call) -> int:
    async with call.space() as space:
        folder = await _opened(call, space)
        intent = replace(call.intent(), tool="mirror")
        with _until_signal() as ended:
            mirror = Mirror(
                space,
                folder,
                intent,
                _teller(call),
                ended=ended.is_set,
                deletes=call.args.force,
            )
            if not call.args.json:
                call.name_space()
                call.out.line(f"Mirrored in {folder.root}, both ways. Ctrl-C ends this.")
                sys.stdout.flush()
            await _mirrored(call, space, mirror, ended)
    if not call.args.json:
        call.out.line("The mirror has ended; every edit that it saw is in memory.")
    return 0


async def _mirrored(call: Call, space: Space, mirror: Mirror, ended: asyncio.Event) -> None:
    while not ended.is_set():
        began = time.monotonic()
        try:
            await mirror.step()
        except EmptiedError:
            raise RefusedError(
                f"every file of {call.args.target} is gone at once. Nothing was deleted from "
                "memory; to write all of it again, remove what is left of the folder."
            ) from None
        except LockedError:
            pass  # whoever has it lets go of it
        if not space.is_current():
            raise RefusedError(f"the memory {call.place} was moved or replaced; start again.")
        pause = min(_LONGEST_STEP_S, max(STEP_S, _IDLE * (time.monotonic() - began)))
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), pause)
    await mirror.close()


@contextmanager
def _until_signal() -> Generator[asyncio.Event]:
    """Give what is set when the person, or the system, wants an end; a step is never cut."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def end(_signal: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(ended.set)

    for number in signals:
        signal.signal(number, end)
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _teller(call: Call) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        if call.args.json:
            told = {"did": event.did, "path": event.path, "why": event.why or None}
            call.out.exact(json.dumps(told) + "\n")
            return
        why = f": {event.why}" if event.why else ""
        call.out.line(Cell(f"{event.did} ", _STYLES.get(event.did, "green")), event.path, why)
        sys.stdout.flush()

    return tell


def _told(call: Call, kind: str, found: Everything, refused: Sequence[Event] = ()) -> int:
    episodes = sum(p.kind == "episode" for p in found.passages)
    passages = len(found.passages) - episodes
    if call.args.json:
        call.answer(
            format=kind,
            target=str(Path(call.args.target).resolve()),
            blocks=len(found.blocks),
            passages=passages if kind != "af" else 0,
            episodes=episodes if kind != "af" else 0,
            damaged=list(found.damaged),
            refused=[event.path for event in refused],
        )
    else:
        counts = [plural(len(found.blocks), "block")]
        rest = [plural(passages, "passage"), plural(episodes, "episode")]
        alone = kind == "af" or (kind == "markdown" and call.branch != MAIN)
        told = ", ".join(counts if alone else counts + rest)
        call.out.line(f"Exported {told} of {call.where} to {call.args.target}.")
        if kind == "af" and found.passages:
            call.out.line(f"An Agent File has no place for {' or '.join(rest)}: left out.")
        elif alone and kind == "markdown":
            call.out.line("The archive has no branches: its passages are left out.")
        if found.damaged:
            call.out.line(Cell("Damaged, left out: ", "red"), ", ".join(found.damaged))
        for event in refused:
            call.out.line(Cell("Not written: ", "red"), event.path, f": {event.why}")
    return 1 if found.damaged or refused else 0
