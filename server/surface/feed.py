"""Notifications: every change, by any process, to every client that asked for it.

Two eras, two pipes. A client of 2026-07-28 holds a `subscriptions/listen` stream, which the SDK
fills from a bus: this class. An older client subscribed on its connection, which is kept here
until the connection goes. The changes themselves come from the space's own watcher, so that one
path serves what this process wrote and what others did.
"""

import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import anyio
import anyio.lowlevel
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent

from ...memory import Change
from ...memory.errors import TokenspaceError
from .desk import Desk
from .resources import CONTEXT, INDEX, spellings

logger = logging.getLogger(__name__)

ALERT_S = 0.05
"""Pause between looks while somebody listens: a look costs some 30 microseconds."""
IDLE_S = 1.0
RETRY_S = 5.0


class Feed:
    """The bus of one server (`SubscriptionBus` of the SDK), and its subscribers of both eras."""

    def __init__(self) -> None:
        self._listeners: dict[object, Callable[[ServerEvent], None]] = {}
        self._subscribed: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Register a listen stream; return what takes it off again."""
        token = object()
        self._listeners[token] = listener

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    def join(self, ctx: ServerRequestContext[Any]) -> set[str]:
        """Return the addresses that this handshake connection has subscribed to, to be changed."""
        # The SDK has no public way to reach a connection later; this is the one place that does.
        connection = ctx.session._connection  # pyright: ignore[reportPrivateUsage]
        return self._subscribed.setdefault(connection, set())

    async def publish(self, event: ServerEvent) -> None:
        """Tell everyone who asked for this event."""
        for listener in list(self._listeners.values()):
            listener(event)
        for connection, uris in list(self._subscribed.items()):
            if isinstance(event, ResourcesListChanged):
                await connection.send_resource_list_changed()
            elif isinstance(event, ResourceUpdated) and event.uri in uris:
                await connection.send_resource_updated(event.uri)
        await anyio.lowlevel.checkpoint()

    async def run(self, desk: Desk) -> None:
        """Publish changes until cancelled; a space that nobody uses is not opened for it."""
        await desk.in_use.wait()
        seen = desk.opened_at
        while True:
            try:
                space = await desk.space()
                async for change in space.watch(seen, self._pause):
                    seen = change.number
                    for event in events(change):
                        await self.publish(event)
            except TokenspaceError as error:
                logger.warning("not watching for changes: %s", error)
            await anyio.sleep(RETRY_S)

    def _pause(self) -> float:
        return ALERT_S if self._listeners or any(self._subscribed.values()) else IDLE_S


def events(change: Change) -> list[ServerEvent]:
    """Return what a change means to those who hold resources."""
    uris = [CONTEXT, INDEX]
    for touched in change.blocks:
        uris += spellings(touched.label)
    found: list[ServerEvent] = [ResourceUpdated(uri) for uri in uris]
    if any(touched.action in ("created", "renamed", "deleted") for touched in change.blocks):
        found.append(ResourcesListChanged())
    return found
