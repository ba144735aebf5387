"""`tokenspace diff` and `blame`: what became of the text, and where each line comes from."""

import re
import sys
from pathlib import Path

import pytest

from tokenspace.memory import Block, blame, history
from tokenspace.memory.refs import Point
from tokenspace.memory.store import Snapshot

from .shell import Shell, parsed, text

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
NO_TERMINALS = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
OLD = "# Bakery\n- Deploys on Mondays\n- Prices are in cents\n- Needs Docker\n"
NEW = "# Bakery\n- Needs Docker\n- Deploys on Mondays at 09:00\n- Prices are in cents\n- Ask Grace"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line; the block `project` was written with change 2 and edited with change 3."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("project", OLD)
    shell.put("project", NEW)
    return shell


def test_what_the_last_change_did(shell: Shell) -> None:
    """Without places, the last change: of the branch, or of the block that is named."""
    shell.put("team/rules", "Be kind\n")
    assert re.fullmatch(
        r"--- /dev/null\n\+\+\+ team/rules@[0-9a-f]{8}\tchange 4\n@@ -0,0 \+1,1 @@\n\+Be kind\n",
        text(shell("diff")),
    )
    lines = text(shell("diff", "project")).splitlines()
    assert re.fullmatch(r"--- project@[0-9a-f]{8}\tchange 2", lines[0])
    assert re.fullmatch(r"\+\+\+ project@[0-9a-f]{8}\tchange 3", lines[1])
    assert lines[2:] == [
        "@@ -1,4 +1,5 @@",
        " # Bakery",
        "-- Deploys on Mondays",
        "+- Needs Docker",
        "+- Deploys on Mondays at 09:00",
        " - Prices are in cents",
        "-- Needs Docker",
        "+- Ask Grace",
        "\\ No newline at end of file",
    ]


def test_into_a_pipe_goes_a_patch(shell: Shell) -> None:
    """Edited, created, renamed and deleted blocks, control characters and open ends: all of it."""
    shell("branch", "twin")
    shell.put("project", OLD + "\tred \x1b[31m\x07\n")
    shell.put("new/empty", "")
    shell.put("new/text", "-- a\n\n++ b")
    shell.patch("*** Update Block: human\n*** Move to: person")
    ran = shell("diff", "--from", "twin", "--to", "main")
    shell.patch(ran.out.decode(), "twin")
    assert "Nothing differs" in text(shell("diff", "--from", "main", "--to", "twin", "project"))
    for label in ("project", "new/empty", "new/text", "person"):
        assert shell.value(label, "--branch", "twin") == shell.value(label)
    shell("restore", "--to", "3")
    shell.patch(text(shell("diff")), "twin")
    assert shell.value("project", "--branch", "twin") == NEW
    assert "was deleted" in shell("show", "new/text", "--branch", "twin").err


def test_what_is_said_about_a_block(shell: Shell) -> None:
    """Description, limit, tags and whether assistants may write: a line each, and no more."""
    flags = ("--limit", "4000", "--read-only", "--tag", "a", "--tag", "b")
    shell("edit", "project", *flags, "--description", "What\nmatters \x1b[2J")
    told = text(shell("diff")).splitlines()
    assert told[0].startswith("project · description: The work at hand:")
    assert told[0].endswith(r"→ What matters \x1b[2J")
    assert told[1:] == [
        "project · limit: 5,000 → 4,000",
        "project · read-only: no → yes",
        "project · tags: (none) → a, b",
    ]
    shell.put("noted", "", "--description", "made for it")
    assert text(shell("diff")).splitlines()[0] == "noted · description: (none) → made for it"


def test_nothing_differs(shell: Shell) -> None:
    """That is an answer, and no failure."""
    assert text(shell("diff", "--from", "3")) == "Nothing differs between change 3 and change 3.\n"
    assert text(shell("diff", "project", "--from", "3")) == "Nothing differs in project.\n"
    shell("branch", "exp")
    shell("edit", "project", "--branch", "exp", "--limit", "9")
    told = text(shell("diff", "--from", "exp", "--to", "exp"))
    assert told == "Nothing differs between change 4 on exp and change 4 on exp.\n"


def test_by_entry(shell: Shell) -> None:
    """What was added, removed, changed and moved, with the numbers of the lines."""
    assert text(shell("diff", "--entries")).splitlines() == [
        "project · edited, change 2 → change 3",
        "> 4 2  - Needs Docker",
        "~ 2    - Deploys on Mondays",
        "→   3  - Deploys on Mondays at 09:00",
        "+   5  - Ask Grace",
    ]
    shell.put("project", "# Bakery\r\n")
    assert "~ 1 1  # Bakery (its line ending)\n" in text(shell("diff", "--entries"))
    assert "- 2    - Needs Docker\n" in text(shell("diff", "--entries"))


def test_diff_for_programs(shell: Shell) -> None:
    """Both states of each block without their texts, the patch, and what became of each line."""
    answer = parsed(shell("diff", "--from", "1", "--to", "3", "--json"))
    assert (answer["from"], answer["to"]) == (
        {"branch": "main", "change": 1},
        {"branch": "main", "change": 3},
    )
    (block,) = answer["blocks"]
    assert (block["before"]["chars"], block["after"]["chars"]) == (0, len(NEW))
    assert block["patch"].startswith(f"--- project@{block['before']['version'][:8]}\tchange 1\n")
    assert block["entries"][0] == {
        "kind": "added",
        "old": None,
        "new": 1,
        "before": None,
        "after": "# Bakery\n",
    }
    assert parsed(shell("diff", "--from", "3", "--json"))["blocks"] == []


