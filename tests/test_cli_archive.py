"""The archive, as a person uses it: texts are filed, corrected, listed, shown and forgotten."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from tokenspace.memory.passages import PassageDraft

from .shell import Shell, files_holding, parsed, text
from .support import BY, opened

NOTE = "Deploys happen on Mondays at 09:00, after the standup with Grace.\r\n\n\x1b[31mred\n"
LATER = "Deploys happen on Tuesdays at 09:00, after the standup with Grace."

COLOUR = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line, without a model; nothing is there yet."""
    shell = Shell(tmp_path, monkeypatch)
    shell.environ["TOKENSPACE_MODEL"] = "none"
    monkeypatch.setenv("TOKENSPACE_MODEL", "none")
    return shell


def filed(shell: Shell, value: str, *words: str) -> str:
    """File a passage, and return what is told."""
    return text(shell("archive", "-", *words, given=value.encode()))


def test_a_text_is_filed_and_shown_byte_for_byte(shell: Shell) -> None:
    """From standard input or a file; into a pipe goes the text and nothing else."""
    (shell.folder / "note.txt").write_bytes(NOTE.encode())
    told = text(shell("archive", "note.txt", "--tag", "ops", "--reason", "asked"))
    assert re.match(r"Filed p1@[0-9a-f]{8} as change 2 in demo \(named by --db\): 77 char", told)
    assert shell("show", "p1").out == NOTE.encode()
    assert "Filed p2@" in filed(shell, "something else")
    assert shell("show", "P2").out == b"something else"
    (change,) = parsed(shell("log", "-n", "1", "--before", "3", "--json"))["changes"]
    assert (change["tool"], change["reason"], change["blocks"]) == ("archive", "asked", [])
    (touched,) = change["passages"]
    assert re.fullmatch("[0-9a-f]{32}", touched.pop("version"))
    assert touched == {"name": "p1", "kind": "passage", "action": "filed"}
    assert "filed p2@" in text(shell("log", "-n", "1"))


def test_the_same_text_is_not_filed_twice(shell: Shell) -> None:
    """Nothing is written the second time; one that says nearly the same is named."""
    filed(shell, NOTE, "--source", "runbook")
    told = filed(shell, NOTE, "--source", "runbook")
    assert told == "Nothing to do: p1 reads like that already, in demo (named by --db).\n"
    told = filed(shell, LATER)
    assert f"rather be corrected: tokenspace archive FILE --id p1 --db {shell.db}\np1 · " in told
    answer = parsed(shell("archive", "-", "--json", given=LATER.upper().encode()))
    assert {find["name"] for find in answer["near"]} == {"p1", "p2"}
    assert "It is long" in filed(shell, "word " * 250)


def test_a_passage_is_corrected_and_shown_as_it_was(shell: Shell) -> None:
    """Its text, or only what is said of it; every older state can be shown, and taken back."""
    filed(shell, NOTE, "--tag", "ops", "--source", "runbook")
    assert "Corrected p1@" in filed(shell, LATER, "--id", "p1")
    told = text(
        shell("archive", "--id", "p1", "--tag", "a", "--tag", "b", "--valid-from", "2026-11")
    )
    assert "Described anew p1@" in told
    passage = parsed(shell("show", "p1", "--json"))["passage"]
    assert (passage["text"], passage["tags"], passage["source"]) == (LATER, ["a", "b"], "runbook")
    assert (passage["valid_from"], passage["valid_until"]) == ("2026-11-01T00:00:00.000000Z", None)
    assert shell("show", "p1", "--at", "2").out == NOTE.encode()
    assert shell("show", "p1", "--at", "now").out == LATER.encode()
    assert "there was no p1 at change 1" in shell("show", "p1", "--at", "change 1").err
    text(shell.suggested(told))
    assert parsed(shell("show", "p1", "--json"))["passage"]["tags"] == ["ops"]


def test_an_empty_text_takes_it_out(shell: Shell) -> None:
    """That is said, can be taken back, and goes with nothing else; a new one must have a text."""
    filed(shell, NOTE)
    told = filed(shell, " \n", "--id", "p1")
    assert told.startswith("The text is empty: took p1 out of the archive, as change 3 in demo")
    gone = shell("show", "p1")
    assert gone.code == 1
    assert "p1 was taken out of the archive; --at shows it as it was" in gone.err
    assert shell("show", "p1", "--at", "2").out == NOTE.encode()
    assert filed(shell, "", "--id", "p1").startswith("Nothing to do: p1 is taken out already")
    text(shell.suggested(told))
    assert shell("show", "p1").out == NOTE.encode()
    assert shell("archive", "-", "--id", "p1", "--tag", "x").code == 2
    assert "the passage is empty; give its text" in shell("archive", "-").err


