"""Notifications: every change, by any process, to every client that asked for it.

Two eras, two pipes. A client of 2026-07-28 holds a `subscriptions/listen` stream, which the SDK
fills from a bus: this class. An older client subscribed on its connection, which is kept here
until the connection goes. The changes themselves come from the space's own watcher, so that one
path serves what this process wrote and what others did.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent

from ...memory import BlockInfo, Change, Space
from ...memory.errors import InvalidError, TokenspaceError
from ...memory.model import MAIN
from .desk import connection
from .resources import CHANGES, CONTEXT, INDEX, archive_uri, spellings
from .room import Room

logger = logging.getLogger(__name__)

ALERT_S = 0.05
"""Pause between looks while somebody listens: a look costs some 30 microseconds."""
IDLE_S = 1.0
RESTORED = "restore-backup"
RETRY_S = 5.0
MOST_ADDRESSES = 1_000
"""How many addresses one connection may listen to."""
MOST_ADDRESS = 600
"""The longest address that anybody may listen to, in characters; ours are shorter."""


@dataclass(slots=True)
class _Subscriber:
    """What a handshake connection subscribed to, and what it has yet to be told, each once."""

    uris: set[str] = field(default_factory=set[str])
    waiting: dict[ServerEvent, None] = field(default_factory=dict[ServerEvent, None])
    telling: bool = False


class Feed:
    """The bus of one server (`SubscriptionBus` of the SDK), and its subscribers of both eras."""

    def __init__(self) -> None:
        self._listeners: dict[object, Callable[[ServerEvent], None]] = {}
        self._subscribed: WeakKeyDictionary[Any, _Subscriber] = WeakKeyDictionary()
        self._tasks: TaskGroup | None = None
        self._woken = anyio.Event()

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Register a listen stream; return what takes it off again."""
        token = object()
        self._listeners[token] = listener
        self._woken.set()

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    def follow(self, ctx: ServerRequestContext[Any], uri: str) -> None:
        """Have a handshake connection hear of an address.

        Raises:
            InvalidError: the address is too long, or one too many.
        """
        uris = self.join(ctx)
        check_addresses([*uris, uri] if len(uris) >= MOST_ADDRESSES and uri not in uris else [uri])
        uris.add(uri)

    def join(self, ctx: ServerRequestContext[Any]) -> set[str]:
        """Return the addresses that this handshake connection has subscribed to, to be changed."""
        self._woken.set()
        return self._subscribed.setdefault(connection(ctx), _Subscriber()).uris

    async def publish(self, event: ServerEvent) -> None:
        """Tell everyone who asked for this event; nobody waits for anybody else."""
        for listener in list(self._listeners.values()):
            try:
                listener(event)
            except Exception:  # it is the listener's own, and no reason to stop
                logger.exception("a listener failed")
        for client, subscriber in list(self._subscribed.items()):
            if isinstance(event, ResourceUpdated) and event.uri not in subscriber.uris:
                continue
            subscriber.waiting[event] = None
            if self._tasks is not None and not subscriber.telling:
                subscriber.telling = True
                self._tasks.start_soon(self._tell, client, subscriber)
        await anyio.lowlevel.checkpoint()

    async def _tell(self, client: Any, subscriber: _Subscriber) -> None:
        """Send a connection what waits for it; one that fails is forgotten."""
        try:
            while subscriber.waiting:
                event = next(iter(subscriber.waiting))
                del subscriber.waiting[event]
                if isinstance(event, ResourceUpdated):
                    await client.send_resource_updated(event.uri)
                elif isinstance(event, ResourcesListChanged):
                    await client.send_resource_list_changed()
        except Exception:
            logger.exception("a connection failed; it is told nothing more")
            self._subscribed.pop(client, None)
        finally:
            subscriber.telling = False

    async def run(self, room: Room) -> None:
        """Publish changes until cancelled; a space that nobody uses is not opened for it."""
        await room.in_use.wait()
        async with anyio.create_task_group() as self._tasks:
            await self._follow(room)

    async def _follow(self, room: Room) -> None:
        """Publish each change once, whatever fails in between."""
        followed, seen = None, 0
        while True:
            try:
                space = await room.space()
                if space is not followed:  # the first, or another file at the same place
                    followed, seen = space, room.opened_at
                async for change in space.watch(seen, self._pause):
                    seen = change.number
                    await self._tell_of(change, space)
                continue
            except TokenspaceError as error:
                logger.warning("not watching for changes: %s", error)
            except Exception:
                logger.exception("not watching for changes")
            await anyio.sleep(RETRY_S)

    async def _tell_of(self, change: Change, space: Space) -> None:
        if not (self._listeners or self._subscribed):  # who comes later has read what stands
            return
        found = events(change)
        if change.tool == RESTORED:  # any block may be another one now
            found += everything(await space.infos())
        for event in found:
            await self.publish(event)

    async def _pause(self) -> None:
        """Wait for the next look; who begins to listen does not wait for a long pause to end."""
        watched = any(subscriber.uris for subscriber in self._subscribed.values())
        self._woken = anyio.Event()
        with anyio.move_on_after(ALERT_S if self._listeners or watched else IDLE_S):
            await self._woken.wait()


def check_addresses(uris: Collection[str]) -> None:
    """Refuse addresses that take more memory than listening to them needs.

    Raises:
        InvalidError: one is too long, or they are too many.
    """
    if len(uris) > MOST_ADDRESSES:
        raise InvalidError(
            f"one connection can subscribe to {MOST_ADDRESSES:,} addresses; for all changes there "
            f"is {CHANGES}."
        )
    if any(len(uri) > MOST_ADDRESS for uri in uris):
        raise InvalidError(
            f"an address of more than {MOST_ADDRESS} characters is none of a resource here."
        )


def events(change: Change) -> list[ServerEvent]:
    """Return what a change means to those who hold resources, also under a label it took away.

    Resources are those of the main branch; of another one they only list that it was changed.
    """
    if change.branch != MAIN:
        return [ResourceUpdated(CHANGES)]
    uris = [CONTEXT, INDEX, CHANGES] if change.blocks else [CHANGES]
    uris += [archive_uri(filed.name) for filed in change.passages]
    for touched in change.blocks:
        for label in filter(None, (touched.label, touched.old_label)):
            uris += spellings(label)
    found: list[ServerEvent] = [ResourceUpdated(uri) for uri in dict.fromkeys(uris)]
    if any(t.action in ("created", "deleted") or t.old_label for t in change.blocks):
        found.append(ResourcesListChanged())
    return found


def everything(infos: Iterable[BlockInfo]) -> list[ServerEvent]:
    """Return what it means to those who hold resources that the whole file is another one."""
    uris = (uri for info in infos for uri in spellings(info.label))
    return [*map(ResourceUpdated, uris), ResourcesListChanged()]
