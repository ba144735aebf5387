"""The composition root: from settings to a server. The only file that knows every part."""

from importlib.metadata import version

from ..config.locate import Place, locate
from ..config.settings import Settings, SettingsError
from ..memory import Author, Space
from ..memory.errors import ReadOnlyError
from .hook.drain import drain_when_opened
from .models import make_embedders
from .surface.build import MemoryServer, build
from .surface.desk import Caller, Desk
from .surface.projects import Projects
from .surface.room import Room

VERSION = version("tokenspace")


def make_server(settings: Settings, place: Place | None = None) -> MemoryServer:
    """Return the MCP server that these settings describe; it opens a space on first use.

    Raises:
        SettingsError: they name a project that does not exist.
    """
    author = Author(user=settings.user, client="tokenspace hook", client_version=VERSION)
    caller = Caller(settings.user)

    async def open_space(found: Place) -> Space:
        try:
            found.make_folder()
        except SettingsError as error:
            raise ReadOnlyError(str(error)) from error
        return await Space.open(found.path, embedders=make_embedders(settings))

    def desk_in(room: Room) -> Desk:
        return Desk(room, caller, settings.context_budget, settings.profile)

    async def file_sessions(room: Room, found: Place) -> None:
        if not found.is_tracked:  # else a repository would choose what is read as a transcript
            await drain_when_opened(room, found.path, author)

    projects = Projects(
        place or locate(settings),
        lambda told: locate(settings, told=told),
        open_space,
        desk_in,
        file_sessions,
    )
    return build(projects.room, projects, settings.profile, VERSION, projects.keep)
