"""What those who run an endpoint see of it: ids, logs, the audit log, readiness, counts, traces."""

import json
import re
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from endpoints import Endpoint, Mode, connected, endpoint, endpoint_process, make_spaces, until
from surface import refused, said

from tokenspace.server.endpoint.audit import KEPT, Audit
from tokenspace.server.endpoint.operations import Readiness
from tokenspace.server.endpoint.records import REFUSALS

SECRET = "the launch code is 4711"  # noqa: S105 - what must be told nowhere
ERAS: tuple[Mode, ...] = ("auto", "legacy")
LABEL = "secret-project"


def audited(data: Path) -> list[dict[str, Any]]:
    """Return the entries of an endpoint's audit log."""
    lines = (data / "audit.log").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Endpoint]:
    """An endpoint of one space and one token."""
    data = tmp_path_factory.mktemp("data")
    anyio.run(make_spaces, data, "acme")
    with endpoint_process(data) as (found, _):
        found.token("owner", "*", "admin")
        yield found


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


async def test_every_answer_has_the_requests_id(served: Endpoint) -> None:
    """The one that was given where it is one, else a new one; never a token."""
    token = served.token("ida", "acme")
    async with httpx2.AsyncClient() as http:
        for path in ("/health", "/mcp", "/nowhere", "/p/acme/messages/"):
            given = await http.get(f"{served.url}{path}", headers={"X-Request-Id": "from.a-proxy"})
            assert given.headers.get_list("x-request-id") == ["from.a-proxy"]
            for bad in ("short", "x" * 65, 'a"b\\c<d>{e}', token):
                made = await http.get(f"{served.url}{path}", headers={"X-Request-Id": bad})
                assert re.fullmatch("[0-9a-f]{16}", made.headers["x-request-id"])


async def test_the_audit_log_tells_who_did_what_and_nothing_of_what_was_said(
    served: Endpoint,
) -> None:
    """A write with its change, a refusal, and one that may not; each with its request."""
    writer, reader = served.token("wanda", "acme"), served.token("rita", "acme", "reader")
    async with connected(served.mcp("acme"), writer) as client:
        await said(client, "memory_rethink", label=LABEL, new_memory=SECRET)
        await refused(client, "memory_replace", label=LABEL, old_string="absent", new_string="x")
    async with connected(served.sse("acme"), reader, "legacy") as client:
        await refused(client, "memory_insert", label=LABEL, new_string=SECRET)
    entries = [one for one in audited(served.data) if one.get("who") in ("wanda", "rita")]
    assert [(one["what"], one["outcome"]) for one in entries] == [
        ("memory_rethink", "ok"),
        ("memory_replace", "refused"),
        ("memory_insert", "denied"),
    ]
    made = entries[0]
    assert made["token"] == writer.split("_")[1]
    assert (made["role"], made["space"], made["from"]) == ("writer", "acme", "127.0.0.1")
    assert made["change"] > 0
    assert made["ms"] > 0
    assert len({one["request"] for one in entries}) == 3
    text = (served.data / "audit.log").read_text()
    for unsaid in (SECRET, LABEL, writer, reader, writer.split("_")[2]):
        assert unsaid not in text
    assert stat.S_IMODE((served.data / "audit.log").stat().st_mode) == 0o600


