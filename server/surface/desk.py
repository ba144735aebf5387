"""What every handler of a server needs: the space, where it lies, who works in it."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import anyio
from mcp.server.context import ServerRequestContext

from ...memory import Author, Intent, Space
from ...memory.model import MAIN
from .arguments import Arguments
from .seen import Seen

IDEMPOTENCY_KEY = "tokenspace/idempotency-key"
"""`_meta` key of a call under which a client may name it, so that a retry is one change."""


class Desk:
    """One server's working place.

    The space is opened on first use, not at the start: a file that cannot be opened answers each
    call with the reason, and works again as soon as that is mended.
    """

    def __init__(
        self,
        open_space: Callable[[], Awaitable[Space]],
        place: str,
        user: str,
        context_budget: int = 6_000,
        profile: str = "full",
    ) -> None:
        self._open = open_space
        self._opened: Space | None = None
        self._opening = anyio.Lock()
        self.seen = Seen()
        """What the client has been shown."""
        self.run: str | None = None
        """The branch of the consolidation that the client was given last; it may have ended."""
        self.in_use = anyio.Event()
        """Set when the space is first opened."""
        self.opened_at = 0
        """The newest change at that moment."""
        self.place = place
        self.context_budget = context_budget
        """Tokens that all blocks should take together, estimated."""
        self.profile = profile
        """Which tools the client is offered."""
        self._user = user

    async def space(self) -> Space:
        """Return the space.

        Raises:
            TokenspaceError: its file cannot be used.
        """
        async with self._opening:
            if self._opened is not None and not self._opened.is_current():
                await self.close()  # removed or replaced: what is there now is another space
                self.seen = Seen()
                self.run = None
            if self._opened is None:
                self._opened, self.opened_at = await self._ready()
                self.in_use.set()
            return self._opened

    async def _ready(self) -> tuple[Space, int]:
        """Return a space that was just opened, and the number of its newest change."""
        space = await self._open()
        try:
            return space, await space.head()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await space.close()
            raise

    async def close(self) -> None:
        """Let go of the space; what was acknowledged is on disk already."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

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
            user=self._user,
            client=info.name[:100] if info else "",
            client_version=info.version[:50] if info else "",
            model=_model(meta)[:100],
        )
        called = [key, str(author), tool, dict((ctx.params or {}).get("arguments") or {})]
        request_id = _digest(called) if key else None
        return Intent(
            author=author,
            branch=getattr(given, "branch", None) or MAIN,
            tool=tool,
            reason=getattr(given, "reason", None) or "",
            request_id=request_id,
        )


def _digest(called: list[object]) -> str:
    """Return one name for a key and the call it names: another call is never taken for this one."""
    canonical = json.dumps(called, sort_keys=True, default=str)
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


def _model(meta: Mapping[str, object]) -> str:
    """Return the model's name where a client says it: plainly, or as Codex does with each turn."""
    turn = meta.get("x-codex-turn-metadata")
    told = cast(dict[str, object], turn).get("model") if isinstance(turn, dict) else None
    found = meta.get("model") or told
    return found if isinstance(found, str) else ""
