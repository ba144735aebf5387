"""Tokens that an issuer makes (OAuth 2.1), at an endpoint that trusts it."""

import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest
from endpoints import Endpoint, Mode, connected, endpoint
from issuers import LocalIssuer, beside, decoded, ec_key, resigned, rsa_key, running, unsigned
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from surface import said

from tokenspace.memory import Space
from tokenspace.server.endpoint.issuer import LEEWAY_S
from tokenspace.server.endpoint.spaces import Spaces

ERAS: tuple[Mode, ...] = ("auto", "legacy")
ASK = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "tests", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@asynccontextmanager
async def trusting(
    data: Path, issuer: LocalIssuer, *spaces: str
) -> AsyncGenerator[tuple[Endpoint, LocalIssuer]]:
    """Serve an endpoint and the issuer that it trusts."""
    async with (
        running(issuer) as run,
        endpoint(data, *spaces, issuer=run.url) as served,
    ):
        yield served, run


async def asked(url: str, token: str, **headers: str) -> httpx2.Response:
    """Send the first message of a session with a token."""
    sent = {"Authorization": f"Bearer {token}", **ACCEPT, **headers}
    async with httpx2.AsyncClient(headers=sent) as http:
        return await http.post(url, json=ASK)


async def signed_by(data: Path, space: str) -> list[str]:
    """Return who signed the changes of a space, newest first."""
    opened = await Space.open(Spaces(data).path(space))
    found = [change.author.user for change in await opened.changes(limit=9)]
    await opened.close()
    return [name for name in found if name]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Endpoint, LocalIssuer]]:
    """One endpoint of some spaces, and its issuer, which has keys of several kinds."""
    issuer = LocalIssuer(keys=[ec_key(), rsa_key(), rsa_key("three", "PS256")])
    data = tmp_path_factory.mktemp("data")
    with beside(trusting(data, issuer, "acme", "other", "default")) as running:
        yield running


Both = tuple[Endpoint, LocalIssuer]


async def test_a_token_of_the_issuer_works_on_both_transports_in_both_eras(shared: Both) -> None:
    """Changes are signed with the name that the issuer tells; a token of ours is good as well."""
    served, issuer = shared
    for number, (transport, mode) in enumerate(product(("mcp", "sse"), ERAS)):
        token = issuer.token(
            served.mcp("acme"),
            "openid acme:writer",
            issuer.keys[number % 3],
            preferred_username=f"grace {number}",
        )
        async with connected(f"{served.url}/p/acme/{transport}", token, mode) as client:
            await said(client, "memory_insert", label="human", new_string=f"likes tea {number}")
    async with connected(served.mcp("acme"), served.token("ada", "acme")) as client:
        assert "likes tea 3" in await said(client, "memory_read", label="human")
    signed = await signed_by(served.data, "acme")
    assert signed[:4] == [f"grace {number} (127.0.0.1)" for number in (3, 2, 1, 0)]


async def test_a_token_that_is_not_good_lets_nobody_in(shared: Both) -> None:
    """The answer says that a token is needed, and where to get one."""
    served, issuer = shared
    here, scope = served.mcp("acme"), "*:admin"
    good = issuer.token(here, scope, issuer.keys[1])
    assert (await asked(here, good)).status_code == 200
    for bad in (
        issuer.token("https://elsewhere.example.com/mcp", scope),
        issuer.token(served.mcp("other"), scope),
        issuer.token(here, scope, exp=int(time.time()) - LEEWAY_S - 5),
        unsigned(good),
        resigned(good, issuer.keys[1]),
    ):
        answer = await asked(here, bad)
        assert answer.status_code == 401, decoded(bad)
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert "resource_metadata=" in answer.headers["www-authenticate"]


async def test_scopes_are_roles_and_without_one_a_space_stays_shut(shared: Both) -> None:
    """The refusal says which scope to ask for; a space that is not there looks the same."""
    served, issuer = shared
    token = issuer.token(served.url, "*:reader acme:owner acme:writer openid")
    for space, shown in (("acme", True), ("other", False)):
        async with connected(served.mcp(space), token) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert ("memory_insert" in names) is shown
    poor = issuer.token(served.url, "other:reader Acme:admin :admin acme: acme")
    refused = [await asked(served.mcp(name), poor) for name in ("acme", "nowhere")]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert refused[0].text == refused[1].text
    told = refused[0].headers["www-authenticate"]
    assert 'error="insufficient_scope"' in told
    assert 'scope="acme:reader acme:writer"' in told
    assert f'{served.url}/.well-known/oauth-protected-resource/p/acme/mcp"' in told


async def test_a_session_is_its_openers_alone_whatever_they_are_called(shared: Both) -> None:
    """Another person of the same name, or another client of the same person, does not get in."""
    served, issuer = shared
    here, scope = served.mcp("acme"), "acme:writer"
    mine = issuer.token(here, scope, preferred_username="grace")
    opened = await asked(here, mine)
    session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    found: list[int] = []
    for token in (
        mine,
        issuer.token(here, scope, preferred_username="renamed"),
        issuer.token(here, scope, preferred_username="grace", sub="u-2"),
        issuer.token(here, scope, preferred_username="grace", client_id="other"),
    ):
        headers = {"Authorization": f"Bearer {token}", **ACCEPT, **session}
        async with httpx2.AsyncClient(headers=headers) as http:
            found.append((await http.post(here, json=ping)).status_code)
    assert found == [200, 200, 404, 404]


