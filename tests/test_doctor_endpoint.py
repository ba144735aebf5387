"""`tokenspace doctor URL`: an endpoint that is well, and each way in which one is not."""

from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import pytest
from anyio.to_thread import run_sync
from bridges import Answer, Asked, free_port, scripted

from tokenspace.config.settings import load
from tokenspace.server.doctor.endpoint import Endpoint
from tokenspace.server.doctor.endpoints import of_address, open_address
from tokenspace.server.doctor.report import Finding, State
from tokenspace.server.install.places import places
from tokenspace.server.remote.target import Target, find

from . import endpoints
from .doctors import Patient, Told
from .endpoints import endpoint


@pytest.fixture
async def team(tmp_path: Path) -> AsyncGenerator[endpoints.Endpoint]:
    """An endpoint with a space, in this process."""
    async with endpoint(tmp_path / "data", "acme") as made:
        yield made


def target(url: str) -> Target:
    """Return where an address leads."""
    return find(url, load({}, environ={}))


async def asked(url: str, token: str = "") -> dict[str, Finding]:
    """Return what is said of an endpoint, by what was looked at; the worst of each."""
    findings = await run_sync(lambda: [*Endpoint(target(url), token).findings()])
    return {one.check: one for one in sorted(findings, key=lambda one: [*State].index(one.state))}


async def test_an_endpoint_that_is_well(team: endpoints.Endpoint) -> None:
    """Both eras, a call, SSE; the token stands nowhere in what is said."""
    token = team.token("ada", "acme")
    found = await asked(team.mcp("acme"), token)
    assert {check: one.state for check, one in found.items()} == dict.fromkeys(
        ("reach", "token", "handshake", "calls", "sse"), State.OK
    )
    assert "both eras" in found["handshake"].says
    assert token not in str(found)


@pytest.mark.parametrize(
    ("token", "space", "check", "says", "mend"),
    [
        ("", "acme", "token", "there is no token here", "--token-file"),
        ("ts_wrong", "acme", "token", "does not accept the token", "--token-file"),
        ("acme", "other", "space", "no right to this space", "tokenspace token create"),
        ("*", "other", "space", "there is no space 'other'", "tokenspace spaces"),
    ],
)
async def test_who_is_not_let_in_is_told_why(
    team: endpoints.Endpoint, token: str, space: str, check: str, says: str, mend: str
) -> None:
    """No token, another's, one for another space, one for a space that is not there."""
    good = team.token("ada", token if token in ("acme", "*") else "acme")
    found = (await asked(team.mcp(space), good if token in ("acme", "*") else token))[check]
    assert (found.state, says in found.says, mend in found.mend) == (State.FAIL, True, True), found


async def test_an_endpoint_without_tokens_is_a_note_on_this_machine(
    team: endpoints.Endpoint,
) -> None:
    """Nothing can be read of it from elsewhere."""
    found = await asked(team.mcp("acme"))
    assert found["token"].state is State.NOTE
    assert found["calls"].state is State.OK


def script(asked: Asked, status: int, headers: dict[str, str], text: str) -> Answer:
    """Answer whatever is asked in one way, but that it is there."""
    if asked.path == "/health":
        return Answer(text='{"status": "ok"}')
    return Answer(status, headers, text)


