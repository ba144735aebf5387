"""The texts for models: short, complete, and true about the tools they name."""

import re
from string import Formatter

import pytest

from tokenspace.prompts import load, names
from tokenspace.server.surface.tools import TABLE

TOOLS = {entry.name for entry in TABLE}


@pytest.mark.parametrize("name", [*names(), "instructions"])
def test_a_prompt_is_short(name: str) -> None:
    """It is read each time: under 2,500 characters, without what is filled in."""
    text = load(name)
    assert len(text.body) + sum(map(len, text.parts.values())) < 2_500
    assert len(text.description) < 120


@pytest.mark.parametrize("name", [*names(), "instructions"])
def test_a_prompt_names_only_tools_that_there_are(name: str) -> None:
    """A tool that was renamed is renamed here too."""
    text = load(name)
    named = set(re.findall(r"\bmemory_[a-z]+", " ".join((text.body, *text.parts.values()))))
    assert named
    assert named <= TOOLS


@pytest.mark.parametrize("name", names())
def test_no_prompt_depends_on_what_one_profile_lacks(name: str) -> None:
    """Outside the parts, that are chosen by profile, only tools of the small one are named."""
    core = {entry.name for entry in TABLE if entry.core}
    assert set(re.findall(r"\bmemory_[a-z]+", load(name).body)) <= core


def test_what_is_filled_in_is_known() -> None:
    """A field in a text that nobody fills would be an error at the first call."""
    known = {"context", "found", "task", "focus", "where", "order", "finish", "log"}
    for name in names():
        fields = {field for _, field, _, _ in Formatter().parse(load(name).body) if field}
        assert fields <= known
        assert "context" in fields
