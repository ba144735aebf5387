"""`tokenspace archive`: texts that are found when they matter, filed, corrected and listed."""

import asyncio
from datetime import datetime
from typing import Any

from ..memory import Space
from ..memory.archive import Shelved
from ..memory.finding import Find, Findings
from ..memory.passages import READ_CHARS, PassageDraft, clean_tags
from ..memory.querying import Place, Scope
from ..memory.render import length
from ..memory.snippets import snippet
from ..memory.when import span
from . import archive_shapes, passages, shapes
from .call import Call, WrongUseError
from .editing import from_file
from .finding import tell_find
from .terminal import Cell, Column

_LISTED = 20
_FIRST_CHARS = 120  # of a passage in the list
_DONE = {"filed": "Filed", "edited": "Corrected", "described": "Described anew"}


def archive(call: Call) -> int:
    """File a text, correct a passage, or list the newest."""
    args = call.args
    given = (args.tags, args.source, args.valid_from, args.valid_until)
    about = any(value is not None for value in given)
    if args.file is None and args.id is None:
        if about or args.reason:
            raise WrongUseError(
                "say what to file: give a FILE, or - for standard input. To look for passages by "
                "tag, source or time, use `tokenspace search --in archive`."
            )
        return _list(call)
    if args.episodes or args.number is not None:
        raise WrongUseError("--episodes and -n are for the list: leave FILE and --id out.")
    if args.file is None and not about:
        raise WrongUseError(f"say what to change of {args.id}: a FILE with its text, or a flag.")
    text = None if args.file is None else from_file(args.file)
    if args.id is not None and text is not None and not text.strip() and about:
        raise WrongUseError("an empty text takes the passage out: leave the rest out.")
    done, near = asyncio.run(_filed(call, text))
    if args.json:
        change, passage = done.written.change, done.passage
        call.answer(
            branch=None,
            change=shapes.change(change) if change else None,
            passage=archive_shapes.passage(passage) if passage else None,
            near=[archive_shapes.find(find) for find in near],
        )
    else:
        _tell(call, done, near)
    return 0


async def _filed(call: Call, text: str | None) -> tuple[Shelved, list[Find]]:
    """Write what was asked for; a new text is compared with those that are there."""
    new = call.args.id is None
    async with call.space(make=new, embedders=call.embedders()) as space:
        done = await (_file(call, space, text or "") if new else _correct(call, space, text))
        made = done.passage
        if made is None or text is None or done.same:
            return done, []
        return done, await space.search.near(made.text, made.name)


async def _file(call: Call, space: Space, text: str) -> Shelved:
    draft = PassageDraft(id=None, kind="passage", text=text, **_about(call, space.now()))
    return await space.archive.file(draft, call.intent(call.args.reason))


async def _correct(call: Call, space: Space, text: str | None) -> Shelved:
    name, intent = call.args.id, call.intent(call.args.reason)
    if text is not None and not text.strip():
        await passages.require(space, name)
        return await space.archive.remove(name, intent)
    await passages.read(space, name)
    return await space.archive.update(name, intent, text=text, **_about(call, space.now()))


def _about(call: Call, now: datetime) -> dict[str, Any]:
    """Return what the flags say of a passage; those not given are absent."""
    args = call.args
    about: dict[str, Any] = {}
    if args.tags is not None:
        about["tags"] = clean_tags(args.tags)
    if args.source is not None:
        about["source"] = args.source.strip()
    if args.valid_from is not None:
        about["valid_from"] = span(args.valid_from, now)[0]
    if args.valid_until is not None:
        about["valid_until"] = span(args.valid_until, now)[1]
    return about


def _tell(call: Call, done: Shelved, near: list[Find]) -> None:
    """Tell what became of the passage, and how to take that back."""
    change, passage = done.written.change, done.passage
    if change is None:
        was = f"{passage.name} reads like that" if passage else f"{call.args.id} is taken out"
        call.out.line(f"Nothing to do: {was} already, in {call.place}.")
        return
    where = f"as change {change.number} in {call.place}"
    if passage is None:
        name = change.passages[0].name
        call.out.line(f"The text is empty: took {name} out of the archive, {where}.")
    else:
        call.out.line(
            f"{_DONE[change.passages[0].action]} ",
            Cell(passage.name, "bold cyan"),
            Cell(f"@{passage.version[:8]}", "dim"),
            f" {where}: {length(passage.text)}",
        )
        if len(passage.text) > READ_CHARS:
            call.out.line(
                f"It is long: what stands after about {READ_CHARS:,} characters is found by its "
                "words only. Several passages of one source are found better."
            )
    if near:
        words = ("archive", "FILE", "--id", near[0].name)
        call.out.line(
            Cell("Perhaps the same", "yellow"),
            ", which could rather be corrected: ",
            Cell(call.command(*words), "bold"),
        )
    for find in near:
        tell_find(call, find)
    words = ("restore", "--undo", str(change.number))
    call.out.line("To take it back: ", Cell(call.command(*words), "bold"))


def _list(call: Call) -> int:
    """List the newest passages, or episodes."""
    most = call.args.number or _LISTED
    place: Place = "episodes" if call.args.episodes else "archive"

    async def work() -> Findings:
        async with call.space() as space:
            return await space.search.find("", Scope(places=frozenset((place,))), most)

    found = asyncio.run(work())
    if call.args.json:
        finds = [archive_shapes.find(find) for find in found.finds]
        call.answer(branch=None, finds=finds, more=found.more)
        return 0
    call.name_space()
    columns = (
        Column("Name", "bold cyan"),
        Column("When"),
        Column("Source"),
        Column("Tags", "magenta"),
        Column("Text", "dim", below=True),
    )
    rows: list[list[Cell | str]] = [
        [
            find.name,
            call.out.when(find.at),
            find.source,
            ", ".join(find.tags),
            snippet(find.text, frozenset(), _FIRST_CHARS),
        ]
        for find in found.finds
    ]
    call.out.table(columns, rows)
    if not rows:
        what = "episodes" if place == "episodes" else "passages"
        call.out.line(Cell(f"There are no {what}.", "dim"))
    if found.more:
        words = ["archive", *["--episodes"] * call.args.episodes, "-n", str(most * 2)]
        call.out.line(Cell(f"There are older ones: {call.command(*words)}", "dim"))
    return 0
