"""A client of the SDK's first generation, in an environment of its own, over real stdio."""

import json
import subprocess
import sys
from typing import Any

import pytest
from old_sdk import CLIENT, old_python

Found = dict[str, Any]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Return all that the old client got from a new space."""
    db = tmp_path_factory.mktemp("old") / "memory.db"
    server = [sys.executable, "-m", "tokenspace.server", "--db", str(db), "--profile", "full"]
    done = subprocess.run(
        [old_python(), str(CLIENT), *server],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_handshake_is_that_of_its_own_time(found: Found) -> None:
    """An old client gets the newest revision that it knows, and honest capabilities."""
    hello = found["hello"]
    assert hello["protocolVersion"] == "2025-11-25"
    assert hello["serverInfo"]["name"] == "tokenspace"
    assert hello["capabilities"]["resources"] == {"subscribe": True, "listChanged": True}
    assert "completions" in hello["capabilities"]


def test_every_tool_answers(found: Found) -> None:
    """Each tool of the full profile is called, so a new one has to be added to the client."""
    assert {call["tool"] for call in found["called"]} == set(found["listed"])
    assert [call for call in found["called"] if call["is_error"]] == []
    assert "City: Oslo" in found["called"][-1]["text"]


def test_refusals_reach_the_model(found: Found) -> None:
    """A tool's refusal is text for the model; an unknown tool is an error of the protocol."""
    label, argument = found["refused"]
    assert label["is_error"]
    assert "Did you mean 'human'?" in label["text"]
    assert argument["is_error"]
    assert "unknown argument 'text'" in argument["text"]
    assert found["unknown tool"]["code"] == -32602
    assert found["unknown resource"]["code"] == -32602


def test_every_resource_is_read(found: Found) -> None:
    """The listed resources can be read; a block's is its text, byte for byte."""
    resources = found["resources"]
    labels = ("human", "persona", "project")
    overviews = {"memory://context", "memory://blocks", "memory://changes", "memory://status"}
    skills = {"skill://memory-keeping/SKILL.md"}
    assert set(resources) == overviews | skills | {f"memory://blocks/{name}" for name in labels}
    assert resources["memory://blocks/human"] == "Name: Ada\nCity: Oslo"
    assert "Short answers." in resources["memory://context"]
    block = "memory://blocks/{label}"
    assert found["templates"] == [
        block,
        block + "@{version}",
        block + "/history",
        "memory://archive/{id}",
    ]
    assert found["completed"] == ["human"]


def test_every_prompt_is_filled(found: Found) -> None:
    """Prompts work without an argument, and hold the memory they speak of."""
    assert {"consolidate", "recall"} <= set(found["prompts"])
    for text in found["prompts"].values():
        assert "City: Oslo" in text


def test_another_process_change_is_told(found: Found) -> None:
    """A subscription made the old way hears of what another server process wrote."""
    assert found["news"] == "notifications/resources/updated"
