"""`tokenspace import`: memory that people have elsewhere, taken in as one change."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ..memory import Space
from ..memory.adopting import GROWN, HERE, Adopted
from ..memory.exchange.bundle import Bundle
from ..memory.exchange.leaks import with_secrets_noted, without_secrets
from ..memory.exchange.recognise import OURS
from ..memory.exchanging import Taken
from ..memory.lines import split_lines
from ..memory.model import MAIN, MAX_NOTE_CHARS
from ..memory.rivals import Rival
from . import exchange_shapes, incoming, shapes
from .call import Call
from .exchange_options import FORMATS
from .terminal import Cell, Column, one_line, plural

_STYLES = {"created": "green", "filled": "green", GROWN: "green", HERE: "dim"}
_COMPARE_S = 1.0
_COMPARED_CHARS = 100_000  # of a text, for others that say the same
_TOLD_RIVALS = 10
_TOLD_NOTES = 20


@dataclass(frozen=True, slots=True)
class _Came:
    """What came in: the bundle, what became of it, and which new texts say what stands already.

    Attributes:
        rivals: What is said already, with the name of the new text that says it.
        uncompared: How many new texts were not compared, for want of time.
    """

    bundle: Bundle
    taken: Taken
    rivals: list[tuple[str, Rival]]
    uncompared: int


def import_file(call: Call) -> int:
    """Take in a file or folder; nothing that is here is overwritten."""
    args = call.args
    bundle = incoming.read(Path(args.file), args.format)
    if not args.with_secrets:
        known = with_secrets_noted if bundle.format in OURS else without_secrets
        bundle = known(bundle)
    came = asyncio.run(_came(call, bundle))
    if args.json:
        call.answer(
            dry_run=args.dry_run,
            format=bundle.format,
            blocks=[shapes.arrival(a) for a in came.taken.blocks],
            passages={"new": sum(came.taken.filed), "here": came.taken.filed.count(False)},
            change=came.taken.change.number if came.taken.change else None,
            alike=[exchange_shapes.alike(name, rival) for name, rival in came.rivals],
            notes=list(bundle.notes),
            left_out=dict(bundle.left_out),
            secrets=list(bundle.secrets),
        )
    else:
        _tell(call, came)
    return 0


async def _came(call: Call, bundle: Bundle) -> _Came:
    args = call.args
    async with _space(call) as space:
        plan = await space.exchange.plan(bundle, call.branch)
        rivals, uncompared = await _alike(call, space, bundle, plan)
        if args.dry_run:
            return _Came(bundle, plan, rivals, uncompared)
        intent = call.intent(args.reason or _from(args.file))
        return _Came(bundle, await space.exchange.take(bundle, intent), rivals, uncompared)


def _from(name: str) -> str:
    """Return the reason of an import: the name of what was taken in, not where it lies."""
    return f"from {Path(name).resolve().name}"[:MAX_NOTE_CHARS]


@asynccontextmanager
async def _space(call: Call) -> AsyncGenerator[Space]:
    """Open the space; for a dry run, one that does not exist is made up, not made."""
    if not call.args.dry_run or call.has_space():
        async with call.space(make=not call.args.dry_run and call.branch == MAIN) as space:
            yield space
        return
    with tempfile.TemporaryDirectory(prefix="tokenspace-") as folder:
        space = await Space.open(Path(folder) / "new.db")
        try:
            yield space
        finally:
            await space.close()


async def _alike(
    call: Call, space: Space, bundle: Bundle, plan: Taken
) -> tuple[list[tuple[str, Rival]], int]:
    """Return what of the new texts stands already, or stands otherwise; and how many were left."""
    texts = [(a.draft.label, "".join(_news(a))) for a in plan.blocks if a.action != HERE]
    passages = zip(bundle.passages, plan.filed, strict=True)
    texts += [
        (f"{draft.kind} {n} of {draft.source or bundle.format}", draft.text or "")
        for n, (draft, new) in enumerate(passages, 1)
        if new
    ]
    found: list[tuple[str, Rival]] = []
    ends = time.monotonic() + _COMPARE_S
    for n, (name, text) in enumerate(texts):
        if time.monotonic() > ends:
            return found, len(texts) - n
        rivals = await space.review.superseded(call.branch, "", text[:_COMPARED_CHARS])
        found += [(name, rival) for rival in rivals if rival.kind != "near"]
    return found, 0


def _tell(call: Call, came: _Came) -> None:
    bundle, taken = came.bundle, came.taken
    call.name_space()
    columns = (
        Column("Block", "bold cyan"),
        Column("What"),
        Column("Characters", right=True),
        Column("Marks", "yellow"),
        Column("In the file"),
    )
    if taken.blocks:
        call.out.table(columns, [_row(a) for a in taken.blocks])
    if bundle.format != "af":
        call.out.line(f"Read as {bundle.format}: {FORMATS[bundle.format]}.")
    for note in bundle.notes[:_TOLD_NOTES]:
        call.out.line(Cell("Note: ", "yellow"), note)
    if len(bundle.notes) > _TOLD_NOTES:
        call.out.line(f"… and {plural(len(bundle.notes) - _TOLD_NOTES, 'more note')}.")
    if bundle.left_out:
        parts = (f"{part.replace('_', ' ')} ({n:,})" for part, n in bundle.left_out.items())
        call.out.line(f"Left out, not being memory blocks: {', '.join(parts)}.")
    if taken.removed:
        call.out.line(f"Empty blocks that are not in it: {', '.join(taken.removed)}; taken out.")
    _tell_secrets(call, bundle)
    _tell_alike(call, came)
    call.out.line(_summary(call, came))
    if taken.change is not None:
        words = ("restore", "--undo", str(taken.change.number))
        call.out.line("To take it back: ", Cell(call.command(*words), "bold"))


def _tell_secrets(call: Call, bundle: Bundle) -> None:
    if bundle.format == "af" and bundle.secrets:
        names = ", ".join(s for s in bundle.secrets if ", line " not in s)
        if names:
            call.out.line(
                Cell("Secrets dropped", "yellow"), f", their values were not read: {names}."
            )
    places = [s for s in bundle.secrets if ", line " in s]
    if places:
        call.out.line(
            Cell("Secrets left out", "yellow"),
            ", found by known patterns: look the rest over. Their places are marked (with "
            "--with-secrets they come along):",
        )
    for place in places[:_TOLD_NOTES]:
        call.out.line(f"  {place}")
    if len(places) > _TOLD_NOTES:
        call.out.line(f"  … and {len(places) - _TOLD_NOTES:,} more.")


def _tell_alike(call: Call, came: _Came) -> None:
    for name, rival in came.rivals[:_TOLD_RIVALS]:
        says = "says the same as" if rival.kind == "repeats" else "may say otherwise than"
        where = f"line {rival.line} of {rival.place}" if rival.line else rival.place
        call.out.line(
            Cell(f"{name} ", "yellow"),
            f"{says} {where}: {one_line(rival.new)[:100]} / {one_line(rival.entry)[:100]}",
        )
    more = len(came.rivals) - _TOLD_RIVALS
    if more > 0:
        call.out.line(f"… and {plural(more, 'more such text')}: --json names them all.")
    if came.uncompared:
        call.out.line(
            f"{plural(came.uncompared, 'text')} could not be compared in time with what stands; "
            f"{call.command('status')} finds what clashes in blocks."
        )


def _summary(call: Call, came: _Came) -> str:
    counts = Counter(a.action for a in came.taken.blocks)
    told = [f"{counts[action]} {action}" for action in _STYLES if counts[action]]
    new, here = sum(came.taken.filed), came.taken.filed.count(False)
    told += [f"{plural(new, 'passage')} filed"] * bool(new)
    told += [f"{plural(here, 'passage')} {HERE}"] * bool(here)
    done = ", ".join(told)
    if call.args.dry_run:
        return f"Dry run, nothing was changed. It would be: {done or 'no blocks'}."
    if came.taken.change is None:
        return f"Nothing to do: {done or 'the file has no blocks'}."
    return f"Done: {done}."


def _news(adopted: Adopted) -> list[str]:
    """Return the lines that a block gets."""
    had = set(split_lines(adopted.before.value)) if adopted.before else set[str]()
    return [line for line in split_lines(adopted.draft.value or "") if line not in had]


def _row(adopted: Adopted) -> list[Cell | str]:
    draft, theirs = adopted.draft, adopted.arrival
    chars = len(draft.value or "")
    over = chars > draft.limit
    source = "" if theirs.draft.label == draft.label else f"{theirs.draft.label} of {theirs.owner}"
    return [
        draft.label,
        Cell(adopted.action, _STYLES[adopted.action]),
        Cell(f"{chars:,}/{draft.limit:,}", "bold red" if over else ""),
        ", ".join(
            [f"+{plural(len(_news(adopted)), 'line')}"] * (adopted.action == GROWN)
            + ["read-only"] * draft.read_only
            + [f"{chars - draft.limit:,} over"] * over
        ),
        source,
    ]
