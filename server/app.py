"""The composition root: from settings to a server. The only file that knows every part."""

from functools import partial
from importlib.metadata import version

from ..config.locate import Place, locate
from ..config.settings import Settings, SettingsError
from ..memory import Author, Space
from ..memory.errors import ReadOnlyError
from .hook.drain import drain_when_opened
from .models import make_embedders
from .surface.build import MemoryServer, build
from .surface.desk import Caller, Desk, OneDesk
from .surface.room import Room

VERSION = version("tokenspace")


def make_server(settings: Settings, place: Place | None = None) -> MemoryServer:
    """Return the MCP server that these settings describe; it opens its space on first use.

    Raises:
        SettingsError: they name a project that does not exist.
    """
    found = place or locate(settings)

    async def open_space() -> Space:
        try:
            found.make_folder()
        except SettingsError as error:
            raise ReadOnlyError(str(error)) from error
        return await Space.open(found.path, embedders=make_embedders(settings))

    room = Room(open_space, str(found))
    caller = Caller(settings.user)
    desk = Desk(room, caller, settings.context_budget, settings.profile)
    author = Author(user=settings.user, client="tokenspace hook", client_version=VERSION)
    file_sessions = partial(drain_when_opened, path=found.path, author=author)
    return build(room, OneDesk(desk), settings.profile, VERSION, file_sessions)
