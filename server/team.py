"""One call of a command that looks after a team's endpoint: of which, and how it is answered."""

import argparse
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..config.settings import Settings
from ..memory.errors import NotFoundError
from ..memory.nearest import nearest_label
from . import shapes
from .call import WrongUseError
from .endpoint.spaces import Spaces, data_folder
from .endpoint.tokens import Tokens
from .terminal import Output, printable


@dataclass(frozen=True, slots=True)
class Team:
    """What a command for a team needs to know. An endpoint may run on the same data meanwhile."""

    args: argparse.Namespace
    settings: Settings
    out: Output = field(default_factory=Output)

    @property
    def data(self) -> Path:
        """The folder of the endpoint's data."""
        return data_folder(self.settings)

    @property
    def spaces(self) -> Spaces:
        """The endpoint's spaces."""
        return Spaces(self.data)

    @property
    def tokens(self) -> Tokens:
        """The endpoint's tokens."""
        return Tokens(self.data)

    def require_space(self, name: str) -> Path:
        """Return where a space lies.

        Raises:
            InvalidError: it cannot be a space's name.
            NotFoundError: there is no such space; it names the nearest.
        """
        self.spaces.path(name)
        names = self.spaces.names()
        try:
            return self.spaces.require(name)
        except NotFoundError as error:
            near = nearest_label(name, names)
            make = self.command("spaces", "create", name)
            then = f"did you mean {near}?" if near else f"make it with `{make}`."
            raise NotFoundError(f"there is no space {name!r} in {self.data}; {then}") from error

    def answer(self, **fields: object) -> None:
        """Answer a program."""
        self.out.exact(shapes.dumps({"data": str(self.data), **fields}))

    def tell(self, *lines: str) -> None:
        """Tell the person something beside the answer, on standard error."""
        sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
        sys.stderr.flush()

    def command(self, *words: str) -> str:
        """Return a command as the person would type it next, for the same endpoint."""
        given = ("--data", self.args.data) if self.args.data else ()
        return shlex.join(("tokenspace", *words, *given))


TeamCommand = Callable[[Team], int]


def require_own_flags(args: argparse.Namespace) -> None:
    """Refuse the flags that name one memory: a team's endpoint has many.

    Raises:
        WrongUseError: one of them was given.
    """
    for flag in ("db", "project"):
        if getattr(args, flag) is not None:
            raise WrongUseError(
                f"--{flag} names one memory; {args.command} is about a team's endpoint: give its "
                "folder with --data."
            )
