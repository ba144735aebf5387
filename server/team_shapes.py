"""What `tokenspace token` and `tokenspace spaces` give to programs; `shapes` has the rules.

Every answer has `data` (the folder of the endpoint), and what follows below.

    token       {id, name, space (or *), role, made_at, expires_at, expired}
    space       {name, path, bytes, change (number, 0 for none), changed_at, problem (text)}: of
                what cannot be read, change and changed_at are null

    token list      {tokens [token], damaged [id], absent [space]}: spaces that some of them are
                    for, and that do not exist
    token create    {token, secret, address, others [id]}: the secret is what is sent, and is shown
                    only here; others are earlier ones of the same name and space, good still
    token revoke    {id, token, left (number)}: the token is null where it could not be read
    spaces list     {spaces [space]}
    spaces create   {space, tokens [token]}: those that are good for it already
    spaces archive  {space, archived (path), revoked [token]}
    spaces delete   {space, revoked [token]}
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..memory import Glance, TokenspaceError, glance
from .endpoint.tokens import Token
from .shapes import Shape, moment


@dataclass(frozen=True, slots=True)
class Seen:
    """A space as it is seen from outside.

    Attributes:
        look: None where it cannot be read; `problem` then says why.
    """

    name: str
    path: Path
    look: Glance | None
    problem: str | None = None


def seen(name: str, path: Path) -> Seen:
    """Look at a space."""
    try:
        return Seen(name, path, glance(path))
    except TokenspaceError as error:
        return Seen(name, path, None, str(error))


def token(kept: Token, now: datetime) -> Shape:
    """Return what is kept of a token; never what could be sent, nor its digest."""
    return {
        "id": kept.id,
        "name": kept.name,
        "space": kept.space,
        "role": kept.role.value,
        "made_at": moment(kept.made_at),
        "expires_at": moment(kept.expires_at) if kept.expires_at else None,
        "expired": kept.is_over(now),
    }


def space(found: Seen) -> Shape:
    """Return a space as it is now."""
    look = found.look
    return {
        "name": found.name,
        "path": str(found.path),
        "bytes": look.bytes if look else None,
        "change": look.change if look else None,
        "changed_at": moment(look.at) if look and look.at else None,
        "problem": found.problem,
    }
