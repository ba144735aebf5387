"""HTTP between a bridge and its endpoint: one message at a time, again where that is safe."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Self

import httpx2

from ..front import parsed
from . import words
from .messages import Kind, Message, encoded, kind, part
from .patience import Patience, asked_to_wait
from .target import Target

CONNECT_S = 5.0
ANSWER_S = 120.0
"""How long an answer, or the next sign of life on a stream, is waited for."""

_LARGEST_EVENT = 2**26  # bytes
_METHOD_NOT_FOUND = -32601
_OK, _BAD, _UNKNOWN, _ABSENT, _TOO_MANY, _FAILED = 200, 400, 401, 404, 429, 500  # statuses
_BUSY = frozenset({_TOO_MANY, 502, 503, 504})
_SESSION = "Mcp-Session-Id"
_BEARER = "Bearer "

Hear = Callable[[bytes, Message], None]
"""Takes a message of the endpoint: the line it is, and what it says."""


class FailedError(Exception):
    """There is no answer, and there will be none; the message says why.

    Attributes:
        sure: What was asked was certainly not carried out.
    """

    def __init__(self, said: str, *, sure: bool) -> None:
        super().__init__(said)
        self.sure = sure


class RefusedError(FailedError):
    """The endpoint does not let the request in, nor the next one like it.

    Attributes:
        status: Of the answer.
    """

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said, sure=status < _FAILED)
        self.status = status


class SessionLostError(FailedError):
    """The endpoint does not know the session, or no more."""


class _SetbackError(FailedError):
    """There is no answer now.

    Attributes:
        again: There may be one to the same request later.
        wait_s: How much later, if the endpoint says so.
    """

    def __init__(self, said: str, *, sure: bool, again: bool, wait_s: float | None = None) -> None:
        super().__init__(said, sure=sure)
        self.again = again
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent.

    Attributes:
        body: One message.
        headers: What the protocol wants with it.
        id: Of a request; None where no answer is due.
        repeatable: It may be sent again where the first may have arrived.
    """

    body: bytes
    headers: Mapping[str, str]
    id: str | int | None = None
    repeatable: bool = False


