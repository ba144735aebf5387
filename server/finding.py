"""`tokenspace search`: what answers a question best, wherever it stands."""

import asyncio
import re
import shutil
import sys
import textwrap
from collections.abc import Generator
from contextlib import contextmanager

from ..memory.finding import Find, Findings, IndexState
from ..memory.querying import EVERYWHERE, PAST, parsed, scope
from ..memory.search import PATIENCE_S
from ..memory.snippets import snippet, stem
from ..memory.terms import STOP_WORDS
from . import archive_shapes
from .call import Call, WrongUseError
from .terminal import Cell, plural, printable

NOTHING = 1
"""Exit code where nothing was found, as of `grep`."""

_LOADING_S = 10.0  # a person waits so long for a model to be loaded; a program does not
_CHARS = 300  # of a snippet
_INDENT = "    "


def search(call: Call) -> int:
    """Find what answers a question; without one, the newest."""
    args = call.args
    question = " ".join(args.query).strip()
    places = frozenset(args.places or EVERYWHERE)
    if places == PAST and not question:
        raise WrongUseError("say what to look for in the past: give a QUERY.")
    patience_s = _LOADING_S if sys.stderr.isatty() else PATIENCE_S

    async def work() -> tuple[Findings, IndexState | None]:
        embedders = call.embedders()
        async with call.space(embedders=embedders) as space:
            where = scope(
                space.now(),
                places=args.places,
                tags=args.tags,
                every=args.all_tags,
                source=args.source,
                since=args.since,
                until=args.until,
            )
            found = await space.search.find(question, where, args.number, patience_s=patience_s)
            model = await embedders.wanted.look()
            able = question and model.phase not in ("absent", "failed")
            return found, await space.search.state() if able else None

    with _spinner():
        findings, state = asyncio.run(work())
    if args.json:
        call.answer(
            branch=None,
            finds=[archive_shapes.find(find) for find in findings.finds],
            mode=findings.mode,
            why=findings.why or None,
            more=findings.more,
        )
    else:
        _tell(call, findings, state, parsed(question).words)
    return 0 if findings.finds else NOTHING


def tell_find(call: Call, find: Find, wanted: frozenset[str] = frozenset()) -> None:
    """Tell of a find what it is, and the part of it that has the wanted words."""
    facts = [find.place, call.out.when(find.at)]
    if find.until is not None:
        facts.append(f"until {find.until:%Y-%m-%d}")
    if find.gone is not None:
        facts.append(f"taken out by change {find.gone}")
    facts += [f"{find.score:.2f}"] if find.score else []
    facts += filter(None, (find.source, ", ".join(find.tags)))
    told = " · ".join(" ".join(fact.split()) for fact in facts)
    call.out.line(Cell(find.name, "bold cyan"), Cell(f" · {told}", "dim"))
    part = printable(snippet(find.text, wanted, _CHARS))
    rows = [part]
    if call.out.is_terminal:
        width = shutil.get_terminal_size().columns - len(_INDENT)
        rows = textwrap.wrap(part, max(20, width), break_on_hyphens=False)
    for row in rows:
        call.out.line(_INDENT, *_marked(row, wanted))


def _tell(call: Call, findings: Findings, state: IndexState | None, wanted: frozenset[str]) -> None:
    """Tell what was found, and how well it was looked for.

    `state` is how far the vectors are, None where a model could make none.
    """
    call.name_space()
    for find in findings.finds:
        tell_find(call, find, wanted)
    if not findings.finds:
        past = "" if "history" in (call.args.places or ()) else "; --in history looks in the past"
        call.out.line(Cell(f"Nothing was found{past if wanted else ''}.", "dim"))
    if findings.more:
        call.out.line(Cell(f"There are more: -n {call.args.number * 2}", "dim"))
    idle = state if state and state.queued and not state.busy else None
    if findings.why:
        why = "there are no vectors yet." if idle and not idle.serving else findings.why
        call.out.line(Cell("By words only", "yellow"), f": {why}")
    if idle:
        call.out.line(
            f"{plural(idle.queued, 'text')} of {idle.docs:,} wait for a vector. To make them: ",
            Cell(call.command("index"), "bold"),
        )


def _marked(text: str, wanted: frozenset[str]) -> list[Cell]:
    """Return a text in pieces, the wanted words among them bold."""
    stems = [_pattern(word) for word in sorted(wanted - STOP_WORDS) if not _is_letter(word)]
    if not stems:
        return [Cell(text)]
    pieces = re.split(f"({'|'.join(stems)})", text, flags=re.IGNORECASE)
    return [Cell(piece, "bold" if i % 2 else "") for i, piece in enumerate(pieces) if piece]


def _pattern(word: str) -> str:
    if len(word) == 1:  # of a script without spaces between words
        return re.escape(word)
    return rf"(?<![^\W_]){re.escape(stem(word))}[^\W_]*"


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isascii()


@contextmanager
def _spinner() -> Generator[None]:
    """Show on a terminal that something is done; a model takes seconds to be loaded."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status("Searching …"):
        yield
