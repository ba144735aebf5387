"""A passage or an episode by its name, for the commands that take one."""

from contextlib import suppress

from ..memory import Space
from ..memory.errors import DeletedError, NotFoundError
from ..memory.passages import Passage


async def read(space: Space, name: str, at: str | None = None) -> tuple[Passage, list[str]]:
    """Return a passage, now or at a place, and the names of those beside it of the same source.

    Raises:
        NotFoundError: none is called so, in the words of the command line.
    """
    try:
        return await space.archive.read(name, at)
    except DeletedError:
        raise DeletedError(
            f"{name} was taken out of the archive; --at shows it as it was, and `tokenspace "
            "restore --undo CHANGE` brings it back."
        ) from None
    except NotFoundError as error:
        told = str(error).replace(
            "memory_search finds what there is", "`tokenspace archive` lists them"
        )
        raise NotFoundError(told) from None


async def require(space: Space, name: str) -> None:
    """Refuse a name that no passage has or had.

    Raises:
        NotFoundError: it is such a name.
    """
    with suppress(DeletedError):
        await read(space, name)
