"""What `tokenspace doctor` starts, and what it leaves alone; in which environment; what it sees."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tokenspace.config.packages import ROOT
from tokenspace.server.doctor.configured import Entry
from tokenspace.server.doctor.manners import MANNERS
from tokenspace.server.doctor.report import State, quoted
from tokenspace.server.doctor.spaces import of_space
from tokenspace.server.doctor.started import judged, of_start
from tokenspace.server.doctor.starting import MENU_PATH, launch
from tokenspace.server.install.clients import BY_NAME, CLIENTS
from tokenspace.server.install.places import places
from tokenspace.server.install.starts import told

from .doctors import GOOD, Patient

TOKEN = "ts_0123456789ab_" + "x" * 43
UNIX = pytest.mark.skipif(os.name == "nt", reason="programs of a shell")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A person with a project, and no client yet."""
    return Patient(tmp_path, monkeypatch)


def entry(client: str, value: dict[str, Any], scope: str = "user") -> Entry:
    """Return an entry of a client."""
    return Entry(
        client=BY_NAME[client], scope=scope, path=Path("file"), name="tokenspace", value=value
    )


@UNIX
def test_noise_on_standard_output_is_shown_so_that_it_harms_no_terminal(home: Patient) -> None:
    """Beside answers that are good: a client may take the first line for the end of all."""
    noisy = home.script("noisy", f"printf 'Welcome \\033[2Jback {TOKEN}\\n'\nexec {GOOD} \"$@\"")
    home.write("claude-code", {"command": str(noisy), "args": ["serve"]})
    told = home.doctor("claude-code")
    found = told.one("stdout", State.FAIL)
    assert r"Welcome \x1b[2Jback (secret)" in found.says
    assert "send it to standard error" in found.mend
    assert "both eras" in told.of("handshake")[0].says
    assert told.code == 1


@UNIX
def test_a_program_that_ends_or_is_silent_is_told_from_one_that_is_slow(home: Patient) -> None:
    """With its last words, in which no key of the entry stands."""
    where = places(home.home, home.project)
    broken = home.script("broken", "echo 'no module, key hunter22' >&2\nexit 3")
    what = entry("zed", {"command": str(broken), "env": {"A": "hunter22"}})
    (found,) = of_start(what, launch(what, where), {})
    assert found.says == ("it ended with exit code 3 before it answered: no module, key (secret)")
    silent = home.script("silent", "cat > /dev/null")
    what = entry("zed", {"command": str(silent)})
    (found,) = of_start(what, launch(what, where), {}, patience_s=0.2)
    assert found.says == "no answer within 0.2 s" or "ended with exit code 0" in found.says
    answer = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"serverInfo": {"name": "other"}}})
    other = home.script("other", f"read line; echo '{answer}'; cat > /dev/null")
    what = entry("zed", {"command": str(other)})
    said = [
        (one.check, one.says) for one in of_start(what, launch(what, where), {}, patience_s=0.5)
    ]
    assert ("program", "what answers calls itself other, not tokenspace") in said
    assert ("start", "it answers the handshake, and then no list of tools") in said
    assert "list of tools is empty" in dict(said)["handshake"]


@pytest.mark.parametrize(
    ("client", "took_s", "state"),
    [
        ("cline", 0.9, State.OK),
        ("cline", 2.9, State.WARN),
        ("cline", 3.1, State.FAIL),
        ("gemini", 5.1, State.FAIL),
        ("qwen", 9.0, State.WARN),
        ("codex", 31.0, State.FAIL),
        ("cursor", 99.0, State.WARN),
    ],
)
def test_a_start_is_measured_against_what_the_client_waits(
    client: str, took_s: float, state: State
) -> None:
    """What is not known of a client breaks nothing."""
    assert judged(took_s, MANNERS[client].limit_s) is state


def test_every_client_that_can_be_installed_has_its_manners() -> None:
    """One that is added there is looked at here."""
    assert set(MANNERS) == {client.name for client in CLIENTS}


def test_every_flag_of_the_server_is_known_where_an_entry_is_taken_apart(home: Patient) -> None:
    """One that the command line gets and `told` does not would make good entries wrong."""
    text = home.run("serve", "--help").out.decode()
    flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - {"--help", "--version"}
    assert {"--db", "--remote", "--http", "--log-level"} <= flags
    assert [flag for flag in flags if f"unknown: {flag}" in told(("serve", flag, "1")).wrong] == []
    assert "unknown: --no-such" in told(("serve", "--no-such", "1")).wrong


