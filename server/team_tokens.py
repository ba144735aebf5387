"""`tokenspace token`: who may come into the spaces of a team's endpoint, as what, until when."""

import re
from datetime import UTC, datetime, timedelta

from ..memory.errors import InvalidError
from ..memory.when import latest
from . import team_shapes
from .call import RefusedError, WrongUseError
from .endpoint.entries import TOKEN, address, claude, header, other, public_address
from .endpoint.spaces import DEFAULT
from .endpoint.tokens import EVERY, Token
from .roles import Role
from .team import Team
from .terminal import Cell, Column, complain, plural

_NEVER = "never"
_LONG = re.compile(r"(?:in\s+)?(\d{1,5})\s*(minute|hour|day|week|month|year)s?", re.IGNORECASE)
_HOURS = {"minute": 1 / 60, "hour": 1, "day": 24, "week": 168, "month": 720, "year": 8_760}


def token(team: Team) -> int:
    """Make a token, revoke one, or list them all."""
    args = team.args
    if args.action != "create" and (args.name, args.role, args.expires) != (None, None, None):
        raise WrongUseError("--name, --role and --expires go with create.")
    if args.action == "create":
        _create(team)
    elif args.action == "revoke":
        _revoke(team)
    else:
        _list(team)
    return 0


def expiry(text: str | None, now: datetime) -> datetime | None:
    """Return when something ends: at a time, after so long, or (None, `never`) not at all.

    Args:
        text: As a person writes it; a day counts until it is over.
        now: UTC.

    Raises:
        InvalidError: it is neither a time nor how long.
    """
    text = (text or _NEVER).strip()
    if text.lower() == _NEVER:
        return None
    try:
        if long := _LONG.fullmatch(text):
            return now + timedelta(hours=int(long[1]) * _HOURS[long[2].lower()])
        return latest(text, now)
    except (InvalidError, OverflowError):
        raise InvalidError(
            f"{text[:60]!r} is no time to end at; write 2027-01-31, '2027-01-31 14:30', '90 days' "
            "or never."
        ) from None


def _create(team: Team) -> None:
    args = team.args
    if args.which is not None:
        raise WrongUseError(f"say whose token it is with a flag: --name {args.which}.")
    if args.name is None or args.space is None:
        raise WrongUseError(
            "say whose token it is, and for which space: --name NAME --space SPACE."
        )
    # The first space is made when an endpoint first starts.
    if args.space != EVERY and (args.space != DEFAULT or team.spaces.names()):
        team.require_space(args.space, make=True)
    role = Role(args.role or Role.WRITER)
    ends = expiry(args.expires, datetime.now(UTC))
    made, secret = team.tokens.create(args.name, args.space, role, ends)
    team.note_token("token create", made)
    before = [kept for kept in team.tokens.all() if _replaces(made, kept)]
    url = address(public_address(team.settings, team.settings.port), made.space)
    try:
        if args.json:
            shape = team_shapes.token(made, datetime.now(UTC))
            team.answer(
                token=shape, secret=secret, address=url, others=[kept.id for kept in before]
            )
        else:
            team.out.exact(f"{secret}\n")
    except OSError as error:  # nobody has seen it, so nobody shall have it
        team.tokens.revoke(made.id)
        team.note_token("token revoke", made)
        raise RefusedError(
            f"the token could not be written ({error.strerror}), and was revoked again."
        ) from error
    if not args.json:
        team.tell(*_told(made, url), *_twice(team, made, before))


def _replaces(made: Token, kept: Token) -> bool:
    """Tell whether somebody who was given a token has had another for the same."""
    same = (kept.name, kept.space) == (made.name, made.space) and kept.id != made.id
    return same and not kept.is_over(made.made_at)


def _twice(team: Team, made: Token, before: list[Token]) -> list[str]:
    """Return what to do where somebody has several tokens for the same space."""
    if not before:
        return []
    ids = ", ".join(kept.id for kept in before)
    revoke = team.command("token", "revoke", before[0].id)
    return [
        f"{made.name} has had another for the same, which stays good: {ids}. Once this one is in "
        f"its place: {revoke}",
    ]


def _told(made: Token, url: str) -> list[str]:
    """Return whose token this is, and what to do with it: never the token itself."""
    where = "every space" if made.space == EVERY else f"the space {made.space}"
    ends = (
        f"it expires at {made.expires_at:%Y-%m-%d %H:%M} UTC"
        if made.expires_at
        else ("it never expires")
    )
    return [
        f"This is the token of {made.name}, {made.role} in {where}; {ends}. It is shown this once.",
        f"Where {TOKEN} stands, put it in. Its id, by which it is revoked, is {made.id}.",
        f"  header       {header()}",
        f"  Claude Code  {claude(url, guarded=True)}",
        f"  others       {other(url, guarded=True)}",
    ]


def _revoke(team: Team) -> None:
    args, tokens = team.args, team.tokens
    if args.which is None:
        raise WrongUseError("say which token: give its ID, or the name of who has it.")
    revoked = tokens.revoke(args.which, args.space)
    ident = revoked.id if revoked else args.which
    if revoked:
        team.note_token("token revoke", revoked)
    else:
        team.note("token revoke", token=ident)
    if args.json:
        shape = team_shapes.token(revoked, datetime.now(UTC)) if revoked else None
        team.answer(id=ident, token=shape, left=len(tokens.all()))
        return
    whose = f"the token of {revoked.name} for {revoked.space}" if revoked else "a damaged token"
    team.out.line(Cell("Revoked", "bold"), f" {whose} ({ident}). It is refused from now on.")
    team.warn_if_none_is_left()


def _list(team: Team) -> None:
    args, tokens = team.args, team.tokens
    if args.which is not None:
        raise WrongUseError(f"say what to do with {args.which}: revoke it?")
    now, damaged = datetime.now(UTC), tokens.damaged()
    found = [kept for kept in tokens.all() if args.space in (None, kept.space)]
    there = {EVERY, *team.spaces.names()}
    if args.json:
        team.answer(
            tokens=[team_shapes.token(kept, now) for kept in found],
            damaged=damaged,
            absent=sorted({kept.space for kept in found} - there),
        )
        return
    columns = (
        Column("ID", "dim"),
        Column("Name", "bold cyan"),
        Column("Space"),
        Column("Role"),
        Column("Made"),
        Column("Expires"),
        Column("Marks", "yellow"),
    )
    team.out.table(columns, [_row(team, kept, there, now) for kept in found])
    if not found:
        make = team.command("token", "create", "--name", "WHO", "--space", args.space or "NAME")
        team.out.line(Cell("There are no tokens. To make one: ", "dim"), Cell(make, "bold"))
    if damaged:
        files = plural(len(damaged), "token")
        complain(
            f"{files} cannot be read, or can be changed by others, so nobody comes in with "
            f"{'it' if len(damaged) == 1 else 'them'}: {', '.join(damaged)}. "
            f"`{team.command('token', 'revoke', damaged[0])}` removes one."
        )


def _row(team: Team, kept: Token, there: set[str], now: datetime) -> list[Cell | str]:
    marks = ["expired"] if kept.is_over(now) else []
    marks += ["no such space"] if kept.space not in there else []
    if kept.expires_at is None:
        ends = _NEVER
    elif team.out.is_terminal:
        ends = f"{kept.expires_at:%Y-%m-%d %H:%M}"
    else:
        ends = f"{kept.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return [
        kept.id,
        kept.name,
        "all" if kept.space == EVERY and team.out.is_terminal else kept.space,
        kept.role.value,
        team.out.when(kept.made_at),
        ends,
        ", ".join(marks),
    ]
