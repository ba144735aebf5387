"""Which memory is meant: a file, a project, or a space of an endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ..config.locate import locate
from ..config.names import is_local
from ..config.settings import Settings, SettingsError, load
from ..config.settings import token as token_of

NAME = "tokenspace.client"
"""What the author's program is called in the history."""

_SCHEMES = ("http", "https")


class RefusedError(Exception):
    """A command was refused; the message is for the model."""


def refused(error: Exception) -> RefusedError:
    """Return a refusal as an endpoint words it: a sentence begins with a capital."""
    said = str(error)
    first = said.partition(" ")[0]
    return RefusedError(said[:1].upper() + said[1:] if first.isalpha() else said)


class Memory(Protocol):
    """Where commands of the memory tool are carried out."""

    async def do(self, command: Mapping[str, object]) -> str:
        """Carry out a command and return what to tell the model.

        Raises:
            RefusedError: it cannot be.
        """
        ...


@dataclass(frozen=True, slots=True)
class Where:
    """What a program asks for; see `memory_tool`."""

    place: str | PathLike[str] | None
    token: str | None = field(repr=False)
    space: str
    user: str | None
    model: str


def found(where: Where) -> Memory:
    """Return the memory that is meant; nothing is opened yet.

    Raises:
        SettingsError: there cannot be such a place.
    """
    place = "" if where.place is None else fspath(where.place)
    if urlsplit(place).scheme in _SCHEMES:
        from .endpoint import OnEndpoint  # imports the MCP SDK, which takes a while

        settings = load({})
        token = token_of(settings) if where.token is None else where.token
        return OnEndpoint(_address(place, where.space), token, where.model)
    if where.token or where.space:
        raise SettingsError("token and space are for an endpoint; give its URL as where.")
    from .space import OnSpace

    settings = _settings(place, where.user)
    return OnSpace(locate(settings), settings.user, where.model)


def _settings(place: str, user: str | None) -> Settings:
    """Return the settings that find a file, a project's folder, or what is found from here."""
    flags = {"user": user}
    if place:
        flags["project" if Path(place).expanduser().is_dir() else "db"] = place
    return load(flags)


def _address(url: str, space: str) -> str:
    """Return the address of a space.

    Raises:
        SettingsError: it cannot be, or what is sent could be read on its way.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsError(
            "where: give the address of an endpoint alone, such as https://memory.example.com."
        )
    if parts.scheme == "http" and not is_local(parts.hostname):
        raise SettingsError(
            f"where: what is sent to http://{parts.netloc} could be read on its way; give its "
            "https:// address."
        )
    base = url.rstrip("/")
    if not base.endswith("/mcp"):
        return f"{base}/p/{space}/mcp" if space else f"{base}/mcp"
    if space and not base.endswith(f"/p/{space}/mcp"):
        raise SettingsError(f"where names a space, or space does ({space!r}); give one of them.")
    return base
