"""Clients that others made, against the endpoint: over HTTP and SSE, with and without a token."""

import json
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import anyio
import pytest
from endpoints import Endpoint, Mode, connected, endpoint, endpoint_process, make_spaces
from mcp.server.subscriptions import ResourceUpdated
from mcp_types import ResourceTemplateReference, ResourceUpdatedNotification
from node import INSPECTOR, SDKS, packages
from old_sdk import CLIENT, old_python
from surface import said, value

BLOCK = "memory://blocks/human"
LIMIT_S = 60
NEWS_WITHIN_S = 10
SPACES = ("python", "old-mcp", "old-sse", "typescript", "inspector")
TRANSPORTS = ("mcp", "sse")
VISITS = ((1, "legacy"), (2, "legacy"), (2, "auto"))
"""The TypeScript SDK's generations, and the eras that they speak."""


@dataclass(frozen=True, slots=True)
class Place:
    """An endpoint in a process of its own, and a token for all of its spaces, if one is needed."""

    endpoint: Endpoint
    token: str | None

    def address(self, space: str, transport: str) -> str:
        """Return the address of a space."""
        return f"{self.endpoint.url}/p/{space}/{transport}"


class Inspector:
    """The Inspector's command line."""

    def __init__(self, place: Place, home: Path) -> None:
        self._place = place
        self._env = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
        self._node, folder = packages(INSPECTOR)
        at = folder / "node_modules" / "@modelcontextprotocol" / "inspector"
        self._program = str(at / "clients" / "launcher" / "build" / "index.js")

    async def run(self, transport: str, method: str, *words: str) -> CompletedProcess[bytes]:
        """Call a method of the endpoint."""
        kind = "http" if transport == "mcp" else transport
        where = [self._place.address("inspector", transport), "--transport", kind]
        command = [self._node, self._program, "--cli", *where, "--method", method, *words]
        with anyio.fail_after(LIMIT_S):
            return await anyio.run_process(command, check=False, env=self._env)

    async def answer(self, transport: str, method: str, *words: str) -> dict[str, Any]:
        """Return the answer to a call that must succeed, made with the token."""
        token = self._place.token
        given = ["--header", f"Authorization: Bearer {token}"] if token else []
        done = await self.run(transport, method, *words, *given)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)