async def test_who_leaves_in_the_middle_of_a_request_is_no_fault_of_the_endpoints(
    served: Endpoint,
) -> None:
    """It is noted as what it was, and the log keeps quiet."""
    token = served.token("lea", "acme")
    port = int(served.url.rpartition(":")[2])
    head = (
        f"POST /p/acme/mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
    )
    head += "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(f"{head}Content-Length: 100\r\n\r\n{{".encode())

    async def is_noted() -> bool:
        return any(one.get("who") == "lea" for one in audited(served.data))

    await until(is_noted)
    (noted,) = [one for one in audited(served.data) if one.get("who") == "lea"]
    assert (noted["why"], noted["space"]) == ("left", "acme")
    assert "ClientDisconnect" not in served.log.read_text("utf-8")


async def test_the_audit_log_names_who_was_turned_away_and_is_not_filled_by_them(
    served: Endpoint,
) -> None:
    """Status and reason; of a great many only their number."""
    other = served.token("olaf", "other")
    async with httpx2.AsyncClient() as http:
        await http.get(served.mcp("acme"), headers=bearer(other))
        answer = await http.get(served.mcp("acme"), headers=bearer("ts_no"))
        for _ in range(2 * REFUSALS):
            await http.get(f"{served.url}/mcp", headers={"Host": "evil.example"})
    entries = [one for one in audited(served.data) if one["outcome"] == "denied"]
    (foreign,) = [one for one in entries if one.get("who") == "olaf"]
    assert (foreign["status"], foreign["why"], foreign["space"]) == (403, "forbidden", "acme")
    (unknown,) = [one for one in entries if one["request"] == answer.headers["x-request-id"]]
    assert (unknown["status"], unknown["who"], unknown["from"]) == (401, None, "127.0.0.1")
    assert {one["space"] for one in entries if one.get("why") == "host"} == {None}
    assert sum(one.get("why") == "host" for one in entries) < 1.5 * REFUSALS
    assert "ts_no" not in (served.data / "audit.log").read_text()


async def test_metrics_need_an_admin_of_everything_and_name_nobody(served: Endpoint) -> None:
    """Requests, seconds, refusals, and how much is open now."""
    token, admin = served.token("mona", "acme"), served.token("root", "*", "admin")
    async with connected(served.mcp("acme"), token, "legacy") as client, httpx2.AsyncClient() as h:
        await said(client, "memory_read", label="human")
        statuses = [
            (await h.get(f"{served.url}/metrics", headers=headers)).status_code
            for headers in ({}, bearer(token), bearer(served.token("all", "*", "reader")))
        ]
        assert statuses == [401, 403, 403]
        answer = await h.get(f"{served.url}/metrics", headers=bearer(admin))
    text = answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'tokenspace_requests_total{outcome="ok",what="memory_read"}' in text
    assert 'tokenspace_request_seconds_bucket{le="0.001",what="memory_read"}' in text
    assert 'tokenspace_refusals_total{reason="forbidden"}' in text
    assert re.search(r"^tokenspace_open_spaces 1\.0$", text, re.M)
    assert re.search(r"^tokenspace_sessions [1-9]", text, re.M)
    assert re.search(r"^tokenspace_streams \d", text, re.M)
    for name in ("acme", "mona", "human", "owner"):
        assert name not in text


async def test_health_and_readiness_are_told_to_whoever_asks(served: Endpoint) -> None:
    """Also to a probe that calls the host by another name."""
    async with httpx2.AsyncClient() as http:
        for path, status in (("/health", "ok"), ("/ready", "ready")):
            answer = await http.get(f"{served.url}{path}", headers={"Host": "10.0.0.7"})
            assert (answer.status_code, answer.json()) == (200, {"status": status})


async def test_an_endpoint_that_cannot_write_or_ends_is_not_ready(tmp_path: Path) -> None:
    """The reason names no path."""
    gone = await Readiness(tmp_path / "gone", lambda: False).trouble()
    assert gone.startswith("the data folder cannot be written")
    assert str(tmp_path) not in gone
    assert "shutting down" in await Readiness(tmp_path, lambda: True).trouble()
    async with endpoint(tmp_path / "data") as found, httpx2.AsyncClient() as http:
        (tmp_path / "data").rename(tmp_path / "away")
        answer = await http.get(f"{found.url}/ready")
        assert answer.status_code == 503
        assert (await http.get(f"{found.url}/metrics")).status_code == 200  # nobody has a token


def test_the_audit_log_is_turned_when_full_and_begun_anew_where_it_was_taken(
    tmp_path: Path,
) -> None:
    """No entry is lost between two files; the oldest file goes."""
    path = tmp_path / "audit.log"
    audit = Audit(path, largest=150, look_s=0)
    for number in range(20):
        audit.note({"n": number})
    files = sorted(tmp_path.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    kept = [json.loads(line)["n"] for file in files for line in file.read_text().splitlines()]
    assert kept == list(range(20))
    assert len(files) > 2
    for number in range(500):
        audit.note({"n": number})
    assert len(list(tmp_path.iterdir())) == KEPT + 1
    path.unlink()
    audit.note({"n": -1})
    assert json.loads(path.read_text())["n"] == -1


def test_an_audit_log_that_cannot_be_written_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The other log says so, once; and it goes on when that is mended."""
    audit = Audit(tmp_path / "gone" / "audit.log", look_s=0)
    for _ in range(3):
        audit.note({"n": 1})
    assert len(caplog.records) == 1
    (tmp_path / "gone").mkdir()
    audit.note({"n": 2})
    assert json.loads((tmp_path / "gone" / "audit.log").read_text())["n"] == 2


@pytest.mark.slow
async def test_the_log_is_json_and_says_no_secret_at_any_level(tmp_path: Path) -> None:
    """With every transport and era at DEBUG, and after what makes the SDK complain."""
    await make_spaces(tmp_path, "acme")
    with endpoint_process(tmp_path, "--log-level", "DEBUG") as (found, process):
        token, sessions = found.token("ada", "acme"), list[str]()
        for address in (found.mcp("acme"), found.sse("acme")):
            for mode in ERAS:
                async with connected(address, token, mode) as client:
                    await said(client, "memory_insert", label="human", new_string=SECRET)
        async with httpx2.AsyncClient(headers=bearer(token), timeout=10) as http:
            async with http.stream("GET", found.sse("acme")) as stream:
                lines = stream.aiter_lines()
                place = [await anext(lines) for _ in range(2)][1].removeprefix("data: ")
                sessions.append(place.partition("=")[2])
                bad = {"jsonrpc": "2.0", "id": SECRET, "method": {"params": SECRET}}
                for address in (place, f"/p/acme/messages/?session_id={SECRET}"):
                    await http.post(f"{found.url}{address}", json=bad)
                answer = await http.post(
                    found.mcp("acme"), json=bad, headers={"X-Request-Id": "traced-request"}
                )
            assert answer.headers["x-request-id"] == "traced-request"
        process.terminate()
        process.wait(10)
        text = found.log.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    (traced,) = [one for one in lines if one.get("request") == "traced-request"]
    assert "/p/acme/mcp" in traced["message"]
    assert any("exception" in line for line in lines)
    for unsaid in (SECRET, token, *sessions):
        assert unsaid not in text


async def test_a_span_has_the_space_and_nothing_of_its_memory(tmp_path: Path) -> None:
    """The SDK makes one for each message of either era."""
    pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    try:
        async with endpoint(tmp_path, "acme") as found:
            token = found.token("ada", "acme")
            for mode in ERAS:
                async with connected(found.mcp("acme"), token, mode) as client:
                    await said(client, "memory_insert", label="human", new_string=SECRET)
                    assert SECRET in await said(client, "memory_read", label="human")
                    await refused(
                        client,
                        "memory_replace",
                        label="human",
                        old_string=SECRET * 2,
                        new_string="x",
                    )
    finally:
        provider.shutdown()
    spans = [json.loads(span.to_json()) for span in exporter.get_finished_spans()]
    calls = [one for one in spans if one["attributes"].get("tokenspace.space") == "acme"]
    assert {one["attributes"]["gen_ai.tool.name"] for one in calls} == {
        "memory_insert",
        "memory_read",
        "memory_replace",
    }
    assert all(one["attributes"]["tokenspace.request"] for one in calls)
    for unsaid in (SECRET, "4711", token):
        assert unsaid not in json.dumps(spans)
