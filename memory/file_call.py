"""A command of the memory tool as a model gives it: checked part by part, or as a whole."""

from collections.abc import Mapping
from typing import cast

from .errors import InvalidError
from .paths import Location, located

PARTS = {
    "view": ("path", "view_range"),
    "create": ("path", "file_text"),
    "str_replace": ("path", "old_str", "new_str"),
    "insert": ("path", "insert_line", "insert_text"),
    "delete": ("path",),
    "rename": ("old_path", "new_path"),
}
"""What each command is given beside its name."""

_NAMES = {"command", *(name for names in PARTS.values() for name in names)}


def check(given: Mapping[str, object]) -> None:
    """Refuse a command that no memory could carry out.

    Raises:
        InvalidError: there is no such command, or a part of it is missing or cannot be meant.
    """
    call = Call(given)
    for name in PARTS[call.command]:
        if name.endswith("path"):
            call.path(name)
        elif name == "view_range":
            call.span(name)
        elif name == "insert_line":
            call.number(name)
        else:
            call.text(name)


class Call:
    """A command with what it was given.

    Raises:
        InvalidError: there is no such command, or no argument of that name.
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given
        command = given.get("command")
        if command is None:
            raise InvalidError(f"a command is needed, one of {', '.join(PARTS)}.")
        if not isinstance(command, str) or command not in PARTS:
            raise InvalidError(
                f"there is no command {str(command)[:60]!r}; commands are {', '.join(PARTS)}."
            )
        for name in given:
            if name not in _NAMES:
                raise InvalidError(
                    f"unknown argument {name[:60]!r}; {command} takes {', '.join(PARTS[command])}."
                )
        self.command = command

    def path(self, name: str = "path") -> Location:
        """Return a path."""
        return located(self.text(name))

    def text(self, name: str) -> str:
        """Return a text."""
        found = self._part(name)
        if not isinstance(found, str):
            raise InvalidError(f"{name} of {self.command} must be text.")
        return found

    def number(self, name: str) -> int:
        """Return a whole number."""
        found = self._part(name)
        if not isinstance(found, int) or isinstance(found, bool):
            raise InvalidError(f"{name} of {self.command} must be a whole number.")
        return found

    def span(self, name: str) -> list[int] | None:
        """Return whole numbers, if they were given."""
        found = self._given.get(name)
        if found is None:
            return None
        numbers = cast(list[object], found) if isinstance(found, list) else [None]
        if not all(isinstance(number, int) for number in numbers):
            raise InvalidError(f"{name} of {self.command} must be two whole numbers.")
        return cast(list[int], numbers)

    def _part(self, name: str) -> object:
        found = self._given.get(name)
        if found is None:
            raise InvalidError(f"the command {self.command} needs {name}.")
        return found