@pytest.mark.slow
async def test_a_stream_ends_when_its_token_expires(shared: Both) -> None:
    """Who listens has to come again with a new one."""
    served, issuer = shared
    soon = int(time.time()) - LEEWAY_S + 3
    token = issuer.token(served.mcp("acme"), "acme:reader", exp=soon)
    async with (
        connected(served.mcp("acme"), token) as client,
        client.listen(resource_subscriptions=["memory://blocks/human"]) as stream,
    ):
        with anyio.fail_after(10), pytest.raises(SubscriptionLost):
            async for _ in stream:  # a change of just before may be told of still
                pass


async def test_metadata_tells_who_makes_tokens_and_not_which_spaces_there_are(
    shared: Both,
) -> None:
    """The document has the address that was called, and the scopes of that space."""
    well_known = "/.well-known/oauth-protected-resource"
    served, issuer = shared
    async with httpx2.AsyncClient() as http:
        for path, space in (
            ("/p/acme/mcp", "acme"),
            ("/p/nowhere/mcp", "nowhere"),
            ("/p/acme/sse", "acme"),
            ("/mcp", "default"),
            ("/sse", "default"),
        ):
            refused = await http.get(f"{served.url}{path}")
            where = f"{served.url}{well_known}{path}"
            assert f'resource_metadata="{where}"' in refused.headers["www-authenticate"]
            assert (await http.get(where)).json() == {
                "resource": f"{served.url}{path}",
                "authorization_servers": [issuer.url],
                "scopes_supported": [f"{space}:{role}" for role in ("reader", "writer", "admin")],
                "bearer_methods_supported": ["header"],
            }
        sent = await http.post(f"{served.url}/p/acme/messages/?session_id=1")
        assert f'{well_known}/p/acme/sse"' in sent.headers["www-authenticate"]
        tricked = await http.get(f'{served.url}/p/a%22,%0d%0aX-Y:%20b"é/mcp')
        assert tricked.status_code == 401
        assert "x-y" not in tricked.headers
        assert "/p/a%22%2C%0D%0AX-Y%3A%20b%22%C3%A9/mcp" in tricked.headers["www-authenticate"]
        assert (await http.get(f"{served.url}{well_known}/p/a%22%0d%0a/mcp")).status_code == 200


async def test_without_an_issuer_there_is_no_metadata_and_no_jwt_is_taken(tmp_path: Path) -> None:
    """Nothing points there either."""
    async with endpoint(tmp_path, "acme") as served, httpx2.AsyncClient() as http:
        served.token("ada", "acme")
        where = f"{served.url}/.well-known/oauth-protected-resource/p/acme/mcp"
        assert (await http.get(where)).status_code == 404
        refused = await asked(served.mcp("acme"), LocalIssuer(url=served.url).token(served.url))
        assert refused.status_code == 401
        assert "resource_metadata" not in refused.headers["www-authenticate"]


class Kept:
    """What the SDK's client keeps between two runs: nothing, here."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        """Return the tokens."""
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep the tokens."""
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """Return how the client is registered."""
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Keep how the client is registered."""
        self.client = client_info


def signing_in(address: str) -> OAuthClientProvider:
    """Return a client's way to a token, with a browser that follows one redirect."""
    came_back: dict[str, list[str]] = {}

    async def browse(url: str) -> None:
        async with httpx2.AsyncClient() as browser:
            answer = await browser.get(url)
        came_back.update(parse_qs(urlsplit(answer.headers["location"]).query))

    async def result() -> AuthorizationCodeResult:
        found = {name: values[0] for name, values in came_back.items()}
        return AuthorizationCodeResult.model_validate(found)

    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl("http://127.0.0.1:1/back")])
    return OAuthClientProvider(address, metadata, Kept(), browse, result)


@pytest.mark.parametrize(
    "path",
    [
        "/mcp",
        "/p/acme/sse",
        pytest.param("/p/acme/mcp", marks=pytest.mark.slow),
        pytest.param("/sse", marks=pytest.mark.slow),
    ],
)
async def test_the_sdks_client_finds_the_issuer_and_signs_in(shared: Both, path: str) -> None:
    """From the endpoint's address alone: refusal, metadata, registration, code, token, memory."""
    served, issuer = shared
    issuer.granted.clear()
    address = f"{served.url}{path}"
    async with httpx2.AsyncClient(auth=signing_in(address), timeout=30) as http:
        way = (
            sse_client(address, auth=signing_in(address))
            if path.endswith("sse")
            else streamable_http_client(address, http_client=http)
        )
        async with Client(way) as client:
            await said(client, "memory_insert", label="human", new_string="likes tea")
    assert len(issuer.granted) == 1
    signed = await signed_by(served.data, "acme" if "acme" in path else "default")
    assert signed[0] == "grace (127.0.0.1)"
