"""The memory tool on a space of an endpoint, over HTTP."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import cast
from urllib.parse import urlsplit

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    TextContent,
)

from ..config.names import is_local
from ..memory import TokenspaceError
from ..memory.file_call import check
from .where import NAME, RefusedError, refused

CONNECT_S = 5.0
ANSWER_S = 60.0

_REFUSED = 400  # the first status that says so
_MOST_CHARS = 200  # of a refusal in a form of its own


class EndpointError(ConnectionError):
    """The endpoint cannot be reached, or does not let us in; nothing is known to be done."""


class OnEndpoint:
    """Commands on a space of an endpoint; each has a connection of its own.

    Attributes:
        url: The address of the space.
    """

    def __init__(self, url: str, token: str, model: str) -> None:
        self.url = url
        self._token = token
        self._model = model

    async def do(self, command: Mapping[str, object]) -> str:
        """Carry out a command and return what to tell the model.

        Raises:
            RefusedError: it cannot be.
            EndpointError: the endpoint did not answer it.
        """
        try:
            check(command)  # here, so that it is refused in the words of a space
        except TokenspaceError as error:
            raise refused(error) from error
        refusal = _Refusal()
        try:
            answer = await self._asked(command, refusal)
        except (MCPError, httpx2.HTTPError, ExceptionGroup) as error:
            raise EndpointError(self._trouble(error, refusal)) from error
        text = _first_text(answer)
        if answer.is_error:
            raise RefusedError(text)
        return text

    async def _asked(self, command: Mapping[str, object], refusal: "_Refusal") -> CallToolResult:
        params = CallToolRequestParams(name="memory", arguments=dict(command))
        if self._model:
            params.meta = {"model": self._model}
        us = Implementation(name=NAME, version=version("tokenspace"))
        async with (
            httpx2.AsyncClient(
                headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
                timeout=httpx2.Timeout(ANSWER_S, connect=CONNECT_S),
                # No proxy stands between this machine and itself.
                trust_env=not is_local(urlsplit(self.url).hostname or ""),
                event_hooks={"response": [refusal.note]},
            ) as http,
            Client(streamable_http_client(self.url, http_client=http), client_info=us) as client,
        ):
            # `call_tool` would first ask for the list of tools, where this one need not stand.
            request = CallToolRequest(params=params)
            return await client.session.send_request(request, CallToolResult)

    def _trouble(self, error: Exception, refusal: "_Refusal") -> str:
        host = urlsplit(self.url).netloc
        if refusal.status:
            return f"{host} answers {refusal.status}: {refusal.said or 'no reason given'}"
        return f"{host} cannot be reached: {_innermost(error)}"


class _Refusal:
    """The last answer that is a refusal, of which the SDK tells nothing."""

    def __init__(self) -> None:
        self.status = 0
        self.said = ""

    async def note(self, answer: httpx2.Response) -> None:
        if answer.status_code >= _REFUSED:
            await answer.aread()
            self.status = answer.status_code
            self.said = _reason(answer)


def _reason(answer: httpx2.Response) -> str:
    """Return what a refusal says, in the protocol's form or OAuth's; else its first words."""
    try:
        match answer.json():
            case {"error_description": str(said)} | {"error": {"message": str(said)}}:
                return said
            case {"error": str(said)}:
                return said
            case _:
                pass
    except ValueError:
        pass
    return answer.text[:_MOST_CHARS].strip()


def _innermost(error: BaseException) -> str:
    """Return what the first of a group's errors says."""
    if isinstance(error, BaseExceptionGroup):
        return _innermost(cast(BaseExceptionGroup[BaseException], error).exceptions[0])
    return str(error) or type(error).__name__


def _first_text(answer: CallToolResult) -> str:
    """Return the words of the reference; what stands after them is for clients with more tools."""
    return next((part.text for part in answer.content if isinstance(part, TextContent)), "")
