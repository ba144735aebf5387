"""`python3 server` on a machine that has only Python: set up once, then straight through."""

import os
import runpy
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkouts import SCRIPTS, Conversation, Said, base_python, copied, talked

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Fresh:
    """A checkout that two clients started at the same moment, before anything was installed."""

    clone: Path
    elsewhere: Path
    said: tuple[Said, Said]

    def command(self) -> list[str]:
        """Return what a client is told to start."""
        return [base_python(), str(self.clone / "server"), "--db", str(self.elsewhere / "m.db")]

    def start(self) -> Said:
        """Start the server once more."""
        return talked(self.command(), self.elsewhere, bare())

    def installed(self) -> dict[str, int]:
        """Return when each part of the environment was last written."""
        parts = [*self.clone.glob(".venv/installed-*"), *self.clone.glob(".venv/**/*.dist-info")]
        return {str(path): path.stat().st_mtime_ns for path in parts}


def bare() -> dict[str, str]:
    """Return an environment with nothing in it that a system can do without."""
    needed = ("PATH", "HOME") if os.name != "nt" else ("PATH", "USERPROFILE", "SYSTEMROOT", "TEMP")
    return {name: os.environ[name] for name in needed}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Start a fresh checkout twice at once, from another working directory."""
    clone = copied(tmp_path_factory.mktemp("clone") / "tokenspace")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    made = Fresh(clone, elsewhere, said=(Said([], "", 0), Said([], "", 0)))
    both = [Conversation(made.command(), elsewhere, bare()) for _ in range(2)]
    one, other = (conversation.end() for conversation in both)
    return Fresh(clone, elsewhere, (one, other))


def test_two_first_starts_at_once_both_serve(fresh: Fresh) -> None:
    """Two clients may start the same fresh checkout together: one sets up, the other waits."""
    for said in fresh.said:
        assert said.lines[0]["result"]["serverInfo"]["name"] == "tokenspace"
        assert "persona" in said.memory
        assert (said.code, len(said.lines)) == (0, 2), "stdout is protocol only"
    brought = {Path(path).name.partition("-")[0] for path in fresh.installed()}
    assert "mcp" in brought
    assert not brought & {"torch", "numpy", "pytest"}, "a server needs no more than the program"
    assert sum(said.stderr.count("setting up") for said in fresh.said) == 1


def test_a_later_start_goes_straight_through(fresh: Fresh) -> None:
    """Nothing is installed, looked up or said."""
    before = fresh.installed()
    said = fresh.start()
    assert (said.stderr, said.code, len(said.lines)) == ("", 0, 2)
    assert "persona" in said.memory
    assert before
    assert fresh.installed() == before


def test_a_removed_interpreter_is_noticed_and_a_killed_set_up_holds_up_nobody(fresh: Fresh) -> None:
    """After an upgrade of the system's Python the environment is built anew, by itself.

    A client that loses patience kills the first start; the next one sets up by itself.
    """
    for program in (fresh.clone / ".venv" / SCRIPTS).glob("python*"):
        program.unlink()
    with subprocess.Popen(
        fresh.command(), start_new_session=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as first:
        assert first.stderr is not None
        assert b"setting up" in first.stderr.readline()
        if os.name == "nt":
            first.kill()
        else:  # with what it started
            os.killpg(first.pid, signal.SIGKILL)
    said = fresh.start()
    assert "setting up" in said.stderr
    assert "persona" in said.memory
    assert (said.code, len(said.lines)) == (0, 2)
    assert fresh.start().stderr == ""


@pytest.mark.parametrize("file", ["pyproject.toml", "config/constraints.txt"])
def test_what_decides_what_is_installed_is_noticed(tmp_path: Path, file: str) -> None:
    """After an update that changes it, the next start installs anew."""
    clone = copied(tmp_path / "clone")
    recipe = runpy.run_path(str(clone / "config" / "checkout.py"))["_recipe"]
    before = recipe()
    assert recipe() == before
    with (clone / file).open("a", encoding="utf-8") as changed:
        changed.write("# changed\n")
    assert recipe() != before
