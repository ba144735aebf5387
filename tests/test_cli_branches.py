"""`tokenspace branch` and `merge`: a second line of changes, and how it comes together."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from .shell import Ran, Shell, parsed, text

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NO_TERMINALS = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line; `team/rules` was written with change 2."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("team/rules", "Be kind\nBe quick\nBe exact\n")
    return shell


def split(shell: Shell) -> str:
    """Make two branches that changed the same line, and return the conflict's id."""
    text(shell("branch", "exp"))
    shell.put("team/rules", "Be kind\nBe quicker\nBe exact\n", "--branch", "exp")
    shell.put("team/rules", "Be kind\nBe slow\nBe exact\n")
    ran = shell("merge", "exp", "--json")
    assert ran.code == 1
    return shown(ran)["conflicts"][0]["id"]


def shown(ran: Ran) -> dict[str, Any]:
    """Return the JSON of a call, whatever its exit code."""
    return parsed(Ran(0, ran.out, ran.err))


def test_a_branch_is_a_second_line(shell: Shell) -> None:
    """What is written on it is seen there only: in every command that takes --branch."""
    told = text(shell("branch", "wild/idea", "--from", "2"))
    assert told.splitlines() == [
        "Branch wild/idea begins at change 2 of main, in demo (named by --db).",
        f"To write on it: tokenspace edit LABEL --branch wild/idea --db {shell.db}",
    ]
    on = ("--branch", "wild/idea")
    shell.put("idea", "fly\n", *on)
    assert shell.value("idea", *on) == "fly\n"
    assert shell("show", "idea").code == 1
    assert text(shell("blocks", *on)).splitlines()[0] == (
        f"demo (named by --db) · branch wild/idea · {shell.db}"
    )
    assert "idea" not in text(shell("blocks")).split()
    assert "+fly" in text(shell("diff", *on))
    assert text(shell("blame", "idea", *on)).endswith("│ fly\n")
    rows = text(shell("log", *on)).splitlines()
    assert [row.split()[:2] for row in rows[1:3]] == [["Change", "Branch"], ["3", "wild/idea"]]
    assert rows[3].split()[1] == "main"
    assert "Branch" not in text(shell("log")).splitlines()[1]
    back = text(shell("restore", "--to", "2", *on))
    assert shell.value("team/rules") == "Be kind\nBe quick\nBe exact\n"
    assert "Took back change 4" in text(shell.suggested(back))


def test_import_goes_to_a_branch(shell: Shell) -> None:
    """Tried out where nobody works, and merged if it was good."""
    text(shell("branch", "trial"))
    source = shell.folder / "agent.af"
    source.write_text(
        '{"agents": [{"name": "Bob", "block_ids": ["b"]}],'
        ' "blocks": [{"id": "b", "label": "fresh", "value": "v", "limit": 100}]}'
    )
    for words in (["--dry-run"], []):
        text(shell("import", str(source), "--branch", "trial", *words))
    assert shell.value("fresh", "--branch", "trial") == "v"
    assert shell("show", "fresh").code == 1
    assert "there is no branch" in shell("import", str(source), "--branch", "nope").err


def test_branches_are_listed_and_end(shell: Shell) -> None:
    """Where each left its parent, and how far it has come; an ended one stays readable."""
    text(shell("branch", "exp"))
    shell.put("team/rules", "x\n", "--branch", "exp")
    rows = text(shell("branch")).splitlines()[1:]
    assert rows[0].split() == ["Branch", "From", "Changes", "Head", "Blocks", "Made", "Who"]
    assert re.fullmatch(r"main +2 +2 +4  \S+Z", rows[1])
    assert re.fullmatch(r"exp +change 2 of main +1 +3 +4  \S+Z  ada", rows[2])
    main, exp = parsed(shell("branch", "--json"))["branches"]
    assert (main["from"], main["author"]) == (None, None)
    assert MOMENT.fullmatch(exp.pop("at"))
    assert exp.pop("author")["user"] == "ada"
    assert exp == {
        "name": "exp",
        "from": {"branch": "main", "change": 2},
        "head": 3,
        "changes": 1,
        "blocks": 4,
    }
    told = text(shell("branch", "exp", "--delete"))
    assert told.startswith("Branch exp has ended at change 3, in demo (named by --db).\n")
    assert "exp" not in text(shell("branch"))
    assert shell.value("team/rules", "--at", "3") == "x\n"
    assert "main cannot be deleted" in shell("branch", "main", "--delete").err


