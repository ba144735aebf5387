"""The handshake, answered at once, while everything else is still being imported.

Importing the MCP SDK takes most of a second, and some clients give up sooner. What a client asks
first never changes, so it is answered from `surface/handshake.json`: the live server's own
answers, kept equal by a test (`UPDATE_SNAPSHOTS=1 python3 tests` writes them anew). Standard
library only, and no more of it than needed.

It is also the guard between the protocol's two eras. A client probes with `server/discover`,
may lose patience and send `initialize` behind it. The SDK would be bound to the era of the probe;
here the probe binds nobody.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeGuard, cast

ANSWERS = Path(__file__).with_name("surface") / "handshake.json"
MODERN = "2026-07-28"
LATEST_HANDSHAKE = "2025-11-25"
"""What a client that asks for an unknown version of the handshake era gets."""

PARSE_ERROR = -32700
INVALID_PARAMS = -32602
INVALID_REQUEST = -32600

_META = "io.modelcontextprotocol/"
_LISTEN = "subscriptions/listen"
_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
_CHANGING = frozenset(f"{kind}ListChanged" for kind in ("tools", "prompts", "resources"))
_LISTS = ("tools/list", "prompts/list", "resources/templates/list")

Message = dict[str, Any]


class Front:
    """Answers what it can; keeps what the SDK must see when it takes over."""

    def __init__(self, profile: Callable[[], str]) -> None:
        self._answers: dict[str, Any] = json.loads(ANSWERS.read_text("utf-8"))
        self._profile = profile
        self._era: str | None = None
        self.kept: list[bytes] = []
        """Lines that the SDK has yet to see, oldest first."""
        self.answered: set[str | int] = set()
        """Ids among `kept` that were answered here: the SDK's own answers are to be dropped."""
        self._acknowledged: dict[str | int, bytes] = {}  # streams among `kept`, by their id

    def take(self, line: bytes) -> bytes | None:
        """Return the answer to a line, b"" where none is due, None where the SDK must answer."""
        message = parsed(line)
        if message is None:
            return None
        method, request_id = message.get("method"), message.get("id")
        if method == "notifications/initialized" and self._era is not None:
            self.kept.append(line)
            return b""
        if method == "notifications/cancelled":
            return self._cancel(_part(message, "params").get("requestId"))
        if not _is_id(request_id):
            return None
        if method == "initialize" and self._era is None and not self._acknowledged:
            return self._initialize(message, line, request_id)
        if method == _LISTEN and _enveloped(message):
            return self._listen(message, line, request_id)
        if method == "ping" and self._era is not None:
            return answer(request_id, {})
        result = self._static(message)
        return None if result is None else answer(request_id, result)

    def discover(self, line: bytes) -> bytes | None:
        """Return the answer to a `server/discover`, at any time; None for any other line."""
        if b'"server/discover"' not in line:
            return None
        message = parsed(line) or {}
        if message.get("method") != "server/discover" or not _enveloped(message):
            return None
        if not _is_id(message.get("id")):
            return None
        return answer(message["id"], self._answers["server/discover"])

    def _initialize(self, message: Message, line: bytes, request_id: str | int) -> bytes | None:
        asked = _part(message, "params").get("protocolVersion")
        if not isinstance(asked, str):
            return None
        known = f"initialize:{asked}" in self._answers
        self._era = asked if known else LATEST_HANDSHAKE
        self.kept.append(line)
        self.answered.add(request_id)
        return answer(request_id, self._answers[f"initialize:{self._era}"])

    def _listen(self, message: Message, line: bytes, request_id: str | int) -> bytes | None:
        """Acknowledge a stream of nothing but changes of lists: Claude Code waits for that.

        What the SDK may refuse, it answers itself. A stream binds the era, as it does there.
        """
        asked = _part(message, "params").get("notifications")
        if not isinstance(asked, dict) or self._era is not None or self._is_taken(request_id):
            return None
        asked = cast(Message, asked)
        if not set(asked) <= _CHANGING or any(value is not True for value in asked.values()):
            return None
        self.kept.append(line)
        self._acknowledged[request_id] = line
        meta = {_META + "subscriptionId": request_id}
        params = {"_meta": meta, "notifications": asked}
        return _encoded({"jsonrpc": "2.0", "method": _ACKNOWLEDGED, "params": params})

    def _is_taken(self, request_id: str | int) -> bool:
        """Tell whether a stream has this id; the SDK takes 7 and "7" for the same."""
        return str(request_id) in map(str, self._acknowledged)

    def _cancel(self, request_id: object) -> bytes | None:
        """Forget a stream that was acknowledged here; the SDK has not seen it yet."""
        line = self._acknowledged.pop(request_id, None) if _is_id(request_id) else None
        if line is None:
            return None
        self.kept.remove(line)
        return b""

    def forget(self, request_id: str | int) -> None:
        """Let the SDK acknowledge what comes under this id from now on: the stream has ended."""
        self._acknowledged.pop(request_id, None)

    def heard(self, method: str, params: Mapping[str, Any] | None) -> bool:
        """Tell whether a notification of the SDK is an acknowledgement that was sent here."""
        if method != _ACKNOWLEDGED:
            return False
        stream = _part(dict(params or {}), "_meta").get(_META + "subscriptionId")
        return _is_id(stream) and self._acknowledged.pop(stream, None) is not None

    def _static(self, message: Message) -> Any:
        """Return the result of a request whose answer never changes."""
        method, params = message.get("method"), _part(message, "params")
        modern = _enveloped(message)
        if method == "server/discover":
            return self._answers[method] if modern else None
        if method not in _LISTS or params.get("cursor") or modern == (self._era is not None):
            return None
        scope = f"{self._profile()}:" if method == "tools/list" else ""
        return self._answers.get(f"{method}:{scope}{MODERN if modern else self._era}")


