"""A model on this machine for assistants' programs: three vendors' streams, read from a script.

Which turn of the script a request gets, the request itself tells: a conversation comes whole each
time, so as many turns are behind it as it holds answers of tools. What a program asks besides (for
a title, say) offers none of our tools, and gets a word. As a proxy, the model refuses everything.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, count
from types import TracebackType
from typing import Any, Self, cast

Json = dict[str, Any]

DONE = "All is done."
"""What the model says after the last turn of its script."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Call:
    """A turn in which the model calls one of our tools."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that offers our tools.

    Attributes:
        text: All that the model reads, in no particular order.
        tools: Our tools; to each, how the model has to address it.
        answers: What the tools have answered so far in this conversation.
    """

    text: str
    tools: Mapping[str, Json]
    answers: tuple[str, ...]


class Anthropic:
    """Messages, as Claude Code asks for them."""

    path = "/v1/messages"

    @staticmethod
    def offered(body: Json) -> Iterator[Json]:
        """Yield how each tool that a request offers is addressed."""
        yield from ({"name": tool["name"]} for tool in body.get("tools", ()))

    @staticmethod
    def answers(body: Json) -> Iterator[Any]:
        """Yield what tools have answered."""
        for message in body["messages"]:
            if isinstance(message["content"], list):
                for part in message["content"]:
                    if part["type"] == "tool_result":
                        yield part["content"]

    @staticmethod
    def events(address: Json | None, arguments: Mapping[str, Any]) -> Iterator[Json]:
        """Yield the stream that calls a tool, or ends the conversation."""
        number = next(_numbers)
        usage = {"input_tokens": 10, "output_tokens": 10}
        message: Json = {"id": f"msg_{number}", "type": "message", "role": "assistant"}
        message |= {"model": "scripted", "content": [], "stop_reason": None, "usage": usage}
        block: Json = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": DONE}
        if address:
            block = {"type": "tool_use", "id": f"toolu_{number}", "input": {}, **address}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        ending = {"stop_reason": "tool_use" if address else "end_turn", "stop_sequence": None}
        yield {"type": "message_start", "message": message}
        yield {"type": "content_block_start", "index": 0, "content_block": block}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        yield {"type": "message_delta", "delta": ending, "usage": usage}
        yield {"type": "message_stop"}


class OpenAI:
    """Responses, as Codex asks for them; it offers a server's tools as one namespace."""

    path = "/v1/responses"

    @staticmethod
    def offered(body: Json) -> Iterator[Json]:
        """Yield how each tool that a request offers is addressed."""
        for tool in body.get("tools", ()):
            if tool["type"] == "namespace":
                space = {"namespace": tool["name"]}
                yield from ({"name": inner["name"], **space} for inner in tool["tools"])
            elif "name" in tool:
                yield {"name": tool["name"]}

    @staticmethod
    def answers(body: Json) -> Iterator[Any]:
        """Yield what tools have answered."""
        yield from (i["output"] for i in body["input"] if i["type"] == "function_call_output")

    @staticmethod
    def events(address: Json | None, arguments: Mapping[str, Any]) -> Iterator[Json]:
        """Yield the stream that calls a tool, or ends the conversation."""
        number = next(_numbers)
        said: Json = {"type": "output_text", "text": DONE, "annotations": []}
        item: Json = {"type": "message", "role": "assistant", "content": [said]}
        if address:
            call = {"call_id": f"call_{number}", "arguments": json.dumps(arguments)}
            item = {"type": "function_call", **call, **address}
        item |= {"id": f"item_{number}", "status": "completed"}
        response: Json = {"id": f"resp_{number}", "object": "response", "created_at": 1}
        response |= {"model": "scripted", "status": "completed", "output": [item]}
        response["usage"] = {"input_tokens": 10, "output_tokens": 10, "total_tokens": 20}
        begun: Json = {**response, "status": "in_progress", "output": []}
        yield {"type": "response.created", "response": begun}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
        yield {"type": "response.completed", "response": response}


class Gemini:
    """`streamGenerateContent`, as Gemini CLI asks for it."""

    path = ":streamGenerateContent"

    @staticmethod
    def offered(body: Json) -> Iterator[Json]:
        """Yield how each tool that a request offers is addressed."""
        for tool in body.get("tools", ()):
            yield from ({"name": one["name"]} for one in tool.get("functionDeclarations", ()))

    @staticmethod
    def answers(body: Json) -> Iterator[Any]:
        """Yield what tools have answered."""
        for part in chain.from_iterable(content["parts"] for content in body["contents"]):
            if "functionResponse" in part:
                yield part["functionResponse"]["response"]

    @staticmethod
    def events(address: Json | None, arguments: Mapping[str, Any]) -> Iterator[Json]:
        """Yield the stream that calls a tool, or ends the conversation."""
        part: Json = {"text": DONE}
        if address:
            part = {"functionCall": {**address, "args": dict(arguments)}}
        content = {"role": "model", "parts": [part]}
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        yield {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"}


_SPEECHES = (Anthropic, OpenAI, Gemini)


class ScriptedModel:
    """A server that takes each conversation through the same script."""

    def __init__(self, *script: Call) -> None:
        self.asked: list[Asked] = []
        """The requests that offered our tools, in turn."""
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                path = self.path.partition("?")[0]
                speech = next((one for one in _SPEECHES if path.endswith(one.path)), None)
                self.send_response(200 if speech else 404)
                data = model._stream(speech, body) if speech else b""  # pyright: ignore[reportPrivateUsage]
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._script = script
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def _stream(self, speech: type[Anthropic | OpenAI | Gemini], body: Json) -> bytes:
        """Return the answer to a request."""
        tools = {
            found[0]: address
            for address in speech.offered(body)
            if (found := re.search(r"memory_[a-z]+$", address["name"]))
        }
        answers = tuple("".join(_texts(one)) for one in speech.answers(body))
        if tools:
            self.asked.append(Asked("\n".join(_texts(body)), tools, answers))
        if tools and len(answers) < len(self._script):
            call = self._script[len(answers)]
            events = speech.events(tools[call.tool], call.arguments)
        else:
            events = speech.events(None, {})
        return b"".join(_event(one) for one in events)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _event(event: Json) -> bytes:
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def _texts(part: Any) -> Iterator[str]:
    """Yield every text in a piece of JSON."""
    if isinstance(part, str):
        yield part
    inner: Any = ()
    if isinstance(part, dict):
        inner = cast(Json, part).values()
    elif isinstance(part, list):
        inner = cast(list[Any], part)
    for one in inner:
        yield from _texts(one)
