"""The projects that a client over stdio works in: as a rule one, found when it is first needed.

What a client tells of where it works comes late: Codex with each call of a turn, others when they
are asked for their roots. So the first request that needs a space decides, and no start waits.
Once memory is open, nothing moves it to another file: a call that names another project is served
from that project's own space, at a desk of its own.
"""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import mcp_types as t
from anyio.abc import TaskGroup
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError

from ...config.locate import Place, Told, workspaces
from ...config.settings import SettingsError
from ...memory import Space
from ..front import MODERN
from .desk import Desk, Done
from .room import Room
from .vectors import make_vectors

logger = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""How long a client that has roots may take to name them."""

Context: TypeAlias = ServerRequestContext[Any]
Chore: TypeAlias = Callable[[Room, Place], Coroutine[Any, Any, None]]


class Projects:
    """The desks of a client over stdio, one for each project (`Desks`).

    A request that names no project is of the first one, and so are all subscriptions.
    """

    alike = True

    def __init__(
        self,
        place: Place,
        find: Callable[[Told], Place],
        open_space: Callable[[Place], Awaitable[Space]],
        desk_in: Callable[[Room], Desk],
        chore: Chore,
    ) -> None:
        """Begin in `place`, which is what the start alone says; `find` says it with what is told.

        `chore` runs beside each room, once, until it ends.
        """
        self._place = place
        self._find = find
        self._open = open_space
        self._desk_in = desk_in
        self._chore = chore
        self.room = Room(self._open_first, str(place))
        """The room of the first project."""
        self._first = desk_in(self.room)
        self._is_settled = False
        self._session: ServerSession | None = None
        self._further: dict[Path, tuple[Desk, Place]] = {}
        self._turn: tuple[str, ...] = ()  # the workspaces that were named last, and their desk
        self._named = self._first
        self._tasks: TaskGroup | None = None

    def of(self, ctx: Context) -> Desk:
        """Return the desk of the project that a request names, else of the first."""
        self._session = ctx.session
        turn = workspaces(ctx.meta)
        if not turn:
            return self._first
        if turn != self._turn:
            self._named, self._turn = self._desk_of(self._found(Told(turn=turn))), turn
        return self._named

    def note(self, ctx: Context, desk: Desk, done: Done) -> None:
        """Nobody watches."""

    async def keep(self, _: Room) -> None:
        """Have every room looked after while the server runs; its end closes further ones."""
        try:
            async with anyio.create_task_group() as self._tasks:
                for desk, place in self._further.values():
                    self._look_after(desk.room, place)
                await self.room.in_use.wait()
                await self._chore(self.room, self._place)
                await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                for desk, _place in self._further.values():
                    await desk.room.close()

    def _desk_of(self, place: Place) -> Desk:
        """Return the desk of a place that was named; the first takes it where it has none yet."""
        if place.is_fallback:  # what was named says nothing
            return self._first
        is_first = place.path == self._place.path
        if not self._is_settled and (is_first or self._place.is_fallback):
            self._settle(place)
        elif not is_first:
            return self._further_desk(place)
        return self._first

    def _further_desk(self, place: Place) -> Desk:
        if place.path not in self._further:
            desk = self._desk_in(Room(lambda: self._open(place), str(place)))
            self._further[place.path] = desk, place
            self._look_after(desk.room, place)
        return self._further[place.path][0]

    def _look_after(self, room: Room, place: Place) -> None:
        if self._tasks is not None:  # else it is done when there are
            self._tasks.start_soon(make_vectors, room)
            self._tasks.start_soon(self._chore, room, place)

    async def _open_first(self) -> Space:
        """Open the space of the first project; from now on it stays where it is."""
        if not self._is_settled and self._place.is_fallback:
            found = self._found(Told(roots=await self._roots()))
            if not self._is_settled:  # a call may have named its project meanwhile
                self._settle(found)
        self._is_settled = True
        return await self._open(self._place)

    def _settle(self, place: Place) -> None:
        self._place, self.room.place, self._is_settled = place, str(place), True

    def _found(self, told: Told) -> Place:
        """Return the place with what is told; where that fails, it says nothing."""
        try:
            return self._find(told)
        except SettingsError as error:  # what was asked for at the start has gone
            logger.warning("%s", error)
            return self._place

    async def _roots(self) -> tuple[str, ...]:
        """Return the client's roots; nothing where it has none, or does not name them in time.

        In the era without a handshake they come with a second round of the same call, which breaks
        clients; those of that era name their project otherwise.
        """
        session = self._session
        needed = t.ClientCapabilities(roots=t.RootsCapability())
        if session is None or session.protocol_version == MODERN:
            return ()
        if not session.check_client_capability(needed):
            return ()
        with anyio.move_on_after(PATIENCE_S), suppress(MCPError, ValueError):
            found = await session.send_request(t.ListRootsRequest(), t.ListRootsResult)
            return tuple(str(root.uri) for root in found.roots)
        logger.warning("the client did not name its roots")
        return ()
