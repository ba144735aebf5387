"""`tokenspace index`: vectors are made, watched, and used by a search that goes by meaning."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from tokenspace.memory.store.connector import Connection
from tokenspace.server import indexing

from .embedding import NEEDS_MODEL, Place
from .shell import PROGRAM, Shell, parsed, text, until

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="its runtime folder can be chosen")
SEA = "The owner spends every summer aboard a small boat in the fjords of Norway."
TAX = "Invoices are sent on the last working day, with the tax shown apart."


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line, without a model; two passages are there."""
    shell = Shell(tmp_path, monkeypatch)
    choose(shell, monkeypatch, "none")
    for value in (SEA, TAX):
        text(shell("archive", "-", given=value.encode()))
    return shell


@pytest.fixture
def place() -> Generator[Place]:
    """A short folder for the sockets of a test's workers, which end with it."""
    place = Place()
    outer = place.folder
    place.folder = outer / "tokenspace"
    yield place
    place.end()
    outer.rmdir()


@pytest.fixture
def modelled(place: Place, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line as `shell` has it, with the default model."""
    shell.environ["XDG_RUNTIME_DIR"] = str(place.folder.parent)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place.folder.parent))
    choose(shell, monkeypatch, "")
    return shell


def choose(shell: Shell, monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    """Set the model of what runs here, and of what runs in processes."""
    shell.environ["TOKENSPACE_MODEL"] = model
    monkeypatch.setenv("TOKENSPACE_MODEL", model)


def test_without_a_model_nothing_is_made(shell: Shell) -> None:
    """One sentence says why, and nothing is lost: all of it still waits."""
    ran = shell("index")
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err == (
        "tokenspace: no vectors can be made: search by meaning is switched off by the setting "
        'model = "none".\n'
    )


def test_one_who_looks_on_alone_gives_up(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody makes what is missing, it is said who could."""
    monkeypatch.setattr(indexing, "LONELY_S", 0.0)
    ran = shell("index", "--watch")
    assert (ran.code, ran.out) == (1, b"")
    assert "nobody makes the vectors that 2 texts of 2 wait for" in ran.err
    assert f"tokenspace index --db {shell.db}" in ran.err


@pytest.mark.slow
@NEEDS_MODEL
@LINUX_ONLY
def test_vectors_are_made_and_a_search_goes_by_meaning(modelled: Shell) -> None:
    """One process makes them while another looks on; both say how much there is, and of whom."""
    shell = modelled
    ran = shell("search", "sailing")
    assert ran.code == 1
    assert b"By words only: there are no vectors yet.\n2 texts of 2 wait" in ran.out
    with subprocess.Popen(
        [*PROGRAM, "index", "--json", "--db", str(shell.db)],
        stdout=subprocess.PIPE,
        cwd=shell.folder,
        env=shell.environ,
    ) as other:
        told = text(shell("index", "--watch"))
        assert other.wait() == 0
        assert other.stdout is not None
        assert b'"queued": 0,' in other.stdout.read()
    every = "every text has its vector, in demo (named by --db): 0 of blocks, 2 passages, 0 e"
    assert every in told.lower()
    assert "The model is sentence-transformers/all-MiniLM-L6-v2 (384 dimensions)." in told
    assert text(shell("index")).startswith("Nothing to do: every text")
    answer = parsed(shell("index", "--json"))
    assert (answer["passages"], answer["queued"], answer["coming"]) == (2, 0, None)
    assert answer["serving"]["dim"] == 384
    until(lambda: shell("search", "sailing holidays").code == 0)  # no word of it is there
    answer = parsed(shell("search", "sailing holidays", "--json"))
    assert (answer["mode"], answer["why"], answer["finds"][0]["text"]) == ("hybrid", None, SEA)


@NEEDS_MODEL
@LINUX_ONLY
@pytest.mark.slow
def test_ctrl_c_loses_nothing(modelled: Shell) -> None:
    """What was made is kept, the work is free at once, and what is left is made later."""
    shell = modelled
    shell.put("notes", "".join(f"- line {n} of many that wait for a vector\n" for n in range(250)))
    with subprocess.Popen(
        [*PROGRAM, "index", "--db", str(shell.db)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=shell.folder,
        env=shell.environ,
    ) as running:
        assert running.stderr is not None
        first = running.stderr.readline()  # it tells of the first batch that is kept
        running.send_signal(signal.SIGINT)
        assert running.wait() == 130
        last = running.stderr.read()
    assert re.match(rb"tokenspace: \d+ of 252 have a vector", first)
    assert b"what was made is kept; tokenspace index --db" in last
    assert b"Traceback" not in last
    assert shell("verify").code == 0
    answer = parsed(shell("index", "--json"))
    assert (answer["entries"], answer["passages"], answer["queued"]) == (250, 2, 0)


def test_what_search_looks_through_can_be_made_anew(shell: Shell) -> None:
    """Also without a model: words come back that the file had lost; what blocks held stays past."""
    text(shell("edit", "project", "--file", "-", given=b"one\ntwo\n"))
    text(shell("edit", "project", "--file", "-", given=b"one\n"))
    with closing(Connection(shell.db)) as file:
        for table in ("doc_text", "past_text", "doc_tag", "past"):
            file.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
    assert shell("search", "Norway").code == 1
    assert "index --rebuild" in shell("verify").out.decode()
    ran = shell("index", "--rebuild")
    assert "made anew" in ran.err
    assert "no vectors can be made" in ran.err
    assert SEA[:20] in text(shell("search", "Norway"))
    assert "two" in text(shell("search", "two", "--in", "history"))
    assert shell("verify").code == 0
