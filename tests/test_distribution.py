"""What others read to install us: `server.json`, the bundle's manifest, links in the README."""

import base64
import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from jsonschema.validators import Draft7Validator

from tokenspace.config.settings import CHOICES, TOKEN, Settings, SettingsError, load, token
from tokenspace.server.cli import main
from tokenspace.server.install.clients import BY_NAME
from tokenspace.server.install.entries import USER, Wishes, entry, is_ours
from tokenspace.server.surface.tools import TABLE

ROOT = Path(__file__).resolve().parents[1]
RELEASE = ROOT / "config" / "release"
KEPT = ROOT / ".venv" / "clients"
README = (ROOT / "README.md").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SERVER: dict[str, Any] = json.loads((ROOT / "server.json").read_text("utf-8"))
MANIFEST: dict[str, Any] = json.loads((RELEASE / "manifest.json").read_text("utf-8"))

VSCODE = "https://insiders.vscode.dev/redirect/mcp/install"
CURSOR = "https://cursor.com/install-mcp"


def links(address: str) -> list[dict[str, str]]:
    """Return what each link of the README to an address hands over, by name."""
    found: list[str] = re.findall(r"\]\((https:[^)]+)\)", README)
    queries = [parse_qs(urlsplit(link).query) for link in found if link.startswith(f"{address}?")]
    return [{name: value for name, (value,) in query.items()} for query in queries]


def by_uvx(client: str) -> dict[str, Any]:
    """Return what the installer would write, with the program as uv fetches it."""
    made = entry(BY_NAME[client], Wishes(program="uvx"), USER)
    return {**made, "args": [PROJECT["name"], *made["args"]]}


def test_all_that_is_published_is_of_one_version() -> None:
    """The program's, with its name and description."""
    for said in (SERVER, MANIFEST, *SERVER["packages"]):
        assert said["version"] == PROJECT["version"]
        assert said.get("description", PROJECT["description"]) == PROJECT["description"]
    names = {package["identifier"] for package in SERVER["packages"]}
    assert names == {MANIFEST["name"]} == {PROJECT["name"]}
    assert f"`tokenspace-{PROJECT['version']}.mcpb`" in README
    assert len(PROJECT["description"]) <= 100  # more the registry does not take


def test_the_readme_proves_to_the_registry_whose_the_package_is() -> None:
    """It looks for the server's name in what PyPI shows."""
    assert re.findall(r"<!-- mcp-name: (\S+) -->", README) == [SERVER["name"]]


def test_the_registry_is_told_of_variables_that_there_are() -> None:
    """With their choices and defaults; the token alone is a secret."""
    told = [one for package in SERVER["packages"] for one in package["environmentVariables"]]
    for one in told:
        name = one["name"].removeprefix("TOKENSPACE_").lower()
        assert one.get("isSecret", False) == (one["name"] == TOKEN)
        assert one["name"] == TOKEN or hasattr(Settings(), name)
        assert "default" not in one or one["default"] == getattr(Settings(), name)
        assert one.get("choices", []) == [*CHOICES.get(name, ())]


def test_the_registry_is_told_words_that_the_program_understands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`serve`, and the bridge to an address that is asked for."""
    here, team = (
        [word for one in package["packageArguments"] for word in (one.get("name"), one["value"])]
        for package in SERVER["packages"]
    )
    assert here == [None, "serve"]
    assert team == [None, "serve", "--remote", "{url}"]
    assert main(["serve", "--remote", "nowhere"]) == 2
    assert "--remote: give the address of an endpoint" in capsys.readouterr().err


def test_the_bundle_asks_for_what_it_hands_on() -> None:
    """Each question of the manifest has a place in what is started, and the reverse."""
    asked = set(re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(MANIFEST["server"])))
    assert asked == set(MANIFEST["user_config"])
    assert MANIFEST["user_config"]["team_token"]["sensitive"]
    assert "team_token" not in " ".join(MANIFEST["server"]["mcp_config"]["args"])
    assert (RELEASE / MANIFEST["server"]["entry_point"]).is_file()


def test_the_bundle_shows_the_tools_that_it_offers() -> None:
    """A host lists them before anything runs."""
    core = [{"name": tool.name, "description": tool.title} for tool in TABLE if tool.core]
    assert MANIFEST["tools"] == core


@pytest.mark.parametrize("left", ["as it stands", "empty"])
def test_a_question_that_was_left_empty_counts_as_not_asked(left: str) -> None:
    """Some hosts hand on the variable as the manifest writes it, others nothing."""
    config = MANIFEST["server"]["mcp_config"]
    environ = config["env"] if left == "as it stands" else dict.fromkeys(config["env"], "")
    given = config["args"][-1] if left == "as it stands" else ""
    settings = load({}, environ)
    assert (settings.project, settings.origin) == ("", {})
    words = runpy.run_path(str(RELEASE / "start.py"))["words"]
    assert words([given]) == words([]) == ["serve"]
    assert words(["https://x/mcp"]) == ["serve", "--remote", "https://x/mcp"]
    if left == "empty":
        assert token(settings, environ) == ""
    else:
        with pytest.raises(SettingsError, match="holds no token"):
            token(settings, environ)


def test_the_link_for_vs_code_gives_what_the_installer_gives() -> None:
    """But for the program's path, which nobody knows beforehand."""
    (link,) = links(VSCODE)
    assert link["name"] == "tokenspace"
    assert json.loads(link["config"]) == by_uvx("vscode")
    assert is_ours(json.loads(link["config"]))


def test_the_link_for_cursor_gives_what_the_installer_gives() -> None:
    """The same, in base64."""
    (link,) = links(CURSOR)
    assert link["name"] == "tokenspace"
    assert json.loads(base64.b64decode(link["config"], validate=True)) == by_uvx("cursor")


@pytest.mark.slow
def test_the_registrys_schema_takes_server_json() -> None:
    """The published one, fetched once; skips where it cannot be had."""
    kept = KEPT / f"{SERVER['$schema'].split('/')[-2]}.server.schema.json"
    if not kept.exists():
        try:
            answer = httpx2.get(SERVER["$schema"], timeout=20).raise_for_status()
        except httpx2.HTTPError as error:
            pytest.skip(f"cannot fetch {SERVER['$schema']}: {error!r}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(answer.content)
    schema: Any = Draft7Validator(json.loads(kept.read_text("utf-8")))
    assert [error.message for error in schema.iter_errors(SERVER)] == []
    assert not schema.is_valid({**SERVER, "name": "no namespace"})
