"""`tokenspace consolidate`: the person's way through a run."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tokenspace.memory import Space
from tokenspace.memory.passages import PassageDraft

from .shell import Ran, Shell, parsed, text
from .support import BY

NOTES = "- Deploys on Mondays at 09:00\n- Prices are kept in cents\n- Ada reviews billing\n"
ON = ("--branch", "consolidate-1")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line; `project` has three entries, and one episode was logged."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("project", NOTES)

    async def log() -> None:
        space = await Space.open(shell.db)
        draft = PassageDraft(id=None, kind="episode", text="no migrations", source="deploy")
        await space.archive.file(draft, BY)
        await space.close()

    asyncio.run(log())
    return shell


def shown(ran: Ran) -> dict[str, Any]:
    """Return the JSON of a call, whatever its exit code."""
    return parsed(Ran(0, ran.out, ran.err))


def test_a_run_by_hand(shell: Shell) -> None:
    """Status without an action; each answer ends with what can be done next."""
    told = text(shell("consolidate"))
    assert "No consolidation is under way." in told
    assert "e1 · task “deploy”" in told
    assert f"To begin: tokenspace consolidate start --db {shell.db}" in told
    begun = text(shell("consolidate", "start"))
    assert begun.startswith("Branch consolidate-1 is begun, in demo")
    assert f"tokenspace edit LABEL --branch consolidate-1 --db {shell.db}" in begun
    assert "is under way already" in text(shell("consolidate", "start"))
    shell.put("project", NOTES + "- Migrate first\n", *ON)
    assert "consolidate-1 is under way, with 1 change of its own." in text(shell("consolidate"))
    done = text(shell("consolidate", "finish", "--reason", "tidied"))
    assert done.startswith("Merged consolidate-1 into main, as change 5 in demo")
    assert done.endswith("1 episode learned.\n")
    assert shell.value("project") == NOTES + "- Migrate first\n"


def test_the_gate_holds_for_a_person_too(shell: Shell) -> None:
    """What is missing is listed; the exit code says that nothing was merged."""
    text(shell("consolidate", "start"))
    shell.put("project", NOTES.replace("- Prices are kept in cents\n", ""), *ON)
    assert "Missing before it can be merged:" in text(shell("consolidate"))
    ran = shell("consolidate", "finish")
    assert ran.code == 1
    assert "- project:2 'Prices are kept in cents' is gone; put it back" in ran.out.decode()
    command = f"tokenspace consolidate finish --drop project:2 --db {shell.db}"
    assert f"To let them go: {command}\n" in ran.out.decode()
    assert "consolidate-1 is not merged: 1 thing is missing" in ran.err
    refused = shown(shell("consolidate", "finish", "--json"))
    assert [found["kind"] for found in refused["missing"]] == ["lost"]
    assert [found["name"] for found in refused["missing"]] == ["project:2"]
    assert (refused["run"], refused["change"]) == ("consolidate-1", None)
    assert shell.value("project") == NOTES
    merged = parsed(shell("consolidate", "finish", "--drop", "project:2", "--json"))
    assert (merged["run"], merged["learned"], merged["missing"]) == (None, 1, [])
    assert [step["label"] for step in merged["blocks"]] == ["project"]


def test_a_run_can_be_given_up(shell: Shell) -> None:
    """And what was never begun cannot."""
    assert "no consolidation is under way" in shell("consolidate", "abandon").err
    assert parsed(shell("consolidate", "start", "--json"))["run"] == "consolidate-1"
    assert "consolidate-1 is abandoned" in text(shell("consolidate", "abandon"))
    assert parsed(shell("consolidate", "--json"))["order"]["episodes"] == 1
    assert shell("consolidate", "start", "--drop", "x").code == 2
    text(shell("consolidate", "start"))
    assert parsed(shell("consolidate", "abandon", "--json"))["action"] == "abandon"


def test_a_run_without_work_ends_and_has_learned(shell: Shell) -> None:
    """Its episodes were looked at."""
    text(shell("consolidate", "start"))
    told = text(shell("consolidate", "finish"))
    assert (
        told == "consolidate-1 has ended: it had nothing that main has not.\n1 episode learned.\n"
    )


def test_an_order_is_data_too(shell: Shell) -> None:
    """All parts of it, for programs."""
    shell.put("project", NOTES + "- Deploys on Mondays at 11:30\n- Back next week\n")
    order = parsed(shell("consolidate", "--budget", "5", "--focus", "deploys", "--json"))["order"]
    assert order["budget"] == 5
    assert {one["entry"] for one in order["stale"]} == {"Back next week"}
    (clash,) = order["contradictions"]
    assert {clash["one"]["line"], clash["other"]["line"]} == {1, 4}
    assert [long["label"] for long in order["long"]] == ["project"]
    assert order["clusters"] == [
        {"episodes": ["e1"], "task": "deploy", "score": None, "failed": False}
    ]
