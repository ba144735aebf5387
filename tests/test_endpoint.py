"""The team endpoint, as its clients meet it: both transports, both eras, roles, names, streams."""

from pathlib import Path

import anyio
import httpx2
import pytest
from endpoints import Mode, connected, endpoint
from mcp.client.subscriptions import SubscriptionLost
from mcp.server.subscriptions import ResourceUpdated
from surface import said

from tokenspace.memory import Space
from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.endpoint.tokens import Tokens

ERAS: tuple[Mode, ...] = ("auto", "legacy")


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("transport", ["mcp", "sse"])
async def test_both_transports_serve_both_eras(tmp_path: Path, transport: str, mode: Mode) -> None:
    """What is written over one is read back, and the change is signed with the token's name."""
    async with endpoint(tmp_path, "acme") as served:
        token = served.token("grace", "acme")
        address = f"{served.url}/p/acme/{transport}"
        async with connected(address, token, mode) as client:
            await said(client, "memory_insert", label="human", new_string="likes tea")
            assert "likes tea" in await said(client, "memory_read", label="human")
    space = await Space.open(Spaces(tmp_path).path("acme"))
    (newest,) = await space.changes(limit=1)
    await space.close()
    assert newest.author.user == "grace"


async def test_without_tokens_this_machine_comes_in_and_with_one_it_needs_it(
    tmp_path: Path,
) -> None:
    """The first token that is made closes the door of a running server, and ends the streams."""
    async with endpoint(tmp_path) as served, httpx2.AsyncClient() as http:
        async with (
            connected(f"{served.url}/mcp") as client,
            client.listen(resource_subscriptions=["memory://blocks/human"]) as stream,
        ):
            await said(client, "memory_insert", label="human", new_string="likes tea")
            with anyio.fail_after(5):
                assert await anext(aiter(stream)) == ResourceUpdated("memory://blocks/human")
            served.token("grace", "default")
            with anyio.fail_after(5), pytest.raises(SubscriptionLost):
                await anext(aiter(stream))
        answer = await http.post(f"{served.url}/mcp", json={})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_a_reader_is_offered_what_reads_and_nothing_else(tmp_path: Path) -> None:
    """Tools and prompts that write are not listed, and are refused when called."""
    async with (
        endpoint(tmp_path, "acme", profile="full") as served,
        connected(served.mcp("acme"), served.token("bob", "acme", "reader")) as client,
    ):
        tools = (await client.list_tools()).tools
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["recall"]
        answer = await client.call_tool("memory_insert", {"label": "human", "new_string": "x"})
        assert answer.is_error
        assert "needs the role writer" in str(answer.content)


async def test_a_foreign_space_looks_like_one_that_is_not_there(tmp_path: Path) -> None:
    """Status and words are the same."""
    async with endpoint(tmp_path, "acme", "other") as served:
        headers = {"Authorization": f"Bearer {served.token('bob', 'acme')}"}
        async with httpx2.AsyncClient(headers=headers) as http:
            foreign, absent = [
                await http.post(served.mcp(name), json={}) for name in ("other", "nowhere")
            ]
    assert (foreign.status_code, foreign.text) == (absent.status_code, absent.text)
    assert foreign.status_code == 403


async def test_a_change_reaches_who_listens_and_a_revoked_token_ends_the_stream(
    tmp_path: Path,
) -> None:
    """At once for the stream that is open, and no other request comes in."""
    async with endpoint(tmp_path, "acme") as served:
        mine, theirs = served.token("ada", "acme"), served.token("bob", "acme")
        async with (
            connected(served.mcp("acme"), mine) as ada,
            connected(served.mcp("acme"), theirs) as bob,
            bob.listen(resource_subscriptions=["memory://blocks/human"]) as stream,
        ):
            await said(ada, "memory_insert", label="human", new_string="likes tea")
            with anyio.fail_after(5):
                assert await anext(aiter(stream)) == ResourceUpdated("memory://blocks/human")
            Tokens(tmp_path).revoke("bob")
            with anyio.fail_after(5), pytest.raises(SubscriptionLost):
                await anext(aiter(stream))
            async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {theirs}"}) as http:
                assert (await http.post(served.mcp("acme"), json={})).status_code == 401
