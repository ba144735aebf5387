"""The spaces of an endpoint: one database file each, in one folder."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

from ...config.names import is_space_name
from ...config.settings import Settings
from ...memory import Space, retire
from ...memory.errors import ExistsError, InvalidError, NotFoundError
from .private import make_private_folder

DEFAULT = "default"
"""The space behind an address that names none."""

_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # what Windows takes for no file


def data_folder(settings: Settings) -> Path:
    """Return the folder of an endpoint's spaces and tokens."""
    return Path(settings.data) if settings.data else settings.data_dir / "team"


class Spaces:
    """The folder of an endpoint's data: `spaces/NAME.db`, and beside it who may do what."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "spaces"
        self._archive = data / "archive"

    def path(self, name: str) -> Path:
        """Return where a space lies, whether it exists or not.

        Raises:
            InvalidError: it cannot be a space's name.
        """
        if _DEVICES.fullmatch(name):
            raise InvalidError(
                f"{name!r} cannot be a space's name: it is reserved, as Windows takes it for a "
                "device. Use another."
            )
        if not _is_name(name):
            raise InvalidError(
                f"{name[:80]!r} cannot be a space's name: use lower-case letters, digits, - and _ "
                "inside, 64 characters at most."
            )
        return self._folder / f"{name}.db"

    def require(self, name: str) -> Path:
        """Return where a space lies. The answer names no other: who asks may have no right to it.

        Raises:
            NotFoundError: there is no such space.
        """
        if not _is_name(name):
            raise NotFoundError(f"there is no space {name[:80]!r}.")
        if not os.path.isfile(f"{self._folder}{os.sep}{name}.db"):  # noqa: PTH113 - often
            raise NotFoundError(f"there is no space {name!r}.")
        return self.path(name)

    def names(self) -> list[str]:
        """Return the names of all spaces, sorted."""
        found = (path.stem for path in self._folder.glob("*.db") if path.is_file())
        return sorted(filter(_is_name, found))

    def make_folder(self) -> None:
        """Make the folder, closed to others."""
        make_private_folder(self._folder)

    async def create(self, name: str) -> Path:
        """Make a space, with the blocks that every one begins with; return where it lies.

        Raises:
            InvalidError: it cannot be a space's name.
            ExistsError: there is one of that name.
        """
        path = self.path(name)
        if path.exists():
            raise ExistsError(f"there is a space {name!r} already.")
        self.make_folder()
        await (await Space.open(path)).close()
        return path

    def archive(self, name: str, at: datetime) -> Path:
        """Take a space out of the endpoint and return where it is kept, whole and in one file.

        An endpoint may run: what it acknowledged is in that file, and it serves the space no more.

        Args:
            name: The space.
            at: Now, UTC; a part of the file's name.

        Raises:
            NotFoundError: there is no such space.
            LockedError: others write to it for too long.
        """
        path = self.require(name)
        make_private_folder(self._archive)
        target = next(place for place in self._archived(name, at) if not place.exists())
        retire(path, target)
        return target

    def delete(self, name: str) -> None:
        """Remove a space for good, with its history and the copies beside its file.

        Raises:
            NotFoundError: there is no such space.
            LockedError: others write to it for too long.
        """
        retire(self.require(name), None)

    def _archived(self, name: str, at: datetime) -> Iterator[Path]:
        """Yield names for a file in the archive: another number for another of the same second."""
        for number in count(1):
            again = f"-{number}" if number > 1 else ""
            yield self._archive / f"{name}-{at:%Y-%m-%dT%H%M%SZ}{again}.db"


def _is_name(name: str) -> bool:
    return is_space_name(name) and not _DEVICES.fullmatch(name)
