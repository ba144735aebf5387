"""An in-memory client of the real server, in either era of the protocol."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from mcp import Client, StdioServerParameters
from mcp.client.session import MessageHandlerFnT
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, TextContent, TextResourceContents

from tokenspace.config.settings import Settings
from tokenspace.server.app import make_server

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")


@asynccontextmanager
async def client(
    db: Path, era: Era = "auto", profile: str = "full", model: str = "none"
) -> AsyncGenerator[Client]:
    """Yield a client of a server over the database `db`."""
    settings = Settings(
        db=str(db),
        profile=profile,
        user="ada",
        model=model,
        runtime_dir=db.parent / "run",
        origin={"db": "--db"},
    )
    async with Client(make_server(settings), mode=era) as connected:
        yield connected


def text(result: CallToolResult) -> str:
    """Return what a tool said."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def said(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that must succeed and return what it said."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text(result)
    return text(result)


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that must refuse and return what it said."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, text(result)
    return text(result)


async def value(client: Client, label: str) -> str:
    """Return a block's text, byte for byte."""
    found = await client.read_resource(f"memory://blocks/{label}")
    (content,) = found.contents
    assert isinstance(content, TextResourceContents)
    return content.text


@asynccontextmanager
async def stdio(
    db: Path, era: Era = "auto", on_message: MessageHandlerFnT | None = None
) -> AsyncGenerator[Client]:
    """Yield the SDK's own client of a real server process."""
    argv = ["-m", "tokenspace.server", "--db", str(db), "--profile", "full"]
    environment = {
        "HOME": str(db.parent),
        "TOKENSPACE_USER": "ada",
        "TOKENSPACE_MODEL": "none",
    }
    process = StdioServerParameters(
        command=sys.executable, args=argv, cwd=str(db.parent), env=environment
    )
    async with Client(stdio_client(process), mode=era, message_handler=on_message) as connected:
        yield connected
