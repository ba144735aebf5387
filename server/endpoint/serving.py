"""Serving the endpoint: where it listens, whether that is safe, and a clean end."""

import socket
import ssl
from typing import Any, cast
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ...config.names import is_local
from ...config.settings import Settings, SettingsError
from .addresses import TRANSPORTS
from .connections import Connections, most_connections, protocol
from .proxies import PastProxy, Proxies
from .public import is_public_address
from .rooms import Rooms

LOCAL = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::", "[::]")  # noqa: S104 - refused, unless it is told how it is reached
KEEP_S = 65
"""How long a connection is kept for the next request: longer than proxies wait, mostly 60 s."""
SWEEP_TICKS = 5
"""How often connections are looked at, in tenths of a second."""
GRACE_S = 2
"""How long answers that are owed are waited for at the end."""

_SLASHED = tuple(f"/{transport}/" for transport in TRANSPORTS)

TAKEN_MS = 30_000
"""After how long a connection is dropped whose other end takes nothing, or is no longer there."""


def is_exposed(settings: Settings) -> bool:
    """Tell whether others than this machine's programs can reach the endpoint, also by a proxy."""
    public = urlsplit(settings.public_url).hostname
    return bool(settings.proxy) or not is_local(settings.host) or not is_local(public or LOCAL)


def check_bind(settings: Settings, *, guarded: bool) -> None:
    """Refuse to listen where others could reach memory, or read what is sent.

    Args:
        settings: Where to listen, and how what is sent is encrypted.
        guarded: Nobody comes in without a token.

    Raises:
        SettingsError: it says what to give.
    """
    _check_certificate(settings)
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("--tls-cert and --tls-key go together; give both.")
    if settings.public_url and not is_public_address(settings.public_url):
        raise SettingsError(
            f"--public-url {settings.public_url}: give an https address without a path, such as "
            "https://memory.example.com (http only on this machine)."
        )
    Proxies(settings.proxy)
    if is_exposed(settings) and not guarded:
        where = settings.public_url or (settings.host if not settings.proxy else "this endpoint")
        raise SettingsError(
            f"{where} can be reached by others, and there is no token: make one with "
            "`tokenspace token create --name YOU --space NAME --role admin`, or name who makes "
            "them with --issuer."
        )
    if settings.host in EVERYWHERE and not settings.public_url:
        raise SettingsError(
            f"{settings.host} is every address of this machine: say with --public-url which one "
            "clients write, such as https://memory.example.com."
        )
    if not is_local(settings.host) and not settings.tls_cert and not settings.proxy:
        raise SettingsError(
            f"{settings.host} can be reached by others, and what is sent would not be encrypted: "
            "give --tls-cert and --tls-key, or --proxy ADDRESS if a proxy in front does that."
        )


def _check_certificate(settings: Settings) -> None:
    """Refuse files with which nothing could be encrypted.

    Raises:
        SettingsError: it says which, and why.
    """
    if not settings.tls_cert or not settings.tls_key:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_cert, settings.tls_key, password=""
        )
    except (OSError, ValueError) as error:  # those of TLS are OSErrors as well
        files = f"--tls-cert {settings.tls_cert}, --tls-key {settings.tls_key}"
        raise SettingsError(
            f"{files}: no certificate with its key, in PEM and without a password, can be read "
            f"there ({error})."
        ) from error


def listening(settings: Settings) -> socket.socket:
    """Return a socket that listens where the settings say; port 0 is any that is free.

    Raises:
        SettingsError: the address is taken, or is none of this machine.
    """
    host = settings.host.strip("[]")
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.create_server(address[:2], family=family, backlog=1024)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux; what is accepted has it from here
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TAKEN_MS)
        # asyncio has what it accepts send at once only where the protocol is named; else each
        # answer over a connection that is kept waits 40 ms for the client's acknowledgement.
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, made.detach())
    except OSError as error:
        raise SettingsError(
            f"cannot listen at {settings.host}, port {settings.port} ({error.strerror or error}); "
            "give another --host or --port."
        ) from error


class _Server(uvicorn.Server):
    """Ends streams before it waits for them: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, rooms: Rooms, connections: Connections) -> None:
        super().__init__(config)
        self._rooms = rooms
        self._connections = connections

    async def on_tick(self, counter: int) -> bool:
        if counter % SWEEP_TICKS == 0:
            self._connections.sweep()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._rooms.end_streams()
        await super().shutdown(sockets)


class _Trimmed:
    """Makes one of what means the same.

    Header values lose the blanks at their ends (httptools leaves those that follow), the host's
    name its capitals, and an address the slash at its end. Starlette would send clients on to the
    one without, over http if they come by a proxy that encrypts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = [
                (name, value.strip(b" \t").lower() if name == b"host" else value.strip(b" \t"))
                for name, value in scope["headers"]
            ]
            path: str = scope["path"]
            if path.endswith(_SLASHED):
                scope["path"] = path[:-1]
        await self._app(scope, receive, send)


def make_server(app: ASGIApp, rooms: Rooms, settings: Settings) -> uvicorn.Server:
    """Return what serves the application where the settings say."""
    inner: ASGIApp = _Trimmed(app)
    proxies = Proxies(settings.proxy)
    if settings.proxy:  # uvicorn has types of its own for the same
        inner = cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, inner), settings.proxy))
        inner = PastProxy(inner, proxies)
    connections = Connections(most_connections(settings.open_spaces), proxies)
    config = uvicorn.Config(
        inner,
        http=protocol(connections),
        ws="none",
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
        proxy_headers=False,  # above, where who goes past the proxy is known
        timeout_keep_alive=KEEP_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _Server(config, rooms, connections)
