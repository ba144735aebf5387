"""Small words of the tests: an author, a clock, a space with text in it, generated text."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tokenspace.memory import Author, Block, Draft, Intent, Space
from tokenspace.memory.errors import TokenspaceError

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ADA = Author(user="ada", client="tests", client_version="1.0", model="none")
BY = Intent(author=ADA, tool="test")
HAND = Intent(author=ADA, tool="test", override_read_only=True)

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
"""Any text that a block can hold."""

words = st.sampled_from(["", "a", "b", "c d", "\tx", "- -- y", "é", "… 1→"])
"""Contents of lines: few, so that lines repeat; some of them pose as syntax."""


@st.composite
def texts(draw: st.DrawFn, ending: str = "\n", most: int = 8) -> str:
    """Return a few short lines, with or without an ending after the last one."""
    lines = draw(st.lists(words, max_size=most))
    return ending.join(lines) + (ending if lines and draw(st.booleans()) else "")


def because(reason: str, request_id: str | None = None) -> Intent:
    """Return the intent of a write with this reason."""
    return Intent(author=ADA, tool="test", reason=reason, request_id=request_id)


def block(value: str = "", **fields: Any) -> Block:
    """Return a block as a read would give it."""
    given: dict[str, Any] = {
        "uid": "u1",
        "label": "notes",
        "version": "0123456789abcdef" * 2,
        "chars": len(value),
        "change": 7,
        "at": NOW,
    }
    return Block(**{**given, **fields}, value=value)


@asynccontextmanager
async def opened(path: Path, now: Callable[[], datetime] = lambda: NOW) -> AsyncGenerator[Space]:
    """Open a space, and close it whatever happens."""
    space = await Space.open(path, now=now)
    try:
        yield space
    finally:
        await space.close()


async def put(space: Space, value: str, label: str = "notes", **fields: Any) -> str:
    """Make a block and return its version."""
    await space.create(Draft(uid=None, label=label, value=value, **fields), BY)
    return await version(space, label)


async def text(space: Space, label: str = "notes", at: str | None = None) -> str:
    """Return a block's value."""
    found, _ = await space.read(label, at)
    return found.value


async def version(space: Space, label: str = "notes") -> str:
    """Return a block's version."""
    found, _ = await space.read(label)
    return found.version


async def refusal(call: Coroutine[Any, Any, object]) -> TokenspaceError:
    """Return the error with which a call is refused."""
    try:
        await call
    except TokenspaceError as error:
        return error
    raise AssertionError("the call was not refused")


class Opened:
    """A space on an event loop of its own, for tests that are plain functions."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._path = Path(folder) / "memory.db"
        self.runner = self._stack.enter_context(asyncio.Runner())
        self.space = self.open()
        self.made = 0

    def open(self) -> Space:
        """Open the file."""
        return self.runner.run(Space.open(self._path, now=lambda: NOW))

    def reopen(self) -> None:
        """Close the file and open it again."""
        self.runner.run(self.space.close())
        self.space = self.open()

    def close(self) -> None:
        """Close the file and remove it."""
        self.runner.run(self.space.close())
        self._stack.close()

    def fresh(self) -> str:
        """Return a label that no block has had."""
        self.made += 1
        return f"block-{self.made}"
