"""The line to an endpoint: one message or look at a time, each answer whole and bounded."""

import time
from collections.abc import Mapping
from typing import Any, Self, cast
from urllib.parse import urlsplit

import httpx2

from ..front import parsed
from ..remote import messages
from ..remote.target import Target
from .spawning import Message

PATIENCE_S = 15.0
"""How long one answer is waited for, to its end."""

_CONNECT_S = 5.0
_MOST_BYTES = 1 << 22
_ENCODED = ("content-encoding", "content-length", "transfer-encoding")


class Line:
    """Requests to one space. Its context has to be entered first; nothing is followed elsewhere."""

    def __init__(self, target: Target, token: str) -> None:
        self.target = target
        self.token = token
        self._http = httpx2.Client(
            headers={"Accept": "application/json, text/event-stream"},
            timeout=httpx2.Timeout(PATIENCE_S, connect=_CONNECT_S),
            # No proxy stands between this machine and itself.
            mounts=dict.fromkeys(("http://", "https://", "all://")) if target.local else None,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        self._http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.__exit__()

    @property
    def origin(self) -> str:
        """The address of the whole endpoint, as far as it is known."""
        return f"{urlsplit(self.target.url).scheme}://{self.target.host}"

    @property
    def hidden(self) -> list[str]:
        """What nobody is shown."""
        return [self.token] if self.token else []

    def post(
        self,
        message: Message,
        headers: Mapping[str, str] | None = None,
        *,
        with_token: bool = True,
    ) -> httpx2.Response:
        """Send one message, in the era that it is of, or that `headers` say."""
        sent = dict(headers or {})
        if not sent and messages.version(message):
            sent = messages.headers(message)
        sent["Content-Type"] = "application/json"
        body = messages.encoded(message)
        return self._sent("POST", self.target.url, sent, body, with_token=with_token)

    def get(self, address: str) -> httpx2.Response:
        """Look at an address of the endpoint, as somebody without a token."""
        return self._sent("GET", address, {}, b"", with_token=False)

    def end(self, headers: Mapping[str, str]) -> None:
        """End the session that these headers name."""
        self._sent("DELETE", self.target.url, headers, b"", with_token=True)

    def first_line(self, address: str) -> tuple[int, str]:
        """Return the status of a stream, and the first line that comes over it."""
        headers = {"Accept": "text/event-stream", **self._bearer()}
        with self._http.stream("GET", address, headers=headers, timeout=_CONNECT_S) as answer:
            line = next(answer.iter_lines(), "") if answer.is_success else ""
            return answer.status_code, line

    def _sent(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        with_token: bool,
    ) -> httpx2.Response:
        headers = {**headers, **(self._bearer() if with_token else {})}
        until, data = time.monotonic() + PATIENCE_S, b""
        with self._http.stream(method, address, headers=headers, content=body) as answer:
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > _MOST_BYTES or time.monotonic() > until:
                    break
            kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in _ENCODED]
            return httpx2.Response(
                answer.status_code,
                headers=kept,
                content=data,
                request=answer.request,
                extensions=answer.extensions,
            )

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def result(answer: httpx2.Response) -> Message | None:
    """Return the result in an answer: of JSON, or of the last event of a stream."""
    content = answer.content
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        data = [line[5:] for line in content.splitlines() if line.startswith(b"data:")]
        content = data[-1] if data else b""
    found = (parsed(content) or {}).get("result")
    return cast(Message, found) if isinstance(found, dict) else None


def tools(answer: httpx2.Response) -> int:
    """Return how many tools an answer lists."""
    listed = (result(answer) or {}).get("tools")
    return len(cast(list[Any], listed)) if isinstance(listed, list) else 0
