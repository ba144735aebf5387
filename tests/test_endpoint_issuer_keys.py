"""An issuer's keys: where they are found, when they are read again, what is not taken for one."""

from collections.abc import Generator
from socket import create_server

import anyio
import pytest
from issuers import HERE, OAUTH, OPENID, LocalIssuer, beside, checking, ec_key, rsa_key, running

from tokenspace.server.endpoint.issuer import Issuer
from tokenspace.server.endpoint.issuer_keys import Patience

EAGER = Patience(fresh_s=1e9, pause_s=0.0, limit_s=2.0)
NEVER_AGAIN = Patience(fresh_s=1e9, keep_s=1e9, pause_s=1e9)


@pytest.fixture(scope="module")
def shared() -> Generator[LocalIssuer]:
    """One issuer for all tests."""
    with beside(running(LocalIssuer())) as run:
        yield run


@pytest.fixture
def run(shared: LocalIssuer) -> LocalIssuer:
    """An issuer as at its start."""
    return shared.anew()


async def believed(
    run: LocalIssuer, token: str, patience: Patience | None = None, url: str = ""
) -> bool:
    """Tell whether somebody who has just started believes a token."""
    async with checking(url or run.url, patience) as issuer:
        return await issuer.verify_token(token) is not None


async def until(issuer: Issuer, token: str, *, good: bool) -> None:
    """Wait until a token is good, or is not any more."""
    ends = anyio.current_time() + 5
    while (await issuer.verify_token(token) is not None) is not good:
        assert anyio.current_time() < ends
        await anyio.lowlevel.checkpoint()


async def test_a_key_that_is_new_is_fetched_and_one_that_is_gone_is_not_good(
    run: LocalIssuer,
) -> None:
    """Rotation needs no restart; a token that was good is checked against the new keys."""
    old, new = ec_key("old"), rsa_key("new")
    run.keys = [old]
    async with checking(run.url, EAGER) as issuer:
        before = run.token(HERE)
        assert await issuer.verify_token(before) is not None
        run.keys = [new]
        after = run.token(HERE)
        assert await issuer.verify_token(after) is not None
        assert await issuer.verify_token(before) is None


async def test_a_key_that_was_taken_back_is_noticed_though_no_new_one_is_used(
    run: LocalIssuer,
) -> None:
    """The keys are read again after a while, in the background, as long as tokens come."""
    token = run.token(HERE)
    async with checking(run.url, Patience(fresh_s=0.0, pause_s=0.0)) as issuer:
        assert await issuer.verify_token(token) is not None
        run.keys = [ec_key("other")]
        await until(issuer, token, good=False)


async def test_whatever_tokens_come_the_issuer_is_asked_once_in_a_while(
    run: LocalIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    """Many with unknown keys at once are one question and few lines, and none before a pause."""
    async with checking(run.url, NEVER_AGAIN) as issuer:
        tokens = [run.token(HERE, header_kid=f"k{number}") for number in range(30)]
        async with anyio.create_task_group() as tasks:
            for token in tokens:
                tasks.start_soon(issuer.verify_token, token)
        assert 1 <= caplog.text.count("no such key") < 10
        assert run.asked.count("/jwks") == 1
        with anyio.fail_after(1):
            assert await issuer.verify_token(tokens[0]) is None
            assert await issuer.verify_token(run.token(HERE)) is not None
        assert run.asked.count("/jwks") == 1


async def test_an_issuer_that_is_down_lets_nobody_in_and_comes_back(
    run: LocalIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says why; keys that were read serve for their time, and no longer."""
    with create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert not await believed(run, run.token(HERE, iss=url), EAGER, url)
    assert f"the keys of the issuer {url} cannot be read" in caplog.text
    assert not any(record.exc_info for record in caplog.records)
    run.down = True
    brief = Patience(fresh_s=0.0, keep_s=0.2, pause_s=0.0, limit_s=2.0)
    async with checking(run.url, brief) as issuer:
        token = run.token(HERE)
        assert await issuer.verify_token(token) is None
        assert "503" in caplog.text
        for run.down in (False, True):
            await until(issuer, token, good=not run.down)


async def test_an_issuer_that_never_answers_holds_nobody_for_long(
    run: LocalIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits for its keys is refused when the time is up."""
    with anyio.fail_after(5), create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert not await believed(run, run.token(HERE, iss=url), Patience(limit_s=0.2), url)
    assert "takes too long" in caplog.text


async def test_keys_are_found_where_the_issuers_own_metadata_says(run: LocalIssuer) -> None:
    """RFC 8414 first, then OpenID Connect; metadata of another issuer is not believed."""
    for path, document in (
        ("", OPENID),
        ("/realms/a", f"{OAUTH}/realms/a"),
        ("/realms/a", f"{OPENID}/realms/a"),
        ("/realms/a/", f"/realms/a{OPENID}"),
    ):
        run.url, run.document = f"{run.base}{path}", document
        assert await believed(run, run.token(HERE)), document
    run.url, run.document = run.base, OAUTH
    async with checking(run.url, EAGER) as issuer:
        for extra in (
            {"issuer": "https://login.example.com"},
            {"issuer": f"{run.url}/"},
            {"jwks_uri": "http://login.example.com/jwks"},
            {"jwks_uri": run.base.replace("127.0.0.1", "0.0.0.0") + "/jwks"},  # noqa: S104
            {"jwks_uri": "file:///etc/passwd"},
            {"jwks_uri": None},
        ):
            run.extra = extra
            assert await issuer.verify_token(run.token(HERE)) is None, extra
        run.extra = {}
        assert await issuer.verify_token(run.token(HERE)) is not None


async def test_what_lies_in_the_place_of_keys_lets_nobody_in(run: LocalIssuer) -> None:
    """No JSON, no keys; nor a secret: neither one to share, nor the half that signs."""
    async with checking(run.url, EAGER) as issuer:
        for published in (b"", b"[]", b"{", b'{"keys": 7}', b'{"keys": [7]}', b"[" * 10**5):
            run.published = published
            assert await issuer.verify_token(run.token(HERE)) is None, published
        run.published = None
        for changed in (
            {"d": "AQAB"},
            {"use": "enc"},
            {"key_ops": ["sign"]},
            {"key_ops": 7},
            {"kty": "oct", "k": "x"},
            {"alg": "RS256"},
        ):
            run.changed = changed
            assert await issuer.verify_token(run.token(HERE)) is None, changed
        run.changed = {"key_ops": ["verify"]}
        assert await issuer.verify_token(run.token(HERE)) is not None
    run.changed = {"x": 7}
    assert not await believed(run, run.token(HERE))
