"""What a handler needs to know of who calls: the space, what they were shown, what they may do."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast

from mcp.server.context import ServerRequestContext
from mcp_types import CallToolResult

from ...config.locate import TURN
from ...config.names import IDEMPOTENCY_KEY
from ...memory import Author, Intent, Space
from ...memory.model import MAIN
from ..roles import Role
from .arguments import Arguments
from .room import Room
from .seen import Seen


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose assistant calls.

    Attributes:
        user: The name that changes are signed with.
        role: What they may do in this space; None in a person's own process, where everything is
            theirs, and what is read-only is kept from assistants.
    """

    user: str
    role: Role | None = None

    def may(self, needed: Role) -> bool:
        """Tell whether they may do what `needed` may."""
        return self.role is None or self.role.may(needed)


class Desk:
    """The place of one client in a room: what it was shown stays with it."""

    def __init__(
        self, room: Room, caller: Caller, context_budget: int = 6_000, profile: str = "full"
    ) -> None:
        self.room = room
        self.caller = caller
        self.context_budget = context_budget
        """Tokens that all blocks should take together, estimated."""
        self.profile = profile
        """Which tools the client is offered."""
        self.seen = Seen()
        """What the client has been shown."""
        self.run: str | None = None
        """The branch of the consolidation that the client was given last; it may have ended."""
        self._opening = 0

    @property
    def place(self) -> str:
        """The space, and how it was found."""
        return self.room.place

    async def space(self) -> Space:
        """Return the space.

        Raises:
            TokenspaceError: its file cannot be used.
        """
        space = await self.room.space()
        if self._opening not in (0, self.room.openings):  # what was shown was another space's
            self.seen = Seen()
            self.run = None
        self._opening = self.room.openings
        return space

    def intent(
        self,
        ctx: ServerRequestContext[Any],
        tool: str,
        given: Arguments,
        meta: Mapping[str, object],
    ) -> Intent:
        """Return who asks for a write, where, and why."""
        params = ctx.session.client_params
        info = params.client_info if params is not None else None
        key = meta.get(IDEMPOTENCY_KEY)
        author = Author(
            user=self.caller.user,
            client=_plain(info.name[:100]) if info else "",
            client_version=_plain(info.version[:50]) if info else "",
            model=_plain(_model(meta)[:100]),
        )
        called = dict((ctx.params or {}).get("arguments") or {})
        request_id = _digest([key, str(author), tool, called]) if key else None
        have = vars(given)  # pydantic takes 50 microseconds to say that it has no such attribute
        return Intent(
            author=author,
            branch=have.get("branch") or MAIN,
            tool=tool,
            reason=have.get("reason") or "",
            request_id=request_id,
            override_read_only=self.caller.role is Role.ADMIN,
        )


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a request, for those who watch a server; nothing of what it said.

    Attributes:
        what: The tool, or the protocol's method.
        outcome: ok, refused, denied or failed; cut, where its caller left or lost their right.
        seconds: How long it took.
        change: The number of the change that it made, if it made one.
    """

    what: str
    outcome: str
    seconds: float
    change: int | None = None


class Desks(Protocol):
    """Where a transport has its clients sit."""

    @property
    def alike(self) -> bool:
        """Whether every client is offered the same."""
        ...

    def of(self, ctx: ServerRequestContext[Any]) -> Desk:
        """Return the desk of the client that a request comes from."""
        ...

    def note(self, ctx: ServerRequestContext[Any], desk: Desk, done: Done) -> None:
        """Take note of what became of a request."""
        ...


def connection(ctx: ServerRequestContext[Any]) -> Any:
    """Return what stands for the connection of a handshake client as long as that lasts.

    In the era without a handshake each request has its own.
    """
    # The SDK has no public way to tell connections apart; this is the one place that does.
    return ctx.session._connection  # pyright: ignore[reportPrivateUsage]


def change_of(answer: CallToolResult) -> int | None:
    """Return the number of the change that an answer tells of."""
    number = (answer.meta or {}).get("tokenspace/change")
    return number if isinstance(number, int) else None


def _digest(called: list[object]) -> str:
    """Return one name for a key and the call it names: another call is never taken for this one."""
    canonical = json.dumps(called, sort_keys=True, default=str)
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=512)
def _plain(name: str) -> str:
    """Return what a client calls itself as it may stand in the history: visible, on one line.

    It comes from outside, and could else break the line, turn it around, or look like two names.
    """
    shown = (c if c.isprintable() else " " for c in name if unicodedata.category(c) != "Cf")
    return " ".join("".join(shown).replace("·", " ").split())


def _model(meta: Mapping[str, object]) -> str:
    """Return the model's name where a client says it: plainly, or as Codex does with each turn."""
    turn = meta.get(TURN)
    told = cast(dict[str, object], turn).get("model") if isinstance(turn, dict) else None
    found = meta.get("model") or told
    return found if isinstance(found, str) else ""
