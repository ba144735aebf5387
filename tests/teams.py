"""The command line on the data of a team's endpoint."""

from pathlib import Path

import pytest

from .shell import Ran, Shell, text


class Team:
    """Runs commands on an endpoint that has not served yet."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shell = Shell(folder, monkeypatch)
        self.data = folder / "team data"

    def __call__(self, *words: str) -> Ran:
        """Run a command in this process."""
        return self.shell.run(*words, "--data", str(self.data))

    def token(self, name: str, space: str = "acme", *words: str) -> str:
        """Make a token and return it."""
        return text(self("token", "create", "--name", name, "--space", space, *words)).strip()