@pytest.mark.parametrize(
    "words",
    [
        *(["blocks"], ["show", "human"], ["log"], ["diff"], ["blame", "human"]),
        *(["edit", "new", "--create"], ["edit", "human", "--limit", "9"], ["checkpoint", "x"]),
        *(["restore", "--to", "1"], ["branch", "x"]),
    ],
)
def test_an_unknown_branch_is_told(shell: Shell, words: list[str]) -> None:
    """With those that there are; nothing is made of its name, and no editor opens."""
    shell.editor("sys.exit(9)")
    ran = shell(*words, "--branch", "nope")
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err == "tokenspace: there is no branch 'nope'; there are main.\n"


def test_a_merge_that_needs_nothing_decided(shell: Shell) -> None:
    """Each block's part is told, and the way back; a second merge finds nothing new."""
    text(shell("branch", "exp"))
    shell.put("team/rules", "Be kind\nBe quick\nBe exact\nBe there\n", "--branch", "exp")
    shell.put("idea", "fly\n", "--branch", "exp")
    shell.put("team/rules", "Be very kind\nBe quick\nBe exact\n")
    lines = text(shell("merge", "exp")).splitlines()
    assert lines[0] == "Merged exp into main, as change 6 in demo (named by --db)."
    assert [line.split() for line in lines[2:4]] == [
        ["team/rules", "edited", "+1"],
        ["idea", "created", "+1"],
    ]
    assert lines[4] == "What was there before: checkpoint before-merge-6."
    assert shell.value("team/rules") == "Be very kind\nBe quick\nBe exact\nBe there\n"
    assert text(shell("merge", "exp")) == (
        "exp has nothing that main has not, in demo (named by --db).\n"
    )
    assert "merge of change 4, edited team/rules@" in text(shell("log", "-n", "1"))
    text(shell.suggested(lines[5]))
    assert shell.value("team/rules") == "Be very kind\nBe quick\nBe exact\n"


def test_a_conflict_is_shown_with_the_next_command(shell: Shell) -> None:
    """Exit code 1: what it was and what each side made of it; the command decides it."""
    conflict = split(shell)
    ran = shell("merge", "exp", "--reason", "we agreed")
    assert ran.code == 1
    assert ran.out.decode().splitlines() == [
        f"{conflict}  team/rules · line 2",
        "  before  Be quick",
        "  ours    Be slow",
        "  theirs  Be quicker",
        "",
        "Decide each (ours, theirs, both, or the text to put there), or all with --ours or "
        "--theirs. For example:",
        f"  tokenspace merge exp --resolve {conflict}=theirs --reason 'we agreed' --db {shell.db}",
    ]
    assert ran.err == (
        "tokenspace: 1 conflict between main (ours) and exp (theirs); nothing was written.\n"
    )
    assert shell.value("team/rules") == "Be kind\nBe slow\nBe exact\n"
    text(shell.suggested(ran.out.decode()))
    assert shell.value("team/rules") == "Be kind\nBe quicker\nBe exact\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--ours"], "Be slow\n"),
        (["--theirs"], "Be quicker\n"),
        (["--resolve", "ID=both"], "Be slow\nBe quicker\n"),
        (["--resolve", "ID=Be = yourself", "--theirs"], "Be = yourself\n"),
        (["--resolve", "ID="], ""),
    ],
)
def test_a_conflict_is_decided(shell: Shell, words: list[str], line: str) -> None:
    """By side, for all or one, or with a text of one's own."""
    conflict = split(shell)
    text(shell("merge", "exp", *(word.replace("ID", conflict) for word in words)))
    assert shell.value("team/rules") == f"Be kind\n{line}Be exact\n"


def test_a_merge_may_take_nothing(shell: Shell) -> None:
    """It is a change all the same: what was decided is not asked again."""
    split(shell)
    assert text(shell("merge", "exp", "--ours")).splitlines() == [
        "Merged exp into main, as change 5 in demo (named by --db).",
        "No block reads differently.",
    ]
    assert "exp has nothing that main has not" in text(shell("merge", "exp"))