@pytest.fixture(scope="module", params=["with a token", "without a token"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Place]:
    """Return an endpoint for all tests of this file."""
    data = tmp_path_factory.mktemp("team")
    anyio.run(make_spaces, data, *SPACES)
    with endpoint_process(data, "--profile", "full") as (served, _):
        guarded = request.param == "with a token"
        yield Place(served, served.token("grace", "*") if guarded else None)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_sdk_does_all_that_there_is(place: Place, transport: str, mode: Mode) -> None:
    """Tools, resources, completion and prompts, in both eras."""
    async with connected(place.address("python", transport), place.token, mode) as one:
        await said(one, "memory_rethink", label="human", new_memory="likes tea")
        assert "memory_merge" in [tool.name for tool in (await one.list_tools()).tools]
        assert BLOCK in [resource.uri for resource in (await one.list_resources()).resources]
        assert await value(one, "human") == "likes tea"
        templates = (await one.list_resource_templates()).resource_templates
        label = ResourceTemplateReference(uri=templates[0].uri_template)
        completed = await one.complete(label, {"name": "label", "value": "hu"})
        assert completed.completion.values == ["human"]
        assert "recall" in [prompt.name for prompt in (await one.list_prompts()).prompts]
        assert "likes tea" in str((await one.get_prompt("recall")).messages)
        assert "likes tea" in str((await one.get_prompt("recall")).messages)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_both_eras_hear_of_what_another_client_writes(place: Place, transport: str) -> None:
    """One is told on its stream of changes, the other on its connection."""
    address, told = place.address("python", transport), anyio.Event()

    async def on_message(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification) and str(message.params.uri) == BLOCK:
            told.set()

    async with (
        connected(address, place.token) as modern,
        connected(address, place.token, "legacy", on_message) as older,
        connected(address, place.token) as writer,
    ):
        await older.subscribe_resource(BLOCK)  # pyright: ignore[reportDeprecated]
        async with modern.listen(resource_subscriptions=[BLOCK]) as stream:
            await said(writer, "memory_insert", label="human", new_string="and coffee")
            with anyio.fail_after(NEWS_WITHIN_S):
                assert await anext(aiter(stream)) == ResourceUpdated(BLOCK)
                await told.wait()


@pytest.mark.slow
async def test_the_sdk_before_2_does_all_that_there_is(place: Place) -> None:
    """Each tool of the full profile, each resource and prompt, and a subscription."""
    python, found = old_python(), dict[str, Any]()
    given = [place.token] if place.token else []
    transports = TRANSPORTS if place.token else TRANSPORTS[:1]

    async def visited(transport: str) -> None:
        address = place.address(f"old-{transport}", transport)
        found[transport] = json.loads(await _run([python, str(CLIENT), address, *given]))

    async with anyio.create_task_group() as tasks:
        for transport in transports:
            tasks.start_soon(visited, transport)
    assert found.keys() == set(transports)
    for got in found.values():
        assert got["hello"]["protocolVersion"] == "2025-11-25"
        assert {call["tool"] for call in got["called"]} == set(got["listed"])
        assert [call for call in got["called"] if call["is_error"]] == []
        assert all(call["is_error"] for call in got["refused"])
        assert got["resources"][BLOCK] == "Name: Ada\nCity: Oslo"
        assert "City: Oslo" in got["prompts"]["recall"]
        assert got["completed"] == ["human"]
        assert got["news"] == "notifications/resources/updated"


@pytest.mark.slow
async def test_typescript_does_all_that_there_is(place: Place) -> None:
    """Both generations of its SDK, in the eras that they speak; without its token, nothing."""
    addresses = [place.address("typescript", transport) for transport in TRANSPORTS]
    visits = [
        {"sdk": sdk, "mode": mode, "url": address, "token": place.token}
        for sdk, mode in VISITS
        for address in addresses
    ]
    for got in await _typescript(visits):
        assert "error" not in got
        assert got["name"] == "tokenspace"
        assert "memory_merge" in got["tools"]
        assert not got["inserted"].get("isError")
        assert "Written from TypeScript." in got["read"]["content"][0]["text"]
        assert got["refused"]["isError"]
        assert BLOCK in got["resources"]
        assert "Written from TypeScript." in got["resource"]
        assert "recall" in got["prompts"]
        assert got["prompt"] > 0
        assert got["completed"] == ["human"]
        assert got["news"] == BLOCK
    if place.token:
        for got in await _typescript([{**visit, "token": None} for visit in visits]):
            assert got.keys() == {"error"}
            assert "401" in got["error"] or "invalid_token" in got["error"]


@pytest.mark.slow
async def test_the_inspector_finds_nothing_amiss(place: Place, tmp_path: Path) -> None:
    """Its command line, the schemas held to what all models' vendors take; exit 3: no token."""
    inspector = Inspector(place, tmp_path)

    async def inspected(transport: str) -> None:
        tools = await inspector.answer(transport, "tools/list", "--strict")
        assert "memory_merge" in [tool["name"] for tool in tools["tools"]]
        if place.token is None:
            return
        words = ("--tool-name", "memory_read", "--tool-arg", "label=human")
        read = await inspector.answer(transport, "tools/call", *words)
        assert not read.get("isError")
        listed = await inspector.answer(transport, "resources/list", "--protocol-era", "modern")
        assert BLOCK in [resource["uri"] for resource in listed["resources"]]
        prompt = await inspector.answer(transport, "prompts/get", "--prompt-name", "recall")
        assert prompt["messages"]
        refused = await inspector.run(transport, "tools/list")
        assert refused.returncode == 3
        assert b"auth_required" in refused.stderr + refused.stdout

    async with anyio.create_task_group() as tasks:
        for transport in TRANSPORTS:
            tasks.start_soon(inspected, transport)


async def test_blanks_around_a_header_mean_nothing(tmp_path: Path) -> None:
    """HTTP has them taken off; the faster of uvicorn's parsers leaves those at the end."""
    async with endpoint(tmp_path, "acme") as served:
        token = served.token("grace", "acme")
        request = f"GET /p/acme/mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token} \t"
        host, _, port = served.url.removeprefix("http://").partition(":")
        async with await anyio.connect_tcp(host, int(port)) as stream:
            await stream.send(f"{request}\r\nConnection: close\r\n\r\n".encode())
            answer = await stream.receive()
    assert answer.startswith(b"HTTP/1.1 406 ")  # let in, and told what it has to accept


async def _typescript(visits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what clients in TypeScript got, one after the other."""
    node, folder = packages(*SDKS)
    script = Path(__file__).with_name("ts_client.mjs")
    return json.loads(await _run([node, str(script), str(folder), json.dumps(visits)]))


async def _run(command: list[str]) -> bytes:
    """Return what a program that must succeed wrote."""
    with anyio.fail_after(LIMIT_S):
        done = await anyio.run_process(command, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
