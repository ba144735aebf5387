"""One space as a server holds it: opened at first use, anew when another file is at its place."""

from collections.abc import Awaitable, Callable

import anyio

from ...memory import Space


class Room:
    """The space of a server, for all who work in it.

    The space is opened on first use, not at the start: a file that cannot be opened answers each
    call with the reason, and works again as soon as that is mended.
    """

    def __init__(self, open_space: Callable[[], Awaitable[Space]], place: str) -> None:
        self._open = open_space
        self._opened: Space | None = None
        self._opening = anyio.Lock()
        self.in_use = anyio.Event()
        """Set when the space is first opened."""
        self.opened_at = 0
        """The newest change at the moment when it was opened last."""
        self.openings = 0
        """How often it was opened; each time it may be another space."""
        self.place = place

    async def space(self) -> Space:
        """Return the space.

        Raises:
            TokenspaceError: its file cannot be used.
        """
        opened = self._opened
        if opened is not None and opened.is_current():  # as a rule: nobody has to wait
            return opened
        async with self._opening:
            if self._opened is not None and not self._opened.is_current():
                await self.close()  # removed or replaced: what is there now is another space
            if self._opened is None:
                self._opened, self.opened_at = await self._ready()
                self.openings += 1
                self.in_use.set()
            return self._opened

    async def rest(self) -> None:
        """Have a space that is open, and that nobody uses now, take less memory."""
        if self._opened is not None:
            await self._opened.rest()

    async def close(self) -> None:
        """Let go of the space; what was acknowledged is on disk already."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def _ready(self) -> tuple[Space, int]:
        """Return a space that was just opened, and the number of its newest change."""
        space = await self._open()
        try:
            return space, await space.head()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await space.close()
            raise
