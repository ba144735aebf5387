"""The surface from the other side: the program as a client of a server of its own."""

import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import ContentBlock, Implementation, TextContent

from ...memory.errors import TokenspaceError


class VisitError(TokenspaceError):
    """The server refused a request, or is gone; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the server offers; `schema` is that of its arguments."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answered.

    Attributes:
        text: For the model.
        refused: Whether nothing was done; the text says why.
        meta: What programs read, by the names of `answers.say`.
    """

    text: str
    refused: bool
    meta: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Visitor:
    """A connection to a server.

    Attributes:
        model: Which model's calls these are; history records it.
    """

    client: Client
    model: str

    async def tools(self) -> list[Tool]:
        """Return the tools, in the server's order.

        Raises:
            VisitError: the server is gone.
        """
        try:
            listed = await self.client.list_tools()
        except MCPError as error:
            raise VisitError(str(error)) from error
        return [
            Tool(tool.name, tool.description or "", dict(tool.input_schema))
            for tool in listed.tools
        ]

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> str:
        """Return the text of a prompt.

        Raises:
            VisitError: there is no such prompt, or it cannot be had.
        """
        try:
            found = await self.client.get_prompt(name, dict(arguments))
        except MCPError as error:
            raise VisitError(str(error)) from error
        return _text([message.content for message in found.messages])

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Call a tool.

        Raises:
            VisitError: there is no such tool, or the server is gone.
        """
        try:
            result = await self.client.call_tool(
                name, dict(arguments), meta={"model": self.model} if self.model else None
            )
        except MCPError as error:
            raise VisitError(str(error)) from error
        return Answer(_text(result.content), bool(result.is_error), _named(result.meta or {}))


@asynccontextmanager
async def visiting(
    flags: Sequence[str], environ: Mapping[str, str], *, name: str, model: str
) -> AsyncGenerator[Visitor]:
    """Start a server as a child that ends with the context, and connect to it.

    Args:
        flags: What `serve` is given: which memory, which profile.
        environ: Its environment.
        name: What the client calls itself; history records it.
        model: As in `Visitor`.
    """
    child = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "tokenspace.server", "serve", *flags],
        env=dict(environ),
    )
    us = Implementation(name=name, version=version("tokenspace"))
    async with Client(child, client_info=us) as client:
        yield Visitor(client, model)


def _text(content: Sequence[ContentBlock]) -> str:
    return "\n".join(part.text for part in content if isinstance(part, TextContent))


def _named(meta: Mapping[str, object]) -> dict[str, object]:
    ours = "tokenspace/"
    return {key.removeprefix(ours): meta[key] for key in meta if key.startswith(ours)}
