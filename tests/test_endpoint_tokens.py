"""What is kept of tokens, who comes in with one, and what counts for none."""

import errno
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tokenspace.config.settings import SettingsError, load
from tokenspace.memory.errors import DeniedError, ExistsError, InvalidError, NotFoundError
from tokenspace.server.endpoint.start import ready
from tokenspace.server.endpoint.tokens import Token, Tokens
from tokenspace.server.roles import Role

from .shell import files_holding

needs_modes = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """The tokens of an endpoint that has none yet."""
    return Tokens(tmp_path / "data")


def made(tokens: Tokens, name: str, space: str = "acme") -> tuple[Token, str]:
    """Make a writer's token."""
    return tokens.create(name, space, Role.WRITER, None)


def file_of(tmp_path: Path, token: Token) -> Path:
    """Return where a token is kept."""
    return tmp_path / "data" / "tokens" / f"{token.id}.json"


def change(path: Path, **fields: object) -> None:
    """Change what a token's file says."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_token_is_found_by_all_of_it_and_stands_nowhere(tokens: Tokens, tmp_path: Path) -> None:
    """Neither as it is nor its secret half; what is kept names its bearer, space and role."""
    token, secret = made(tokens, "ada")
    assert tokens.find(secret) == token
    assert (token.name, token.space, token.role) == ("ada", "acme", Role.WRITER)
    assert files_holding(tmp_path, secret) == []
    assert files_holding(tmp_path, secret.rsplit("_", 1)[1]) == []


def test_what_is_nearly_a_token_is_none(tokens: Tokens) -> None:
    """Another's secret, another's id, a piece, something around it, a path, other letters."""
    (ada, one), (bob, other) = made(tokens, "ada"), made(tokens, "bob")
    secret = one.removeprefix(f"ts_{ada.id}_")
    turned = "A" if secret[0] != "A" else "B"
    for wrong in (
        f"ts_{bob.id}_{secret}",
        f"ts_{ada.id}_{turned}{secret[1:]}",
        f"ts_{ada.id.upper()}_{secret}" if ada.id != ada.id.upper() else "ts_",
        f"ts_../tokens/{ada.id}_{secret}",
        *(one[:-1], f"{one}A", f" {one}", f"{one}\n", one.upper(), ada.id, ada.digest, "", "ts_"),
        f"ts_{ada.id}_{'é' * 43}",
        f"ts_{ada.id}_{'٣' * 43}",
        f"ts_{'٣' * 12}_{secret}",
    ):
        assert tokens.find(wrong) is None, wrong
    assert tokens.find(other) == bob


@needs_modes
def test_only_the_owner_can_read_what_is_kept(tokens: Tokens, tmp_path: Path) -> None:
    """Folders 0700, also those above that were missing; files 0600; nothing unfinished stays."""
    token, _ = made(tokens, "ada")
    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "data").rglob("*")}
    modes[tmp_path / "data"] = stat.S_IMODE((tmp_path / "data").stat().st_mode)
    assert modes == {
        tmp_path / "data": 0o700,
        tmp_path / "data" / "tokens": 0o700,
        file_of(tmp_path, token): 0o600,
        tokens.closed: 0o600,
    }


@needs_modes
def test_a_file_that_anybody_can_change_counts_for_none(tokens: Tokens, tmp_path: Path) -> None:
    """Also in a server that has read it before; closed again, it is good again."""
    token, secret = made(tokens, "ada")
    assert tokens.find(secret)
    file_of(tmp_path, token).chmod(0o606)
    assert tokens.find(secret) is None
    assert tokens.damaged() == [token.id]
    assert tokens.any()
    file_of(tmp_path, token).chmod(0o600)
    assert tokens.find(secret)


@needs_modes
async def test_a_folder_that_anybody_can_change_is_refused(tokens: Tokens, tmp_path: Path) -> None:
    """No token is made there, and no endpoint serves from it."""
    made(tokens, "ada")
    (tmp_path / "data" / "tokens").chmod(0o777)
    with pytest.raises(DeniedError, match="chmod 700"):
        made(tokens, "bob")
    settings = load({"data": str(tmp_path / "data"), "port": "0"}, environ={})
    with pytest.raises(SettingsError, match="chmod 700"):
        await ready(settings)


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "owner"},
        {"expires_at": "soon"},
        {"expires_at": "2099-01-01"},
        {"expires_at": 5},
        {"made_at": None},
        {"id": "0" * 12},
        {"name": None},
        {"digest": 7},
    ],
)
def test_a_damaged_file_lets_nobody_in_and_harms_no_other(
    tokens: Tokens, tmp_path: Path, fields: dict[str, object]
) -> None:
    """It keeps the door shut, is listed as what it is, and can be revoked."""
    (ada, lost), (bob, good) = made(tokens, "ada"), made(tokens, "bob")
    change(file_of(tmp_path, ada), **fields)
    assert tokens.find(lost) is None
    assert tokens.find(good) == bob
    assert (tokens.all(), tokens.damaged()) == ([bob], [ada.id])
    assert tokens.revoke(ada.id) is None
    assert tokens.damaged() == []


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"{}"])
def test_a_file_of_anything_else_is_no_token(tokens: Tokens, tmp_path: Path, text: bytes) -> None:
    """Cut short, overwritten, or never ours; and the door stays shut."""
    token, secret = made(tokens, "ada")
    file_of(tmp_path, token).write_bytes(text)
    assert tokens.find(secret) is None
    assert tokens.damaged() == [token.id]
    assert tokens.any()


def test_a_token_that_has_expired_is_good_no_more(tokens: Tokens, tmp_path: Path) -> None:
    """It stays listed, keeps the door shut, and leaves its name to another."""
    token, secret = tokens.create(
        "ada", "acme", Role.READER, datetime.now(UTC) + timedelta(hours=1)
    )
    assert tokens.find(secret)
    past = datetime.now(UTC) - timedelta(microseconds=1)
    change(file_of(tmp_path, token), expires_at=str(past))
    assert tokens.find(secret) is None
    assert tokens.any()
    assert [kept.is_over(datetime.now(UTC)) for kept in tokens.all()] == [True]
    made(tokens, "ada")
    with pytest.raises(InvalidError, match="give a later time"):
        tokens.create("bob", "acme", Role.READER, past)


def test_revoking_holds_at_once_for_whoever_has_read_it(tokens: Tokens, tmp_path: Path) -> None:
    """Another process looks at the same files."""
    _, secret = made(tokens, "ada")
    server = Tokens(tmp_path / "data")
    assert server.find(secret)
    tokens.revoke("ada")
    assert server.find(secret) is None


def test_without_its_last_token_an_endpoint_stays_closed(tokens: Tokens, tmp_path: Path) -> None:
    """Taking one's right away gives it to nobody; who removes the mark opens it on purpose."""
    assert not tokens.any()
    made(tokens, "ada")
    server = Tokens(tmp_path / "data")
    tokens.closed.unlink()  # as where the tokens are of before there was such a mark
    tokens.revoke("ada")
    assert (server.all(), server.damaged(), server.any()) == ([], [], True)
    token, _ = made(tokens, "ada")
    file_of(tmp_path, token).unlink()
    assert server.any()
    tokens.closed.unlink()
    assert not server.any()


