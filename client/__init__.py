"""tokenspace in programs that call Anthropic's API: their memory tool, over a space or an endpoint.

    import anthropic
    import tokenspace.client

    tools = [tokenspace.client.memory_tool("agent.db")]
    runner = anthropic.Anthropic().beta.messages.tool_runner(model=..., ..., tools=tools)

Nothing of the `anthropic` package, nor of the MCP SDK, is imported before it is used.
"""

from collections.abc import Generator
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING

from .where import Where, found

if TYPE_CHECKING:
    from .tools import AsyncMemoryTool, MemoryTool

__all__ = ["async_memory_tool", "memory_tool"]


class MissingError(ImportError):
    """The package that it takes is not installed; the message says how to install it."""


def memory_tool(
    where: str | PathLike[str] | None = None,
    *,
    token: str | None = None,
    space: str = "",
    user: str | None = None,
    model: str = "",
) -> "MemoryTool":
    """Return the memory tool `memory_20250818` for a client of Anthropic's API.

    Nothing has to be closed: each command opens the memory for itself.

    Args:
        where: A database file, made if there is none; a project's folder; or the URL of an
            endpoint or of a space of it. None: the memory that `tokenspace` finds here.
        token: For an endpoint; None: of the environment (TOKENSPACE_TOKEN), or none.
        space: Which space of an endpoint, where the URL names none.
        user: Who is recorded as the author of changes; an endpoint goes by the token.
        model: Which model is recorded with them.

    Raises:
        MissingError: the package `anthropic` is not installed, or too old.
        SettingsError: there cannot be such a place.
    """
    with _library():
        from .tools import MemoryTool
    return MemoryTool(found(Where(where, token, space, user, model)))


def async_memory_tool(
    where: str | PathLike[str] | None = None,
    *,
    token: str | None = None,
    space: str = "",
    user: str | None = None,
    model: str = "",
) -> "AsyncMemoryTool":
    """Return the same for an asynchronous client, under asyncio.

    Raises:
        MissingError: the package `anthropic` is not installed, or too old.
        SettingsError: there cannot be such a place.
    """
    with _library():
        from .tools import AsyncMemoryTool
    return AsyncMemoryTool(found(Where(where, token, space, user, model)))


@contextmanager
def _library() -> Generator[None]:
    """Say what to install where the package that is imported within is missing."""
    try:
        yield
    except ImportError as error:
        if not (error.name or "").startswith("anthropic"):
            raise
        raise MissingError(
            "tokenspace.client takes the package anthropic, which is not installed here, or too "
            "old: pip install 'tokenspace[anthropic]'",
            name=error.name,
        ) from error
