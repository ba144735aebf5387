"""A command of the memory tool as a model gives it, each part checked when it is taken."""

from collections.abc import Mapping
from typing import cast

from .errors import InvalidError
from .paths import Location, located

COMMANDS = ("view", "create", "str_replace", "insert", "delete", "rename")


class Call:
    """A command with what it was given.

    Raises:
        InvalidError: there is no such command.
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given
        command = given.get("command")
        if command not in COMMANDS:
            raise InvalidError(
                f"there is no command {str(command)[:60]!r}; commands are {', '.join(COMMANDS)}."
            )
        self.command = cast(str, command)

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
