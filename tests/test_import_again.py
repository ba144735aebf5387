"""What is taken in a second time: a source that grew, and exports of our own."""

import json
from pathlib import Path

import pytest

from tokenspace.memory.growing import grown

from .shell import Shell, parsed, text

SECRET = "password: hunter2hunter"  # noqa: S105 - a made-up one


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Give a command line with a memory of its own."""
    return Shell(tmp_path, monkeypatch)


def graph(*facts: str) -> str:
    """Return a server-memory file that says these of its person."""
    return json.dumps(
        {"type": "entity", "name": "default_user", "entityType": "person", "observations": facts}
    )


def labels(shell: Shell) -> list[str]:
    """Return the labels of all blocks that have a text."""
    return [b["label"] for b in parsed(shell("blocks", "--json"))["blocks"] if b["chars"]]


@pytest.mark.parametrize(
    ("now", "past", "source", "told"),
    [
        ("- a\n", [], "- a\n- b\n", "- a\n- b\n"),
        ("- a\n- mine\n", [], "- a\n- b\n", "- a\n- mine\n- b\n"),
        ("- mine\n", ["- a\n"], "- a\n- b\n", "- mine\n- b\n"),
        ("- a, b\n", ["- a\n- b\n"], "- a\n- b\n", "- a, b\n"),
        ("# A\n\n- a\n\n# C\n", [], "# A\n\n- a\n\n# B\n\n- b\n\n# C\n", None),
        ("- A\n", ["- a\n"], "- b\n- a\n- c\n", "- b\n- A\n- c\n"),
        ("- a", [], "- a\n- b", "- a\n- b"),
    ],
)
def test_a_source_adds_what_was_never_said(
    now: str, past: list[str], source: str, told: str | None
) -> None:
    """Where it stands there; what was let go or said otherwise here does not come back."""
    assert grown(now, past, source) == (source if told is None else told)


def test_a_source_without_a_line_of_the_block_is_another() -> None:
    """Two people, two projects of one name."""
    assert grown("- Ada\n", ["- Ada Lovelace\n"], "- Sam\n") is None


def test_a_graph_that_grew_adds_lines_to_its_block(shell: Shell) -> None:
    """Also where its label was taken, or the block has another by now."""
    shell.put("human", "Name: Ada\n")
    file = shell.folder / "memory.json"
    file.write_text(graph("likes tea"))
    text(shell("import", "memory.json"))
    file.write_text(graph("likes tea", "has a dog"))
    assert "grown" in text(shell("import", "memory.json"))
    assert labels(shell) == ["human", "server-memory/human"]
    assert shell.value("server-memory/human") == "- likes tea\n- has a dog"
    again = parsed(shell("import", "memory.json", "--json"))
    assert (again["change"], again["blocks"][0]["action"]) == (None, "already here")
    file.write_text(graph("plays chess"))
    text(shell("import", "memory.json"))
    assert labels(shell) == ["human", "server-memory/human", "server-memory-2/human"]


@pytest.mark.parametrize("reason", ["read-only", "too large"])
def test_a_block_that_cannot_grow_stays_and_another_takes_it_all(shell: Shell, reason: str) -> None:
    """It is a person's, or has no room."""
    file = shell.folder / "memory.json"
    file.write_text(graph("likes tea"))
    text(shell("import", "memory.json"))
    if reason == "read-only":
        shell.put("human", "- likes tea\n", "--read-only")
    else:
        shell.put("human", f"- likes tea\n- {'z' * 200_000}\n")
    before = shell.value("human")
    file.write_text(graph("likes tea", "y" * 100_000))
    text(shell("import", "memory.json"))
    assert shell.value("human") == before
    assert shell.value("server-memory/human").startswith("- likes tea\n- yyy")


