"""What an entry starts: is it this program, and what is it told?

A path that ends in `tokenspace` may be anything, such as a folder that another server is given. So
only the command itself counts, and the word that a known launcher starts.
"""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, cast

from ...config.packages import ROOT
from ..serve_options import add_endpoint, add_remote
from .program import NAME

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?|py")
_FLAG = re.compile(r"-[BEIOPSbqsu]+")
"""Flags of Python that make it run nothing else; `-c` would."""
_LAUNCHERS = ("uvx", "uv", "pipx", "docker", "podman", "cmd", "wsl", "env")
_OWN = re.compile(r"-.*|run|tool|exec|/[a-z]|\w+=.*", re.IGNORECASE)
"""Words that are for the launcher itself."""
_VALUED = re.compile(
    r"--(?:from|with|with-editable|python|spec|directory|project|extra|index|index-url|env-file|env"
    r"|volume|mount|name|network|workdir|user|entrypoint)|-[pvewu]"
)
"""Flags of launchers whose value is the next word."""
_PACKAGE = re.compile(rf"{NAME}(?:\.git)?(?:\[[\w,-]+\])?(?:(?:==|@|:).*)?")

FLAGS = ("db", "project", "user", "space", "token_file")
"""Settings that say which memory and whose."""
_OTHERS = ("profile", "log_level", "remote")


class _WordsError(Exception):
    """The words are none of this program's."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise _WordsError(message)


@dataclass(frozen=True, slots=True)
class Start:
    """The command of an entry, taken apart.

    Attributes:
        words: All of it, the program first.
        lead: How many of the words come before what this program is told; 0 where they start
            something else.
        runner: What fetches or wraps it, such as uvx; empty where it is started itself.
        unsafe: Python looks for this program in the working directory first.
    """

    words: tuple[str, ...]
    lead: int = 0
    runner: str = ""
    unsafe: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it starts this program, in whatever way."""
        return self.lead > 0

    @property
    def count(self) -> int:
        """How many of the words start this program itself; 0 where something else does."""
        return 0 if self.runner else self.lead

    @property
    def rest(self) -> tuple[str, ...]:
        """What this program is told."""
        return self.words[self.lead :]

    @property
    def told(self) -> "Told":
        """What this program is told, taken apart."""
        return told(self.rest)


@dataclass(frozen=True, slots=True)
class Told:
    """What a start of this program asks for.

    Attributes:
        command: Its command.
        transport: Of `serve`.
        remote: The endpoint that it leads to, empty for none.
        wrong: Why the words cannot be; empty where they can.
        flags: The settings that are given, of those that say which memory and whose.
        others: The other flags that are given.
    """

    command: str = "serve"
    transport: str = "stdio"
    remote: str = ""
    wrong: str = ""
    flags: dict[str, str | None] = field(default_factory=dict[str, str | None])
    others: dict[str, str | None] = field(default_factory=dict[str, str | None])


def start_of(value: Mapping[str, Any]) -> Start:
    """Return what an entry starts."""
    return _start(words_of(value))


def words_of(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words that an entry starts something with, the program first."""
    return (*_words(value.get("command")), *_words(value.get("args")))


def told(words: tuple[str, ...]) -> Told:
    """Return what this program is told by these words."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("command", nargs="?", default="serve")
    for flag in ("--db", "--project", "--user", "--log-level", "--profile"):
        parser.add_argument(flag)
    add_endpoint(parser)
    add_remote(parser)
    try:
        args, other = parser.parse_known_args(words)
    except _WordsError as error:
        command = words[0] if words and not words[0].startswith("-") else "?"
        return Told(command, wrong=str(error))
    flags, others = (
        {name: cast(str | None, getattr(args, name)) for name in names}
        for names in (FLAGS, _OTHERS)
    )
    wrong = f"unknown: {' '.join(other)}" if other and args.command == "serve" else ""
    return Told(args.command, args.transport, args.remote or "", wrong, flags, others)


def _start(words: tuple[str, ...]) -> Start:
    name = _name(words[0]) if words else ""
    if name == NAME:
        return Start(words, 1)
    if _PYTHON.fullmatch(name):
        return _by_python(words)
    if name in _LAUNCHERS:
        lead = _lead(words)
        return Start(words, lead, name if lead else "")
    return Start(words)


def _by_python(words: tuple[str, ...]) -> Start:
    at = 1
    while at < len(words) and _FLAG.fullmatch(words[at]):
        at += 1
    unsafe = not {"P", "I"} & set("".join(words[1:at]))
    if words[at : at + 2] == ("-m", f"{NAME}.server"):
        return Start(words, at + 2, unsafe=unsafe)
    if at < len(words) and _is_checkout(words[at]):
        return Start(words, at + 1)
    return Start(words)


def _lead(words: tuple[str, ...]) -> int:
    """Return how many words of a launcher come before what this program is told; 0 for another."""
    at = 1
    while at < len(words) and _OWN.fullmatch(words[at]):
        at += 2 if _VALUED.fullmatch(words[at]) else 1
    if at < len(words) and _is_package(words[at]):
        return at + 1
    inner = _start(words[at:])
    if inner.lead:
        return at + inner.lead
    # A flag that is not known here may have had a value: then `serve` says which word it is.
    serves = (n for n in range(2, len(words)) if words[n] == "serve" and _is_package(words[n - 1]))
    return next(serves, 0)


def _is_package(word: str) -> bool:
    return _PACKAGE.fullmatch(_name(word)) is not None


def _is_checkout(word: str) -> bool:
    path = _pure(word)
    return path.parts[-2:] == (NAME, "server") or (
        path.is_absolute() and Path(word).resolve() == (ROOT / "server").resolve()
    )


def _name(word: str) -> str:
    return _pure(word).name.removesuffix(".exe")


def _pure(word: str) -> PurePosixPath | PureWindowsPath:
    return PureWindowsPath(word) if "\\" in word else PurePosixPath(word)


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(str(word) for word in cast(list[object], value))
    return ()
