"""`tokenspace status`: what memory_status says, in commands."""

from pathlib import Path

import pytest
from shell import Shell, parsed, text


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Commands on a new database; no model."""
    monkeypatch.setenv("TOKENSPACE_MODEL", "none")
    made = Shell(tmp_path, monkeypatch)
    monkeypatch.setenv("TOKENSPACE_MODEL", "none")
    return made


def test_a_person_sees_the_same_with_commands_to_type(shell: Shell) -> None:
    """The space first, and the file; what is next can be typed as it stands."""
    shell.put("one", "- Rent is 900 euros a month.\n")
    shell.put("two", "- Rent is 950 euros a month.\n")
    told = text(shell("status"))
    assert told.startswith("demo (named by --db) · ")
    assert "1 pair of entries may contradict each other:\n" in told
    label = told.rsplit("next:\n  tokenspace edit ", 1)[1].split(" ")[0]
    assert f"  tokenspace edit {label} --db {shell.db}: line 1 of {label} and line 1 of " in told


def test_a_program_gets_it_as_json(shell: Shell) -> None:
    """Numbers and names, and the same steps."""
    shell.put(
        "one", "- Rent is 900 euros a month.\n- Meets Bob until 2020-01-01.\n", "--limit", "9"
    )
    shell.put("two", "- Rent is 950 euros a month.\n")
    answer = parsed(shell("status", "--json"))
    sizes = {block["label"]: block for block in answer["blocks"]}
    assert sizes["one"]["chars"] > sizes["one"]["limit"] == 9
    assert answer["context_budget"] == 6_000
    (pair,) = answer["contradictions"]
    assert {pair["one"]["label"], pair["other"]["label"]} == {"one", "two"}
    assert [one["why"] for one in answer["stale"]] == ["2020-01-01 is past"]
    assert (answer["old"], answer["unlearned"], answer["consolidation"]) == (0, 0, None)
    assert answer["verdict"]["suspects"] == []
    assert len(answer["next"]) == 3
    assert answer["space"]["how"] == "named by --db"


def test_the_budget_is_a_setting(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the context, in tokens; what is no number is refused."""
    shell.put("one", "- Rent is 900 euros a month.\n")
    monkeypatch.setenv("TOKENSPACE_CONTEXT_BUDGET", "5")
    assert "≈9 tokens in every context, of 5, 4 over\n" in text(shell("status"))
    for wrong in ("many", "0", "-3", "1.5"):
        monkeypatch.setenv("TOKENSPACE_CONTEXT_BUDGET", wrong)
        ran = shell("status")
        assert ran.code == 2
        assert f"TOKENSPACE_CONTEXT_BUDGET: {wrong!r} is not a context_budget" in ran.err


def test_a_memory_that_does_not_exist_is_refused(shell: Shell) -> None:
    """Looking at it does not make it."""
    ran = shell("status")
    assert ran.code == 1
    assert "there is no memory yet" in ran.err
    assert not shell.db.exists()
