"""What an issuer's token says, and when it is believed; the issuer is a real one over HTTP."""

import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest
from issuers import (
    HERE,
    PUBLIC,
    LocalIssuer,
    beside,
    checking,
    ec_key,
    resigned,
    rsa_key,
    running,
    unsigned,
)

from tokenspace.config.settings import SettingsError, load
from tokenspace.server.endpoint.access import NAME, SPACES, claim
from tokenspace.server.endpoint.issuer import LEEWAY_S, check_issuer, roles_of


@pytest.fixture(scope="module")
def shared() -> Generator[LocalIssuer]:
    """One issuer for all tests."""
    with beside(running(LocalIssuer())) as run:
        yield run


@pytest.fixture
def run(shared: LocalIssuer) -> LocalIssuer:
    """An issuer as at its start."""
    return shared.anew()


async def test_a_token_with_anything_wrong_is_not_believed(
    run: LocalIssuer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each differs from a good one in one thing alone; the log says what, and no token."""
    one, two, ps = ec_key("one"), rsa_key("two"), rsa_key("three", "PS256")
    weak, now, scope = rsa_key("weak", bits=1024), int(time.time()), "acme:admin"
    with pytest.warns(match="below the minimum"):
        short = LocalIssuer(url="x").token(HERE, scope, weak)
    run.keys = [one, two, ps, weak]
    good = run.token(HERE, scope, two)
    bad = {
        "another address": run.token("https://elsewhere.example.com/mcp", scope),
        "an address that only begins like ours": run.token(f"{PUBLIC}.example/mcp", scope),
        "an address that is no text": run.token([7], scope),
        "no audience": run.token(None, scope),
        "another issuer": run.token(HERE, scope, iss="https://login.example.com"),
        "nearly the issuer": run.token(HERE, scope, iss=f"{run.url}/"),
        "expired": run.token(HERE, scope, exp=now - LEEWAY_S - 5),
        "never expires": run.token(HERE, scope, exp=None),
        "not yet valid": run.token(HERE, scope, nbf=now + LEEWAY_S + 60),
        "made in the future": run.token(HERE, scope, iat=now + LEEWAY_S + 60),
        "of nobody": run.token(HERE, scope, sub=None),
        "of nobody named": run.token(HERE, scope, sub="", email="ada@example.com"),
        "of nobody visible": run.token(HERE, scope, sub="\u200b \t"),
        "of half a character": run.token(HERE, scope, sub="\ud800ada"),
        "of a number": run.token(HERE, scope, sub=7),
        "not signed": unsigned(good),
        "signed with the public key": resigned(good, two),
        "signed with another key": run.token(HERE, scope, rsa_key("two")),
        "signed with an unknown key": run.token(HERE, scope, ec_key("nine")),
        "signed in another way than the key is for": run.token(
            HERE, scope, replace(two, algorithm="PS256")
        ),
        "signed with a weak key": short,
        "signed as another key": run.token(HERE, scope, one, header_kid="two"),
        "for signing out": run.token(HERE, scope, header_typ="logout+jwt"),
        "needs what is unknown": run.token(HERE, scope, header_crit=["x"], header_x=1),
        "endless": run.token(HERE, scope, exp=float("inf")),
        "a time that is no number": run.token(HERE, scope, exp=[now + 60]),
        "cut": good[:-10],
        "longer": f"{good}.x",
        "empty": "..",
        "no JSON": "WzFd.WzFd.WzFd",
        "no token": "\xff",
    }
    async with checking(run.url) as issuer:
        for key in (one, two, ps):
            assert await issuer.verify_token(run.token(HERE, scope, key)) is not None
        for what, token in bad.items():
            assert await issuer.verify_token(token) is None, what
    for why in ("address", "another issuer", "expired", "not valid yet", "signature", "whose"):
        assert why in caplog.text
    assert not any(token in caplog.text for token in [good, *bad.values()] if len(token) > 2)


async def test_clocks_may_be_a_little_apart(run: LocalIssuer) -> None:
    """A token is good for half a minute around its time."""
    now = int(time.time())
    async with checking(run.url) as issuer:
        for token in (
            run.token(HERE, exp=now - 5),
            run.token(HERE, nbf=now + 5, iat=now + 5),
        ):
            access = await issuer.verify_token(token)
            assert access is not None
            assert access.expires_at is not None
            assert access.expires_at > now  # else whoever looks at it later refuses it


async def test_changes_are_signed_with_a_name_that_can_be_read(run: LocalIssuer) -> None:
    """One that its bearer cannot choose as they like; who they are stays `sub`."""
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"preferred_username": "ada", "email": "a@example.com", "name": "Ada"}, "ada"),
        ({"email": "a@example.com", "email_verified": True}, "a@example.com"),
        ({"email": "a@example.com", "email_verified": False, "name": "Grace"}, "u-1"),
        ({"preferred_username": " \n\u202eGrace\u200b \t Hopper\x1b[2J "}, "Grace Hopper [2J"),
        ({"preferred_username": 7, "email": ["x"]}, "u-1"),
        ({"preferred_username": "x" * 100}, "x" * 64),
        ({"preferred_username": "Ame\u0301lie"}, "Am\u00e9lie"),
    )
    async with checking(run.url) as issuer:
        for claims, name in cases:
            access = await issuer.verify_token(run.token(HERE, "acme:reader", **claims))
            assert access is not None
            assert claim(access, NAME) == f"{name} (127.0.0.1)"  # no token made here has that
            principal = (claim(access, "iss"), access.client_id, access.subject)
            assert principal == (run.url, "connector", "u-1")


async def test_no_claim_of_an_issuer_is_taken_for_one_of_ours(run: LocalIssuer) -> None:
    """Roles come from scopes alone, however the issuer writes them."""
    ours: dict[str, Any] = {SPACES: {"*": "admin"}}
    async with checking(run.url) as issuer:
        sly = await issuer.verify_token(run.token(HERE, "", None, **ours))
        listed = await issuer.verify_token(run.token(HERE, None, scp=["a:reader", "b:writer"]))
    assert sly is not None
    assert listed is not None
    assert claim(sly, SPACES) == {}
    assert claim(listed, SPACES) == {"a": "reader", "b": "writer"}


def test_the_highest_of_the_scopes_for_a_space_counts() -> None:
    """What is no scope of ours grants nothing."""
    granted = ["openid", "acme:writer", "acme:reader", "*:reader", "b:ADMIN", ":admin", "c:", "c"]
    assert roles_of(granted) == {"acme": "writer", "*": "reader"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"issuer": "http://login.example.com"}, "--issuer"),
        ({"issuer": "login.example.com"}, "--issuer"),
        ({"issuer": "https://login.example.com?x=1"}, "--issuer"),
        ({"issuer": "https://ada:pw@login.example.com"}, "--issuer"),
        ({"issuer": "https://[::1"}, "--issuer"),
        ({"host": "0.0.0.0"}, "--public-url"),  # noqa: S104 - this is what is refused
        ({"proxy": "127.0.0.1"}, "--public-url"),
    ],
)
def test_an_issuer_that_cannot_be_trusted_is_refused_at_the_start(
    given: dict[str, str | None], named: str
) -> None:
    """The sentence names the setting to mend."""
    with pytest.raises(SettingsError, match=named):
        check_issuer(load({"issuer": "https://login.example.com", **given}, environ={}))


@pytest.mark.parametrize(
    "given",
    [
        {"issuer": "https://login.example.com/"},
        {"issuer": "http://127.0.0.1:9000/realms/a"},
        {"issuer": "http://[::1]:9000"},
        {"issuer": "https://login.example.com", "host": "::", "public_url": f"{PUBLIC}/"},
        {"issuer": "https://login.example.com", "public_url": "http://localhost:8765"},
        {},
    ],
)
def test_an_issuer_that_can_be_checked_is_taken(given: dict[str, str | None]) -> None:
    """Also over plain http, on this machine."""
    check_issuer(load(given, environ={}))
