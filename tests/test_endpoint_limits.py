"""How often, how much at once and how large: what an endpoint refuses, and that it forgets."""

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from endpoints import Endpoint, connected, endpoint, endpoint_process
from mcp.shared.exceptions import MCPError
from surface import said

from tokenspace.server.endpoint.limits import (
    GUESSES,
    KEYS,
    SESSIONS,
    STREAMS,
    Buckets,
    Guesses,
    network,
)
from tokenspace.server.endpoint.rooms import BODY_BYTES, Bounds

ACCEPT = {"Accept": "application/json, text/event-stream"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
RATE = 120


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Endpoint]:
    """An endpoint whose tokens may ask 120 times a minute; somebody has one already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKENSPACE_RATE", str(RATE))
        with endpoint_process(tmp_path_factory.mktemp("data")) as (found, _):
            found.token("owner", "default", "admin")
            yield found


@asynccontextmanager
async def client(token: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """Yield a client that sends a token."""
    headers = {**ACCEPT, "Authorization": f"Bearer {token}"}
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(headers=headers, timeout=30, limits=limits) as http:
        yield http


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return its time, in seconds."""
        return self.now


def test_a_bucket_gives_a_minutes_worth_and_then_as_fast_as_it_fills() -> None:
    """The wait that is told is the one after which there is one more, and no two."""
    clock = Clock()
    bucket = Buckets(120, clock=clock)
    assert [bucket.take("ada") for _ in range(120)] == [0] * 120
    wait = bucket.take("ada")
    assert wait == pytest.approx(0.5)
    assert bucket.take("bob") == 0
    clock.now += wait
    assert bucket.take("ada") == 0
    assert bucket.take("ada") > 0


def test_what_is_remembered_of_who_asked_is_bounded() -> None:
    """A million addresses take as much room as the last ten thousand."""
    bucket = Buckets(60)
    for number in range(3 * KEYS):
        bucket.take(number)
    assert len(bucket) == KEYS


def test_after_too_many_guesses_even_a_good_token_waits_unless_its_bearer_was_in_before() -> None:
    """So a guess tells nothing; who works there goes on, also with a token that was renewed."""
    guesses = Guesses(3)
    known, other = ("app", "https://login", "u-1"), ("app", "https://login", "u-2")
    assert guesses.wait("2001:db8::1", known) == 0
    assert [guesses.wait(f"2001:db8::{n}", None) for n in range(3)] == [0] * 3
    assert guesses.wait("2001:db8::9", None) > 0
    assert guesses.wait("2001:db8::9", other) > 0
    assert guesses.wait("2001:db8::9", known) == 0
    assert guesses.wait("192.0.2.1", other) == 0


def test_an_address_of_ipv4_is_one_however_it_is_written() -> None:
    """All of them are one network of IPv6, which would be one person's."""
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") != network("::ffff:192.0.2.2")
    assert network("2001:db8::1") == network("2001:db8::2") != network("2001:db8:0:1::1")