def test_decisions_are_carried_on(shell: Shell) -> None:
    """Of many conflicts the next command names some, with what was decided before."""
    keys = [f"block/{n}" for n in range(6)]
    for key in keys:
        shell.put(key, "old\n" * 30)
    text(shell("branch", "exp"))
    for key in keys:
        shell.put(key, "ours\n" * 30)
        shell.put(key, "theirs\n", "--branch", "exp")
    first = shown(shell("merge", "exp", "--json"))["conflicts"][0]["id"]
    ran = shell("merge", "exp", "--resolve", f"{first}=both")
    assert "5 conflicts between main (ours) and exp (theirs)" in ran.err
    told = ran.out.decode()
    assert "          … 18 more lines\n" in told
    assert f"tokenspace merge exp --resolve {first}=both --resolve " in told
    assert told.count("=theirs") == 4
    assert "--ours --db" in told.splitlines()[-1]
    text(shell.suggested(told.splitlines()[-1]))
    assert shell.value(keys[0]).endswith("ours\ntheirs\n")
    assert shell.value(keys[1]) == "theirs\n"
    assert shell.value(keys[5]) == "ours\n" * 30


def test_merge_for_programs(shell: Shell) -> None:
    """Conflicts come in the answer, with exit code 1; else as `restore` answers."""
    split(shell)
    ran = shell("merge", "exp", "--json")
    assert ran.code == 1
    answer = shown(ran)
    assert (answer["change"], answer["checkpoint"], answer["blocks"]) == (None, None, [])
    (conflict,) = answer["conflicts"]
    assert re.fullmatch("[0-9a-f]{6}", conflict.pop("id"))
    assert conflict == {
        "label": "team/rules",
        "part": "text",
        "line": 2,
        "base": "Be quick\n",
        "ours": "Be slow\n",
        "theirs": "Be quicker\n",
    }
    answer = parsed(shell("merge", "exp", "--theirs", "--json"))
    assert (answer["change"]["merged"], answer["checkpoint"]) == (3, "before-merge-5")
    assert answer["conflicts"] == []
    assert [block["action"] for block in answer["blocks"]] == ["edited"]


def test_a_merge_goes_where_it_is_told(shell: Shell) -> None:
    """`--into` another branch; the commands it names say so too."""
    split(shell)
    ran = shell("merge", "main", "--into", "exp")
    assert "1 conflict between exp (ours) and main (theirs)" in ran.err
    told = text(shell.suggested(ran.out.decode()))
    assert told.startswith("Merged main into exp, as change 5 in demo (named by --db), branch exp.")
    assert shell.value("team/rules", "--branch", "exp") == "Be kind\nBe slow\nBe exact\n"
    text(shell.suggested(told))
    assert shell.value("team/rules", "--branch", "exp") == "Be kind\nBe quicker\nBe exact\n"
    assert "cannot be merged into itself" in shell("merge", "main").err
    assert "there is no conflict 'beef'" in shell("merge", "exp", "--resolve", "beef=ours").err
    assert "there is no branch 'nope'" in shell("merge", "nope").err


@NO_TERMINALS
def test_memory_cannot_speak_to_the_terminal(shell: Shell) -> None:
    """Conflicts, messages, reasons and names come out as text, whatever is in them."""
    evil = "\x1b]0;owned\x07 \x1b[2J\x9b31m [bold red]markup[/] \r over \u202e \x08"
    text(shell("checkpoint", "here", "-m", evil, "--user", evil))
    text(shell("branch", "exp", "--user", evil))
    shell.put("team/rules", f"{evil}\n", "--branch", "exp")
    shell.put("team/rules", f"{evil}!\n", "--reason", evil)
    calls = [(1, "merge", "exp", "--reason", evil), (0, "merge", "exp", "--theirs"), (0, "log")]
    calls += [(0, "checkpoint"), (0, "branch"), (0, "restore", "--to", "here")]
    for code, *words in calls:
        screen = shell.on_terminal(*words, code=code)
        plain = COLOUR.sub(b"", screen).replace(b"\r\n", b"\n").decode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", plain), words
        assert COLOUR.search(screen), words


@NO_TERMINALS
def test_on_a_terminal_sides_have_colours(shell: Shell) -> None:
    """And times are words."""
    split(shell)
    screen = shell.on_terminal("merge", "exp", code=1)
    assert b"\x1b[32mBe slow\x1b[0m" in screen
    assert b"\x1b[35mBe quicker\x1b[0m" in screen
    assert b"just now" in shell.on_terminal("branch")
