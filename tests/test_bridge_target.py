"""Which space a bridge leads to, and with which token."""

from pathlib import Path

import pytest

from tokenspace.config.settings import Settings, SettingsError, load, token
from tokenspace.server.remote.messages import headers, keyed, repeatable
from tokenspace.server.remote.target import find, space_name, whole

HOST = "https://memory.example.com"


def settings(folder: Path, **flags: str) -> Settings:
    """Return settings of somebody who works in a project."""
    return load({"project": str(folder), **flags}, environ={})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder."""
    folder = tmp_path / "Acme Shop"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("address", "space", "url"),
    [
        (f"{HOST}/p/other/mcp", "", f"{HOST}/p/other/mcp"),
        (f"{HOST}/p/other/mcp/", "other", f"{HOST}/p/other/mcp"),
        (f"{HOST}/p/other", "", f"{HOST}/p/other/mcp"),
        (f"{HOST}/p/mcp", "", f"{HOST}/p/mcp"),
        (f"{HOST}/p/mcp/mcp", "mcp", f"{HOST}/p/mcp/mcp"),
        (f"{HOST}/mcp", "", f"{HOST}/mcp"),
        (f"{HOST}/mcp", "other", f"{HOST}/p/other/mcp"),
        (HOST, "other", f"{HOST}/p/other/mcp"),
        (HOST, "", f"{HOST}/p/acme-shop/mcp"),
        (f"{HOST}/team/", "", f"{HOST}/team/p/acme-shop/mcp"),
        ("http://127.0.0.1:8765", "x", "http://127.0.0.1:8765/p/x/mcp"),
        ("http://[::1]:8765", "x", "http://[::1]:8765/p/x/mcp"),
        ("http://localhost", "x", "http://localhost/p/x/mcp"),
    ],
)
def test_the_space_is_the_addresss_or_the_one_asked_for_or_the_projects(
    project: Path, address: str, space: str, url: str
) -> None:
    """In this order; an address without a space, but with /mcp, means the default one."""
    assert find(address, settings(project, space=space)).url == url
    assert space or "/p/" not in address or whole(address) == url


def test_without_a_project_it_is_the_default_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is said of it tells why."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = find(HOST, load({}, environ={}))
    assert (found.url, found.space) == (f"{HOST}/mcp", "")
    assert str(found) == "the default space at memory.example.com (no project in sight)"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://memory.example.com", "give its https:// address"),
        ("http://127.0.0.1.example.com", "give its https:// address"),
        ("ftp://memory.example.com", "give the address of an endpoint"),
        ("memory.example.com", "give the address of an endpoint"),
        ("https://memory.example.com:x", "give the address of an endpoint"),
        ("https://ada:secret@memory.example.com", "no name or password"),
        (f"{HOST}/mcp?token=secret", "without ? or #"),
        (f"{HOST}/p/acme/sse", "the address that ends in /mcp"),
        (f"{HOST}/p/..%2fetc/mcp", "cannot be a space's name"),
    ],
)
def test_an_address_that_is_wrong_or_not_safe_is_refused(
    project: Path, address: str, said: str
) -> None:
    """With the sentence that mends it, and without what is secret in it."""
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")) as refused:
        find(address, settings(project))
    assert "secret" not in str(refused.value)


def test_two_answers_to_which_space_are_refused(project: Path) -> None:
    """Nobody's memory is written into another space than they asked for."""
    with pytest.raises(SettingsError, match="give one of them"):
        find(f"{HOST}/p/acme/mcp", settings(project, space="other"))
    with pytest.raises(SettingsError, match="give one of them"):
        find(HOST, load({"db": "memory.db"}, environ={}))