def test_where_each_line_comes_from(shell: Shell) -> None:
    """One row a line, indented as it is: the change, when, who, its number, its text."""
    shell.put("project", NEW + "\n\tin cash\n", "--user", "grace")
    rows = text(shell("blame", "project")).splitlines()
    assert re.fullmatch(r"2  \S+Z  ada    1 │ # Bakery", rows[0])
    assert [row.split()[0] for row in rows] == ["2", "2", "3", "2", "3", "4"]
    assert re.fullmatch(r"4  \S+Z  grace  6 │ \tin cash", rows[-1])
    assert len(text(shell("blame", "project", "--at", "2")).splitlines()) == 4
    assert text(shell("blame", "human")) == "(empty)\n"


def test_lines_may_be_older_than_is_known(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the texts of old were let go, or it would take too long."""

    def hasty(view: Snapshot, point: Point, block: Block, _: float | None) -> list[blame.Origin]:
        return blame.blame(view, point, block, seconds=0)

    monkeypatch.setattr(history, "blame", hasty)
    rows = text(shell("blame", "project")).splitlines()
    assert re.fullmatch(r"older +1 │ # Bakery", rows[0])
    assert re.fullmatch(r"    3  \S+Z  ada  3 │ - Deploys on Mondays at 09:00", rows[2])
    assert parsed(shell("blame", "project", "--json"))["lines"][0]["change"] is None


def test_a_new_label_is_told(shell: Shell) -> None:
    """In the history and in what differs, with the text's edits or without."""
    shell.patch("*** Update Block: human\n*** Move to: person")
    assert text(shell("log", "-n", "1")).splitlines()[2].endswith("renamed human to person")
    assert text(shell("diff", "--entries")).splitlines() == [
        "person · renamed, change 1 → change 4",
        "person · label: human → person",
    ]
    shell.patch("*** Update Block: person\n*** Move to: human\n@@\n+Ada")
    log = text(shell("log", "-n", "1")).splitlines()[2]
    assert re.search(r"edited human@[0-9a-f]{8} \(was person\)$", log)
    (block,) = parsed(shell("restore", "--to", "4", "--json"))["blocks"]
    assert (block["label"], block["old_label"], block["action"]) == ("person", "human", "edited")


def test_blame_for_programs(shell: Shell) -> None:
    """Lines name their change by number; each change is told once."""
    answer = parsed(shell("blame", "project", "--json"))
    assert (answer["block"]["label"], answer["block"]["change"]) == ("project", 3)
    assert answer["lines"][2] == {
        "line": 3,
        "text": "- Deploys on Mondays at 09:00",
        "change": 3,
    }
    assert [change["number"] for change in answer["changes"]] == [2, 3]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["diff", "--from", "9"], "there is no change 9; the newest is 3."),
        (["diff", "--to", "befor"], "'befor' is no place in the history. Did you mean 'before'?"),
        (["diff", "projet"], "Did you mean 'project'?"),
        (["diff", "--branch", "nope"], "there is no branch 'nope'"),
        (["diff", "--from", "2001-01-01"], "there was nothing yet at 2001-01-01"),
        (["blame", "projet"], "Did you mean 'project'?"),
        (["blame", "project", "--at", "nope"], "'nope' is no place in the history"),
    ],
)
def test_what_cannot_be_found_is_told(shell: Shell, words: list[str], complaint: str) -> None:
    """Exit code 1, with what is near."""
    shell("checkpoint", "before")
    ran = shell(*words)
    assert (ran.code, ran.out) == (1, b"")
    assert complaint in ran.err


@NO_TERMINALS
def test_memory_cannot_speak_to_the_terminal(shell: Shell) -> None:
    """Nothing that a value holds is taken for a command by the terminal."""
    evil = "\x1b]0;owned\x07 \x1b[2J\x9b31m [bold red]markup[/] \r over \u202e \x08"
    shell.put("project", f"# Bakery\n{evil}\n", "--user", evil, "--description", evil)
    for words in (("diff",), ("diff", "--from", "1"), ("diff", "--entries"), ("blame", "project")):
        shown = shell.on_terminal(*words)
        assert COLOUR.search(shown), words
        plain = COLOUR.sub(b"", shown).replace(b"\r\n", b"\n").decode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", plain), words
        assert r"\x1b]0;owned\x07 \x1b[2J\x9b31m [bold red]markup[/]" in plain, words


@NO_TERMINALS
def test_on_a_terminal_there_are_colours_and_words(shell: Shell) -> None:
    """Which space, which places, red and green; into a pipe goes nothing of it."""
    shown = shell.on_terminal("diff")
    assert b"\x1b[31m-- Deploys on Mondays\x1b[0m" in shown
    assert b"\x1b[32m+- Needs Docker\x1b[0m" in shown
    plain = COLOUR.sub(b"", shown).decode().splitlines()
    assert plain[0].startswith("demo (named by --db)")
    assert plain[1:3] == ["From change 2 to change 3:", ""]
    assert re.fullmatch(r"--- project@[0-9a-f]{8}  change 2", plain[3])
    blamed = COLOUR.sub(b"", shell.on_terminal("blame", "project")).decode()
    assert re.search(r"\n2  just now  ada  1 │ # Bakery\r\n", blamed)
    assert not COLOUR.search(shell("diff").out + shell("blame", "project").out)
