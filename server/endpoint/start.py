"""`tokenspace serve --transport http`: the endpoint put together from the settings, and served."""

import gc
import sys
from argparse import Namespace
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from socket import socket

import anyio
import uvicorn
from anyio.lowlevel import checkpoint

from ...config.settings import Settings, SettingsError, load
from ...memory import Space, TokenspaceError
from ...memory.cores import keep_to_one
from ...memory.embedders import Embedders
from ..models import make_embedders
from . import logs
from .access import Verifier
from .addresses import Addresses
from .application import application
from .audit import Audit
from .connections import more_files
from .desks import Notice, Offer
from .door import Door
from .entrance import Entrance
from .entries import public_address
from .greeting import greeting
from .issuer import Issuer, check_issuer
from .operations import make_operations
from .records import Records
from .rooms import Bounds, Rooms
from .serving import check_bind, is_exposed, listening, make_server
from .spaces import DEFAULT, Spaces, data_folder
from .tokens import Tokens

FLAGS = (
    "profile",
    "user",
    "log_level",
    "data",
    "host",
    "port",
    "public_url",
    "tls_cert",
    "tls_key",
    "proxy",
    "issuer",
)


def serve(args: Namespace) -> int:
    """Serve until a signal comes, and return the exit code: 2 where it cannot be."""
    try:
        settings = load({name: getattr(args, name, None) for name in FLAGS})
        logs.to_stderr(settings.log_level)
        more_files()
        quick = find_spec("uvloop") is not None  # a third less time for each request
        anyio.run(_run, settings, args.transport, backend_options={"use_uvloop": quick})
    except SettingsError as error:
        _say(f"tokenspace: {error}")
        return 2
    except KeyboardInterrupt:  # it has ended cleanly, and passes the signal on
        pass
    return 0


@dataclass(frozen=True, slots=True)
class Ready:
    """An endpoint that listens, and has yet to serve.

    Attributes:
        address: Where clients reach it, as they write it.
        embedders: The models of all its spaces.
    """

    server: uvicorn.Server
    listener: socket
    address: str
    embedders: Embedders

    async def serve(self) -> None:
        """Serve until a signal comes, or the server is told to end."""
        try:
            with closing(self.listener):
                await self.server.serve([self.listener])
        finally:
            with anyio.CancelScope(shield=True):
                await self.embedders.close()


async def ready(settings: Settings, bounds: Bounds | None = None) -> Ready:
    """Return the endpoint that the settings describe.

    Args:
        settings: Where it listens, and what it serves.
        bounds: How much of it is open at once; None for what the settings say.

    Raises:
        SettingsError: it would not be safe, or the address is taken.
    """
    data = data_folder(settings)
    tokens = Tokens(data)
    check_issuer(settings)
    with _usable(data):
        check_bind(settings, guarded=bool(settings.issuer) or tokens.any())
        spaces = Spaces(data)
        await _make_default(spaces, tokens)
    listener = listening(settings)
    addresses = Addresses(public_address(settings, listener.getsockname()[1]), settings.issuer)
    issuer = Issuer(settings.issuer, addresses) if settings.issuer else None
    door = Door(Verifier(tokens, issuer), addresses, not is_exposed(settings))
    records = Records(Audit(data / "audit.log"))
    embedders = make_embedders(settings)
    bounds = bounds or Bounds(spaces=settings.open_spaces)
    rooms = _rooms(settings, spaces, records.notice, embedders, bounds)
    entrance = Entrance(door, rooms, settings.rate)
    operations = make_operations(rooms, entrance, records, data)
    server = make_server(application(door, rooms, operations), rooms, settings)
    return Ready(server, listener, addresses.public, embedders)


async def _run(settings: Settings, transport: str) -> None:
    keep_to_one()
    endpoint = await ready(settings)
    data = data_folder(settings)
    _say(greeting(settings, endpoint.address, Spaces(data), Tokens(data), transport))
    gc.freeze()  # what was loaded stays as long as the process: no collection goes through it
    await checkpoint()  # a Ctrl-C until here ends it here: there is nothing yet to shut down
    await endpoint.serve()


def _rooms(
    settings: Settings, spaces: Spaces, notice: Notice, embedders: Embedders, bounds: Bounds
) -> Rooms:
    async def open_space(path: Path) -> Space:  # one worker embeds for all of them
        return await Space.open(path, embedders=embedders.lent(), make=False)

    offer = Offer(settings.user, settings.context_budget, settings.profile)
    return Rooms(spaces, open_space, offer, notice, version("tokenspace"), bounds)


async def _make_default(spaces: Spaces, tokens: Tokens) -> None:
    """Make the space behind `/mcp`, so that an endpoint that was just set up has one."""
    tokens.check_folder()
    spaces.make_folder()
    if not spaces.names():
        await spaces.create(DEFAULT)


@contextmanager
def _usable(data: Path) -> Generator[None]:
    """Say what is wrong with the folder of an endpoint's data.

    Raises:
        SettingsError: it cannot be used, or is not safe.
    """
    try:
        yield
    except TokenspaceError as error:
        raise SettingsError(str(error)) from error
    except OSError as error:
        raise SettingsError(
            f"{data} cannot hold an endpoint's data ({error.filename or data}: "
            f"{error.strerror or error}); give a folder of yours with --data."
        ) from error


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
