"""Where those who work in a shared space sit: a desk for each session, signed with their name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

from mcp.server.context import ServerRequestContext
from starlette.requests import Request

from ..surface.desk import Caller, Desk, Done, connection
from ..surface.room import Room
from .access import access_of, name_of, role_in


@dataclass(frozen=True, slots=True)
class Offer:
    """What every client of an endpoint is offered.

    Attributes:
        user: The name that changes are signed with where nobody needs a token.
        context_budget: Tokens that all blocks of a space should take together, estimated.
        profile: Which tools there are.
    """

    user: str
    context_budget: int
    profile: str


Notice = Callable[[Request[Any], Caller, str, Done], None]
"""Takes note of a request: by whom, in which space, and what became of it."""


class SessionDesks:
    """The desks of one space.

    A client of the era without sessions has a new one for each request: what it was shown is not
    known, so it names the version that it has read.
    """

    alike = False  # what is offered depends on the role

    def __init__(self, room: Room, space: str, offer: Offer, notice: Notice) -> None:
        self._room = room
        self._space = space
        self._offer = offer
        self._notice = notice
        self._desks: WeakKeyDictionary[Any, Desk] = WeakKeyDictionary()

    def of(self, ctx: ServerRequestContext[Any]) -> Desk:
        """Return the desk of the session that a request belongs to."""
        caller, client = self._caller(_request(ctx)), connection(ctx)
        desk = self._desks.get(client)
        if desk is None or desk.caller != caller:
            desk = Desk(self._room, caller, self._offer.context_budget, self._offer.profile)
            self._desks[client] = desk
        return desk

    def note(self, ctx: ServerRequestContext[Any], desk: Desk, done: Done) -> None:
        """Pass on what became of a request."""
        self._notice(_request(ctx), desk.caller, self._space, done)

    def _caller(self, request: Request[Any]) -> Caller:
        access = access_of(request.scope)
        if access is None:  # the door lets nobody in without a token unless none is needed
            return Caller(self._offer.user)
        role = role_in(access, self._space)
        assert role is not None  # noqa: S101 - else the door is shut
        return Caller(name_of(access), role)


def _request(ctx: ServerRequestContext[Any]) -> Request[Any]:
    request = cast(object, ctx.request)
    assert isinstance(request, Request)  # noqa: S101 - there is one over HTTP, in both eras
    return cast(Request[Any], request)
