"""How an endpoint is reached: its address, its proxy, its certificate, and connections alone."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
from anyio.abc import SocketStream
from endpoints import Endpoint, endpoint
from starlette.responses import Response

from tokenspace.config.settings import SettingsError, load
from tokenspace.server.endpoint import connections, serving
from tokenspace.server.endpoint.addresses import Addresses
from tokenspace.server.endpoint.connections import Connections, Limited
from tokenspace.server.endpoint.heads import HEAD_BYTES
from tokenspace.server.endpoint.proxies import PastProxy, Proxies
from tokenspace.server.endpoint.serving import check_bind

ROOT = Path(__file__).parents[1]
PUBLIC = "https://memory.example.com"
ANY = "0.0.0.0"  # noqa: S104 - as in a container


@pytest.fixture(params=["httptools", "h11"])
def http(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether HTTP is spoken in C, or in Python as where the extra `http` is not installed."""
    if request.param == "h11":
        monkeypatch.setitem(sys.modules, "httptools", None)
    return request.param


@asynccontextmanager
async def connection(served: Endpoint) -> AsyncGenerator[SocketStream]:
    """Connect to an endpoint, and say nothing yet."""
    port = int(served.url.rpartition(":")[2])
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        yield stream


async def answer(stream: SocketStream) -> bytes:
    """Return what comes until the connection is closed."""
    found = b""
    with anyio.fail_after(5):
        try:
            async for part in stream:
                found += part
        except anyio.BrokenResourceError:
            pass  # closed, with something unread
    return found


async def test_a_head_that_never_ends_is_cut(tmp_path: Path, http: str) -> None:
    """An endless header, or an endless address, takes neither memory nor the others' time."""
    told = b"431" if http == "httptools" else b"400"
    async with endpoint(tmp_path) as served:
        for begins in (b"GET /", b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: "):
            async with connection(served) as stream:
                await stream.send(begins + b"a" * (HEAD_BYTES + 1 - len(begins)))
                assert (await answer(stream)).split()[1:2] == [told]
        async with connection(served) as stream:  # what may follow a body can be as endless
            body = b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: "
            await stream.send(b"POST /health HTTP/1.1\r\n" + body)
            await stream.receive()
            await stream.send(b"a" * (HEAD_BYTES + 1))
            assert (await answer(stream)).split()[1:2] in ([told], [])


async def test_large_bodies_and_many_requests_have_no_such_limit(tmp_path: Path) -> None:
    """It is for heads alone, and each request begins anew."""
    async with endpoint(tmp_path) as served, httpx2.AsyncClient() as client:
        for _ in range(3):
            sent = await client.post(f"{served.url}/mcp", content=b"a" * 600_000)
            assert sent.status_code < 413, sent.text
            long = {"x-long": "a" * 10_000}
            assert (await client.get(f"{served.url}/health", headers=long)).status_code == 200


async def test_who_says_nothing_is_cut_and_who_listens_is_not(
    tmp_path: Path, http: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence, half a head and half a body end; an open stream of changes goes on."""
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    monkeypatch.setattr(connections, "BODY_S", 0.2)
    monkeypatch.setattr(serving, "SWEEP_TICKS", 1)
    async with endpoint(tmp_path) as served:
        host = served.url.removeprefix("http://").encode()
        post = b"POST /mcp HTTP/1.1\r\nHost: " + host
        body = b"\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        async with connection(served) as stream:
            await stream.send(b"GET /sse HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
            async with anyio.create_task_group() as tasks:
                for sent in (b"", b"\r\n", post, post + body):
                    tasks.start_soon(_is_cut, served, sent)
            with anyio.fail_after(5):
                assert b"200 OK" in await stream.receive()
            with anyio.move_on_after(0.3) as waiting:
                while True:
                    await stream.receive()
            assert waiting.cancelled_caught


async def _is_cut(served: Endpoint, sent: bytes) -> None:
    async with connection(served) as stream:
        if sent:
            await stream.send(sent)
        await answer(stream)


async def test_connections_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is turned away, and has its place when another leaves."""
    monkeypatch.setattr(connections, "MOST", 2)
    async with endpoint(tmp_path) as served:
        async with connection(served), connection(served):
            await anyio.wait_all_tasks_blocked()
            async with connection(served) as third:
                assert await answer(third) == b""
        async with httpx2.AsyncClient() as client:
            with anyio.fail_after(5):
                while True:
                    try:
                        assert (await client.get(f"{served.url}/health")).status_code == 200
                        break
                    except httpx2.TransportError:
                        await anyio.sleep(0.01)


def test_one_address_has_fewer_unless_it_stands_for_many() -> None:
    """A network of IPv6 is one address; a proxy and this machine's programs are as many."""
    held = Connections(10_000, Proxies("10.0.0.7"))

    def entered(*peers: str) -> int:
        count = 0
        for peer in peers:
            one = Limited()
            one.client = peer, 1
            count += held.enter(one)
        return count

    many = connections.EACH + 10
    assert entered(*["192.0.2.1"] * many) == connections.EACH
    assert entered(*(f"2001:db8::{n:x}" for n in range(many))) == connections.EACH
    assert entered(*["10.0.0.7"] * many, *["127.0.0.1"] * many, "192.0.2.2") == 2 * many + 1


def test_as_many_files_are_open_as_may_be_and_too_few_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Connections leave those that open spaces need."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, before[1]))
        assert connections.most_connections(64) < 100
        assert "LimitNOFILE" in caplog.text
        connections.more_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 600
        if before[1] not in (600, resource.RLIM_INFINITY):
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"public_url": "memory.example.com"}, "--public-url"),
        ({"public_url": "//memory.example.com"}, "--public-url"),
        ({"public_url": "https:memory.example.com"}, "--public-url"),
        ({"public_url": "https://"}, "--public-url"),
        ({"public_url": "https://[::1"}, "--public-url"),
        ({"public_url": "https://ada@memory.example.com"}, "--public-url"),
        ({"public_url": f"{PUBLIC}:0"}, "--public-url"),
        ({"public_url": f"{PUBLIC}/team"}, "--public-url"),
        ({"public_url": f"{PUBLIC}?x"}, "--public-url"),
        ({"public_url": "http://memory.example.com"}, "--public-url"),
        ({"proxy": "*"}, "--proxy"),
        ({"proxy": "0.0.0.0/0"}, "--proxy"),
        ({"proxy": "10.0.0.7,::/0"}, "--proxy"),
        ({"proxy": "proxy.example.com"}, "--proxy"),
        ({"tls_cert": "/nowhere/cert.pem", "tls_key": "/nowhere/key.pem"}, "--tls-cert"),
        ({"tls_cert": __file__, "tls_key": __file__}, "--tls-cert"),
    ],
)
def test_what_would_not_be_safe_is_refused_at_the_start(given: dict[str, str], named: str) -> None:
    """Also where nobody comes in without a token; the sentence names the setting to mend."""
    with pytest.raises(SettingsError, match=named):
        check_bind(load({**given}, environ={}), guarded=True)


