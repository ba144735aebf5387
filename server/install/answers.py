"""What a person or a program is told of clients and of what was done to their files."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...memory.diff import unified
from .. import shapes
from ..call import RefusedError
from ..terminal import Cell, Column, Output
from .clients import Client
from .entries import PROJECT, is_mine
from .places import Places
from .planning import Plan, known
from .remaining import left
from .sharing import told

_SIGNS = {"+": "green", "-": "red", "@": "cyan", "\\": "dim"}
_DONE = {
    "added": "added to",
    "changed": "changed in",
    "removed": "taken out of",
    "unchanged": "is in",
    "absent": "is not in",
}
_RULES = {"unchanged": "are in", "absent": "are not in"}


@dataclass(frozen=True, slots=True)
class State:
    """How a client is.

    Attributes:
        sign: What shows that it is here, empty where nothing does.
        path: The file that would be edited; None where it has none of that scope.
        entries: The names under which it has tokenspace.
        problem: Why its file cannot be edited, empty where it can.
    """

    client: Client
    sign: str
    path: Path | None
    entries: tuple[str, ...]
    problem: str


def state(client: Client, places: Places, scope: str) -> State:
    """Return how a client is."""
    path = places.file(client, scope)
    entries, problem = tuple[str, ...](), ""
    try:
        if path is not None:
            entries = tuple(
                name for name, one in known(client, scope, path).items() if is_mine(one, name)
            )
    except RefusedError as error:
        problem = str(error).removesuffix(" Nothing was changed.")
    return State(client, places.sign(client), path, entries, problem)


def tell(out: Output, plan: Plan, twins: Sequence[str], places: Places, *, dry_run: bool) -> None:
    """Tell a person what was done, or what would be, and what is left to do."""
    what, verbs = ("the rules", _DONE | _RULES) if plan.what == "rules" else (plan.name, _DONE)
    would = "would be " if dry_run and plan.changes else ""
    done = f" {what} {would}{verbs[plan.action]} {places.shown(plan.path)}"
    out.line(Cell(f"{plan.client.title}:", "bold"), done)
    if plan.kept:
        out.line(f"  kept of the entry that was there: {shlex.join(plan.kept)}")
    for line in told(plan, places, dry_run=dry_run):
        out.line(f"  {line}")
    if dry_run:
        for line in diff(plan, places):
            out.line(Cell(line, _SIGNS.get(line[:1], "")))
        return
    for line in _kept(plan, places):
        out.line(f"  {line}")
    for twin in twins:
        out.line(Cell(f"  it is there twice: also as {twin}", "yellow"))
    for step in left(plan, places):
        out.line(f"  left to do: {step}")


def _kept(plan: Plan, places: Places) -> Iterator[str]:
    aside = ", which is not for the repository" if plan.scope == PROJECT else ""
    if plan.backup is not None:
        yield f"what was there before: {places.shown(plan.backup)}{aside}"
    if plan.remains is not None:
        yield f"from before tokenspace came: {places.shown(plan.remains)}{aside}"


def diff(plan: Plan, places: Places) -> list[str]:
    """Return what a plan would do to a file, as a unified diff."""
    if not plan.changes:
        return []
    shown = places.shown(plan.path)
    head = [
        f"--- {shown if plan.before is not None else '/dev/null'}",
        f"+++ {shown if plan.after is not None else '/dev/null'}",
    ]
    return head + unified(plan.before or "", plan.after or "")


def as_json(
    plans: Sequence[Plan], all_twins: Sequence[Sequence[str]], places: Places, *, dry_run: bool
) -> str:
    """Return what was done, or would be, for programs."""
    done = [
        {
            "client": plan.client.name,
            "scope": plan.scope,
            "what": plan.what,
            "path": str(plan.path),
            "action": plan.action,
            "name": plan.name or None,
            "entry": plan.entry,
            "backup": str(plan.backup) if plan.backup else None,
            "remains": str(plan.remains) if plan.remains else None,
            "left": left(plan, places),
            "kept": list(plan.kept),
            "twins": list(twins),
            "others": [client.name for client in plan.others],
            "diff": "".join(f"{line}\n" for line in diff(plan, places)) if dry_run else None,
        }
        for plan, twins in zip(plans, all_twins, strict=True)
    ]
    return shapes.dumps({"dry_run": dry_run, "done": done})


def tell_states(out: Output, found: Sequence[State], places: Places) -> None:
    """List the clients for a person."""
    columns = (
        Column("Client", "bold"),
        Column("Here"),
        Column("Tokenspace"),
        Column("File", "dim"),
    )
    rows: list[list[Cell | str]] = [
        [
            one.client.name,
            "yes" if one.sign else "",
            Cell(one.problem, "red") if one.problem else ", ".join(one.entries) or "no",
            places.shown(one.path) if one.path else "none",
        ]
        for one in sorted(found, key=lambda one: not one.sign)
    ]
    out.table(columns, rows)


def states_as_json(found: Sequence[State]) -> str:
    """List the clients for programs."""
    clients = [
        {
            "client": one.client.name,
            "title": one.client.title,
            "here": bool(one.sign),
            "sign": one.sign or None,
            "path": str(one.path) if one.path else None,
            "entries": list(one.entries),
            "problem": one.problem or None,
        }
        for one in found
    ]
    return shapes.dumps({"clients": clients})