def parsed(line: bytes) -> Message | None:
    """Return the JSON object in a line, None where there is none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast(Message, message) if isinstance(message, dict) else None


def answer(request_id: object, result: object) -> bytes:
    """Return a JSON-RPC response as a line."""
    return _encoded({"jsonrpc": "2.0", "id": request_id, "result": result})


def unreadable(line: bytes) -> bytes:
    """Return the error that answers a line which the SDK could not parse; b"" where none is due.

    The SDK drops such a line, and its sender would wait for ever.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return _failure(None, PARSE_ERROR, "this line is not JSON") if line.strip() else b""
    request_id = cast(Message, message).get("id") if isinstance(message, dict) else None
    request_id = request_id if _is_id(request_id) else None
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        said = "the message holds a lone surrogate (half a character), which is not text"
        return _failure(request_id, INVALID_PARAMS, said)
    return _failure(request_id, INVALID_REQUEST, "this line is not a JSON-RPC message")


def unidentified(line: bytes) -> bytes:
    """Return the error that answers a message whose id is none of the protocol's; else b""."""
    message = parsed(line) if b'"id"' in line else None
    if message is None or "id" not in message or _is_id(message["id"]):
        return b""
    return _failure(None, INVALID_REQUEST, "an id must be a text or a whole number")


def _is_id(found: object) -> TypeGuard[str | int]:
    return isinstance(found, str | int) and not isinstance(found, bool)


def _failure(request_id: object, code: int, message: str) -> bytes:
    error = {"code": code, "message": message}
    return _encoded({"jsonrpc": "2.0", "id": request_id, "error": error})


def _encoded(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def _enveloped(message: Message) -> bool:
    """Tell whether a request is of the era without a handshake, and whole."""
    meta = _part(_part(message, "params"), "_meta")
    modern = meta.get(_META + "protocolVersion") == MODERN
    return modern and isinstance(meta.get(_META + "clientCapabilities"), dict)


def _part(message: Message, key: str) -> Message:
    found = message.get(key)
    return cast(Message, found) if isinstance(found, dict) else {}