async def test_a_token_that_asks_too_often_is_told_when_to_come_again(served: Endpoint) -> None:
    """Others are not slowed by it."""
    hasty, other = served.token("hasty", "default"), served.token("patient", "default")
    async with client(hasty) as http:
        with anyio.fail_after(30):
            answer = await http.get(f"{served.url}/p/other/mcp")
            while answer.status_code == 403:  # refused ones count as well
                answer = await http.get(f"{served.url}/p/other/mcp")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "too often" in answer.json()["error_description"]
    async with connected(f"{served.url}/mcp", other) as patient:
        assert "human" in await said(patient, "memory_read")


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_refused_on_both_transports(
    served: Endpoint, declared: bool
) -> None:
    """Whether its size is told beforehand or not; one that is not JSON is malformed."""

    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(17):
            yield b"x" * (BODY_BYTES // 16)

    body: Any = b"x" * (BODY_BYTES + 1) if declared else chunks
    kind = {"Content-Type": "application/json"}
    async with client(served.token(f"large {declared}", "default")) as http:
        async with http.stream("GET", f"{served.url}/sse") as stream:
            lines = stream.aiter_lines()
            place = [await anext(lines) for _ in range(2)][1].removeprefix("data: ")
            for address in ("/mcp", place):
                content = body if declared else body()
                answer = await http.post(f"{served.url}{address}", content=content, headers=kind)
                assert answer.status_code == 413, address
        for version in ("2025-11-25", "2026-07-28"):
            headers = {**kind, "MCP-Protocol-Version": version}
            for bad in (b'{"jsonrpc', b"[" * 9_999, b"\xff\xfe", b'{"id":' + b"9" * 9_999 + b"}"):
                answer = await http.post(f"{served.url}/mcp", content=bad, headers=headers)
                assert answer.status_code == 400, (version, bad[:9])
                assert "Traceback" not in answer.text


async def test_a_token_has_so_many_sessions_and_the_one_left_first_makes_room(
    served: Endpoint,
) -> None:
    """The others go on, and another token is not shut out by them."""
    kind = {"Content-Type": "application/json"}
    content = json.dumps(HELLO)
    address = f"{served.url}/mcp"
    async with client(served.token("many", "default")) as http:
        opened = [await http.post(address, content=content, headers=kind) for _ in range(SESSIONS)]
        assert {answer.status_code for answer in opened} == {200}
        assert (await http.post(address, content=content, headers=kind)).status_code == 200
        for number, status in ((0, 404), (1, 200)):
            session = {"Mcp-Session-Id": opened[number].headers["mcp-session-id"]}
            assert (await http.delete(address, headers=session)).status_code == status
    async with client(served.token("few", "default")) as http:
        assert (await http.post(address, content=content, headers=kind)).status_code == 200


async def test_a_token_has_so_many_streams_and_one_that_ends_makes_room(
    served: Endpoint,
) -> None:
    """Streams of either transport count alike."""
    async with client(served.token("hearer", "default")) as http, AsyncExitStack() as streams:
        for _ in range(STREAMS - 1):
            await streams.enter_async_context(http.stream("GET", f"{served.url}/sse"))
        async with http.stream("GET", f"{served.url}/p/default/sse") as last:
            assert last.status_code == 200
            refused = await http.get(f"{served.url}/sse")
            assert refused.status_code == 429
            assert f"{STREAMS} streams" in refused.text
            assert int(refused.headers["retry-after"]) > 0
            assert (await http.head(f"{served.url}/sse")).status_code == 405  # it would be one more
        with anyio.fail_after(10):
            while (await http.head(f"{served.url}/health")).status_code:
                async with http.stream("GET", f"{served.url}/sse") as again:
                    if again.status_code == 200:
                        break


async def test_a_token_for_all_spaces_cannot_keep_all_open(tmp_path: Path) -> None:
    """Its streams are in half as many as may be open, so that others get theirs."""
    spaces = ("one", "two", "three")
    async with (
        endpoint(tmp_path, *spaces, bounds=Bounds(spaces=4)) as found,
        client(found.token("ada", "*")) as http,
        AsyncExitStack() as streams,
    ):
        answers = [
            await streams.enter_async_context(http.stream("GET", found.sse(space)))
            for space in ("one", "two", "three", "two")
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
        (noted,) = (tmp_path / "audit.log").read_text("utf-8").splitlines()
        assert json.loads(noted)["why"] == "spaces"


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_what_is_listened_to_is_bounded(served: Endpoint) -> None:
    """In length and in number, in both eras."""
    long, many = ["memory://" + "x" * 600], [f"memory://blocks/{n}" for n in range(1_001)]
    address, token = f"{served.url}/mcp", served.token("listener", "default")
    async with connected(address, token) as late:
        for uris in (long, many):
            with pytest.raises(MCPError, match="address"):
                async with late.listen(resource_subscriptions=uris):
                    pass
    async with connected(address, token, "legacy") as early:
        with pytest.raises(MCPError, match="600 characters"):
            await early.subscribe_resource(long[0])  # pyright: ignore[reportDeprecated]


async def test_guessing_is_slow(served: Endpoint) -> None:
    """After so many bad tokens all others of that address wait, but not who is in already."""
    known, fresh = served.token("known", "default"), served.token("fresh", "default")
    absent = f"{served.url}/p/absent/mcp"
    async with client(known) as http, client(fresh) as late, httpx2.AsyncClient() as guesser:
        assert (await http.get(absent)).status_code == 403
        statuses = [
            (await guesser.get(absent, headers={"Authorization": f"Bearer ts_{n}"})).status_code
            for n in range(GUESSES + 5)
        ]
        assert statuses[:GUESSES] == [401] * GUESSES
        assert 429 in statuses[GUESSES:]
        assert (await late.get(absent)).status_code == 429
        assert (await http.get(absent)).status_code == 403
        assert (await guesser.get(absent)).status_code == 401  # none is no guess


@pytest.mark.slow
def test_limits_leave_a_person_alone_who_needs_no_token(tmp_path: Path) -> None:
    """Without a token there is nobody to be told apart."""
    with endpoint_process(tmp_path) as (found, _), httpx2.Client(headers=ACCEPT) as http:
        headers = {"Content-Type": "application/json", "Authorization": "Bearer none"}
        for _ in range(SESSIONS + 1):
            answer = http.post(f"{found.url}/mcp", content=json.dumps(HELLO), headers=headers)
            assert answer.status_code == 200
