"""An issuer of access tokens for tests: a real one over HTTP, whose people always say yes."""

import base64
import hmac
import json
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, fields
from socket import create_server
from typing import Any, TypeVar
from urllib.parse import urlencode

import anyio
import jwt
import uvicorn
from anyio.from_thread import start_blocking_portal
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tokenspace.server.endpoint.addresses import Addresses
from tokenspace.server.endpoint.issuer import Issuer
from tokenspace.server.endpoint.issuer_keys import Patience

OAUTH = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
PUBLIC = "https://memory.example.com"
"""The address of an endpoint that tokens are made for, where none runs."""
HERE = f"{PUBLIC}/p/acme/mcp"


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """A key to sign with: its id, its algorithm, both halves."""

    kid: str
    algorithm: str
    secret: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    def jwk(self) -> dict[str, Any]:
        """Return the public half as it is published."""
        public = self.secret.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            found = RSAAlgorithm.to_jwk(public, as_dict=True)
        else:
            found = ECAlgorithm.to_jwk(public, as_dict=True)
        return {**found, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def pem(self) -> bytes:
        """Return the public half as a file has it."""
        return self.secret.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def rsa_key(kid: str = "one", algorithm: str = "RS256", bits: int = 2048) -> Key:
    """Return a new RSA key."""
    return Key(kid, algorithm, rsa.generate_private_key(public_exponent=65537, key_size=bits))


def ec_key(kid: str = "two") -> Key:
    """Return a new key of an elliptic curve."""
    return Key(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))


@dataclass(slots=True)
class LocalIssuer:
    """A running issuer.

    Attributes:
        base: Where it listens.
        url: Its name; what lies below that address is of this issuer.
        keys: Those that it publishes.
        document: Where its metadata lies.
        extra: What its metadata says besides, or instead.
        scope: What it grants to who signs in; what was asked for where None.
        asked: The paths that were asked for, in order.
        granted: The tokens that it gave out by the code flow.
        down: Whether all it answers is 503.
        changed: What its published keys say besides, or instead.
        published: What lies in the place of its keys, if not they.
    """

    base: str = ""
    url: str = ""
    keys: list[Key] = field(default_factory=lambda: [ec_key()])
    document: str = OAUTH
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope: str | None = None
    asked: list[str] = field(default_factory=list[str])
    granted: list[str] = field(default_factory=list[str])
    down: bool = False
    changed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    published: bytes | None = None
    _codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def token(
        self, audience: object, scope: str | None = "", key: Key | None = None, **more: Any
    ) -> str:
        """Return a token; `more` are claims, and headers where they begin with `header_`."""
        key = key or self.keys[0]
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": "u-1",
            "client_id": "connector",
            "aud": audience,
            "scope": scope,
            "iat": now,
            "exp": now + 300,
        }
        headers = {"kid": key.kid, "typ": "at+jwt"}
        for name, value in more.items():
            if name.startswith("header_"):
                headers[name.removeprefix("header_")] = value
            else:
                claims[name] = value
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key.secret, key.algorithm, headers)

    def anew(self) -> "LocalIssuer":
        """Be as at the start again, with a new key."""
        fresh = LocalIssuer(self.base, self.base)
        for each in fields(self):
            setattr(self, each.name, getattr(fresh, each.name))
        return self

    async def metadata(self, request: Request) -> Response:
        """Say who this is, and where its parts lie."""
        self.asked.append(request.url.path)
        if self.down or request.url.path != self.document:
            return Response(status_code=503 if self.down else 404)
        told = {
            "issuer": self.url,
            "jwks_uri": f"{self.url.rstrip('/')}/jwks",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "registration_endpoint": f"{self.url}/register",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
        return JSONResponse({**told, **self.extra})

    async def jwks(self, request: Request) -> Response:
        """Publish the keys."""
        self.asked.append(request.url.path)
        if self.published is not None:
            return Response(self.published)
        return JSONResponse({"keys": [{**key.jwk(), **self.changed} for key in self.keys]})

    async def register(self, request: Request) -> Response:
        """Take any client."""
        return JSONResponse({**await request.json(), "client_id": "connector"}, 201)

    async def authorize(self, request: Request) -> Response:
        """Say yes at once."""
        asked = dict(request.query_params)
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", 302)

    async def exchange(self, request: Request) -> Response:
        """Give a token for a code, for what it was asked for."""
        form = await request.form()
        asked = self._codes.pop(str(form["code"]))
        scope = asked.get("scope", "") if self.scope is None else self.scope
        token = self.token(asked["resource"], scope, preferred_username="grace")
        self.granted.append(token)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "scope": scope})


@asynccontextmanager
async def running(issuer: LocalIssuer) -> AsyncGenerator[LocalIssuer]:
    """Serve an issuer in this process while the block lasts."""
    routes = [
        Route("/register", issuer.register, methods=["POST"]),
        Route("/authorize", issuer.authorize),
        Route("/token", issuer.exchange, methods=["POST"]),
        Route("/jwks", issuer.jwks),
        Route("/{below:path}/jwks", issuer.jwks),
        Route("/{rest:path}", issuer.metadata),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with create_server(("127.0.0.1", 0)) as listener:
        issuer.url = issuer.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            try:
                yield issuer
            finally:
                server.should_exit = True


@contextmanager
def beside(served: AbstractAsyncContextManager[T]) -> Generator[T]:
    """Serve something in a thread, for the tests of a whole module."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(served) as entered:
        yield entered


@asynccontextmanager
async def checking(url: str, patience: Patience | None = None) -> AsyncGenerator[Issuer]:
    """Check tokens of an issuer while the block lasts."""
    issuer = Issuer(url, Addresses(PUBLIC, url), patience)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(issuer.run)
        yield issuer
        tasks.cancel_scope.cancel()


def decoded(token: str) -> dict[str, Any]:
    """Return what a token claims, unchecked."""
    return jwt.decode(token, options={"verify_signature": False})


def unsigned(token: str) -> str:
    """Return a token with the same claims whose header says that nothing is signed."""
    return f"{_said({'alg': 'none'}, decoded(token))}."


def resigned(token: str, key: Key) -> str:
    """Return a token with the same claims, signed with a public key as if it were a secret."""
    said = _said({"alg": "HS256", "kid": key.kid}, decoded(token))
    return f"{said}.{_shown(hmac.digest(key.pem(), said.encode(), 'sha256'))}"


def _said(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return ".".join(_shown(json.dumps(part).encode()) for part in (header, claims))


def _shown(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
