"""The projects that a client over stdio works in: as a rule one, found when it is first needed.

What a client tells of where it works comes late: Codex with each call of a turn, others when they
are asked for their roots. So the first request that needs a space decides, and no start waits.
Once memory is open, nothing moves it to another file: a call that names another project is served
from that project's own space, at a desk of its own. So are a few projects at once; of more, the one
that was named longest ago is closed, and a call waits until one can be.
"""

import logging
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

import anyio
import mcp_types as t
from anyio.abc import TaskGroup
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError

from ...config.locate import Place, Told, workspaces
from ...config.settings import SettingsError
from ...memory import Space
from ...memory.errors import ReadOnlyError
from ..front import MODERN
from .desk import Desk, Done, connection
from .room import Room
from .vectors import make_vectors

logger = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""How long a client that has roots may take to name them."""
MOST_FURTHER = 8
"""Projects that are open at most beside the first one."""

Context: TypeAlias = ServerRequestContext[Any]
Chore: TypeAlias = Callable[[Room, Place], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class _Further:
    """A project beside the first one.

    Attributes:
        calls: The requests that sat at its desk and were not answered yet.
        scope: What runs beside it; its room is closed when that is cancelled.
        is_counted: Its space was opened, and is one of the few.
    """

    place: Place
    desk: Desk
    calls: list[weakref.ref[Context]] = field(default_factory=list[weakref.ref[Context]])
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    is_counted: bool = False

    def is_busy(self) -> bool:
        """Tell whether a request is under way."""
        self.calls = [call for call in self.calls if call() is not None]
        return bool(self.calls)


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
        self._connection: Any = None
        self._further: dict[Path, _Further] = {}  # that which was named last is the last
        self._free = anyio.Semaphore(MOST_FURTHER)
        self._turn: tuple[str, ...] = ()  # the workspaces that were named last, and their place
        self._named = place
        self._tasks: TaskGroup | None = None

    def of(self, ctx: Context) -> Desk:
        """Return the desk of the project that a request names, else of the first."""
        self._session, self._connection = ctx.session, connection(ctx)
        turn = workspaces(ctx.meta)
        if not turn:
            return self._first
        if turn != self._turn:
            try:
                self._named, self._turn = self._find(Told(turn=turn)), turn
            except SettingsError as error:
                return self._refusing(str(error))
        return self._desk_of(self._named, ctx)

    def note(self, ctx: Context, desk: Desk, done: Done) -> None:
        """Take a request for answered: its project can be closed now, and one that waits begin."""
        for further in self._further.values():
            if further.desk is desk:
                further.calls = [call for call in further.calls if call() is not ctx]
        self._close_some()

    async def keep(self, _: Room) -> None:
        """Have every room looked after while the server runs; its end closes further ones."""
        async with anyio.create_task_group() as self._tasks:
            for further in self._further.values():
                self._tasks.start_soon(self._look_after, further)
            await self.room.in_use.wait()
            await self._chore(self.room, self._place)
            await anyio.sleep_forever()

    def _desk_of(self, place: Place, ctx: Context) -> Desk:
        """Return the desk of a place that was named; the first takes it where it has none yet."""
        if place.is_fallback:  # what was named says nothing
            return self._first
        is_first = place.path == self._place.path
        if not self._is_settled and (is_first or self._place.is_fallback):
            self._settle(place)
        elif not is_first:
            return self._further_desk(place, ctx)
        return self._first

    def _further_desk(self, place: Place, ctx: Context) -> Desk:
        further = self._further.pop(place.path, None)
        if further is None:
            room = Room(lambda: self._open_further(made), str(place))
            further = made = _Further(place, self._desk_in(room))
            if self._tasks is not None:  # else it is done when there are
                self._tasks.start_soon(self._look_after, further)
        self._further[place.path] = further
        further.calls.append(weakref.ref(ctx))
        self._close_some()
        return further.desk

    async def _open_further(self, further: _Further) -> Space:
        """Open the space of a further project as soon as not too many are open."""
        if not further.is_counted:
            await self._free.acquire()
            further.is_counted = True
        return await self._open(further.place)

    def _close_some(self) -> None:
        """Let go of the projects that were named longest ago, if there are too many."""
        idle = [path for path, further in self._further.items() if not further.is_busy()]
        for path in idle[: max(0, len(self._further) - MOST_FURTHER)]:
            self._further.pop(path).scope.cancel()

    async def _look_after(self, further: _Further) -> None:
        """Do what is to be done beside a further room, and close it in the end."""
        room = further.desk.room
        try:
            with further.scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(make_vectors, room)
                    tasks.start_soon(self._chore, room, further.place)
        finally:
            with anyio.CancelScope(shield=True):
                await room.close()
            if further.is_counted:
                self._free.release()

    def _refusing(self, why: str) -> Desk:
        """Return a desk that answers each call with the reason why there is no memory for it."""

        async def refused() -> Space:
            raise ReadOnlyError(why)

        return self._desk_in(Room(refused, "nowhere"))

    async def _open_first(self) -> Space:
        """Open the space of the first project; from now on it stays where it is."""
        if not self._is_settled and self._place.is_fallback:
            roots = await self._roots()
            try:
                found = self._find(Told(roots=roots))
            except SettingsError as error:
                raise ReadOnlyError(str(error)) from error
            if not self._is_settled:  # a call may have named its project meanwhile
                self._settle(found)
        self._is_settled = True
        return await self._open(self._place)

    def _settle(self, place: Place) -> None:
        self._place, self.room.place, self._is_settled = place, str(place), True

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
            # The SDK's own request drops all roots for one that is no file, as of a remote window.
            found = await self._connection.outbound.send_raw_request("roots/list", None)
            return _addresses(found)
        logger.warning("the client did not name its roots")
        return ()


def _addresses(found: Mapping[str, object]) -> tuple[str, ...]:
    """Return the addresses in an answer to `roots/list`, whatever else it holds."""
    roots = found.get("roots")
    listed = cast(list[object], roots) if isinstance(roots, list) else []
    named = [cast(Mapping[str, object], root).get("uri") for root in listed if _is_object(root)]
    return tuple(address for address in named if isinstance(address, str))


def _is_object(found: object) -> bool:
    return isinstance(found, dict)
