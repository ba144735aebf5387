"""The door of an endpoint: who comes in, and who has to leave when a token is revoked."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from .access import AUDIENCES, Verifier, access_of, claim, role_in
from .addresses import Addresses

logger = logging.getLogger(__name__)

LOOK_S = 0.25
"""How soon an open stream ends after its token was revoked."""


@dataclass(slots=True)
class Door:
    """Lets requests in.

    Attributes:
        local: Whether only programs of this machine can reach the endpoint.
    """

    verifier: Verifier
    addresses: Addresses
    local: bool
    _inside: dict[object, tuple[str, anyio.CancelScope]] = field(
        default_factory=dict[object, tuple[str, anyio.CancelScope]]
    )

    def refusal(self, scope: Scope, space: str) -> Response | None:
        """Return why a request may not go into a space, None where it may.

        The answer is the same whether there is such a space or not.
        """
        access = access_of(scope)
        if access is None:
            if self.local and not self.verifier.required:
                return None
            return self._unknown(scope, space)
        for_here = claim(access, AUDIENCES)
        if for_here is not None and not self.addresses.accepts(space, for_here):
            return self._unknown(scope, space, "this token was made for another address.")
        if role_in(access, space) is None:
            said = "your token has no right to this space; ask who runs the server for one."
            challenge = self.addresses.challenge(scope["path"], space)
            return _refused(403, "insufficient_scope", said, challenge)
        return None

    @asynccontextmanager
    async def inside(self, scope: Scope) -> AsyncGenerator[None]:
        """Have a request ended as soon as its token is good no more."""
        access = access_of(scope)
        if access is None:
            yield
            return
        key = object()
        with anyio.CancelScope() as until:
            self._inside[key] = access.token, until
            try:
                yield
            finally:
                del self._inside[key]

    async def watch(self) -> None:
        """End what goes on with tokens that are revoked or have expired, until cancelled."""
        while True:
            await anyio.sleep(LOOK_S)
            try:
                for token in {token for token, _ in self._inside.values()}:
                    if await self.verifier.verify_token(token) is None:
                        self._end(token)
            except Exception:
                logger.exception("tokens cannot be looked at")

    def _end(self, token: str) -> None:
        for held, until in list(self._inside.values()):
            if held == token:
                until.cancel()

    def _unknown(self, scope: Scope, space: str, said: str = "") -> Response:
        said = said or "this endpoint needs a token: Authorization: Bearer ts_..."
        return _refused(401, "invalid_token", said, self.addresses.challenge(scope["path"], space))


def _refused(status: int, error: str, said: str, challenge: str) -> Response:
    """Return a refusal as RFC 6750 has it."""
    told = f'Bearer error="{error}", error_description="{said}"{challenge}'
    return JSONResponse(
        {"error": error, "error_description": said},
        status,
        {"WWW-Authenticate": told},
    )
