"""Serving the endpoint: where it listens, whether that is safe, and a clean end."""

import ipaddress
import socket
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ...config.settings import Settings, SettingsError
from .rooms import Rooms

LOCAL = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::", "[::]")  # noqa: S104 - refused, unless it is told how it is reached
GRACE_S = 2
"""How long answers that are owed are waited for at the end."""


def is_local(host: str) -> bool:
    """Tell whether only this machine can reach what listens on a host's address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


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
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("--tls-cert and --tls-key go together; give both.")
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

    def __init__(self, config: uvicorn.Config, rooms: Rooms) -> None:
        super().__init__(config)
        self._rooms = rooms

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._rooms.end_streams()
        await super().shutdown(sockets)


class _Trimmed:
    """Takes the blanks off the ends of header values: httptools leaves those that follow."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        await self._app(scope, receive, send)


def make_server(app: ASGIApp, rooms: Rooms, settings: Settings) -> uvicorn.Server:
    """Return what serves the application where the settings say."""
    config = uvicorn.Config(
        _Trimmed(app),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
        proxy_headers=bool(settings.proxy),
        forwarded_allow_ips=settings.proxy or None,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _Server(config, rooms)
