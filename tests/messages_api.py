"""Anthropic's messages API on this machine, read from a script: answers for `provider.Provider`."""

import json
from itertools import count
from typing import Any

from provider import Provider, Reply

_numbers = count(1)


def uses(**command: Any) -> Reply:
    """Answer with a call of the tool `memory`."""
    call = {"type": "tool_use", "id": f"toolu_{next(_numbers)}", "name": "memory", "input": command}
    return _message([call], "tool_use")


def says(text: str) -> Reply:
    """Answer with a text alone, which ends a conversation."""
    return _message([{"type": "text", "text": text}], "end_turn")


def _message(content: list[dict[str, Any]], reason: str) -> Reply:
    body = {
        "id": f"msg_{next(_numbers)}",
        "type": "message",
        "role": "assistant",
        "model": "scripted",
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }
    return Reply(200, json.dumps(body).encode())


def heard(provider: Provider) -> list[tuple[str, bool]]:
    """Return what the tool answered, in turn, and whether it was refused.

    Each request holds what is new in the conversation; the API keeps the rest.
    """
    results = {
        part["tool_use_id"]: part
        for asked in provider.asked
        for message in asked["messages"]
        if message["role"] == "user" and isinstance(message["content"], list)
        for part in message["content"]
    }
    return [(_text(part["content"]), part.get("is_error", False)) for part in results.values()]


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)
