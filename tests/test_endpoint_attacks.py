"""What comes in over HTTP to do harm: guesses, tricks with paths and headers, stolen sessions."""

import json
from collections.abc import Generator
from typing import Any

import anyio
import httpx2
import pytest
from endpoints import Endpoint, connected, endpoint_process, make_spaces
from process import ENVELOPE, MODERN
from surface import said

INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    },
}
READ: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "memory_read", "arguments": {}},
}
AT_ONCE: dict[str, Any] = {**READ, "params": {**ENVELOPE, **READ["params"]}}
"""The same without a session: where it comes in, the secret comes out."""
ACCEPT = {"Accept": "application/json, text/event-stream"}
ASKING = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "memory_read"}
"""The headers of it."""
SECRET = "the launch code is 4711"  # noqa: S105 - what must not leak


def bearer(token: str) -> dict[str, str]:
    """Return the headers of a request that carries a token."""
    return {"Authorization": f"Bearer {token}", **ACCEPT}


async def fill(served: Endpoint, space: str) -> None:
    """Put a secret into a space."""
    async with connected(served.mcp(space), served.token("owner", space)) as client:
        await said(client, "memory_insert", label="human", new_string=SECRET)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[Endpoint]:
    """An endpoint of two spaces, one of which holds a secret."""
    data = tmp_path_factory.mktemp("data")
    anyio.run(make_spaces, data, "acme", "other")
    with endpoint_process(data) as (served, _):
        anyio.run(fill, served, "acme")
        yield served


async def test_what_the_attacks_ask_for_comes_out_to_whom_it_may(shared: Endpoint) -> None:
    """Else that it did not come out to others would mean nothing."""
    headers = {**bearer(shared.token("friend", "acme", "reader")), **ASKING}
    async with httpx2.AsyncClient(headers=headers) as http:
        assert SECRET in (await http.post(shared.mcp("acme"), json=AT_ONCE)).text


async def test_no_guess_comes_in(shared: Endpoint) -> None:
    """What resembles a token, or is one said in another way, is answered like none at all."""
    async with httpx2.AsyncClient() as http:
        good = shared.token("ada", "acme")
        ident = good.split("_")[1]
        guesses = [
            f"Bearer {good[:-1]}",
            f"Bearer {good}x",
            f"Bearer {good.upper()}",
            f"Bearer ts_{ident}_{'A' * 43}",
            f"Bearer ts_../../{ident}_{'A' * 43}",
            f"Bearer ts_{'0' * 12}_{'A' * 43}",
            f"Bearer {'x' * 4_000}",
            f"Basic {good}",
            good,
            "Bearer",
            "",
        ]
        for guess in guesses:
            headers = {"Authorization": guess, **ACCEPT, **ASKING}
            answer = await http.post(shared.mcp("acme"), json=AT_ONCE, headers=headers)
            assert answer.status_code in (401, 429), guess
            assert SECRET not in answer.text
        in_address = await http.post(
            f"{shared.mcp('acme')}?access_token={good}", json=AT_ONCE, headers=ACCEPT | ASKING
        )
        assert in_address.status_code in (401, 429)
        assert SECRET not in in_address.text


@pytest.mark.parametrize(
    "path",
    [
        "/p/other/../acme/mcp",
        "/p/other%2f..%2facme/mcp",
        "/p/..%2f..%2fspaces%2facme/mcp",
        "/p/ACME/mcp",
        "/p/acme.db/mcp",
        "/p/acme%00/mcp",
        "/p//mcp",
        "/p/acme%0d%0aX-Evil:1/mcp",
        "/p/*/mcp",
        "/p/con/mcp",
    ],
)
async def test_no_path_leads_around_the_door(shared: Endpoint, path: str) -> None:
    """A token for one space opens no other, however its name is written and wherever that leads."""
    headers = {**bearer(shared.token(path[:64], "other")), **ASKING}
    async with httpx2.AsyncClient(headers=headers, follow_redirects=True) as http:
        request = http.build_request("POST", f"{shared.url}/", json=AT_ONCE)
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = await http.send(request)
        assert answer.status_code in (400, 403, 404), answer.text
        assert SECRET not in answer.text


