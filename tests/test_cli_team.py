"""The tokens of a team's endpoint, as a person or a program looks after them; its greeting."""

import json
import os
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tokenspace.config.settings import load
from tokenspace.memory.errors import InvalidError
from tokenspace.server.endpoint.entries import public_address
from tokenspace.server.endpoint.greeting import greeting
from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.endpoint.tokens import Tokens
from tokenspace.server.roles import Role
from tokenspace.server.team_tokens import expiry

from .shell import PROGRAM, files_holding, parsed, text
from .teams import Team

SECRET = re.compile(r"ts_[0-9a-f]{12}_[\w-]{43}")
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """The command line on an endpoint that never ran."""
    return Team(tmp_path, monkeypatch)


@pytest.fixture
def acme(team: Team) -> Team:
    """The same, with a space `acme`."""
    text(team("spaces", "create", "acme"))
    return team


def test_a_token_stands_alone_on_standard_output(acme: Team) -> None:
    """What to do with it is on standard error, without it; nothing else ever shows it."""
    ran = acme("token", "create", "--name", "ada", "--space", "acme")
    secret = ran.out.decode().removesuffix("\n")
    assert SECRET.fullmatch(secret)
    assert not SECRET.search(ran.err)
    assert ran.err.startswith("This is the token of ada, writer in the space acme; it never")
    assert 'http://127.0.0.1:8765/p/acme/mcp --header "Authorization: Bearer ts_..."\n' in ran.err
    assert '"headers": {"Authorization": "Bearer ts_..."}' in ran.err
    kept = Tokens(acme.data).find(secret)
    assert kept is not None
    assert (kept.name, kept.space, kept.role, kept.expires_at) == (
        *("ada", "acme"),
        *(Role.WRITER, None),
    )
    for words in (("token",), ("token", "list", "--json"), ("spaces",)):
        assert secret.rsplit("_", 1)[1] not in text(acme(*words))
    assert files_holding(acme.data, secret) == []


def test_a_token_says_where_its_endpoint_is(acme: Team) -> None:
    """As a flag or setting tells; for every space, and for the one without a name of its own."""
    words = ("token", "create", "--role", "admin", "--public-url", "https://memory.example.com/")
    answer = parsed(acme(*words, "--name", "ada", "--space", "*", "--json"))
    assert answer.pop("token")["role"] == "admin"
    assert Tokens(acme.data).find(answer.pop("secret"))
    assert answer == {
        "data": str(acme.data),
        "address": "https://memory.example.com/p/NAME/mcp",
        "others": [],
    }
    text(acme("spaces", "create", "default"))
    answer = parsed(acme(*words, "--name", "bob", "--space", "default", "--json"))
    assert answer["address"] == "https://memory.example.com/mcp"


def test_a_space_that_is_not_there_gets_no_token(acme: Team) -> None:
    """The nearest is named, or the way to make one."""
    for space, told in (
        ("acmee", "did you mean acme?"),
        (
            "zulu",
            f"make it with `tokenspace spaces create zulu --data {shlex.quote(str(acme.data))}`.",
        ),
        ("../x", "cannot be a space's name"),
        ("default", "there is no space 'default'"),
    ):
        ran = acme("token", "create", "--name", "ada", "--space", space)
        assert (ran.code, ran.out) == (1, b"")
        assert told in ran.err
    assert not Tokens(acme.data).any()


def test_the_first_space_can_have_its_token_before_it_is_made(team: Team) -> None:
    """An endpoint that others reach needs a token to start, and makes that space as it does."""
    assert SECRET.fullmatch(team.token("ada", "default"))


def test_tokens_are_listed_for_a_person_and_for_a_program(acme: Team) -> None:
    """With when they end; those that cannot be read are told apart."""
    acme.token("ada")
    acme.token("bob", "*", "--role", "reader", "--expires", "2099-01-31")
    head, ada, bob = text(acme("token")).splitlines()
    assert head.split() == ["ID", "Name", "Space", "Role", "Made", "Expires"]
    assert (ada.split()[1:4], ada.split()[5]) == (["ada", "acme", "writer"], "never")
    assert bob.split()[1:4] == ["bob", "*", "reader"]
    assert bob.endswith(" 2099-01-31T23:59:59Z")
    listed = parsed(acme("token", "list", "--json"))
    assert listed["damaged"] == []
    assert set(listed["tokens"][1]) == {
        *("id", "name", "space", "role", "made_at", "expires_at", "expired")
    }
    (acme.data / "tokens" / f"{listed['tokens'][0]['id']}.json").write_text("{")
    ran = acme("token", "list", "--space", "acme")
    assert ran.code == 0
    assert "1 token cannot be read, or can be changed by others" in ran.err


