"""The spaces of a team's endpoint, as a person or a program looks after them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.endpoint.tokens import Tokens

from .shell import PROGRAM, parsed, text
from .teams import Team


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """The command line on an endpoint that never ran."""
    return Team(tmp_path, monkeypatch)


@pytest.fixture
def acme(team: Team) -> Team:
    """The same, with a space `acme`."""
    text(team("spaces", "create", "acme"))
    return team


def test_spaces_are_listed_with_what_can_be_seen_of_them(acme: Team) -> None:
    """Size, newest change and when; what is wrong with one, and the others none the less."""
    (acme.data / "spaces" / "broken.db").write_bytes(b"x" * 5000)
    told = text(acme("spaces", "list")).splitlines()
    assert told[0] == f"Spaces of the endpoint · {acme.data}"
    assert told[1].split() == ["Space", "Size", "Change", "Changed", "Problem"]
    assert re.fullmatch(r"acme +\d+ +1 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told[2])
    assert "broken.db is not an SQLite database" in told[3]
    one, other = parsed(acme("spaces", "--json"))["spaces"]
    assert (one["name"], one["change"], one["problem"]) == ("acme", 1, None)
    assert (other["name"], other["bytes"], other["changed_at"]) == ("broken", None, None)


def test_what_is_archived_can_be_looked_into_and_brought_back(acme: Team) -> None:
    """With the commands that the answer gives."""
    told = text(acme("spaces", "archive", "acme"))
    assert Spaces(acme.data).names() == []
    look, back = re.findall(r": tokenspace (.+)", told)
    assert "human" in text(acme.shell.run(*shlex.split(look)))
    text(acme.shell.run(*shlex.split(back)))
    assert Spaces(acme.data).names() == ["acme"]


def test_a_space_of_the_same_name_is_another_one(acme: Team) -> None:
    """The archived one's tokens are not good for it; those that are, are named."""
    old, everywhere = acme.token("ada"), acme.token("bob", "*")
    told = text(acme("spaces", "archive", "acme"))
    assert f"Revoked, as they were for it alone: ada {old[3:15]}." in told
    told = text(acme("spaces", "create", "acme"))
    assert f"Already good for it: bob {everywhere[3:15]} (for every space)." in told
    assert Tokens(acme.data).find(old) is None
    (good,) = parsed(acme("spaces", "create", "other", "--json"))["tokens"]
    assert good["name"] == "bob"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("delete", "nope"), "see `tokenspace spaces list --data "),
        (("archive", "acmee"), "did you mean acme?"),
        (("create", "con"), "'con' cannot be a space's name: it is reserved"),
    ],
)
def test_a_space_that_cannot_be_is_told_in_words(acme: Team, words: list[str], said: str) -> None:
    """Nobody who wants one gone is told how to make it."""
    ran = acme("spaces", *words)
    assert (ran.code, ran.out) == (1, b"")
    assert said in ran.err
    assert "make it" not in ran.err


def test_deleting_needs_consent_and_takes_the_tokens_for_it_along(acme: Team) -> None:
    """Those for every space stay; what would be gone is said before."""
    acme.token("ada")
    everywhere = acme.token("bob", "*")
    ran = acme("spaces", "delete", "acme")
    assert (ran.code, ran.out) == (1, b"")
    assert "for good: " in ran.err
    assert "1 token for it alone (ada " in ran.err
    assert "Nothing was changed; to agree, add --yes." in ran.err
    assert Spaces(acme.data).names() == ["acme"]
    answer = parsed(acme("spaces", "delete", "acme", "--yes", "--json"))
    assert (answer["space"]["name"], answer["revoked"][0]["name"]) == ("acme", "ada")
    assert Spaces(acme.data).names() == []
    (left,) = Tokens(acme.data).all()
    assert left == Tokens(acme.data).find(everywhere)
    acme.token("ada", "default")
    text(acme("spaces", "create", "default"))
    text(acme("token", "revoke", "bob"))
    assert "No token is left, and the endpoint stays closed" in text(
        acme("spaces", "delete", "default", "--yes")
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
@pytest.mark.parametrize(("typed", "code"), [("yes", 1), ("acme", 0)])
def test_on_a_terminal_its_name_is_typed(acme: Team, typed: str, code: int) -> None:
    """A yes is not enough."""
    import pty

    ours, its = pty.openpty()
    os.write(ours, f"{typed}\n".encode())
    words = [*PROGRAM, "spaces", "delete", "acme", "--data", str(acme.data)]
    done = subprocess.run(
        words, stdin=its, stdout=its, stderr=its, env=acme.shell.environ, timeout=60, check=False
    )
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    os.close(its)
    assert done.returncode == code, shown
    assert "Type acme to go on: " in shown
    assert Spaces(acme.data).names() == (["acme"] if code else [])