def test_what_is_revoked_is_named_by_id_by_name_or_by_itself(tokens: Tokens) -> None:
    """An id goes before a name that reads like it; a name that several have is asked back."""
    token, secret = made(tokens, "ada")
    other, _ = made(tokens, token.id)  # a name like an id
    assert tokens.revoke(token.id) == token
    assert tokens.revoke(token.id) == other
    token, secret = made(tokens, "ada")
    assert tokens.revoke(secret) == token
    one, two = made(tokens, "bob")[0], made(tokens, "bob", "other")[0]
    with pytest.raises(InvalidError, match=rf"{one.id} \(acme, .+\), {two.id} \(other, "):
        tokens.revoke("bob")
    assert tokens.revoke("bob", "other") == two
    with pytest.raises(NotFoundError, match="no token 'grace'"):
        tokens.revoke("grace")


@pytest.mark.parametrize(
    "name", ["", " ", " ada", "ada\n", "a\x00b", "a\u202eb", "a\u200bb", "a\udcff", "x" * 65]
)
def test_what_cannot_be_seen_cannot_be_a_name(tokens: Tokens, name: str) -> None:
    """It would stand in the history, and look like another's."""
    with pytest.raises(InvalidError, match="1 to 64 visible characters"):
        made(tokens, name)
    assert not tokens.any()


def test_a_name_is_one_however_it_is_typed(tokens: Tokens) -> None:
    """Letters and their accents, together or apart; a token is none."""
    token, secret = made(tokens, "Jose\u0301")
    assert token.name == "Jos\u00e9"
    made(tokens, "Jos\u00e9", "other")
    with pytest.raises(InvalidError, match="a token cannot be a name"):
        made(tokens, f"x{secret}"[:64])
    assert tokens.revoke("Jose\u0301", "acme") == token


@pytest.mark.parametrize(
    ("name", "space"),
    [("Ada", "acme"), ("ADA", "*"), ("\uff41da", "acme"), ("ada", "*"), ("a da", "other")],
)
def test_names_that_look_alike_are_not_for_the_same_space(
    tokens: Tokens, name: str, space: str
) -> None:
    """Case, width and blanks make no other person; what is for all spaces is for each."""
    token, _ = made(tokens, "ada")
    made(tokens, "A  DA", "other")
    with pytest.raises(ExistsError, match="could be taken for those of"):
        made(tokens, name, space)
    made(tokens, "Ada", "third")
    tokens.revoke(token.id)
    made(tokens, "Ada")


def test_somebody_changes_tokens_without_a_gap(tokens: Tokens) -> None:
    """Exactly the same name and space is the same person: both are good until one is revoked."""
    (one, first), (two, second) = made(tokens, "ada"), made(tokens, "ada")
    assert (tokens.find(first), tokens.find(second)) == (one, two)
    tokens.revoke(one.id)
    assert (tokens.find(first), tokens.find(second)) == (None, two)


def test_where_the_disk_is_full_no_half_of_a_token_stays(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there whole, or not at all."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    made(tokens, "ada")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        made(tokens, "bob")
    assert [token.name for token in tokens.all()] == ["ada"]
    assert len(list((tmp_path / "data" / "tokens").glob("[!.]*"))) == 1
