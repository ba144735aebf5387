"""JSON-RPC messages as they go over a bridge: of which era they are, and what HTTP needs of them.

Standard library only: a bridge starts without the MCP SDK, in a third of its time.
"""

import base64
import json
import re
import uuid
from collections.abc import Mapping
from enum import Enum, auto
from functools import cache
from typing import Any, cast

from ...config.names import IDEMPOTENCY_KEY
from ..front import ANSWERS, LATEST_HANDSHAKE

Message = dict[str, Any]

CONNECTION_CLOSED = -32000
"""Code of an error that stands for an answer which did not come."""
LISTEN = "subscriptions/listen"

_VERSION = "io.modelcontextprotocol/protocolVersion"
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_KEYED = frozenset({"tools/call", "prompts/get"})
_NAMING = frozenset({"memory_branch", "memory_checkpoint"})  # without a name, they list
_ONCE = {  # what an endpoint knows by no key: by tool, an argument and what it says
    "memory": ("command", ("delete", "rename")),
    "memory_consolidate": ("action", ("finish", "abandon")),
}
_SHOWING = frozenset({*_KEYED, "resources/read"})
_REPEATABLE = _SHOWING | {
    "initialize",
    "notifications/initialized",
    "server/discover",
    "ping",
    "completion/complete",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/subscribe",
    "resources/unsubscribe",
    "tools/list",
    LISTEN,
}
_PLAIN = re.compile(r"[\x20-\x7E]*")
_WRAPPED = re.compile(r"=\?base64\?.*\?=")


class Kind(Enum):
    """What a message is."""

    REQUEST = auto()
    NOTIFICATION = auto()
    RESPONSE = auto()
    NONE = auto()


def kind(message: Mapping[str, Any]) -> Kind:
    """Tell what a message is; one that is none of the protocol's is NONE."""
    if isinstance(message.get("method"), str):
        return Kind.REQUEST if "id" in message else Kind.NOTIFICATION
    answers = "result" in message or "error" in message
    return Kind.RESPONSE if answers and "id" in message else Kind.NONE


def method(message: Mapping[str, Any]) -> str:
    """Return the method of a request or notification."""
    return message.get("method") or ""


def encoded(message: Mapping[str, Any]) -> bytes:
    """Return a message as one line, without an ending.

    Raises:
        UnicodeEncodeError: it holds half a character, which is not text.
    """
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def version(message: Mapping[str, Any]) -> str | None:
    """Return the version that a request carries, as in the era without a handshake; else None."""
    found = part(part(message, "params"), "_meta").get(_VERSION)
    return found if isinstance(found, str) else None


def headers(message: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that repeat what a request without a session says in its body."""
    found = {
        "MCP-Protocol-Version": _header(version(message) or ""),
        "Mcp-Method": _header(method(message)),
    }
    name = part(message, "params").get(_NAMED.get(method(message), ""))
    if isinstance(name, str):
        found["Mcp-Name"] = _header(name)
    return found


def keyed(message: Message) -> Message:
    """Return a call under a key of its own, so that it may be repeated; others as they are."""
    given = message.get("params")
    if method(message) not in _KEYED or not isinstance(given, dict):
        return message
    params = cast(Message, given)
    meta = params.get("_meta", {})
    if not isinstance(meta, dict) or IDEMPOTENCY_KEY in meta:
        return message
    meta = {**cast(Message, meta), IDEMPOTENCY_KEY: uuid.uuid4().hex}
    return {**message, "params": {**params, "_meta": meta}}


def repeatable(message: Mapping[str, Any]) -> bool:
    """Tell whether a request may be sent again where the first may have arrived."""
    if method(message) in _KEYED:
        known = IDEMPOTENCY_KEY in part(part(message, "params"), "_meta")
        return known and not _is_for_once(message)
    return method(message) in _REPEATABLE


def shows(message: Mapping[str, Any]) -> bool:
    """Tell whether the answer to a request may show what memory holds."""
    return method(message) in _SHOWING


def builds_on_what_was_shown(message: Mapping[str, Any]) -> bool:
    """Tell whether a request writes, and the endpoint has to know what it was made from."""
    given = part(part(message, "params"), "arguments")
    return writes(message) and not given.get("expected_version")


def writes(message: Mapping[str, Any]) -> bool:
    """Tell whether a request calls a tool that may write: any that is not known to read only."""
    name = str(part(message, "params").get("name"))
    return method(message) == "tools/call" and name not in _readers()


def failure(message: Mapping[str, Any], said: str) -> bytes:
    """Return the answer that says why there is none from the endpoint.

    A call of a tool is answered with a result, because a model is shown nothing else.
    """
    answer: Message = {"jsonrpc": "2.0", "id": message["id"]}
    if method(message) == "tools/call":
        result: Message = {"content": [{"type": "text", "text": said}], "isError": True}
        answer["result"] = {"resultType": "complete", **result} if version(message) else result
    else:
        answer["error"] = {"code": CONNECTION_CLOSED, "message": said}
    return encoded(answer)


def part(message: Mapping[str, Any], key: str) -> Message:
    """Return an object within a message; an empty one where there is none."""
    found = message.get(key)
    return cast(Message, found) if isinstance(found, dict) else {}


def _is_for_once(message: Mapping[str, Any]) -> bool:
    """Tell whether a call with a key is not taken for the one before: a key is kept by a change.

    To make or delete a branch again fails, and what ends a consolidation could meet the next one.
    """
    params = part(message, "params")
    name, given = str(params.get("name")), part(params, "arguments")
    argument, values = _ONCE.get(name, ("", ()))
    return given.get(argument) in values or (name in _NAMING and given.get("name") is not None)


def _header(value: str) -> str:
    """Return a value as the protocol has it in a header: what is not plain goes as base64."""
    plain = _PLAIN.fullmatch(value) and value == value.strip() and not _WRAPPED.fullmatch(value)
    return value if plain else f"=?base64?{base64.b64encode(value.encode()).decode()}?="


@cache
def _readers() -> frozenset[str]:
    """Return the tools that only read."""
    answers: dict[str, Any] = json.loads(ANSWERS.read_text("utf-8"))
    tools: list[Message] = answers[f"tools/list:full:{LATEST_HANDSHAKE}"]["tools"]
    return frozenset(tool["name"] for tool in tools if tool["annotations"]["readOnlyHint"])
