"""How many calls of one token go on at once, and what becomes of those that are cut."""

import json
import socket
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import apsw
import httpx2
import pytest
from endpoints import Endpoint, connected, endpoint, until
from issuers import beside
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from surface import said

from tokenspace.server.endpoint.access import Verifier
from tokenspace.server.endpoint.addresses import Addresses
from tokenspace.server.endpoint.door import Door
from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.endpoint.tokens import Tokens
from tokenspace.server.roles import Role

V = "io.modelcontextprotocol/"
META: dict[str, Any] = {f"{V}protocolVersion": "2026-07-28", f"{V}clientCapabilities": {}}
AT_WORK_S = 0.3
"""After how long a call is surely carried out, which nothing tells of."""
LARGE = "\n".join(f"{number} {'x' * 90}" for number in range(2_500))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Endpoint]:
    """An endpoint that carries out two calls of a token at once, and takes 60."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tokenspace.server.endpoint.rooms.CALLS", 2)
        patch.setattr("tokenspace.server.endpoint.entrance.WAITING", 60)
        with beside(endpoint(tmp_path_factory.mktemp("data"), "acme")) as found:
            yield found


def call(number: int, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return the request of a call, of the era without sessions."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments, "_meta": META}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


async def post(served: Endpoint, token: str, tool: str, **arguments: Any) -> httpx2.Response:
    """Call a tool in the space acme by one request."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    async with httpx2.AsyncClient(headers=headers, timeout=20) as http:
        return await http.post(served.mcp("acme"), json=call(1, tool, **arguments))


def outcomes(served: Endpoint, who: str, what: str) -> list[str]:
    """Return what the audit log says of somebody's calls of a tool."""
    lines = map(json.loads, (served.data / "audit.log").read_text("utf-8").splitlines())
    return [one["outcome"] for one in lines if one["who"] == who and one["what"] == what]


@contextmanager
def locked(served: Endpoint) -> Generator[None]:
    """Have writes to the space acme wait."""
    with closing(apsw.Connection(str(Spaces(served.data).path("acme")))) as connection:
        cursor: Any = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        yield
        cursor.execute("ROLLBACK")


@asynccontextmanager
async def deaf(served: Endpoint, token: str) -> AsyncGenerator[str]:
    """Open a stream of SSE that reads only where to send; yield that address."""
    host, port = served.url.removeprefix("http://").split(":")
    with closing(socket.socket()) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.connect((host, int(port)))
        asked = f"GET /p/acme/sse HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}"
        raw.sendall(f"{asked}\r\n\r\n".encode())
        heard = b""
        while b"session_id=" not in heard or not heard.endswith(b"\n"):
            heard += await anyio.to_thread.run_sync(raw.recv, 1_024)
        lines = heard.decode().splitlines()
        place = next(line for line in lines if line.startswith("data: "))
        yield f"{served.url}{place.removeprefix('data: ')}"


async def test_who_takes_no_answers_has_few_made_and_none_after_leaving(served: Endpoint) -> None:
    """Over SSE each call is accepted at once; others are not held up, nor its own token later."""
    token, other = served.token("deaf", "acme", "reader"), served.token("ada", "acme")
    await post(served, other, "memory_rethink", label="big", new_memory=LARGE)
    headers = {"Authorization": f"Bearer {token}"}
    statuses = Counter[int]()
    async with deaf(served, token) as place, httpx2.AsyncClient(headers=headers) as http:
        for number in range(100):
            answer = await http.post(place, json=call(number, "memory_read", label="big"))
            statuses[answer.status_code] += 1
            if answer.status_code == 429:
                assert "calls" in answer.text
                assert answer.headers["retry-after"] == "1"
        assert set(statuses) == {202, 429}
        assert (await post(served, other, "memory_read", label="human")).status_code == 200
        made = len(outcomes(served, "deaf", "memory_read"))
        assert made <= statuses[202] - 50
    with anyio.fail_after(10):
        assert (await post(served, token, "memory_read", label="human")).status_code == 200
    assert len(outcomes(served, "deaf", "memory_read")) <= made + 3


