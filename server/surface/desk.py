"""What every handler of a server needs: the space, where it lies, who works in it."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import anyio
from mcp.server.context import ServerRequestContext

from ...memory import Author, Block, Intent, Space
from ...memory.model import label_key

IDEMPOTENCY_KEY = "tokenspace/idempotency-key"
"""`_meta` key of a call under which a client may name it, so that a retry is one change."""


class Desk:
    """One server's working place.

    The space is opened on first use, not at the start: a file that cannot be opened answers each
    call with the reason, and works again as soon as that is mended.
    """

    def __init__(self, open_space: Callable[[], Awaitable[Space]], place: str, user: str) -> None:
        self._open = open_space
        self._opened: Space | None = None
        self._opening = anyio.Lock()
        self._seen: dict[str, str] = {}
        self.in_use = anyio.Event()
        """Set when the space is first opened."""
        self.opened_at = 0
        """The newest change at that moment."""
        self.place = place
        self._user = user

    async def space(self) -> Space:
        """Return the space.

        Raises:
            TokenspaceError: its file cannot be used.
        """
        async with self._opening:
            if self._opened is None:
                self._opened = await self._open()
                self.opened_at = await self._opened.head()
                self.in_use.set()
            return self._opened

    async def close(self) -> None:
        """Let go of the space; what was acknowledged is on disk already."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    def saw(self, *blocks: Block) -> None:
        """Note that the client has been shown these blocks as they are now."""
        self._seen.update((label_key(block.label), block.version) for block in blocks)

    def lost(self, label: str) -> None:
        """Note that this label no longer names what the client has seen."""
        self._seen.pop(label_key(label), None)

    @property
    def seen(self) -> Mapping[str, str]:
        """The version of each block that the client was last shown, by label key.

        A write that names no version is taken to be made from this one, so that what others did
        since is never overwritten unseen.
        """
        return self._seen

    def intent(
        self, ctx: ServerRequestContext[Any], tool: str, reason: str, meta: Mapping[str, object]
    ) -> Intent:
        """Return who asks for a write, and why."""
        params = ctx.session.client_params
        info = params.client_info if params is not None else None
        key = meta.get(IDEMPOTENCY_KEY)
        called = [key, tool, dict((ctx.params or {}).get("arguments") or {})]
        return Intent(
            author=Author(
                user=self._user,
                client=info.name[:100] if info else "",
                client_version=info.version[:50] if info else "",
                model=_model(meta)[:100],
            ),
            tool=tool,
            reason=reason,
            request_id=_digest(called) if key else None,
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
