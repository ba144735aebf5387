"""`tokenspace search`: what a person finds, in a pipe, on a terminal and as a program."""

import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from tokenspace.memory.querying import PLACES, Place
from tokenspace.server import flags

from .shell import Shell, parsed, text

RUNBOOK = "Deploys happen on Mondays at 09:00.\nAsk Grace."
COLOUR = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
OFF = 'By words only: search by meaning is switched off by the setting model = "none".'

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line, without a model; a passage, and a block that has lost a line."""
    shell = Shell(tmp_path, monkeypatch)
    shell.environ["TOKENSPACE_MODEL"] = "none"
    monkeypatch.setenv("TOKENSPACE_MODEL", "none")
    words = ("--tag", "ops", "--tag", "team", "--source", "runbook", "--valid-from", "2026-10-05")
    text(shell("archive", "-", *words, given=RUNBOOK.encode()))
    shell.put("project", "- prices are in euros\n- cakes are due on Mondays\n")
    shell.put("project", "- cakes are due on Mondays\n")
    return shell


def names(shell: Shell, *words: str) -> list[str]:
    """Return what a search finds, best first."""
    return [find["name"] for find in parsed(shell("search", *words, "--json"))["finds"]]


def test_finds_in_a_pipe(shell: Shell) -> None:
    """One find: what it is, then the part that answers, plain; at the end how it was looked for."""
    lines = text(shell("search", "deploys", "on", "Monday")).splitlines()
    assert lines[0] == f"demo (named by --db) · {shell.db}"
    facts = r"p1 · archive · 2026-10-05T00:00:00Z · \d\.\d\d · runbook · ops, team"
    assert re.fullmatch(facts, lines[1])
    assert lines[2] == "    Deploys happen on Mondays at 09:00. Ask Grace."
    assert re.fullmatch(r"project · blocks · \S+Z · \d\.\d\d", lines[3])
    assert lines[4:] == ["    - cakes are due on Mondays", OFF]


def test_finds_for_programs(shell: Shell) -> None:
    """The shape is a promise: the whole text, exact times, the mode and why."""
    answer = parsed(shell("search", "deploys", "--json"))
    (find,) = answer.pop("finds")
    assert find.pop("score") > 0
    assert find == {
        "place": "archive",
        "name": "p1",
        "text": RUNBOOK,
        "at": "2026-10-05T00:00:00.000000Z",
        "until": None,
        "gone": None,
        "source": "runbook",
        "tags": ["ops", "team"],
    }
    assert answer.pop("space")["name"] == "demo"
    why = 'search by meaning is switched off by the setting model = "none".'
    assert answer == {"branch": None, "mode": "lexical", "why": why, "more": False}


def test_filters_narrow_a_search(shell: Shell) -> None:
    """Places, tags, source and times; what does not fit them is not found."""
    assert names(shell, "mondays", "--in", "blocks") == ["project"]
    assert names(shell, "mondays", "--in", "archive,episodes") == ["p1"]
    both = names(shell, "mondays", "--in", "archive", "--in", "blocks,episodes")
    assert sorted(both) == ["p1", "project"]
    assert names(shell, "mondays", "--tag", "ops", "--tag", "x") == ["p1"]
    assert names(shell, "mondays", "--source", "runbook", "-n", "5") == ["p1"]
    assert names(shell, "mondays", "--since", "2026-10", "--until", "2026-10") == ["p1"]
    for words in (["--tag", "ops", "--tag", "x", "--all-tags"], ["--until", "2026-10-04"]):
        ran = shell("search", "mondays", *words)
        assert ran.code == 1
        assert b"Nothing was found; --in history looks in the past." in ran.out


def test_what_is_no_longer_there_is_found_in_history(shell: Shell) -> None:
    """Only when asked for; the change that took it out is named."""
    assert shell("search", "euros").code == 1
    told = text(shell("search", "euros", "--in", "history"))
    assert re.search(r"project · history · \S+Z · taken out by change 4 · \d\.\d\d\n", told)
    answer = parsed(shell("search", "euros", "--in", "history", "--json"))
    assert answer["finds"][0]["gone"] == 4


def test_without_a_question_the_newest_are_shown(shell: Shell) -> None:
    """No score, and no word of how it was looked for; a longer list is offered."""
    told = text(shell("search", "-n", "1"))
    assert re.search(r"\nproject · blocks · \S+Z\n    - cakes", told)
    assert told.endswith("There are more: -n 2\n")
    assert parsed(shell("search", "--json"))["mode"] == "newest"


def test_a_failed_search_is_no_success(shell: Shell) -> None:
    """Exit code 1 as of grep, also for programs; a time that is none is refused."""
    ran = shell("search", "zebra", "--json")
    assert (ran.code, b'"finds": []' in ran.out, ran.err) == (1, True, "")
    assert "is not a time" in shell("search", "x", "--since", "someday").err


def test_a_search_can_look_everywhere() -> None:
    """The words of the command line are those of the domain."""
    assert flags.PLACES == PLACES == get_args(Place)


@needs_terminal
def test_wanted_words_are_bold_on_a_terminal(shell: Shell) -> None:
    """Whatever their ending; nothing of a text controls the terminal."""
    text(shell("archive", "-", given="東京 deployed \x1b[2J foo_bar.py".encode()))
    shown = shell.on_terminal("search", "deploys 京 foo_bar.py Grace's the")
    for word in ("京", "deployed", "foo", "bar", "py", "Deploys", "Grace"):
        assert b"\x1b[1m" + word.encode() + b"\x1b[0m" in shown
    plain = COLOUR.sub(b"", shown).decode()
    assert r"東京 deployed \x1b[2J foo_bar.py" in plain
    assert "the\x1b" not in shown.decode()
    assert b"\x1b[33mBy words only\x1b[0m" in shown