def test_a_token_whose_space_is_gone_is_marked(acme: Team) -> None:
    """One that was there before there is such a space, or after; not one for all of them."""
    Tokens(acme.data).create("ada", "gone", Role.READER, None)
    acme.token("bob", "*")
    _, ada, bob = text(acme("token")).splitlines()
    assert ada.endswith("never    no such space")
    assert bob.endswith("never")
    assert parsed(acme("token", "--json"))["absent"] == ["gone"]


def test_revoking_says_whose_it_was_and_when_none_is_left(acme: Team) -> None:
    """The second time there is none."""
    secret = acme.token("ada")
    told = text(acme("token", "revoke", "ada"))
    assert told.startswith(f"Revoked the token of ada for acme ({secret[3:15]}). It is refused")
    assert "No token is left, and the endpoint stays closed: nobody comes in without one." in told
    assert "To make another: tokenspace token create --name WHO " in told
    opening = Path(told.rpartition("without one: delete ")[2].rstrip())
    assert Tokens(acme.data).any()
    opening.unlink()
    assert not Tokens(acme.data).any()
    ran = acme("token", "revoke", "ada")
    assert (ran.code, ran.err) == (
        1,
        "tokenspace: there is no token 'ada'; see `tokenspace token list`.\n",
    )
    secret = acme.token("ada")
    answer = parsed(acme("token", "revoke", secret, "--json"))
    assert (answer["id"], answer["token"]["name"], answer["left"]) == (secret[3:15], "ada", 0)


def test_who_has_a_token_gets_the_next_before_it_is_revoked(acme: Team) -> None:
    """The answer says which one goes then, and how; another's name may not look the same."""
    first = acme.token("ada")[3:15]
    ran = acme("token", "create", "--name", "ada", "--space", "acme")
    assert (
        f"has had another for the same, which stays good: {first}. Once this one is in" in ran.err
    )
    revoke = re.findall(r": tokenspace (token revoke .+)", ran.err)[-1]
    assert text(acme.shell.run(*shlex.split(revoke))).startswith("Revoked the token of ada")
    ran = acme("token", "create", "--name", "Ada", "--space", "*")
    assert (ran.code, ran.out) == (1, b"")
    assert "could be taken for those of ada" in ran.err


def test_what_is_done_to_an_endpoint_stands_in_its_audit_log(acme: Team) -> None:
    """Who of this machine did it, whatever the environment says, and to which token or space."""
    ada = acme.token("ada", "acme", "--role", "admin")[3:15]
    acme.token("bob", "*")
    text(acme("token", "revoke", "bob"))
    text(acme("spaces", "archive", "acme"))
    found = [json.loads(line) for line in (acme.data / "audit.log").read_text().splitlines()]
    assert [(entry["what"], entry.get("name")) for entry in found] == [
        ("spaces create", None),
        ("token create", "ada"),
        ("token create", "bob"),
        ("token revoke", "bob"),
        ("spaces archive", None),
        ("token revoke", "ada"),
    ]
    assert datetime.fromisoformat(found[1].pop("time"))
    assert found[1] == {
        **{"who": Path.home().owner() if os.name != "nt" else os.getlogin()},
        **{"what": "token create", "outcome": "ok", "from": "cli"},
        **{"token": ada, "name": "ada", "space": "acme", "role": "admin"},
    }
    assert (found[4]["space"], found[5]["space"]) == ("acme", "acme")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_token_that_nobody_has_seen_is_not_kept(acme: Team) -> None:
    """Where standard output cannot be written, there is none."""
    words = ["token", "create", "--name", "ada", "--space", "acme", "--data", str(acme.data)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            env=acme.shell.environ,
            check=False,
        )
    assert done.returncode != 0
    assert b"could not be written (No space left on device), and was revoked" in done.stderr
    assert Tokens(acme.data).all() == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["token", "create", "--space", "acme"], "--name NAME --space SPACE"),
        (["token", "create", "--name", "ada"], "--name NAME --space SPACE"),
        (["token", "create", "ada", "--space", "acme"], "with a flag: --name ada"),
        (["token", "create", "--role", "owner"], "invalid choice: 'owner'"),
        (["token", "revoke"], "give its ID, or the name of who has it"),
        (["token", "revoke", "ada", "--role", "admin"], "go with create"),
        (["token", "list", "ada"], "say what to do with ada"),
        (["token", "ada"], "invalid choice: 'ada'"),
        (["token", "list", "--db", "x.db"], "give its folder with --data"),
        (["spaces", "list", "acme"], "say what to do with acme"),
        (["spaces", "create"], "say which space to create: give its NAME"),
        (["spaces", "delete", "--project", "."], "give its folder with --data"),
    ],
)
def test_wrong_use_is_told_in_a_line(team: Team, words: list[str], complaint: str) -> None:
    """Exit code 2, one line on standard error, nothing on standard output."""
    ran = team(*words)
    assert (ran.code, ran.out) == (2, b"")
    assert complaint in ran.err
    assert re.fullmatch(r"tokenspace: .+\n", ran.err)


