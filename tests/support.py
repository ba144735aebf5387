"""Small words of the tests: an author, a clock, a space with text in it, generated text."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st

from tokenspace.memory import Author, Block, Draft, Intent, Space
from tokenspace.memory.errors import TokenspaceError

T = TypeVar("T")

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


def all_done(runner: asyncio.Runner, *calls: Coroutine[Any, Any, T]) -> list[T]:
    """Run calls at the same time and return what they return."""

    async def together() -> list[T]:
        return await asyncio.gather(*calls)

    return runner.run(together())