@pytest.mark.parametrize(
    ("project", "space"),
    [
        ("Acme Shop", "acme-shop"),
        ("café_2.0", "cafe_2-0"),
        (".dotfiles", "dotfiles"),
        ("x" * 80, "x" * 64),
        ("记忆", ""),
    ],
)
def test_a_projects_name_becomes_one_that_a_space_can_have(project: str, space: str) -> None:
    """What cannot stay goes; a name of which nothing stays is no name."""
    assert space_name(project) == space


def test_a_token_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """A flag wins over the environment, and that over the user's own settings."""
    path = tmp_path / "token"
    path.write_text("ts_file\n")
    mine = {"TOKENSPACE_TOKEN": "ts_mine"}
    by_flag = load({"token_file": str(path)}, environ={})
    by_variable = load({}, environ={"TOKENSPACE_TOKEN_FILE": str(path)})
    assert token(load({}, environ={}), {}) == ""
    assert token(load({}, environ={}), mine) == "ts_mine"
    assert token(by_flag, mine) == "ts_file"
    assert token(by_variable, mine) == "ts_mine"
    assert token(by_variable, {}) == "ts_file"


@pytest.mark.parametrize("held", ["ts_a ts_b", "ts_a\nts_b", "${TOKEN}", "ts_ä"])
def test_what_cannot_be_a_token_is_refused_unseen(held: str) -> None:
    """The message names where it stands, not what it is."""
    with pytest.raises(SettingsError, match="TOKENSPACE_TOKEN holds no token") as refused:
        token(load({}, environ={}), {"TOKENSPACE_TOKEN": held})
    assert held not in str(refused.value)


def test_a_token_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    with pytest.raises(SettingsError, match="--token-file: cannot read"):
        token(load({"token_file": str(tmp_path / "none")}, environ={}), {})


def test_headers_repeat_what_a_request_says() -> None:
    """What is not plain text goes as the protocol has it: in base64."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    read = {"method": "resources/read", "params": {"uri": "memory://blocks/é", "_meta": meta}}
    assert headers(read) == {
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "resources/read",
        "Mcp-Name": "=?base64?bWVtb3J5Oi8vYmxvY2tzL8Op?=",
    }
    assert "Mcp-Name" not in headers({"method": "tools/list", "params": {"_meta": meta}})


def test_a_call_gets_a_key_unless_it_has_one() -> None:
    """And nothing else of it is changed."""
    call = {"id": 1, "method": "tools/call", "params": {"name": "x", "_meta": {"a": 1}}}
    (found,) = [keyed(call)["params"]]
    assert found["name"] == "x"
    assert found["_meta"].keys() == {"a", "tokenspace/idempotency-key"}
    named = {"method": "tools/call", "params": {"_meta": {"tokenspace/idempotency-key": "k"}}}
    assert keyed(named) is named
    listed: dict[str, object] = {"id": 1, "method": "tools/list", "params": {}}
    assert keyed(listed) is listed


@pytest.mark.parametrize(
    ("tool", "arguments", "again"),
    [
        ("memory_insert", {"label": "human", "new_string": "x"}, True),
        ("memory_branch", {}, True),
        ("memory_branch", {"name": "aside"}, False),
        ("memory_branch", {"name": "aside", "delete": True}, False),
        ("memory_checkpoint", {}, True),
        ("memory_checkpoint", {"name": "here"}, False),
        ("memory_consolidate", {"action": "status"}, True),
        ("memory_consolidate", {"action": "start"}, True),
        ("memory_consolidate", {"action": "finish"}, False),
        ("memory_consolidate", {"action": "abandon"}, False),
        ("memory_consolidate", {"action": ["x"]}, True),
        ("memory", {"command": "create"}, True),
        ("memory", {"command": "delete"}, False),
        ("memory", {"command": "rename"}, False),
    ],
)
def test_a_call_is_repeated_where_an_endpoint_takes_two_for_one(
    tool: str, arguments: dict[str, object], again: bool
) -> None:
    """It does by the change that was made; not all that is written is one."""
    call = {"id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    assert not repeatable(call)
    assert repeatable(keyed(call)) == again
