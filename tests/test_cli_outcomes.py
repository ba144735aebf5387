"""Outcomes, as a person sees them and a script tells them: the curve, the suspects, the numbers."""

import asyncio
import csv
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .shell import PROGRAM, Shell, parsed, text
from .story import BAD, GOOD, story, tell
from .support import opened

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")

FLIGHT = (0.5, 0.25)
"""Scores of a second task, that another model does."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A space of 8 edits, after the fifth of which tasks go worse; and the edits' numbers."""
    db = tmp_path_factory.mktemp("told") / "memory.db"

    async def work() -> list[int]:
        async with opened(db) as space:
            made = await story(space, 8, 4)
            await tell(space, FLIGHT, task="fly", model="other")
            return made

    return db, asyncio.run(work())


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A person's shell."""
    return Shell(tmp_path, monkeypatch)


@pytest.fixture
def lived(shell: Shell, told: tuple[Path, list[int]]) -> list[int]:
    """The shell's memory is that space; returns its edits."""
    shutil.copyfile(told[0], shell.db)
    return told[1]


def rows(ran_csv: str) -> list[dict[str, str]]:
    """Return what a CSV says."""
    return list(csv.DictReader(io.StringIO(ran_csv)))


def test_a_script_tells_an_outcome(shell: Shell) -> None:
    """One line of what was kept, one of the verdict; who did the task is said by a flag."""
    shell.put("project", "- a fact")
    lines = text(shell("outcome", "move  house", "0.25", "No lift.", "--model", "m1")).splitlines()
    assert lines[1:] == [
        "Kept e1 as change 3: 0.25 for move house, by memory as in main.2.",
        "No edit is suspected: too few outcomes: 1; about 8 on either side are needed.",
    ]
    assert shell("show", "e1").out == b"score 0.25: No lift."
    answer = parsed(shell("outcome", "fly", "1", "--receipt", "main.1", "--json"))
    outcome: dict[str, Any] = answer["outcome"]
    assert outcome["shown"] == {"branch": "main", "change": 1}
    assert (outcome["name"], outcome["task"], outcome["score"]) == ("e2", "fly", 1.0)
    assert outcome["author"]["client"] == "tokenspace cli"
    assert (answer["change"]["number"], answer["change"]["tool"]) == (4, "outcome")
    assert answer["verdict"]["suspects"] == []
    assert answer["verdict"]["why"].startswith("too few outcomes: 2;")
    models = [one["author"]["model"] for one in parsed(shell("outcomes", "--json"))["outcomes"]]
    assert sorted(models) == ["", "m1"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("outcome", "t"), 2, "arguments are required: SCORE"),
        (("outcome", "t", "well"), 2, "'well' is not a score from 0 to 1"),
        (("outcome", "t", "nan"), 2, "'nan' is not a score"),
        (("outcome", "t", "-1"), 2, "'-1' is not a score"),
        (("outcome", " ", "1"), 1, "the task is empty"),
        (("outcome", "t", "1", "--receipt", "12"), 1, "is not a receipt; it is like main.12"),
        (("outcome", "t", "1", "--receipt", "main.9"), 1, "there is no change 9, which the"),
        (("outcomes", "--csv", "--json"), 2, "give either --csv or --json"),
        (("outcomes", "--by", "day"), 2, "invalid choice: 'day'"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    shell: Shell, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """In a sentence; nothing is kept."""
    shell.put("project", "- a fact")
    ran = shell(*words)
    assert (ran.code, ran.out) == (code, b"")
    assert sentence in ran.err
    assert "There are no outcomes yet" in text(shell("outcomes"))


def test_where_there_is_no_memory_there_is_nothing_to_tell_of(shell: Shell) -> None:
    """None is made."""
    assert "there is no memory yet" in shell("outcome", "t", "1").err
    assert not shell.db.exists()
    shell.put("project", "- a fact")
    told = text(shell("outcomes"))
    assert f"To tell one: tokenspace outcome TASK SCORE --db {shell.db}" in told
    assert text(shell("outcomes", "--csv")) == "group,change,count,mean,loss,cumulative\n"


def test_the_curve_shows_where_tasks_went_worse(shell: Shell, lived: list[int]) -> None:
    """As a picture and a table, with the suspect and how to see it and take it back."""
    shown = text(shell("outcomes"))
    assert "█" in shown
    assert "cumulative loss over changes; ^ suspect" in shown
    assert re.search(rf"^ +{lived[3]} +4 +0\.90 +1\.60$", shown, re.M)
    assert re.search(rf"^ +{lived[4]} +4 +0\.20 +4\.80  suspect {lived[4]}$", shown, re.M)
    suspect = lived[4]
    assert (
        f'Suspect: since change {suspect} (memory_insert of project by ada · tests: "why - fact 4")'
        " scores fell from 0.90 to 0.20 (16 and 16 outcomes, "
    ) in shown
    assert f"tokenspace diff --to {suspect} --db {shell.db} shows it, " in shown
    assert "+- fact 4" in text(shell("diff", "--to", str(suspect)))
    assert f"tokenspace restore --undo {suspect} --db {shell.db} takes it back." in shown
    text(shell("restore", "--undo", str(suspect)))
    assert "No edit is suspected" in text(shell("outcomes"))


def test_the_numbers_are_there_for_programs(shell: Shell, lived: list[int]) -> None:
    """As CSV, of all, by task or by model; and as JSON, with the verdict."""
    every = rows(text(shell("outcomes", "--csv")))
    assert [int(row["change"]) for row in every] == lived
    assert [row["count"] for row in every] == ["4"] * 7 + ["6"]
    assert float(every[-1]["cumulative"]) == pytest.approx(4 * 0.4 + 4 * 3.2 + 1.25)
    for by, names in (("task", ["deploy", "fly"]), ("model", ["none", "other"])):
        found = rows(text(shell("outcomes", "--csv", "--by", by)))
        assert sorted({row[by] for row in found}) == names
        (last,) = [row for row in found if row[by] == names[1]]
        assert (last["count"], float(last["mean"])) == ("2", 0.375)
    answer = parsed(shell("outcomes", "--by", "task", "--json"))
    (suspect,) = answer["verdict"]["suspects"]
    assert suspect["change"] == lived[4]
    assert lived[4] in [change["number"] for change in answer["changes"]]
    assert [point["change"] for point in answer["curves"]["deploy"]] == lived
    assert len(answer["outcomes"]) == 34


def test_one_task_or_model_is_looked_at_alone(shell: Shell, lived: list[int]) -> None:
    """Or each by itself; a name that none has is answered with those there are."""
    alone = text(shell("outcomes", "--task", " fly "))
    assert re.search(rf"^ +{lived[-1]} +2 +0\.38 +1\.25$", alone, re.M)
    assert "too few outcomes: 2;" in alone
    assert "4.80" in text(shell("outcomes", "--model", "none"))
    apart = text(shell("outcomes", "--by", "task", "-n", "2"))
    assert re.search(r"^deploy\n.*^fly\n", apart, re.M | re.S)
    assert "There are 6 older changes: -n 4" in apart
    ran = shell("outcomes", "--task", "flying")
    assert (ran.code, ran.out) == (1, b"")
    assert "no such outcomes. Tasks: deploy, fly. Models: none, other." in ran.err


def test_a_swap_of_the_model_is_told_from_a_change_of_memory(
    shell: Shell, lived: list[int]
) -> None:
    """And outcomes of branches that are not merged are counted apart."""
    text(shell("restore", "--undo", str(lived[4])))

    async def more() -> None:
        async with opened(shell.db) as space:
            await tell(space, GOOD)
            await tell(space, BAD + BAD, model="new one")

    asyncio.run(more())
    text(shell("branch", "try"))
    shell.put("project", "- other", "--branch", "try")
    head = parsed(shell("log", "-n", "1", "--branch", "try", "--json"))["changes"][0]["number"]
    text(shell("outcome", "deploy", "1", "--receipt", f"try.{head}"))
    shown = text(shell("outcomes"))
    assert "Model: new one in place of none since change" in shown
    assert "that is the model, not memory." in shown
    assert "m another model" in shown
    assert "Not counted: 1 outcome of branches that are not merged." in shown


@needs_terminal
def test_a_terminal_has_marks_in_colour(shell: Shell, lived: list[int]) -> None:
    """Within its width, and nothing of a task's name controls it."""
    shell("outcome", "\x1b[31mred", "0.5")
    shown = shell.on_terminal("outcomes").decode()
    assert "\x1b[1;31msuspect" in shown
    plain = COLOUR.sub(b"", shown.encode()).decode()
    assert f"suspect {lived[4]}" in plain
    picture = [line for line in plain.splitlines() if "│" in line]
    assert len(picture) == 8
    assert max(map(len, picture)) <= 80
    apart = shell.on_terminal("outcomes", "--by", "task").decode()
    assert r"\x1b[31mred" in COLOUR.sub(b"", apart.encode()).decode()


def test_two_scripts_tell_at_once(shell: Shell) -> None:
    """Each in a process of its own; both are kept."""
    shell.put("project", "- a fact")
    running = [
        subprocess.Popen(
            [*PROGRAM, "outcome", "deploy", score, "--model", f"m{score}", "--db", str(shell.db)],
            stdout=subprocess.PIPE,
            cwd=shell.folder,
            env=shell.environ,
        )
        for score in ("0", "1")
    ]
    for process in running:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert b"Kept e" in said
    outcomes = parsed(shell("outcomes", "--json"))["outcomes"]
    told = sorted((one["score"], one["author"]["model"]) for one in outcomes)
    assert told == [(0, "m0"), (1, "m1")]