@pytest.mark.parametrize(
    "url", [PUBLIC, f"{PUBLIC}:8443/", "HTTPS://Memory.Example.com", "http://[::1]:8765"]
)
def test_a_public_address_is_guarded(url: str) -> None:
    """It is taken as it is; one that others can reach needs tokens."""
    settings = load({"public_url": url, "proxy": "127.0.0.1, 172.16.0.0/12"}, environ={})
    check_bind(settings, guarded=True)
    with pytest.raises(SettingsError, match="no token"):
        check_bind(settings, guarded=False)


async def test_an_address_is_known_however_it_is_written(tmp_path: Path, http: str) -> None:
    """With capitals, a port that goes unsaid, a slash at its end, blanks after a token."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    public = "https://Memory.Example.com:443"
    token = Endpoint("", tmp_path).token("ada", "default")
    known = ("memory.example.com", "Memory.Example.COM", "memory.example.com:443")
    others = ("memory.example.com:80", "memory.example.com:8443", "example.com")
    async with endpoint(tmp_path, public_url=public, proxy="127.0.0.1", port=str(port)) as served:
        assert served.url == PUBLIC
        here = Endpoint(f"http://127.0.0.1:{port}", tmp_path)
        for path in ("/mcp", "/mcp/"):
            for host in known + others:
                request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {token} \t"
                async with connection(here) as stream:
                    await stream.send(request.encode() + b"\r\n\r\n")
                    told = (await answer(stream)).split()[1:2]
                    assert told == [b"406" if host in known else b"421"], (http, path, host)


def test_a_token_may_be_made_for_the_address_however_it_is_written() -> None:
    """Another port is another address."""
    addresses = Addresses(PUBLIC, "https://login.example.com")
    written = "https://MEMORY.example.com:443/p/acme/mcp"
    assert addresses.accepts("acme", [written])
    assert addresses.are_ours([written])
    assert not addresses.are_ours([f"{PUBLIC}:8443/p/acme/mcp"])


@pytest.mark.parametrize(
    ("peer", "status"),
    [("10.0.0.7", 200), ("172.16.3.4", 200), ("127.0.0.1", 200), ("::1", 200), ("10.0.0.8", 403)],
)
async def test_nobody_goes_past_the_proxy(peer: str, status: int) -> None:
    """What they send would not be encrypted, and they could say that they are anybody."""
    app = PastProxy(Response("in"), Proxies("10.0.0.7, 172.16.0.0/12"))
    way = httpx2.ASGITransport(app, client=(peer, 1))  # pyright: ignore[reportArgumentType]
    async with httpx2.AsyncClient(transport=way) as client:
        told = await client.get("http://x/", headers={"X-Forwarded-For": "127.0.0.1"})
    assert told.status_code == status


@pytest.mark.slow
def test_wrong_certificate_files_end_the_start_in_words(tmp_path: Path) -> None:
    """With the exit code of wrong settings, and no traceback."""
    flags = ("--tls-cert", __file__, "--tls-key", __file__, "--data", str(tmp_path))
    command = [sys.executable, "-m", "tokenspace.server", "serve", "--transport", "http", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("tokenspace: --tls-cert")
    assert "Traceback" not in done.stderr


def test_the_containers_check_asks_whether_its_port_is_listened_on() -> None:
    """Whichever that is, and whether what is sent there is encrypted or not."""
    file = (ROOT / "config" / "deploy" / "Dockerfile").read_text()
    found = re.search(r"^HEALTHCHECK CMD (.+)$", file, re.MULTILINE)
    assert found is not None
    command = [sys.executable, *json.loads(found[1])[1:]]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        env = {**os.environ, "TOKENSPACE_HOST": ANY, "TOKENSPACE_PORT": port}
        assert subprocess.run(command, env=env, check=False).returncode == 0
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode != 0