class Link:
    """The way to one space. Its context has to be entered first."""

    def __init__(self, target: Target, read_token: Callable[[], str]) -> None:
        self.target = target
        self._read_token = read_token
        self._token = read_token()
        self._met = False
        self._client = httpx2.AsyncClient(
            headers={
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
                "User-Agent": f"tokenspace-bridge/{version('tokenspace')}",
            },
            timeout=httpx2.Timeout(ANSWER_S, connect=CONNECT_S, pool=None),
            # No proxy stands between this machine and itself.
            mounts=dict.fromkeys(("http://", "https://", "all://")) if target.local else None,
            verify=target.encrypted,  # making ready for it takes a while
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.__aexit__()

    async def post(self, post: Post, hear: Hear) -> httpx2.Headers:
        """Send a message, hand on what is answered, and return the answer's headers.

        Raises:
            FailedError: there is no answer; of a class of its own where the endpoint does not let
                the message in, or has lost the session.
        """
        patience, sure, heard = Patience(met=self._met), True, False

        def heeded(line: bytes, message: Message) -> None:
            nonlocal heard
            heard = True
            hear(line, message)

        while True:
            try:
                return await self._once(post, heeded)
            except SessionLostError as lost:
                lost.sure = sure
                raise
            except _SetbackError as setback:
                sure = sure and setback.sure
                again = setback.again and not heard and (sure or post.repeatable)
                if not again or not await patience.pause(setback.wait_s):
                    raise FailedError(str(setback), sure=sure) from setback

    @asynccontextmanager
    async def stream(
        self, headers: Mapping[str, str]
    ) -> AsyncGenerator[AsyncGenerator[tuple[bytes, Message]]]:
        """Open the stream of what the endpoint says unasked.

        Raises:
            FailedError: as `post` does; also when the stream is cut off.
        """
        async with self._sent("GET", {**headers, "Accept": "text/event-stream"}) as answer:
            if answer.status_code != _OK:
                await answer.aread()
                self._refuse(answer, in_session=True)
            yield _events(answer)

    async def leave(self, headers: Mapping[str, str]) -> None:
        """End a session, if the endpoint can be told."""
        with suppress(FailedError):
            async with self._sent("DELETE", headers):
                pass

    async def _once(self, post: Post, hear: Hear) -> httpx2.Headers:
        async with self._sent("POST", post.headers, post.body) as answer:
            if answer.is_success and post.id is None:
                return answer.headers
            if answer.is_success and _media_type(answer) == "text/event-stream":
                async with aclosing(_events(answer)) as messages:
                    async for line, message in messages:
                        hear(line, message)
                        if kind(message) is Kind.RESPONSE:
                            return answer.headers
                raise httpx2.ReadError("the stream ended without an answer")
            await answer.aread()
            message = parsed(answer.content) or {}
            if kind(message) is Kind.RESPONSE and _is_answer(answer, message, post):
                if message["id"] is None:  # it was refused before its id was read
                    message["id"] = post.id
                    hear(encoded(message), message)
                else:
                    hear(_one_line(answer.content), message)
                return answer.headers
            if not answer.is_success:
                self._refuse(answer, in_session=_SESSION in post.headers)
            said = f"{self.target.host} answers what is not of the protocol: is it an endpoint?"
            raise FailedError(said, sure=False)

    @asynccontextmanager
    async def _sent(
        self, method: str, headers: Mapping[str, str], body: bytes = b""
    ) -> AsyncGenerator[httpx2.Response]:
        """Send a request; its answer has yet to be read."""
        if self._token:
            headers = {**headers, "Authorization": f"{_BEARER}{self._token}"}
        url = self.target.url
        request = self._client.build_request(method, url, headers=headers, content=body)
        try:
            answer = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                self._met = True
                yield answer
            finally:
                await answer.aclose()
        except httpx2.TransportError as error:
            said = words.of_trouble(error, self.target)
            sure = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
            raise _SetbackError(said, sure=sure, again=not words.hopeless(error)) from error

    def _refuse(self, answer: httpx2.Response, *, in_session: bool) -> None:
        """Raise what an answer other than success means.

        Raises:
            _SetbackError: another answer may come later.
            SessionLostError: the session is gone.
            RefusedError: neither.
        """
        token = answer.request.headers.get("authorization", "").removeprefix(_BEARER)
        said = words.of_refusal(answer, self.target, with_token=bool(token))
        if token:
            said = said.replace(token, "(the token)")
        status = answer.status_code
        # That a session is gone, or has just ended, is said in the protocol's words; that there is
        # no such space is not.
        of_session = in_session and _code(answer) is not None
        if status in _BUSY or (of_session and status == _FAILED):
            wait_s = asked_to_wait(answer.headers.get("retry-after"))
            raise _SetbackError(said, sure=status == _TOO_MANY, again=True, wait_s=wait_s)
        if status == _UNKNOWN and self._has_another_token(token):
            raise _SetbackError(said, sure=True, again=True)
        if of_session and status == _ABSENT:
            raise SessionLostError(said, sure=True)
        raise RefusedError(said, status)

    def _has_another_token(self, sent: str) -> bool:
        """Tell whether the token is another than was sent; from now on it is what it is now."""
        self._token = self._read_token()
        return self._token != sent


def _is_answer(answer: httpx2.Response, message: Message, post: Post) -> bool:
    """Tell whether a response of the protocol is the one to a request, whatever its status."""
    status, code = answer.status_code, part(message, "error").get("code")
    if status == _ABSENT:
        return code == _METHOD_NOT_FOUND
    return status == _BAD or (answer.is_success and message["id"] == post.id)


def _code(answer: httpx2.Response) -> object:
    """Return the code of the protocol's error that an answer holds; None where it holds none."""
    return part(parsed(answer.content) or {}, "error").get("code")


async def _events(answer: httpx2.Response) -> AsyncGenerator[tuple[bytes, Message]]:
    """Yield the messages of a stream, as lines and as what they say, until it ends."""
    async for event in httpx2.EventSource(answer, max_event_size=_LARGEST_EVENT):
        line = _one_line(event.data.encode())
        message = parsed(line)
        if event.event == "message" and message is not None and kind(message) is not Kind.NONE:
            yield line, message


def _one_line(text: bytes) -> bytes:
    """Return JSON without line breaks; within its texts there are none."""
    return text.strip().replace(b"\r", b" ").replace(b"\n", b" ")


def _media_type(answer: httpx2.Response) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()
