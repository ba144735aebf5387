"""The door of an endpoint: who comes in, and who has to leave when a token is revoked."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from .access import AUDIENCES, Verifier, access_of, claim, role_in
from .addresses import Addresses
from .tokens import PREFIX

logger = logging.getLogger(__name__)

LOOK_S = 0.25
"""How soon an open stream ends after its token was revoked."""


_Held = tuple[str | None, str]
"""With which token somebody is in which space."""


@dataclass(slots=True)
class Door:
    """Lets requests in.

    Attributes:
        local: Whether only programs of this machine can reach the endpoint.
    """

    verifier: Verifier
    addresses: Addresses
    local: bool
    _inside: dict[object, tuple[_Held, anyio.CancelScope]] = field(
        default_factory=dict[object, tuple[_Held, anyio.CancelScope]]
    )
    _asked: set[_Held] = field(default_factory=set[_Held])

    def refusal(self, scope: Scope, space: str) -> Response | None:
        """Return why a request may not go into a space, None where it may.

        The answer is the same whether there is such a space or not.
        """
        access = access_of(scope)
        if access is None:
            if self.local and not self.verifier.required:
                return None
            return self.unknown(scope, space)
        for_here = claim(access, AUDIENCES)
        if for_here is not None and not self.addresses.accepts(space, for_here):
            return self.unknown(scope, space, "this token was made for another address.")
        if role_in(access, space) is None:
            said = "your token has no right to this space; ask who runs the server for one."
            challenge = self.addresses.challenge(scope["path"], space)
            return _refused(403, "insufficient_scope", said, challenge)
        return None

    @contextmanager
    def inside(self, scope: Scope, space: str) -> Generator[anyio.CancelScope]:
        """Have a request ended as soon as its token opens that space no more, or it needs one."""
        access, key = access_of(scope), object()
        with anyio.CancelScope() as until:
            self._inside[key] = (access.token if access is not None else None, space), until
            try:
                yield until
            finally:
                del self._inside[key]

    async def watch(self) -> None:
        """End what goes on with tokens that are revoked or have expired, until cancelled."""
        async with anyio.create_task_group() as tasks:
            while True:
                await anyio.sleep(LOOK_S)
                for held in {held for held, _ in self._inside.values()} - self._asked:
                    if held[0] is None or held[0].startswith(PREFIX):
                        await self._look(held)
                    else:  # whoever made it may have to be asked first, which takes its time
                        self._asked.add(held)
                        tasks.start_soon(self._look, held)

    async def _look(self, held: _Held) -> None:
        """End what goes on in a space with a token, or without one, if that opens it no more."""
        token, space = held
        try:
            if token is None:
                is_good = not self.verifier.required
            else:
                access = await self.verifier.verify_token(token)
                is_good = access is not None and role_in(access, space) is not None
            if not is_good:
                self._end(held)
        except Exception:
            logger.exception("tokens cannot be looked at")
        finally:
            self._asked.discard(held)

    def _end(self, held: _Held) -> None:
        for one, until in list(self._inside.values()):
            if one == held:
                until.cancel()

    def unknown(self, scope: Scope, space: str, said: str = "") -> Response:
        """Return the refusal of a request whose token is not good, or is missing."""
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