async def test_calls_wait_for_their_turn_and_who_leaves_meanwhile_has_nothing_done(
    served: Endpoint,
) -> None:
    """All that are waited for are answered."""
    token = served.token("cy", "acme")
    answers: list[int] = []

    async def insert(text: str) -> None:
        answer = await post(served, token, "memory_insert", label="human", new_string=text)
        answers.append(answer.status_code)

    async with anyio.create_task_group() as tasks:
        with locked(served):
            for text in ("likes tea", "likes cake"):
                tasks.start_soon(insert, text)
            await anyio.sleep(AT_WORK_S)
            tasks.start_soon(insert, "likes rain")
            with anyio.move_on_after(0.3):
                await insert("likes nothing")
    assert answers == [200, 200, 200]
    async with connected(served.mcp("acme"), token) as client:
        text = await said(client, "memory_read", label="human")
    assert all(f"likes {what}" in text for what in ("tea", "cake", "rain"))
    assert "likes nothing" not in text


async def test_a_call_that_a_revoked_token_cuts_is_unauthorized_and_no_success(
    served: Endpoint,
) -> None:
    """To its client, and in the audit log."""
    token = served.token("bob", "acme")
    await post(served, token, "memory_read", label="human")
    with locked(served):
        answers: list[httpx2.Response] = []

        async def insert() -> None:
            arguments = {"label": "human", "new_string": "likes tea"}
            answers.append(await post(served, token, "memory_insert", **arguments))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(insert)
            await anyio.sleep(AT_WORK_S)
            Tokens(served.data).revoke("bob")
    (answer,) = answers
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")

    async def noted() -> bool:
        return outcomes(served, "bob", "memory_insert") == ["cut"]

    await until(noted)


async def test_an_issuer_that_does_not_answer_delays_no_revoking(tmp_path: Path) -> None:
    """Tokens of its own it still waits for."""

    class Silent:
        """An issuer that never says whether a token is good."""

        async def verify_token(self, token: str) -> None:
            """Wait."""
            del token
            await anyio.sleep_forever()

        async def run(self) -> None:
            """There is nothing to do."""

    tokens = Tokens(tmp_path)
    door = Door(Verifier(tokens, Silent()), Addresses("https://memory.example.com"), local=False)
    kept, plain = tokens.create("ada", "acme", Role.WRITER, None)
    async with inside(door, plain, "a.b.c") as ended:
        tokens.revoke(kept.id)

        async def are_out() -> bool:
            return ended == [plain]

        with anyio.fail_after(3):
            await until(are_out)


async def test_who_may_into_another_space_now_has_to_leave_this_one(tmp_path: Path) -> None:
    """A stream does not outlast the right to it, also where the token is good as before."""
    tokens = Tokens(tmp_path)
    door = Door(Verifier(tokens), Addresses("https://memory.example.com"), local=False)
    kept, plain = tokens.create("ada", "acme", Role.WRITER, None)
    async with inside(door, plain) as ended:
        file = tmp_path / "tokens" / f"{kept.id}.json"
        file.write_text(file.read_text("utf-8").replace('"acme"', '"other"'), "utf-8")

        async def is_out() -> bool:
            return ended == [plain]

        with anyio.fail_after(3):
            await until(is_out)


@asynccontextmanager
async def inside(door: Door, plain: str, *others: str) -> AsyncGenerator[list[str]]:
    """Have streams of a good token, and of others, go on in `acme`; yield those that have ended."""
    access = await door.verifier.verify_token(plain)
    assert access is not None
    ended: list[str] = []

    async def stay(token: str) -> None:
        user = AuthenticatedUser(access.model_copy(update={"token": token}))
        with door.inside({"user": user}, "acme"):
            await anyio.sleep_forever()
        ended.append(token)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(door.watch)
        for token in (plain, *others):
            tasks.start_soon(stay, token)
        await anyio.lowlevel.checkpoint()
        yield ended
        tasks.cancel_scope.cancel()