def test_what_is_no_passage_is_refused(shell: Shell) -> None:
    """An unknown number, a name that is none, an episode that is a passage: nothing is changed."""
    filed(shell, NOTE)
    for words, why in (
        (["show", "p9"], "there is no passage p9; `tokenspace archive` lists them"),
        (["show", "e1"], "there is no e1; number 1 is p1"),
        (["show", "p1", "--branch", "main"], "there is no block 'p1'"),
        (["archive", "--id", "e1", "--tag", "x"], "there is no e1; number 1 is p1"),
        (["archive", "--id", "note", "--tag", "x"], "'note' is not the id of a passage"),
        (["forget", "--passage", "e1"], "there is no e1; number 1 is p1"),
        (["forget", "--passage", "p9", "--erase"], "there is no passage p9"),
        (["forget", "--passage", "p1", "--erase"], "This erases p1 and all its versions, from"),
    ):
        ran = shell(*words)
        assert (ran.code, ran.out) == (1, b"")
        assert why in ran.err
    assert parsed(shell("log", "-n", "1", "--json"))["changes"][0]["number"] == 2


def test_a_block_of_that_name_is_shown_first(shell: Shell) -> None:
    """Labels are the person's; a passage yields to one."""
    filed(shell, NOTE)
    shell.put("p1", "a block")
    assert shell("show", "p1").out == b"a block"
    answer = parsed(shell("show", "p1", "--json"))
    assert (answer["block"]["value"], answer["passage"]) == ("a block", None)


def test_passages_are_listed(shell: Shell) -> None:
    """The newest first, with where they are from and how they begin; episodes on their own."""
    for n in range(1, 4):
        filed(shell, f"note {n}\nof {n}", "--source", "the\nlog", "--tag", "a")
    lines = text(shell("archive")).splitlines()
    assert lines[1].split() == ["Name", "When", "Source", "Tags", "Text"]
    assert re.fullmatch(r"p3 +\S+Z  the log  a +note 3 of 3", lines[2])
    assert len(lines) == 5
    told = text(shell("archive", "-n", "2"))
    assert f"There are older ones: tokenspace archive -n 4 --db {shell.db}" in told
    answer = parsed(shell("archive", "-n", "2", "--json"))
    assert [find["name"] for find in answer["finds"]] == ["p3", "p2"]
    assert answer["more"] is True
    assert text(shell("archive", "--episodes")).endswith("There are no episodes.\n")
    asyncio.run(fail(shell.db))
    assert "e4" in text(shell("archive", "--episodes"))
    assert shell("show", "e4").out == b"it failed"


async def fail(db: Path) -> None:
    """Log an episode, as an assistant does."""
    async with opened(db) as space:
        draft = PassageDraft(id=None, kind="episode", text="it failed", source="task")
        await space.archive.file(draft, BY)


def test_a_passage_is_forgotten_and_brought_back(shell: Shell) -> None:
    """Out of the archive; its older versions stay, and what was done can be taken back."""
    filed(shell, NOTE)
    lines = text(shell("forget", "--passage", "p1", "--reason", "old")).splitlines()
    assert lines[0] == "Forgot p1, as change 3 in demo (named by --db)."
    assert "--erase takes those out as well" in lines[2]
    assert "Nothing to do: p1 is forgotten already" in text(shell("forget", "--passage", "p1"))
    answer = parsed(shell("forget", "--passage", "p1", "--json"))
    assert (answer["change"], answer["blocks"], answer["erased"]) == (None, [], None)
    text(shell.suggested(lines[1]))
    assert shell("show", "p1").out == NOTE.encode()


def test_a_passage_is_erased(shell: Shell) -> None:
    """With all its versions, and off the disk; one that was forgotten before can be erased too."""
    secret = "Rosebud-hunter2"  # noqa: S105 - it is what the test looks for
    filed(shell, f"the password is {secret}", "--tag", secret)
    filed(shell, LATER, "--id", "p1")
    text(shell("forget", "--passage", "p1"))
    assert "demo.db" in files_holding(shell.folder, secret)
    told = text(shell("forget", "--passage", "p1", "--erase", "--yes"))
    assert "That there was such a passage, and when it changed, stays in the history." in told
    assert files_holding(shell.folder, secret) == []
    (change,) = parsed(shell("log", "-n", "1", "--json"))["changes"]
    assert (change["tool"], change["reason"]) == ("forget", "erase p1")
    again = shell("forget", "--passage", "p1", "--erase", "--yes")
    assert (again.code, "p1 is erased already" in again.err) == (1, True)
    assert shell("verify").code == 0


@needs_terminal
def test_a_terminal_shows_what_is_known_of_a_passage(shell: Shell) -> None:
    """Facts, then the text, of which nothing controls the terminal; lists have colour."""
    filed(shell, NOTE, "--tag", "ops", "--source", "runbook", "--valid-until", "2030-01-01")
    filed(shell, LATER, "--source", "runbook")
    shown = COLOUR.sub(b"", shell.on_terminal("show", "p1")).decode()
    assert re.search(r"p1@[0-9a-f]{8} · passage · 77 characters", shown)
    assert "valid: until 2030-01-01 23:59Z" in shown
    assert "source: runbook\r\ntags: ops\r\nbeside it: p2\r\n\r\nDeploys happen" in shown
    assert r"\x1b[31mred" in shown
    listed = shell.on_terminal("archive")
    assert b"\x1b[1;36mp2" in listed
    assert b"Tuesdays" in listed