def test_instructions_that_grew_stay_one_block(shell: Shell) -> None:
    """What was tidied away here stays away; the answer says how many lines came."""
    (shell.folder / "shop").mkdir()
    file = shell.folder / "shop" / "CLAUDE.md"
    file.write_text("- use uv\n- be brief\n")
    text(shell("import", "shop"))
    shell.put("instructions/CLAUDE", "- use uv, not pip\n")
    file.write_text("- use uv\n- be brief\n- test first\n")
    assert "+1 line" in text(shell("import", "shop/CLAUDE.md"))
    assert labels(shell) == ["instructions/CLAUDE"]
    assert shell.value("instructions/CLAUDE") == "- use uv, not pip\n- test first\n"


def test_rules_in_files_without_a_suffix_are_blocks(shell: Shell) -> None:
    """Alone, and as a part of a project."""
    (shell.folder / "shop").mkdir()
    (shell.folder / "shop" / ".cursorrules").write_text("No any.\n")
    (shell.folder / "shop" / ".windsurfrules").write_text("No var.\n")
    text(shell("import", "shop"))
    assert labels(shell) == ["rules/cursorrules", "rules/windsurfrules"]
    again = parsed(shell("import", "shop/.cursorrules", "--json"))
    assert [b["action"] for b in again["blocks"]] == ["already here"]


@pytest.mark.parametrize("target", ["all.jsonl", "folder"])
def test_our_own_exports_come_back_as_they_were(shell: Shell, target: str) -> None:
    """With what looks like a secret, which is said, and the time when a passage was filed."""
    shell.put("project", f"- {SECRET}\n")
    shell.put("build/.cursorrules", "- use make\n")
    text(shell("archive", "-", given=SECRET.encode()))
    text(shell("export", target))
    same = parsed(shell("import", target, "--json"))
    assert (same["change"], same["passages"]) == (None, {"new": 0, "here": 1})
    ours, other = (["--db", str(db)] for db in (shell.db, shell.folder / "other.db"))
    came = parsed(shell.run("import", target, "--json", *other))
    assert came["secrets"] == []
    assert came["notes"] == [
        "block project, line 1: a password or key came along, as it was in memory before.",
        "passage 1, line 1: a password or key came along, as it was in memory before.",
    ]
    assert text(shell.run("show", "project", *other)) == f"- {SECRET}\n"
    assert text(shell.run("show", "build/.cursorrules", *other)) == "- use make\n"
    back, was = (parsed(shell.run("show", "p1", "--json", *db)) for db in (other, ours))
    assert back["passage"]["text"] == SECRET
    assert back["passage"]["created_at"] == was["passage"]["created_at"]
    assert back["passage"]["changed_at"] > back["passage"]["created_at"]


def test_a_time_of_filing_that_is_to_come_counts_as_now(shell: Shell) -> None:
    """A file may say anything; what is told as history lies in the past."""
    head, passage = {"tokenspace": 1}, {"type": "passage", "text": "x", "filed": "2999-01-01"}
    (shell.folder / "all.jsonl").write_text(f"{json.dumps(head)}\n{json.dumps(passage)}\n")
    text(shell("import", "all.jsonl"))
    found = parsed(shell("show", "p1", "--json"))["passage"]
    assert found["created_at"] == found["changed_at"]


def test_only_a_space_that_nobody_wrote_to_becomes_the_exported_one(shell: Shell) -> None:
    """After a single write nothing of its own is taken out."""
    shell.put("notes", "theirs\n")
    text(shell("export", "all.jsonl"))
    other = ["--db", str(shell.folder / "other.db")]
    ran = shell.run("edit", "mine", "--create", "--file", "-", *other, given=b"mine\n")
    assert not ran.code, ran.err
    lines = (shell.folder / "all.jsonl").read_text().splitlines()
    kept = [line for line in lines if '"label": "persona"' not in line]
    (shell.folder / "all.jsonl").write_text("\n".join(kept))
    text(shell.run("import", "all.jsonl", *other))
    held = [b["label"] for b in parsed(shell.run("blocks", "--json", *other))["blocks"]]
    assert sorted(held) == ["human", "mine", "notes", "persona", "project"]
