"""A model's provider on this machine: OpenAI's chat completions, read from a script."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

KEY = "sk-provider-0123456789abcdef"
TOKENS = 100
"""How many tokens each answer says that it took."""


@dataclass(frozen=True)
class Reply:
    """One answer over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


def does(*calls: tuple[str, dict[str, Any]]) -> Reply:
    """Answer with calls of tools."""
    wanted = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for number, (name, arguments) in enumerate(calls)
    ]
    return _answer({"role": "assistant", "content": None, "tool_calls": wanted}, "tool_calls")


def says(text: str) -> Reply:
    """Answer with a text alone, which ends a conversation."""
    return _answer({"role": "assistant", "content": text}, "stop")


def fails(status: int, message: str) -> Reply:
    """Answer with an error; it forbids the client to try again by itself, which takes seconds."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}})
    return Reply(status, body.encode(), {"x-should-retry": "false"})


def _answer(message: dict[str, Any], reason: str) -> Reply:
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_780_000_000,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": TOKENS - 10,
            "completion_tokens": 10,
            "total_tokens": TOKENS,
        },
    }
    return Reply(200, json.dumps(body).encode())


class Provider:
    """A server that gives its replies in turn, and the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[dict[str, Any]] = []
        """The bodies of all requests."""
        self.keys: set[str] = set()
        """The keys that came with them."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                provider.asked.append(json.loads(self.rfile.read(length)))
                provider.keys.add(self.headers.get("Authorization", "").removeprefix("Bearer "))
                reply = replies[min(len(provider.asked), len(replies)) - 1]
                self.send_response(reply.status)
                headers = {"Content-Type": "application/json", **reply.headers}
                for name, value in {**headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def environ(self) -> dict[str, str]:
        """What a process is given to ask this provider, with a key."""
        address = f"http://127.0.0.1:{self._server.server_port}/v1"
        return {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": KEY}

    @property
    def offered(self) -> Sequence[str]:
        """The names of the tools that the model was offered first."""
        return [tool["function"]["name"] for tool in self.asked[0]["tools"]]

    @property
    def heard(self) -> list[str]:
        """What the tools answered, as the last request tells it to the model."""
        told = self.asked[-1]["messages"]
        return [message["content"] for message in told if message["role"] == "tool"]

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
