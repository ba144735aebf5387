"""The classes that the tool runner of the `anthropic` package takes; only this file imports it."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, cast

from anthropic.tools import BetaAbstractMemoryTool, BetaAsyncAbstractMemoryTool, ToolError
from anthropic.types.beta import (
    BetaMemoryTool20250818Command,
    BetaMemoryTool20250818CreateCommand,
    BetaMemoryTool20250818DeleteCommand,
    BetaMemoryTool20250818InsertCommand,
    BetaMemoryTool20250818RenameCommand,
    BetaMemoryTool20250818StrReplaceCommand,
    BetaMemoryTool20250818ViewCommand,
)
from typing_extensions import override

from .where import Memory, RefusedError

View: TypeAlias = BetaMemoryTool20250818ViewCommand
Create: TypeAlias = BetaMemoryTool20250818CreateCommand
StrReplace: TypeAlias = BetaMemoryTool20250818StrReplaceCommand
Insert: TypeAlias = BetaMemoryTool20250818InsertCommand
Delete: TypeAlias = BetaMemoryTool20250818DeleteCommand
Rename: TypeAlias = BetaMemoryTool20250818RenameCommand


class MemoryTool(BetaAbstractMemoryTool):
    """The memory tool for synchronous programs; it may be called in any thread."""

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self._memory = memory

    @override
    def call(self, input: object) -> str:
        """Carry out a command as the API gives it.

        Raises:
            ToolError: it cannot be; the message is for the model.
        """
        return _finished(_done(self._memory, input))

    @override
    def execute(self, command: BetaMemoryTool20250818Command) -> str:
        """Carry out a command."""
        return self.call(command.to_dict())

    @override
    def view(self, command: View) -> str:
        """Show a folder, or a file with line numbers."""
        return self.execute(command)

    @override
    def create(self, command: Create) -> str:
        """Make a file."""
        return self.execute(command)

    @override
    def str_replace(self, command: StrReplace) -> str:
        """Replace the one occurrence of a text."""
        return self.execute(command)

    @override
    def insert(self, command: Insert) -> str:
        """Insert lines."""
        return self.execute(command)

    @override
    def delete(self, command: Delete) -> str:
        """Delete a file or a folder; its history stays."""
        return self.execute(command)

    @override
    def rename(self, command: Rename) -> str:
        """Give a file or a folder another path."""
        return self.execute(command)


class AsyncMemoryTool(BetaAsyncAbstractMemoryTool):
    """The memory tool for asynchronous programs."""

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self._memory = memory

    @override
    async def call(self, input: object) -> str:
        """Carry out a command as the API gives it.

        Raises:
            ToolError: it cannot be; the message is for the model.
        """
        return await _done(self._memory, input)

    @override
    async def execute(self, command: BetaMemoryTool20250818Command) -> str:
        """Carry out a command."""
        return await self.call(command.to_dict())

    @override
    async def view(self, command: View) -> str:
        """Show a folder, or a file with line numbers."""
        return await self.execute(command)

    @override
    async def create(self, command: Create) -> str:
        """Make a file."""
        return await self.execute(command)

    @override
    async def str_replace(self, command: StrReplace) -> str:
        """Replace the one occurrence of a text."""
        return await self.execute(command)

    @override
    async def insert(self, command: Insert) -> str:
        """Insert lines."""
        return await self.execute(command)

    @override
    async def delete(self, command: Delete) -> str:
        """Delete a file or a folder; its history stays."""
        return await self.execute(command)

    @override
    async def rename(self, command: Rename) -> str:
        """Give a file or a folder another path."""
        return await self.execute(command)


async def _done(memory: Memory, given: object) -> str:
    if not isinstance(given, Mapping):
        raise ToolError("a command of the memory tool is an object, such as {'command': 'view'}.")
    try:
        return await memory.do(cast(Mapping[str, object], given))
    except RefusedError as error:
        raise ToolError(str(error)) from error


def _finished(work: Coroutine[Any, Any, str]) -> str:
    """Do work to its end, also where this thread has an event loop already (a notebook's)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
