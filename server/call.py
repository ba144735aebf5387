"""One call of a command: what was asked, of which space, by whom."""

import argparse
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

from ..config.locate import Place
from ..config.settings import Settings
from ..memory import Author, Intent, Space
from ..memory.errors import NotFoundError
from .terminal import Cell, Output


class RefusedError(Exception):
    """The command was not carried out; the message says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a command needs to know."""

    args: argparse.Namespace
    settings: Settings
    place: Place
    out: Output = field(default_factory=Output)

    def intent(self, reason: str = "") -> Intent:
        """Return the intent of a person who acts by hand, and so may write what is read-only."""
        author = Author(
            user=self.settings.user,
            client="tokenspace cli",
            client_version=version("tokenspace"),
        )
        return Intent(author=author, tool=self.args.command, reason=reason, override_read_only=True)

    def has_space(self) -> bool:
        """Tell whether the space exists already."""
        try:
            return self.place.path.stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError):
            return False

    def require_space(self) -> None:
        """Refuse a space that does not exist yet.

        Raises:
            NotFoundError: it says who would make it.
        """
        if not self.has_space():
            raise NotFoundError(
                f"there is no memory yet for {self.place}: no file {self.place.path}. It is made "
                "when an assistant connects or with `tokenspace edit human`; for another one, give "
                "--project or --db."
            )

    @asynccontextmanager
    async def space(self, *, make: bool = False) -> AsyncGenerator[Space]:
        """Open the space; `make` it where there is none."""
        if make:
            self.place.make_folder()
        else:
            self.require_space()
        space = await Space.open(self.place.path)
        try:
            yield space
        finally:
            await space.close()

    def name_space(self) -> None:
        """Say which space it is, and how it was found."""
        where = Cell(f" · {self.place.path}", "dim")
        self.out.line(Cell(self.place.name, "bold"), f" ({self.place.how})", where)
