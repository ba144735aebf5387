"""The documents are true: what the README lists is what there is."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tokenspace.config.settings import Settings
from tokenspace.prompts import names
from tokenspace.server.commands import COMMANDS, MACHINE_COMMANDS, TEAM_COMMANDS
from tokenspace.server.surface.resources import CONTEXT, INDEX, TEMPLATES
from tokenspace.server.surface.tools import TABLE, Entry

ROOT = Path(__file__).resolve().parents[1]
PATH = r"`((?:server|memory|config|prompts|tests)/(?:[\w/]*\.\w+|[\w/]*/))`"
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("entry", TABLE, ids=[entry.name for entry in TABLE])
def test_the_readme_lists_every_tool_with_its_profile(entry: Entry) -> None:
    """A table row a tool, in the profile that has it."""
    assert f"| `{entry.name}` | {'core' if entry.core else 'full'} |" in README


def test_the_readme_names_every_resource_and_prompt() -> None:
    """What a client can attach or run."""
    for uri in (CONTEXT, INDEX, *(template.uri_template for template in TEMPLATES)):
        assert f"`{uri}`" in README
    for name in names():
        assert f"`{name}`" in README


def test_the_readme_shows_every_command() -> None:
    """Each with a line of its own."""
    for command in ("serve", *COMMANDS, *MACHINE_COMMANDS, *TEAM_COMMANDS):
        assert f"tokenspace {command}" in README, command


def test_the_readme_names_every_setting() -> None:
    """Those that a person can set."""
    derived = {"origin", "client_project", "data_dir", "runtime_dir", "hub"}
    for field in fields(Settings):
        assert field.name in derived or f"`{field.name}`" in README, field.name


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md"])
def test_every_file_that_is_named_exists(document: str) -> None:
    """A path in backticks with a folder of ours is a file or folder of ours."""
    text = (ROOT / document).read_text("utf-8")
    for name in re.findall(
        r"`((?:server|memory|config|prompts|tests)/(?:[\w/]*\.\w+|[\w/]*/))`", text
    ):
        assert (ROOT / name).exists(), name
