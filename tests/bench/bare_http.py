"""The reference server over HTTP: the one of `bare`, under uvicorn as an endpoint has it.

`/mcp` is open to everybody; `/guarded` is behind the SDK's own check of a bearer token.
"""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from bare import made, opened
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

TOKEN = "bench"  # noqa: S105 - of this server, which holds nothing


class _Verifier:
    """Knows one token."""

    async def verify_token(self, token: str) -> AccessToken | None:
        if token != TOKEN:
            return None
        return AccessToken(token=token, client_id="bench", scopes=["use"], subject="bench")


class _Raw:
    """The address of the server. An object, so that it is given the raw request."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)


def main() -> None:
    """Serve until a signal comes; the database and the port are arguments."""
    manager = StreamableHTTPSessionManager(made(opened(sys.argv[1])), json_response=True)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with manager.run():
            yield

    raw = _Raw(manager)
    guarded = AuthContextMiddleware(RequireAuthMiddleware(raw, ["use"]))
    backend = BearerAuthBackend(_Verifier())
    routes = [
        Route("/mcp", raw),
        Route("/guarded", AuthenticationMiddleware(guarded, backend=backend)),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    config = uvicorn.Config(
        app,
        port=int(sys.argv[2]),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
