"""Streams of an endpoint as raw HTTP, in all three ways, so that a test sees how each one ends."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from process import CLIENT, ENVELOPE, MODERN

Message = dict[str, Any]

ACCEPT = "application/json, text/event-stream"
UPDATED = "notifications/resources/updated"
OLD = "2025-11-25"
HELLO: Message = {"protocolVersion": OLD, "capabilities": {}, "clientInfo": CLIENT}
KINDS = ("listen", "session", "sse")


class Stream:
    """The events of one open stream."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def event(self) -> str:
        """Return the data of the next event.

        Raises:
            StopAsyncIteration: the stream has ended, as the protocol has it.
            httpx2.HTTPError: it was cut.
        """
        while True:
            line = await anext(self._lines)
            if line.startswith("data:"):
                return line.removeprefix("data:").strip()

    async def next(self, method: str) -> Message:
        """Return the next message of a method."""
        while True:
            message: Message = json.loads(await self.event())
            if message.get("method") == method:
                return message

    async def answer(self) -> Message:
        """Return the result of the next answer."""
        while True:
            message: Message = json.loads(await self.event())
            if "id" in message:
                return message["result"]

    async def rest(self) -> list[Message]:
        """Return what comes until the stream ends.

        Raises:
            httpx2.HTTPError: it was cut.
        """
        found: list[Message] = []
        try:
            while True:
                found.append(json.loads(await self.event()))
        except StopAsyncIteration:
            return found


def body(method: str, params: Message, number: int | None = 1) -> Message:
    """Return a message; without a number it is a notification."""
    named = {} if number is None else {"id": number}
    return {"jsonrpc": "2.0", **named, "method": method, "params": params}


def headers(method: str, name: str = "") -> dict[str, str]:
    """Return what a request of the era without a handshake says in its headers."""
    named = {"Mcp-Name": name} if name else {}
    return {"Accept": ACCEPT, "MCP-Protocol-Version": MODERN, "Mcp-Method": method, **named}


async def call(http: httpx2.AsyncClient, url: str, tool: str, **arguments: object) -> Message:
    """Call a tool at a space's address and return its result.

    Raises:
        httpx2.HTTPError: there was no answer.
    """
    asked = body("tools/call", {"name": tool, "arguments": arguments, **ENVELOPE})
    answer = await http.post(f"{url}/mcp", json=asked, headers=headers("tools/call", tool))
    answer.raise_for_status()
    result: Message = answer.json()["result"]
    assert not result.get("isError"), result
    return result


async def session(http: httpx2.AsyncClient, url: str) -> dict[str, str]:
    """Begin a session of the handshake era and return the headers that name it."""
    base = {"Accept": ACCEPT}
    answer = await http.post(f"{url}/mcp", json=body("initialize", HELLO), headers=base)
    answer.raise_for_status()
    told = {**base, "Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": OLD}
    begun = body("notifications/initialized", {}, None)
    assert (await http.post(f"{url}/mcp", json=begun, headers=told)).status_code == 202
    return told


@asynccontextmanager
async def opened(http: httpx2.AsyncClient, url: str, kind: str, uri: str) -> AsyncGenerator[Stream]:
    """Open a stream of one of the `KINDS` that tells of a resource; it does so already."""
    opens = {"listen": _listening, "session": _of_session, "sse": _over_sse}[kind]
    async with opens(http, url, uri) as stream:
        yield stream


@asynccontextmanager
async def _listening(http: httpx2.AsyncClient, url: str, uri: str) -> AsyncGenerator[Stream]:
    wanted = {"notifications": {"resourceSubscriptions": [uri]}, **ENVELOPE}
    asked = body("subscriptions/listen", wanted, 7)
    told = headers("subscriptions/listen")
    async with http.stream("POST", f"{url}/mcp", json=asked, headers=told) as answer:
        stream = Stream(answer.aiter_lines())
        await stream.next("notifications/subscriptions/acknowledged")
        yield stream


@asynccontextmanager
async def _of_session(http: httpx2.AsyncClient, url: str, uri: str) -> AsyncGenerator[Stream]:
    told = await session(http, url)
    async with http.stream("GET", f"{url}/mcp", headers=told) as answer:
        assert answer.status_code == 200
        asked = body("resources/subscribe", {"uri": uri})
        (await http.post(f"{url}/mcp", json=asked, headers=told)).raise_for_status()
        yield Stream(answer.aiter_lines())


@asynccontextmanager
async def _over_sse(http: httpx2.AsyncClient, url: str, uri: str) -> AsyncGenerator[Stream]:
    async with http.stream("GET", f"{url}/sse") as answer:
        stream = Stream(answer.aiter_lines())
        there = httpx2.URL(url).join(await stream.event())

        async def say(message: Message) -> None:
            assert (await http.post(there, json=message)).status_code == 202

        await say(body("initialize", HELLO))
        await stream.answer()
        await say(body("notifications/initialized", {}, None))
        await say(body("resources/subscribe", {"uri": uri}, 2))
        await stream.answer()
        yield stream