def test_looking_makes_nothing(team: Team) -> None:
    """Lists of an endpoint that never ran are empty, and say how to begin."""
    assert "spaces create NAME" in text(team("spaces"))
    assert "token create --name WHO" in text(team("token"))
    assert parsed(team("spaces", "--json")) == {"data": str(team.data), "spaces": []}
    assert not team.data.exists()


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        (None, None),
        ("never", None),
        ("90 days", NOW + timedelta(days=90)),
        ("in 1 hour", NOW + timedelta(hours=1)),
        ("2 weeks", NOW + timedelta(days=14)),
        ("6 months", NOW + timedelta(days=180)),
        ("2027-01-31", datetime(2027, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2027-01-31 14:30", datetime(2027, 1, 31, 14, 30, tzinfo=UTC)),
        ("2027-01-31T14:30+02:00", datetime(2027, 1, 31, 12, 30, tzinfo=UTC)),
    ],
)
def test_when_a_token_ends_is_written_as_people_do(written: str | None, ends: datetime) -> None:
    """How long, a day to its end, or a moment; nothing is never."""
    assert expiry(written, NOW) == ends


@pytest.mark.parametrize("written", ["soon", "90", "2027-02-31", "99999 years", "-1 days"])
def test_what_is_no_time_to_end_at_is_told(written: str) -> None:
    """With how one is written."""
    with pytest.raises(InvalidError, match="'90 days' or never"):
        expiry(written, NOW)


def test_an_endpoint_greets_with_what_a_client_needs(acme: Team) -> None:
    """Where it is, which spaces it has, who comes in, and the entries, in five lines."""
    settings = load({"data": str(acme.data), "port": "9999"}, environ={})

    def said(transport: str = "http") -> list[str]:
        address, found = public_address(settings, 9999), (Spaces(acme.data), Tokens(acme.data))
        return greeting(settings, address, *found, transport).splitlines()

    first, spaces, tokens, claude, other = said()
    assert "http://127.0.0.1:9999/p/acme/mcp" in first.split()
    assert spaces.endswith("acme, each at http://127.0.0.1:9999/p/NAME/mcp")
    assert "programs of this machine need none" in tokens
    assert f"--data {shlex.quote(str(acme.data))}" in tokens
    assert claude.endswith("--transport http tokenspace http://127.0.0.1:9999/p/acme/mcp")
    assert "headers" not in other
    secret = acme.token("ada")
    assert secret not in "".join(said())
    assert "needed (ts_...; 1 is good); another: tokenspace token create" in said()[2]
    assert 'Bearer ts_..."' in said()[3]
    assert '{"Authorization": "Bearer ts_..."}' in said()[4]
    Tokens(acme.data).create("bob", "gone", Role.READER, None)
    assert "1 is good" in said()[2]
    older = said("sse")
    assert "http://127.0.0.1:9999/p/acme/sse" in older[0].split()
    assert "--transport sse tokenspace http://127.0.0.1:9999/p/acme/sse --header" in older[3]
    text(acme("spaces", "create", "default"))
    assert "http://127.0.0.1:9999/mcp" in said()[0].split()
