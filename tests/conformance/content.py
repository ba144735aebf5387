"""What the fixtures say, and ask."""

import base64
import json
from typing import Any

import mcp_types as t

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5Erk"
    "Jggg=="
)
"""One pixel."""
WAV = base64.b64encode(
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0"
).decode()
"""A sound of no length."""
IMAGE = t.ImageContent(type="image", data=PNG, mime_type="image/png")
AUDIO = t.AudioContent(type="audio", data=WAV, mime_type="audio/wav")
JSON = "application/json"


def text(said: str) -> t.TextContent:
    """Return a text."""
    return t.TextContent(type="text", text=said)


def resource(uri: str, said: str, mime_type: str = "text/plain") -> t.EmbeddedResource:
    """Return a resource that is part of an answer."""
    contents = t.TextResourceContents(uri=uri, mime_type=mime_type, text=said)
    return t.EmbeddedResource(type="resource", resource=contents)


def answer(*content: t.ContentBlock, is_error: bool = False) -> t.CallToolResult:
    """Return a tool's answer."""
    return t.CallToolResult(content=list(content), is_error=is_error)


def told(*content: t.ContentBlock) -> t.GetPromptResult:
    """Return a prompt: one message for each content."""
    messages = [t.PromptMessage(role="user", content=one) for one in content]
    return t.GetPromptResult(messages=messages)


def form(required: bool = True, **properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with these properties."""
    wanted = list(properties) if required else []
    return {"type": "object", "properties": properties, "required": wanted}


def question(said: str, schema: dict[str, Any]) -> t.ElicitRequest:
    """Return a question to the person who sits at the client."""
    params = t.ElicitRequestFormParams(message=said, requested_schema=schema)
    return t.ElicitRequest(params=params)


def sampling(said: str) -> t.CreateMessageRequest:
    """Return a question to the client's model."""
    messages = [t.SamplingMessage(role="user", content=text(said))]
    return t.CreateMessageRequest(
        params=t.CreateMessageRequestParams(messages=messages, max_tokens=100)
    )


def first_text(result: t.CreateMessageResult | t.CreateMessageResultWithTools) -> str:
    """Return what the client's model said."""
    content = result.content[0] if isinstance(result.content, list) else result.content
    return content.text if isinstance(content, t.TextContent) else ""


def as_json(value: object) -> str:
    """Return a value as JSON."""
    return json.dumps(value)
