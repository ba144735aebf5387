"""From a bearer token to who calls, and what they may do in a space."""

import math
import time
from typing import Any, Protocol, cast

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.types import ASGIApp, Receive, Scope, Send

from ..roles import Role
from .tokens import EVERY, PREFIX, Token, Tokens

SPACES = "tokenspace/spaces"
"""Claim of an access token: a role for each space, `*` for all."""
AUDIENCES = "tokenspace/audiences"
"""Claim of an access token of an issuer: the addresses it was made for."""
NAME = "tokenspace/name"
"""Claim of an access token of an issuer: what its bearer is called; `sub` is who it is."""
_BEARER = b"bearer "


class Authority(Protocol):
    """Who else makes access tokens, and how they are checked."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return what a token says; None where it is not good."""
        ...

    async def run(self) -> None:
        """Do what checking needs in the background, until cancelled."""
        ...


class Verifier:
    """What the SDK asks who a bearer token stands for: ours, or the issuer's."""

    def __init__(self, tokens: Tokens, issuer: Authority | None = None) -> None:
        self.tokens = tokens
        self.issuer = issuer
        self._made: dict[str, tuple[Token, AccessToken]] = {}

    @property
    def required(self) -> bool:
        """Whether nobody comes in without a token: as soon as there is any to be had."""
        return self.issuer is not None or self.tokens.any()

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return who a token stands for, and their roles; None where it is not good."""
        if not token.startswith(PREFIX):
            return await self.issuer.verify_token(token) if self.issuer is not None else None
        found = self.tokens.find(token)
        if found is None:
            return None
        before, made = self._made.get(found.id, (None, None))
        if made is None or before is not found:  # it is made anew only where its file was changed
            made = AccessToken(
                token=token,
                client_id=found.id,
                subject=found.name,
                scopes=[],
                expires_at=int(found.expires_at.timestamp()) if found.expires_at else None,
                claims={SPACES: {found.space: found.role}},
            )
            self._made[found.id] = found, made
        return made


class Identity:
    """Tells the rest of the program whom a request's bearer token stands for."""

    def __init__(self, app: ASGIApp, verifier: Verifier) -> None:
        self._app = app
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with what the SDK looks for where its token is good."""
        if scope["type"] == "http":
            shown = next((v for name, v in scope["headers"] if name == b"authorization"), b"")
            if shown[:7].lower() == _BEARER:
                access = await self._verifier.verify_token(shown[7:].decode("latin-1"))
                if access is not None and (access.expires_at or math.inf) >= int(time.time()):
                    scope["user"] = AuthenticatedUser(access)
        await self._app(scope, receive, send)


def access_of(scope: Scope) -> AccessToken | None:
    """Return the access token that a request came with, if it was good."""
    user = scope.get("user")
    return user.access_token if isinstance(user, AuthenticatedUser) else None


def name_of(access: AccessToken) -> str:
    """Return the name that changes by an access token's bearer are signed with."""
    return claim(access, NAME) or access.subject or access.client_id


def role_in(access: AccessToken, space: str) -> Role | None:
    """Return what an access token's bearer may do in a space; None where they have no right."""
    roles = cast(dict[str, Role], claim(access, SPACES) or {})
    found = [roles[name] for name in (space, EVERY) if name in roles]
    return max(found, key=lambda role: role.rank, default=None)


def claim(access: AccessToken, name: str) -> Any:
    """Return what an access token claims under a name."""
    return (access.claims or {}).get(name)