SCRIPTS: dict[str, tuple[int, dict[str, str], str, str, str, str]] = {
    "host": (421, {}, "Invalid Host header", "host", "does not know itself", "--public-url http"),
    "origin": (403, {}, "Invalid Origin header", "space", "refuses", "--public-url"),
    "page": (
        200, {"Content-Type": "text/html"}, "<html>", "handshake", "not of the protocol", "/p/",
    ),
    "onward": (
        308, {"Location": "https://new.example.com/mcp"}, "", "host",
        "sends elsewhere, to https://new.example.com/mcp", "the address that it leads to",
    ),
    "proxy": (502, {}, "", "host", "answers 502", "the endpoint's log"),
    "basic": (
        401, {"WWW-Authenticate": "Basic realm=x"}, "", "token", "does not accept the token",
        "--token-file",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SCRIPTS)
async def test_what_stands_in_the_way_is_named(case: str) -> None:
    """A name that the endpoint does not know, a proxy, a page, another address."""
    status, headers, text, check, says, mend = SCRIPTS[case]
    with scripted(partial(script, status=status, headers=headers, text=text)) as server:
        found = (await asked(f"{server.url}/p/acme/mcp", "ts_secret_of_ada"))[check]
    assert (found.state, says in found.says, mend in found.mend) == (State.FAIL, True, True), found
    assert all(
        "ts_secret" not in asked.headers.get("authorization", "")
        for asked in server.asked
        if asked.path == "/health"
    )


async def test_an_endpoint_that_is_not_there_is_named() -> None:
    """Nobody listens; no such host; encrypted where it is not."""
    for url, says in (
        (f"http://127.0.0.1:{free_port()}/mcp", "nothing listens"),
        ("https://no-such-host.invalid/mcp", "cannot be looked up"),
    ):
        found = (await asked(url))["reach"]
        assert says in found.says
        assert found.mend


def test_an_address_that_would_show_the_token_is_not_used() -> None:
    """Where it sends on to one that would not, that is said as well."""
    address, where = "http://no-such-host.invalid/p/acme/mcp", places(Path("/nobody"))
    (found,) = of_address(address, load({}, environ={}), where)
    assert (found.state, found.mend) == (
        State.FAIL,
        "give https://no-such-host.invalid/p/acme/mcp",
    )

    def onward(_: Asked) -> Answer:
        return Answer(301, {"Location": "https://a.example.com/health"})

    with scripted(onward) as server:
        said = [*open_address(f"{server.url}/mcp", "it could be read")]
    assert "it sends on to https://a.example.com/health" in said[1].says


TOKEN = "ts_0123456789ab_" + "x" * 43


def wanting(asked: Asked) -> Answer:
    """Answer as an endpoint does that wants a token, and takes none."""
    if asked.path == "/health":
        return Answer(text="{}")
    return Answer(401, {"WWW-Authenticate": "Bearer"})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A person with a token in the terminal."""
    made = Patient(tmp_path, monkeypatch)
    monkeypatch.setenv("TOKENSPACE_TOKEN", TOKEN)
    return made


def test_a_token_goes_only_where_the_person_has_said_that_it_goes(home: Patient) -> None:
    """Not to an address alone, nor for a project's entry; where a file is named, or by an own."""
    file = home.folder / "token"
    file.write_text(TOKEN)

    def sent(*words: str) -> tuple[bool, Told]:
        with scripted(wanting) as server:
            home.write("zed", "{}")
            if words == ("own",):
                value = {"command": "tokenspace", "args": ["serve", "--remote", server.url]}
                home.write("zed", value)
            if words == ("project",):
                home.write("zed", {"url": f"{server.url}/p/acme/mcp"}, "project")
            flags = () if words in (("own",), ("project",)) else words
            told = home.doctor(f"{server.url}/p/acme", *flags)
        assert {asked.path for asked in server.asked} == {"/health", "/p/acme/mcp"}
        return any(TOKEN in str(asked.headers) for asked in server.asked), told

    for words in ((), ("project",)):
        went, told = sent(*words)
        assert not went
        assert "Yours was not sent" in told.one("token", State.FAIL).says
        (found,) = [one for one in told.of("token") if "not sent" in one.says]
        assert "--token-file FILE" in found.mend
    assert sent("own")[0]
    assert sent("--token-file", str(file))[0]
    file.write_text("\n")
    assert sent("--token-file", str(file))[1].of("token")[0].says == f"{file} is empty"


@pytest.mark.parametrize("has", [True, False])
def test_an_editor_of_a_menu_does_not_have_what_a_terminal_has(
    home: Patient, monkeypatch: pytest.MonkeyPatch, has: bool
) -> None:
    """Its token is told once, with what gives it one in a way that it can be had."""
    if not has:
        monkeypatch.delenv("TOKENSPACE_TOKEN")
    with scripted(wanting) as server:
        url = f"{server.url}/p/acme/mcp"
        headers = {"Authorization": "Bearer ${env:TOKENSPACE_TOKEN}"}
        home.write("cursor", {"url": url, "headers": headers})
        told = home.doctor("cursor")
    found = [one for one in told.of("token", "cursor") if one.state is not State.OK]
    assert [one.state for one in found] == ([State.WARN, State.FAIL] if has else [State.FAIL])
    bridge = f"`tokenspace install cursor --url {url} --bridge --token-file FILE`"
    for one in found:
        assert one.mend == f"set TOKENSPACE_TOKEN where Cursor is started, or {bridge}"


def test_a_projects_endpoint_that_the_person_has_too_is_no_warning(home: Patient) -> None:
    """Of any other one it is; neither is asked."""
    url = "https://memory.example.invalid/p/acme/mcp"
    home.write("cursor", {"url": url}, "project")
    assert "whose endpoint that is" in home.doctor("cursor").one("entry", State.WARN).mend
    home.write("zed", {"command": "tokenspace", "args": ["serve", "--remote", url]})
    assert "leads there as well" in home.doctor("cursor").one("entry", State.NOTE).says
