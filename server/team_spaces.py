"""`tokenspace spaces`: the spaces of a team's endpoint, which may run meanwhile."""

import asyncio
import shlex
from datetime import UTC, datetime
from pathlib import Path

from . import team_shapes
from .asking import agree
from .call import WrongUseError
from .endpoint.tokens import EVERY, Token
from .team import Team
from .team_shapes import Seen, seen
from .terminal import Cell, Column, plural

_UNITS = ((2**30, "GB"), (2**20, "MB"), (2**10, "kB"))


def spaces(team: Team) -> int:
    """Make a space, take one out of the endpoint, delete one, or list them all."""
    args = team.args
    if args.action == "list":
        if args.name is not None:
            raise WrongUseError(f"say what to do with {args.name}: create, archive or delete it?")
        _list(team)
        return 0
    if args.name is None:
        raise WrongUseError(f"say which space to {args.action}: give its NAME.")
    {"create": _create, "archive": _archive, "delete": _delete}[args.action](team)
    return 0


def _list(team: Team) -> None:
    found = [seen(name, team.spaces.path(name)) for name in team.spaces.names()]
    if team.args.json:
        team.answer(spaces=[team_shapes.space(one) for one in found])
        return
    team.out.line(Cell("Spaces of the endpoint", "bold"), Cell(f" · {team.data}", "dim"))
    columns = (
        Column("Space", "bold cyan"),
        Column("Size", right=True),
        Column("Change", right=True),
        Column("Changed"),
        Column("Problem", "red", below=True),
    )
    team.out.table(columns, [_row(team, one) for one in found])
    if not found:
        make = team.command("spaces", "create", "NAME")
        team.out.line(Cell("There are none yet. To make one: ", "dim"), Cell(make, "bold"))


def _row(team: Team, found: Seen) -> list[Cell | str]:
    look = found.look
    if look is None:
        return [found.name, "", "", "", found.problem or ""]
    size = _size(look.bytes) if team.out.is_terminal else str(look.bytes)
    when = team.out.when(look.at) if look.at else ""
    return [found.name, size, str(look.change), when, ""]


def _create(team: Team) -> None:
    name = team.args.name
    path = asyncio.run(team.spaces.create(name))
    team.note("spaces create", space=name)
    now = datetime.now(UTC)
    good = [kept for kept in team.tokens.all() if kept.meets(name) and not kept.is_over(now)]
    if team.args.json:
        team.answer(
            space=team_shapes.space(seen(name, path)),
            tokens=[team_shapes.token(one, now) for one in good],
        )
        return
    team.out.line("Made the space ", Cell(name, "bold"), f": {path}")
    if good:
        team.out.line(f"Already good for it: {_named(good)}.")
    make = team.command("token", "create", "--name", "WHO", "--space", name)
    team.out.line("To let somebody in: ", Cell(make, "bold"))


def _archive(team: Team) -> None:
    name = team.args.name
    path = team.require_space(name)
    found = seen(name, path)
    kept = team.spaces.archive(name, datetime.now(UTC))
    team.note("spaces archive", space=name)
    tokens = team.revoke_all(name)
    if team.args.json:
        now = datetime.now(UTC)
        team.answer(
            space=team_shapes.space(found),
            archived=str(kept),
            revoked=[team_shapes.token(one, now) for one in tokens],
        )
        return
    team.out.line(Cell(f"Archived {name}", "bold"), f": it is served no more, and kept as {kept}")
    _tell_revoked(team, tokens)
    team.out.line("To look into it: ", Cell(_on(kept, "blocks"), "bold"))
    team.out.line("To bring it back: ", Cell(_on(path, "restore-backup", str(kept)), "bold"))


def _delete(team: Team) -> None:
    name = team.args.name
    found = seen(name, team.require_space(name))
    if not team.args.yes:
        agree(_warning(team, found), name)
    team.spaces.delete(name)
    team.note("spaces delete", space=name)
    tokens = team.revoke_all(name)
    if team.args.json:
        now = datetime.now(UTC)
        gone = [team_shapes.token(one, now) for one in tokens]
        team.answer(space=team_shapes.space(found), revoked=gone)
        return
    team.out.line(Cell(f"Deleted the space {name}", "bold"), ", with its history.")
    _tell_revoked(team, tokens)


def _tell_revoked(team: Team, tokens: list[Token]) -> None:
    if tokens:
        team.out.line(f"Revoked, as they were for it alone: {_named(tokens)}.")
        team.warn_if_none_is_left()


def _warning(team: Team, found: Seen) -> str:
    """Return what would be gone."""
    tokens = [kept for kept in team.tokens.all() if kept.space == found.name]
    parts = ["its history"]
    if found.look is not None and found.look.at is not None:
        last = f"{found.look.change:,}, {team.out.when(found.look.at)}"
        parts = [_size(found.look.bytes), f"all changes (the newest is number {last})"]
    if tokens:
        parts.append(f"{plural(len(tokens), 'token')} for it alone ({_named(tokens)})")
    keep = team.command("spaces", "archive", found.name)
    return (
        f"This deletes the space {found.name} for good: {', '.join(parts)}. It cannot be undone; "
        f"`{keep}` would keep it."
    )


def _named(tokens: list[Token]) -> str:
    everywhere = {EVERY: " (for every space)"}
    return ", ".join(f"{kept.name} {kept.id}{everywhere.get(kept.space, '')}" for kept in tokens)


def _on(path: Path, *words: str) -> str:
    """Return a command about a file, as the person would type it."""
    return shlex.join(("tokenspace", *words, "--db", str(path)))


def _size(amount: int) -> str:
    """Return a number of bytes for a person."""
    least, unit = next((step for step in _UNITS if amount >= step[0]), (1, "bytes"))
    return f"{amount / least:,.1f} {unit}" if least > 1 else f"{amount} bytes"
