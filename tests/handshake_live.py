"""The live server's own answers to what `server/front.py` answers from a file."""

import json
from typing import Any

import anyio
from mcp.shared.memory import create_client_server_memory_streams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from tokenspace.config.settings import CHOICES, Settings
from tokenspace.server.app import make_server

MODERN = "2026-07-28"
HANDSHAKES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
PREFIX = "io.modelcontextprotocol/"
ENVELOPE: dict[str, Any] = {
    "_meta": {PREFIX + "protocolVersion": MODERN, PREFIX + "clientCapabilities": {}}
}


async def live_answers() -> dict[str, Any]:
    """Return every answer by the key under which the front looks it up."""
    found: dict[str, Any] = {}
    for profile in CHOICES["profile"]:
        for version in (*HANDSHAKES, MODERN):
            found |= await _answers(profile, version)
    return dict(sorted(found.items()))


async def _answers(profile: str, version: str) -> dict[str, Any]:
    server = make_server(Settings(profile=profile, db="unused.db", origin={"db": "test"}))
    found: dict[str, Any] = {}
    modern = version == MODERN
    async with (
        create_client_server_memory_streams() as ((reading, writing), (server_in, server_out)),
        anyio.create_task_group() as tasks,
    ):
        options = server.create_initialization_options()
        tasks.start_soon(server.run, server_in, server_out, options)

        async def send(message: dict[str, Any]) -> None:
            line = json.dumps({"jsonrpc": "2.0", **message})
            await writing.send(SessionMessage(jsonrpc_message_adapter.validate_json(line)))

        async def ask(method: str, params: dict[str, Any]) -> Any:
            await send({"id": 1, "method": method, "params": params})
            item = await reading.receive()
            assert isinstance(item, SessionMessage)
            dumped = item.message.model_dump_json(by_alias=True, exclude_unset=True)
            return json.loads(dumped)["result"]

        if modern:
            found["server/discover"] = await ask("server/discover", ENVELOPE)
        else:
            client = {"clientInfo": {"name": "test", "version": "1"}, "capabilities": {}}
            asked = {"protocolVersion": version, **client}
            found[f"initialize:{version}"] = await ask("initialize", asked)
            await send({"method": "notifications/initialized"})
        params: dict[str, Any] = ENVELOPE if modern else {}
        found[f"tools/list:{profile}:{version}"] = await ask("tools/list", params)
        for method in ("prompts/list", "resources/templates/list"):
            found[f"{method}:{version}"] = await ask(method, params)
        tasks.cancel_scope.cancel()
    return found
