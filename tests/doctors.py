"""A person whom `tokenspace doctor` looks at: clients with files of their own, and what it says."""

import asyncio
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tokenspace.memory import Space
from tokenspace.server.doctor.report import Finding, State

from .installs import Home

GOOD = Path(sys.executable).parent / "tokenspace"
"""The program that is installed where the tests run."""


@dataclass(frozen=True)
class Told:
    """What it said, and its exit code."""

    code: int
    findings: list[Finding]

    def of(self, check: str, client: str = "") -> list[Finding]:
        """Return what was said of one thing."""
        return [one for one in self.findings if one.check == check and client in ("", one.client)]

    def one(self, check: str, state: State) -> Finding:
        """Return the one thing of this state that was said of something."""
        (found,) = [one for one in self.of(check) if one.state is state]
        return found

    def states(self, state: State) -> list[str]:
        """Return what is in this state."""
        return [f"{one.check}: {one.says}" for one in self.findings if one.state is state]


class Patient(Home):
    """A person with clients."""

    def doctor(self, *words: str) -> Told:
        """Return what `tokenspace doctor` tells a program."""
        ran = self.run("doctor", *words, "--json")
        assert not ran.err, ran.err
        found = cast(list[dict[str, Any]], json.loads(ran.out))
        findings = [Finding(**{**one, "state": State(one["state"])}) for one in found]
        for one in findings:
            assert one.mend or one.state in (State.OK, State.NOTE), one
        return Told(ran.code, findings)

    def write(self, client: str, value: Any, scope: str = "user") -> Path:
        """Write a client's file: a text as it is, else one entry called tokenspace, as JSON."""
        path = self.file(client, scope)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(value, str):
            key = {"vscode": "servers", "zed": "context_servers", "opencode": "mcp"}
            value = json.dumps({key.get(client, "mcpServers"): {"tokenspace": value}})
        path.write_text(value, "utf-8")
        return path

    def script(self, name: str, body: str) -> Path:
        """Make a program called tokenspace in a folder of its own."""
        path = self.folder / name / "tokenspace"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
        path.chmod(0o755)
        return path

    def memory(self, name: str) -> Path:
        """Make a space, outside of any project."""
        path = self.folder / name

        async def make() -> None:
            await (await Space.open(path)).close()

        asyncio.run(make())
        return path

    def tree(self) -> dict[str, str]:
        """Return every file and folder of the home and the project, with what it holds."""
        every = [*self.home.rglob("*"), *self.project.rglob("*")]
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for path in every
        }