def test_each_client_hands_on_what_it_does_and_starts_where_it_does(
    home: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key of another but the token, and that only where the client hands it on."""
    for name in ("TOKENSPACE_TOKEN", "OTHER_API_KEY", "PLAIN"):
        monkeypatch.setenv(name, TOKEN)
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", "/elsewhere")
    where = places(home.home, home.project)
    value = {"command": str(GOOD), "args": ["serve"]}
    made = {name: launch(entry(name, value), where) for name in MANNERS}
    assert "OTHER_API_KEY" not in {name for one in made.values() for name in one.environ}
    assert {name for name, one in made.items() if "TOKENSPACE_TOKEN" in one.environ} == {
        "claude-code", "copilot", "opencode", "qwen", "continue",
    }  # fmt: skip
    assert {name for name, one in made.items() if "PLAIN" in one.environ} == {
        "claude-code", "gemini", "copilot", "opencode", "qwen", "continue",
    }  # fmt: skip
    assert made["claude-code"].environ["CLAUDE_PROJECT_DIR"] == str(home.project)
    assert "CLAUDE_PROJECT_DIR" not in made["opencode"].environ
    assert made["zed"].environ["PATH"] == MENU_PATH
    assert (made["claude-desktop"].cwd, made["cursor"].cwd) == (Path("/"), home.home)
    assert made["codex"].cwd == home.project
    listed = launch(entry("codex", {**value, "env_vars": ["TOKENSPACE_TOKEN", "PLAIN"]}), where)
    assert {"TOKENSPACE_TOKEN", "PLAIN"} <= listed.environ.keys()


def test_variables_are_put_in_as_each_client_does(home: Patient) -> None:
    """In the words for some, under `env` alone for others; what is not known stays."""
    where = places(home.home, home.project)
    words = ["serve", "--project", "${workspaceFolder}", "${HOME}", "$HOME", "{env:HOME}"]
    value = {"command": str(GOOD), "args": words, "env": {"A": "$HOME", "B": "${NO:-d}"}}
    made = {name: launch(entry(name, value), where) for name in ("cursor", "claude-code", "gemini")}
    cursor, claude, gemini = (one.start.words[3:] for one in made.values())
    assert cursor[0] == str(home.project)
    assert claude == ("${workspaceFolder}", str(home.home), "$HOME", "{env:HOME}")
    assert gemini == tuple(words[2:])
    assert (made["gemini"].environ["A"], made["gemini"].environ["B"]) == (str(home.home), "d")


HOSTILE: dict[str, dict[str, Any]] = {
    # all leave a mark where they are run
    "a program of that name": {"command": "{evil}", "args": ["serve"]},
    "a relative one": {"command": "./bin/tokenspace", "args": ["serve"]},
    "one on its own path": {"command": "tokenspace", "env": {"PATH": "{bin}"}},
    "a shell": {"command": "sh", "args": ["-c", "{evil}", "tokenspace", "serve"]},
    "python -c": {"command": sys.executable, "args": ["-c{code}", "-m", "tokenspace.server"]},
    "python with its own path": {
        "command": sys.executable, "args": ["-P", "-m", "tokenspace.server"],
        "env": {"PYTHONPATH": "{bin}"},
    },
    "python in its folder": {"command": sys.executable, "args": ["-m", "tokenspace.server"]},
    "a library": {"command": str(GOOD), "args": ["serve"], "env": {"LD_PRELOAD": "{evil}"}},
    "another command": {"command": str(GOOD), "args": ["forget", "human", "--erase", "--yes"]},
    "an endpoint": {"command": str(GOOD), "args": ["serve", "--remote", "http://127.0.0.1:9"]},
    "the checkout, by another python": {"command": "{tools}/python3", "args": ["{checkout}"]},
    "the same, found through a variable": {
        "command": "${HOME}/../tools/python3", "args": ["{checkout}"],
    },
    "an address": {"url": "http://127.0.0.1:9/p/acme/mcp"},
}  # fmt: skip


@UNIX
@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_project_brings_is_shown_and_never_started(
    home: Patient, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Whoever wrote the repository wrote that file; a look at it runs nothing and sends nothing."""
    monkeypatch.setenv("TOKENSPACE_TOKEN", TOKEN)
    monkeypatch.setenv("PATH", f"{GOOD.parent}:/usr/bin:/bin")
    mark, bin_ = home.folder / "mark", home.project / "bin"
    (home.project / "tokenspace" / "server").mkdir(parents=True)
    for module in ("tokenspace/__init__.py", "tokenspace/server/__main__.py"):
        (home.project / module).write_text(f"open({str(mark)!r}, 'w')\n")
    bin_.mkdir()
    (bin_ / "sitecustomize.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (bin_ / "tokenspace").write_text(f"#!/bin/sh\ntouch {mark}\n")
    (bin_ / "tokenspace").chmod(0o755)
    tools = home.home.parent / "tools"
    tools.mkdir()
    (tools / "python3").write_text(f"#!/bin/sh\ntouch {mark}\n")
    (tools / "python3").chmod(0o755)
    text = json.dumps({"mcpServers": {"tokenspace": HOSTILE[case]}})
    for name, value in (
        ("{tools}", str(tools)), ("{checkout}", str(ROOT / "server")),
        ("{evil}", str(bin_ / "tokenspace")), ("{bin}", str(bin_)),
        ("{code}", f"open({str(mark)!r}, 'w')"),
    ):  # fmt: skip
        text = text.replace(name, value)
    home.write("claude-code", text, "project")
    found = home.doctor("claude-code")
    assert not mark.exists()
    assert not found.of("start")
    assert not found.of("handshake")
    assert TOKEN not in json.dumps([one.says for one in found.findings])
    said = [one for one in found.findings if "start" in one.says or "was not asked" in one.says]
    may_be_good = case in ("an endpoint", "an address")
    assert said[-1].state is (State.WARN if may_be_good else State.FAIL)
    assert "tokenspace doctor" not in said[-1].mend
    assert not may_be_good or "tokenspace install" not in said[-1].mend


@UNIX
@pytest.mark.parametrize(
    "words", [[".venv/bin/tokenspace"], ["{evil}"], [sys.executable, "tokenspace/server"]]
)
def test_a_persons_own_entry_does_not_run_a_projects_code_either(
    home: Patient, words: list[str]
) -> None:
    """A relative path is a program of whatever project is open, and that may be cloned."""
    mark, server = home.folder / "mark", home.project / "tokenspace" / "server"
    server.mkdir(parents=True)
    for module in (server.parent / "__init__.py", server / "__main__.py", server / "__init__.py"):
        module.write_text(f"open({str(mark)!r}, 'w')\n")
    evil = home.project / ".venv" / "bin" / "tokenspace"
    evil.parent.mkdir(parents=True)
    evil.write_text(f"#!/bin/sh\ntouch {mark}\n")
    evil.chmod(0o755)
    program, *args = (word.replace("{evil}", str(evil)) for word in words)
    home.write("claude-code", {"command": program, "args": [*args, "serve"]})
    found = home.doctor("claude-code")
    assert not mark.exists()
    assert "may be that one's own program" in found.one("program", State.WARN).says
    assert not found.of("start")
    value = {"command": sys.executable, "args": ["-m", "tokenspace.server"]}
    made = launch(entry("zed", {**value, "cwd": str(home.project)}), places(home.home))
    assert made.cwd == home.home  # there Python would look for it first


@pytest.mark.parametrize(
    ("client", "state", "says"),
    [
        ("windsurf", State.NOTE, "so every project has this one"),
        ("cursor", State.NOTE, "is asked for at first use"),
        ("claude-desktop", State.OK, "personal (no project in sight)"),
    ],
)
def test_a_start_in_no_project_is_as_bad_as_what_the_client_tells_later(
    home: Patient, client: str, state: State, says: str
) -> None:
    """One that tells nothing has the same memory in every project."""
    found = {"name": "personal", "how": "no project in sight", "path": "/x.db", "lost": True}
    where = places(home.home, home.project)
    (told,) = of_space(entry(client, {}), found, where)
    assert (told.state, says in told.says) == (state, True), told
    assert bool(told.mend) is (client == "cursor")


@UNIX
def test_what_could_hold_up_a_reader_is_not_read(home: Patient) -> None:
    """A project can bring a pipe in the place of a file."""
    os.mkfifo(home.project / ".mcp.json")
    os.mkfifo(home.folder / "pipe.db")
    told = home.doctor("claude-code", "--db", str(home.folder / "pipe.db"))
    assert "does not have tokenspace" in told.one("entry", State.FAIL).says
    assert "is no file" in told.one("database", State.FAIL).says


def test_nobody_reads_a_token_in_what_is_said() -> None:
    """Of ours, of others after Bearer, and a password in an address."""
    said = f"a {TOKEN} Bearer abcdefgh https://ada:pass@host/ Bearer ${{X}}"
    assert quoted(said) == ("a (secret) Bearer (secret) https://(secret)@host/ Bearer ${X}")
