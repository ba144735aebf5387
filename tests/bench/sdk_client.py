"""The SDK's own client over streamable HTTP: what an assistant has, and what it costs with that."""

import time
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from peer import Message

LIMIT_S = 60.0


class SdkClient:
    """One client's connection to one address; as `web.Wire`, which costs a tenth of it."""

    def __init__(self, port: int, path: str = "/mcp", token: str = "") -> None:
        self._url = f"http://127.0.0.1:{port}{path}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        http = httpx2.AsyncClient(headers=self._headers, timeout=LIMIT_S)
        await self._stack.enter_async_context(http)
        transport = streamable_http_client(self._url, http_client=http)
        self._client = await self._stack.enter_async_context(Client(transport))
        return self

    async def __aexit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def call(self, tool: str, **arguments: object) -> tuple[float, Message]:
        """Call a tool; return the seconds that took, and what its result has of its own.

        Raises:
            RuntimeError: it was refused.
        """
        began = time.perf_counter()
        result = await self._client.call_tool(tool, arguments)
        seconds = time.perf_counter() - began
        if result.is_error:
            raise RuntimeError(f"{tool} was refused: {result}")
        return seconds, {"_meta": result.meta}