async def test_a_session_belongs_to_the_token_that_opened_it(shared: Endpoint) -> None:
    """With another token, of the same space too, it is a session that does not exist."""
    mine, theirs = shared.token("mine", "acme"), shared.token("theirs", "acme")
    async with httpx2.AsyncClient() as http:
        address = shared.mcp("acme")
        opened = await http.post(address, json=INITIALIZE, headers=bearer(mine))
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
        for method in ("POST", "GET", "DELETE"):
            stolen = await http.request(
                method, address, json=READ, headers={**bearer(theirs), **session}
            )
            assert stolen.status_code == 404, method
        own = await http.post(address, json=READ, headers={**bearer(mine), **session})
        assert own.status_code == 200
        assert SECRET in own.text


async def test_an_sse_stream_takes_messages_of_its_own_token_only(shared: Endpoint) -> None:
    """The address of a stream is not enough to speak in its name."""
    mine, theirs = shared.token("stream", "acme"), shared.token("thief", "acme")
    async with (
        httpx2.AsyncClient() as http,
        http.stream("GET", shared.sse("acme"), headers=bearer(mine)) as stream,
    ):
        lines = stream.aiter_lines()  # held, since the stream ends with it
        async for line in lines:
            if line.startswith("data: "):
                posts = line.removeprefix("data: ")
                break
        else:
            raise AssertionError("the stream names no address")
        assert posts.startswith("/p/acme/messages/?session_id=")
        for headers, status in ((bearer(theirs), 404), (bearer(mine), 202)):
            answer = await http.post(f"{shared.url}{posts}", json=INITIALIZE, headers=headers)
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example.com"}, 421),
        ({"Host": "127.0.0.1.evil.example.com"}, 421),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example.com", "X-Forwarded-Host": "127.0.0.1"}, 421),
        ({"Host": "127.0.0.1:8765.evil.example.com"}, 400),
        ({"Host": "localhost:evil.example.com"}, 400),
        ({"Host": "localhost:80@evil.example.com"}, 400),
        ({"Origin": "http://localhost:evil.example.com"}, 400),
    ],
)
async def test_a_page_of_another_host_does_not_get_in(
    shared: Endpoint, headers: dict[str, str], status: int
) -> None:
    """Not by a name that leads here, nor with a good token: DNS rebinding."""
    token = shared.token(json.dumps(headers)[:64], "acme")
    async with httpx2.AsyncClient(headers=bearer(token)) as http:
        answer = await http.post(shared.mcp("acme"), json=INITIALIZE, headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize("name", ["Host", "Origin"])
async def test_a_header_that_stands_there_twice_names_no_host(shared: Endpoint, name: str) -> None:
    """Who comes next might go by the other one."""
    host = shared.url.removeprefix("http://")
    good = host if name == "Host" else shared.url
    head = f"POST /p/acme/mcp HTTP/1.1\r\nContent-Length: 0\r\n{name}: {good}\r\n"
    head += f"{name}: evil.example.com\r\n" + (f"Host: {host}\r\n" if name == "Origin" else "")
    async with await anyio.connect_tcp("127.0.0.1", int(host.rpartition(":")[2])) as stream:
        await stream.send(f"{head}\r\n".encode())
        assert (await stream.receive()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"{", (400,)),
        (b"[]", (400,)),
        (b"\xff\xfe", (400,)),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":' + b"[" * 50_000, (400,)),
        (b'"' + b"x" * 2**21 + b'"', (413,)),
    ],
)
async def test_what_is_no_request_is_refused(
    shared: Endpoint, body: bytes, statuses: tuple[int, ...]
) -> None:
    """Malformed, nested or too large: one answer, and the endpoint goes on."""
    token = shared.token(f"body {len(body)} {body[:1]!r}", "acme")
    headers = {**bearer(token), "Content-Type": "application/json"}
    async with httpx2.AsyncClient(headers=headers) as http:
        answer = await http.post(shared.mcp("acme"), content=body)
        assert answer.status_code in statuses, answer.text
        assert (await http.post(shared.mcp("acme"), json=INITIALIZE)).status_code == 200
