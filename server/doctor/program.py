"""What an entry starts: is it this program, where is it, and may we start it to see?

A project's file comes with the project, from whoever wrote it. Of those, only an entry that starts
the very program that the person has installed is started, without its environment and without an
endpoint that it names: neither a program beside it, nor a variable, nor an address may make of a
look at it something else.
"""

import argparse
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import cast

from ...config.packages import ROOT
from ..install.formats import Value
from ..install.program import NAME, script
from ..serve_options import add_endpoint, add_remote

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?|py")
_RUNNERS = ("uvx", "uv", "pipx", "docker", "podman", "npx", "cmd", "wsl", "env")
_FLAG = re.compile(r"-[BEIOPSbqsu]+")
"""Flags of Python that make it run nothing else; `-c` would."""


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
        count: How many of the words start this program; 0 where they start something else.
        runner: What fetches or wraps it, such as uvx; empty where it is started itself.
        unsafe: Python looks for this program in the working directory first.
    """

    words: tuple[str, ...]
    count: int = 0
    runner: str = ""
    unsafe: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it starts this program, in whatever way."""
        return bool(self.count or self.runner)

    @property
    def rest(self) -> tuple[str, ...]:
        """What this program is told."""
        return self.words[self.count :]

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
        flags: The settings that are given.
    """

    command: str = "serve"
    transport: str = "stdio"
    remote: str = ""
    wrong: str = ""
    flags: dict[str, str | None] = field(default_factory=dict[str, str | None])


def start_of(value: Value) -> Start:
    """Return what an entry starts."""
    words = (*_words(value.get("command")), *_words(value.get("args")))
    if not words:
        return Start(())
    name = _name(words[0])
    if name == NAME:
        return Start(words, 1)
    if _PYTHON.fullmatch(name):
        return _by_python(words)
    if name in _RUNNERS and any(_name(word).startswith(NAME) for word in words[1:]):
        return Start(words, runner=name)
    return Start(words)


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
    flags = {
        name: cast(str | None, getattr(args, name))
        for name in ("db", "project", "user", "space", "token_file")
    }
    wrong = f"unknown: {' '.join(other)}" if other and args.command == "serve" else ""
    return Told(args.command, args.transport, args.remote or "", wrong, flags)


def is_here(found: Path, start: Start, project: Path | None) -> bool:
    """Tell whether what an entry of a project starts is the program that the person installed."""
    if project is not None and _within(found, project):
        return False
    if start.words[start.count - 1] == f"{NAME}.server":
        return found.absolute() == Path(sys.executable).absolute() and not start.unsafe
    if start.count > 1:
        return Path(start.words[start.count - 1]).resolve() == (ROOT / "server").resolve()
    installed = shutil.which(NAME)
    ours = {script().resolve(), *([Path(installed).resolve()] if installed else [])}
    return found.resolve() in ours


def _within(found: Path, project: Path) -> bool:
    return found.absolute().is_relative_to(project) or found.resolve().is_relative_to(
        project.resolve()
    )


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
