"""One call of a command: what was asked, of which space, by whom."""

import argparse
import shlex
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

from ..config.locate import Place
from ..config.settings import Settings
from ..memory import Author, Intent, Space
from ..memory.embedders import Embedders
from ..memory.errors import NotFoundError
from ..memory.model import MAIN
from . import shapes
from .models import make_embedders
from .terminal import Cell, Output

_BY_HAND = "tokenspace cli"


class RefusedError(Exception):
    """The command was not carried out; the message says why."""


class WrongUseError(Exception):
    """The words of the command do not go together; the message says how they would."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a command needs to know."""

    args: argparse.Namespace
    settings: Settings
    place: Place
    out: Output = field(default_factory=Output)

    @property
    def branch(self) -> str:
        """The branch that the command is about."""
        named: str | None = self.args.branch
        return MAIN if named is None else named

    @property
    def where(self) -> str:
        """Which space, and which branch of it where that is not the main one."""
        return str(self.place) if self.branch == MAIN else f"{self.place}, branch {self.branch}"

    def intent(self, reason: str = "") -> Intent:
        """Return the intent of a person who acts by hand, and so may write what is read-only."""
        author = Author(
            user=self.settings.user,
            client=_BY_HAND,
            client_version=version("tokenspace"),
        )
        return Intent(
            author=author,
            tool=self.args.command,
            reason=reason,
            branch=self.branch,
            override_read_only=True,
        )

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

    def embedders(self) -> Embedders:
        """Return the models that the settings describe; none is started yet."""
        return make_embedders(self.settings)

    @asynccontextmanager
    async def space(
        self, *, make: bool = False, embedders: Embedders | None = None
    ) -> AsyncGenerator[Space]:
        """Open the space; `make` it where there is none. `embedders` are closed with it."""
        if make:
            self.place.make_folder()
        else:
            self.require_space()
        space = await Space.open(self.place.path, embedders=embedders)
        try:
            yield space
        finally:
            await space.close()

    def name_space(self) -> None:
        """Say which space it is, and how it was found."""
        branch = "" if self.branch == MAIN else f" · branch {self.branch}"
        where = Cell(f" · {self.place.path}", "dim")
        self.out.line(Cell(self.place.name, "bold"), f" ({self.place.how})", branch, where)

    def answer(self, **fields: object) -> None:
        """Answer a program."""
        about = {"space": shapes.space(self.place), "branch": self.branch}
        self.out.exact(shapes.dumps({**about, **fields}))

    def command(self, *words: str) -> str:
        """Return a command as the person would type it next, for the same memory."""
        flags = ((flag, getattr(self.args, flag)) for flag in ("db", "project"))
        given = (part for flag, value in flags if value for part in (f"--{flag}", value))
        return shlex.join(("tokenspace", *words, *given))


def by_whom(author: Author) -> str:
    """Return in short who made a change: the person, and what they had do it."""
    client = "" if author.client == _BY_HAND and author.user else author.client
    return " · ".join(part for part in (author.user, client) if part) or str(author)
