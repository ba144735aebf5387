"""How the server starts: from where, with what, and what it tells a person who does it by hand."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from process import PATIENCE_S, Server

ROOT = Path(__file__).resolve().parents[1]
POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="terminals and shells are POSIX")
SERVE = [sys.executable, "-P", "-m", "tokenspace.server"]


def hostile(folder: Path) -> Path:
    """Fill a folder with a project's own modules, under names that the server imports."""
    for name in ("json", "platformdirs", "mcp", "runpy", "pathlib"):
        (folder / f"{name}.py").write_text("raise SystemExit('ran the code of a project')\n")
    return folder


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which a user has settings of their own at most."""
    ours = {name: value for name, value in os.environ.items() if "TOKENSPACE" not in name}
    return {**ours, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}


def test_a_project_s_own_modules_are_not_imported(db: Path) -> None:
    """A client starts us in a project's folder, which may hold a `json.py`."""
    hostile(db.parent)
    with Server(db) as server:
        server.initialize()
        assert "human" in server.call("memory_read")["content"][0]["text"]
        assert server.end() == 0


def test_a_checkout_goes_on_without_the_working_directory(tmp_path: Path) -> None:
    """`python3 server` runs nothing of the folder it is started in, nor does what it starts."""
    checkout, project = tmp_path / "checkout", tmp_path / "project"
    for part in (checkout / "server", checkout / "config", project):
        part.mkdir(parents=True)
    entry = (ROOT / "server" / "__main__.py").read_text("utf-8")
    (checkout / "server" / "__main__.py").write_text(entry, "utf-8")
    (checkout / "config" / "checkout.py").write_text(
        "def reenter(extra, command):\n    raise SystemExit(f'{extra}|{command}')\n"
    )
    started = subprocess.run(
        [sys.executable, str(checkout / "server"), "--db", "x"],
        cwd=hostile(project),
        capture_output=True,
        text=True,
        check=False,
    )
    command = ["-P", "-m", "tokenspace.server", "--db", "x"]
    assert started.stderr == f"|{command}\n"


def greeting(cwd: Path, *flags: str, **environ: str) -> str:
    """Return what a start on a terminal says, up to the end of input."""
    import pty

    ours, its = pty.openpty()
    with subprocess.Popen(
        [*SERVE, *flags],
        stdin=its,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**environment(cwd), **environ},
        text=True,
    ) as server:
        os.close(its)
        os.write(ours, b"\x04")
        out, said = server.communicate(timeout=PATIENCE_S)
        os.close(ours)
    assert (server.returncode, out) == (0, "")
    return said


@POSIX_ONLY
def test_the_greeting_repeats_what_was_asked(tmp_path: Path) -> None:
    """Ready to be pasted: a client starts it from another folder, and paths hold blanks."""
    said = greeting(tmp_path, "--db", "my memory.db", "--profile", "full", TOKENSPACE_USER="Ada L")
    asked = ["--db", str(tmp_path / "my memory.db"), "--profile", "full", "--user", "Ada L"]
    command = [*SERVE, *asked]
    (entry,) = [line for line in said.splitlines() if "mcpServers" in line]
    assert json.loads(entry) == {
        "mcpServers": {"tokenspace": {"command": command[0], "args": command[1:]}}
    }
    assert f"claude mcp add tokenspace -- {shlex.join(command)}\n" in said
    assert f"{shlex.join([*command, 'blocks'])}\n" in said
    look = [*command, "blocks"]
    looked = subprocess.run(look, capture_output=True, cwd=tmp_path, check=False)
    assert b"my memory.db. It is made when an assistant connects" in looked.stderr


@POSIX_ONLY
def test_the_greeting_is_short_where_nothing_was_asked(tmp_path: Path) -> None:
    """The defaults and what stands in the user's own file need no flag."""
    (tmp_path / "tokenspace").mkdir()
    (tmp_path / "tokenspace" / "config.toml").write_text('profile = "full"\n')
    assert f"tokenspace -- {shlex.join(SERVE)}\n" in greeting(tmp_path)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--profile", "foo"], "'foo' is not a profile"),
        (["--project", "gone"], "there is no folder"),
    ],
)
def test_a_bad_setting_is_told_to_whom_says_nothing(
    tmp_path: Path, flags: list[str], reason: str
) -> None:
    """Input that ends at once is no reason to hide it."""
    ended = subprocess.run(
        [*SERVE, *flags],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=tmp_path,
        env=environment(tmp_path),
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert reason in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_broken_file_of_settings_is_told_even_behind_an_answer(tmp_path: Path) -> None:
    """The handshake is answered before the settings are read; then the reason follows."""
    (tmp_path / "tokenspace").mkdir()
    (tmp_path / "tokenspace" / "config.toml").write_text("profile = \n")
    with Server(tmp_path / "memory.db") as server:
        server.send({"id": 1, "method": "ping"})
        assert server.end() == 2
        assert server.lines.empty()
    hello: dict[str, object] = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {},
    }
    with Server(tmp_path / "memory.db") as server:
        server.send({"id": 1, "method": "initialize", "params": hello})
        assert server.end() == 2
        assert server.receive()["id"] == 1


@POSIX_ONLY
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams_are_as_streams_that_ended(tmp_path: Path, closed: str) -> None:
    """A supervisor may start it so: it ends, and nothing is written where it does not belong."""
    line = f"exec {shlex.join([*SERVE, '--db', 'memory.db'])} {closed}"
    ended = subprocess.run(
        ["/bin/sh", "-c", line],
        input=b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
        capture_output=True,
        cwd=tmp_path,
        env=environment(tmp_path),
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    answered = b'"id":1' in ended.stdout
    assert answered == (closed == "2>&-")
