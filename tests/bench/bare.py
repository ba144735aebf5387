"""The reference server: the SDK's low-level one with one tool, and nothing of ours.

`noop` answers "ok". With a database file as argument there is a second tool, `commit`, that first
makes one row durable in the way every store must: WAL, `synchronous = FULL`, one transaction.
"""

import sys
from typing import Any

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

Context = ServerRequestContext[Any]
OK = types.CallToolResult(content=[types.TextContent(type="text", text="ok")])


def opened(path: str) -> Any:
    """Return a connection to a new database with one table."""
    import apsw

    db: Any = apsw.Connection(path)  # its stub names a type that numpy would bring
    db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
    return db


def made(db: Any = None) -> Server[Any]:
    """Return the server, over a database or none."""

    async def list_tools(_: Context, __: object) -> types.ListToolsResult:
        schema: dict[str, Any] = {"type": "object", "properties": {}}
        names = ("noop", "commit") if db is not None else ("noop",)
        return types.ListToolsResult(tools=[types.Tool(name=n, input_schema=schema) for n in names])

    async def call_tool(_: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        if params.name == "commit" and db is not None:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO note (text) VALUES (?)", ("one fact of usual length" * 4,))
            db.execute("COMMIT")
        return OK

    return Server[Any]("bare", on_list_tools=list_tools, on_call_tool=call_tool)


async def main() -> None:
    """Serve until input ends."""
    server = made(opened(sys.argv[1]) if len(sys.argv) > 1 else None)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(main)
