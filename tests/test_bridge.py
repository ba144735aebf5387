"""`tokenspace serve --remote`: a client, a bridge process, and an endpoint."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from bridges import HELLO, Bridge, parameters
from endpoints import Endpoint, Mode, endpoint
from mcp import Client
from mcp.client.stdio import stdio_client
from mcp.server.subscriptions import ResourceUpdated
from mcp_types import ResourceTemplateReference
from process import ENVELOPE, PATIENCE_S
from surface import said

from tokenspace.server.endpoint.tokens import Tokens

HUMAN = "memory://blocks/human"
ERAS: tuple[Mode, ...] = ("auto", "legacy")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Endpoint]:
    """An endpoint with two spaces, for all tests that leave it running."""
    data = tmp_path_factory.mktemp("data")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(endpoint(data, "acme", "default")) as found,
    ):
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("mode", ERAS)
async def test_everything_passes_in_both_eras(served: Endpoint, tmp_path: Path, mode: Mode) -> None:
    """Tools, resources, prompts, completion; the space is named after the project."""
    project = tmp_path / "Acme"
    (project / ".git").mkdir(parents=True)
    token = served.token(f"ada-{mode}", "acme")
    bridge = parameters(served.url, tmp_path, token, "--project", str(project))
    async with Client(stdio_client(bridge), mode=mode) as client:
        assert "memory_read" in {tool.name for tool in (await client.list_tools()).tools}
        assert "(of this endpoint)" in await said(client, "memory_read")
        note = f"{mode} " + "é🙂" * 20_000
        await said(client, "memory_insert", label="human", new_string=note)
        contents = (await client.read_resource(HUMAN)).contents
        assert note in getattr(contents[0], "text", "")
        assert "recall" in {prompt.name for prompt in (await client.list_prompts()).prompts}
        assert (await client.get_prompt("recall", {})).messages
        about = ResourceTemplateReference(uri="memory://blocks/{label}")
        found = await client.complete(about, {"name": "label", "value": "hum"})
        assert found.completion.values == ["human"]
        async with anyio.create_task_group() as tasks:
            for n in range(20):
                tasks.start_soon(client.call_tool, "memory_archive", {"text": f"note {n}"})


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_two_bridges_see_each_others_changes(served: Endpoint, tmp_path: Path) -> None:
    """One of each era: by a stream that was asked for, and by a subscription."""
    heard = anyio.Event()

    async def hear(message: object) -> None:
        if HUMAN in str(message):
            heard.set()

    mine, theirs = served.token("ann", "acme"), served.token("bob", "acme")
    address = served.mcp("acme")
    async with (
        Client(stdio_client(parameters(address, tmp_path, mine))) as ann,
        Client(
            stdio_client(parameters(address, tmp_path, theirs)), mode="legacy", message_handler=hear
        ) as bob,
        ann.listen(resource_subscriptions=[HUMAN]) as stream,
    ):
        await bob.subscribe_resource(HUMAN)  # pyright: ignore[reportDeprecated]
        with anyio.fail_after(5):
            await said(bob, "memory_insert", label="human", new_string="by Bob")
            assert await anext(aiter(stream)) == ResourceUpdated(HUMAN)
            await heard.wait()
        heard = anyio.Event()
        with anyio.fail_after(5):
            await said(ann, "memory_insert", label="human", new_string="by Ann")
            await heard.wait()


def test_all_at_once_and_the_end_of_input(served: Endpoint, tmp_path: Path) -> None:
    """A client that waits for nothing gets every answer, and an end with status 0."""
    token = served.token("cal", "acme")
    with Bridge(served.mcp("acme"), tmp_path, token=token) as bridge:
        write = {"name": "memory_archive", "arguments": {"text": "kept"}}
        bridge.send(
            {"id": "probe", "method": "server/discover", "params": ENVELOPE},
            {"id": "hello", "method": "initialize", "params": HELLO},
            {"method": "notifications/initialized"},
            *({"id": n, "method": "tools/call", "params": write} for n in range(10)),
            b"not json",
        )
        assert bridge.end() == 0
        received = [bridge.receive() for _ in range(13)]
        assert bridge.lines.empty()
        assert token not in b"".join(bridge.log).decode()
    answers = {str(message["id"]): message for message in received}
    assert "supportedVersions" in answers["probe"]["result"]
    assert answers["hello"]["result"]["protocolVersion"] == "2025-11-25"
    assert all("result" in answers[str(n)] for n in range(10))
    assert answers["None"]["error"]["code"] == -32700


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_signal_ends_it_cleanly(served: Endpoint, tmp_path: Path) -> None:
    """Exit status 0 and no traceback, with a stream open and stdin too."""
    token = served.token("dan", "acme")
    with Bridge(served.mcp("acme"), tmp_path, token=token) as bridge:
        listen = {**ENVELOPE, "notifications": {"resourceSubscriptions": [HUMAN]}}
        bridge.send({"id": "stream", "method": "subscriptions/listen", "params": listen})
        assert bridge.news()["method"] == "notifications/subscriptions/acknowledged"
        bridge.initialize()
        assert bridge.said("memory_read")[1] is False
        bridge.process.send_signal(signal.SIGTERM)
        assert bridge.process.wait(PATIENCE_S) == 0
        assert b"Traceback" not in b"".join(bridge.log)


def test_a_revoked_token_is_said_in_words(served: Endpoint, tmp_path: Path) -> None:
    """To the model, at its next call, with where a new one goes; the bridge takes it from there."""
    path = tmp_path / "token"
    path.write_text(served.token("eve", "acme") + "\n")
    with Bridge(served.mcp("acme"), tmp_path, "--token-file", str(path)) as bridge:
        bridge.initialize()
        assert bridge.said("memory_read")[1] is False
        Tokens(served.data).revoke("eve")
        text, failed = bridge.said("memory_read")
        assert failed
        assert "does not accept the token" in text
        assert "named by --remote" in text
        path.write_text(served.token("fay", "acme"))
        assert bridge.said("memory_read")[1] is False


@pytest.mark.slow
def test_a_space_without_right_to_it_is_said_in_words(served: Endpoint, tmp_path: Path) -> None:
    """With how the space was chosen, in the answer to the handshake already."""
    token = served.token("gus", "default")
    with Bridge(served.url, tmp_path, "--space", "acme", token=token) as bridge:
        refused = bridge.initialize()["error"]["message"]
        assert "no right to this space" in refused
        assert "acme at 127.0.0.1" in refused
        assert "named by --space" in refused
    with Bridge(served.url, tmp_path, "--space", "acme") as bridge:
        assert "needs a token" in bridge.initialize()["error"]["message"]
