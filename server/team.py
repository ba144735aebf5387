"""One call of a command that looks after a team's endpoint: of which, and how it is answered."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..config.settings import Settings
from ..memory.errors import NotFoundError
from ..memory.nearest import nearest_label
from . import shapes
from .call import WrongUseError
from .endpoint.audit import Audit
from .endpoint.spaces import Spaces, data_folder
from .endpoint.tokens import Token, Tokens
from .terminal import Cell, Output, printable


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

    def require_space(self, name: str, *, make: bool = False) -> Path:
        """Return where a space lies.

        Args:
            name: Its name.
            make: Where there is none, the person may want to make it.

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
            then = f"see `{self.command('spaces', 'list')}`."
            if make:
                then = f"make it with `{self.command('spaces', 'create', name)}`."
            if near:
                then = f"did you mean {near}?"
            raise NotFoundError(f"there is no space {name!r} in {self.data}; {then}") from error

    def note(self, what: str, **fields: object) -> None:
        """Write to the endpoint's audit log what was done to it, and by whom on this machine."""
        audit = Audit(self.data / "audit.log")
        audit.note({"who": _login(), "what": what, "outcome": "ok", "from": "cli", **fields})
        audit.close()

    def note_token(self, what: str, token: Token) -> None:
        """Write to the audit log what was done to a token."""
        self.note(what, token=token.id, name=token.name, space=token.space, role=token.role)

    def revoke_all(self, space: str) -> list[Token]:
        """Revoke the tokens for a space alone, as it is gone, and return them."""
        found = [kept for kept in self.tokens.all() if kept.space == space]
        for kept in found:
            with suppress(NotFoundError):  # somebody else was quicker
                self.tokens.revoke(kept.id)
                self.note_token("token revoke", kept)
        return found

    def warn_if_none_is_left(self) -> None:
        """Tell the person that nobody comes in now, and what they can do."""
        if self.tokens.all() or self.tokens.damaged():
            return
        make = self.command("token", "create", "--name", "WHO", "--space", "NAME")
        self.out.line(
            Cell("No token is left", "yellow"),
            f", and the endpoint stays closed: nobody comes in without one. To make another: {make}"
            "\nTo let all programs of this machine in without one: "
            f"delete {self.tokens.closed}",
        )

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


def _login() -> str:
    """Return who runs this, as the system says: the environment says whatever one wants."""
    try:
        import pwd
    except ImportError:  # Windows
        with suppress(OSError):
            return os.getlogin()
        return "unknown"
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # no such user in the system's list, as in some containers
        return str(os.getuid())


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
