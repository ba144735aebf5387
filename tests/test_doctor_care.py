"""What `tokenspace doctor` suggests destroys nothing, and one broken thing hides no other."""

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest
from bridges import Answer, scripted

from tokenspace.config.settings import config_file
from tokenspace.memory.store.connector import Connection
from tokenspace.server.doctor.configured import Entry
from tokenspace.server.doctor.health import of_file
from tokenspace.server.doctor.report import Finding, State
from tokenspace.server.doctor.spaces import of_space
from tokenspace.server.install.clients import BY_NAME
from tokenspace.server.install.places import places

from .doctors import GOOD, Patient
from .installs import entry_of

GONE = "/opt/gone/tokenspace"
PAT = "ghp_0123456789abcdef"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A person with a project, and no client yet."""
    made = Patient(tmp_path, monkeypatch)
    made.program = GOOD
    return made


def followed(home: Patient, client: str, mend: str) -> list[str]:
    """Do what a mend says, and return the words that the client's entry then has."""
    words = shlex.split(mend.split("`")[1])
    assert words[:3] == ["tokenspace", "install", client]
    home.install(*words[2:])
    return entry_of(client, home.file(client, "user"))["args"]


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("serve --db /srv/notes.db --profile full --user ada", None),
        ("forget human --db /srv/notes.db --yes", "serve --db /srv/notes.db"),
        (
            "serve --http --db /srv/notes.db --user ada --log-level DEBUG",
            "serve --db /srv/notes.db --user ada --log-level DEBUG",
        ),
    ],
)
def test_what_mends_an_entry_keeps_what_it_was_pinned_to(
    home: Patient, given: str, after: str | None
) -> None:
    """A program that is gone, another command, an endpoint that is served."""
    program = GONE if after is None else str(GOOD)
    home.write("cline", {"command": program, "args": given.split()})
    told = home.doctor("cline")
    (found,) = (one for one in told.findings if "tokenspace install" in one.mend)
    kept = followed(home, "cline", found.mend)
    assert sorted(kept) == sorted((after or given).split())


def test_words_that_cannot_be_are_left_to_the_person(home: Patient) -> None:
    """To write the entry anew would lose the file that it names."""
    home.write("cline", {"command": GONE, "args": ["serve", "--db", "notes.db", "--no-such"]})
    told = home.doctor("cline")
    (found,) = (one for one in told.of("entry") if one.state is State.FAIL)
    assert "put the words right" in found.mend
    assert not [one for one in told.findings if "tokenspace install cline" in one.mend]
    ran = home.run("install", "cline", *home.start)
    assert (ran.code, "would lose them" in ran.err) == (1, True), ran.err


def test_a_bridge_that_is_not_let_in_says_what_the_endpoint_said(home: Patient) -> None:
    """To install the client anew is no mend for it, and nothing of it is well."""
    file = home.folder / "token"
    file.write_text("ts_0123456789")
    with scripted(lambda _: Answer(401)) as server:
        url = f"{server.url}/p/acme/mcp"
        args = ["serve", "--remote", url, "--token-file", str(file)]
        home.write("zed", {"command": str(GOOD), "args": args})
        told = home.doctor("zed")
    found = told.one("start", State.FAIL)
    assert "answers the handshake with an error: " in found.says
    assert "does not accept the token" in found.says
    assert found.mend == f"`tokenspace doctor {url} --token-file {file}` asks the endpoint itself"
    assert [one.state for one in told.of("space", "zed")] == [State.NOTE]


def led(home: Patient, client: str, path: Path, args: list[str], *, lost: bool = False) -> Finding:
    """Return what is said of a person's entry that leads to a file."""
    value = {"command": str(GOOD), "args": ["serve", *args]}
    what = Entry(
        client=BY_NAME[client], scope="user", path=Path("file"), name="tokenspace", value=value
    )
    found = {"name": "x", "how": "named by --project", "path": str(path), "lost": lost}
    (told,) = of_space(what, found, places(home.home, home.project))
    return told


def test_a_person_is_never_told_to_pin_all_projects_to_one(home: Patient) -> None:
    """A file of the project's where the client has one; else how it is, and nothing to do."""
    found = led(home, "junie", Path("/x.db"), [], lost=True)
    assert found.state is State.WARN
    assert "`tokenspace install junie --scope project` in each project" in found.mend
    for client in ("windsurf", "cline-vscode"):
        found = led(home, client, Path("/x.db"), [], lost=True)
        assert (found.state, found.mend) == (State.NOTE, ""), found


def test_a_pin_of_another_project_is_a_warning_in_this_one(home: Patient) -> None:
    """With what undoes it; this project's own is well, and so is a file that is no project's."""
    other = home.folder / "other" / ".tokenspace" / "memory.db"
    args = ["--project", str(other.parents[1]), "--user", "ada"]
    found = led(home, "cursor", other, args)
    assert (found.state, "for every project" in found.says) == (State.WARN, True)
    assert found.mend == "to have each project's own: take --project out of file"
    found = led(home, "junie", other, args)
    assert "`tokenspace install junie --scope project --user ada` in each" in found.mend
    assert led(home, "windsurf", other, args).state is State.WARN
    assert led(home, "cursor", home.folder / "notes.db", ["--db", "x"]).state is State.NOTE
    own = home.project / ".tokenspace" / "memory.db"
    assert led(home, "windsurf", own, ["--project", str(home.project)]).state is State.OK


def test_a_project_that_names_a_memory_elsewhere_is_broken(
    home: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That file is not opened: it may be any; a file within is looked at, and never replaced."""
    monkeypatch.setenv("PATH", f"{GOOD.parent}:/usr/bin:/bin")
    elsewhere, within = home.folder / "own.db", home.project / "data.txt"
    for path in (elsewhere, within):
        path.write_bytes(b"PK" * 200)
        value = {"command": str(GOOD), "args": ["serve"], "env": {"TOKENSPACE_DB": str(path)}}
        home.write("claude-code", value, "project")
        told = home.doctor("claude-code")
        damaged = [one for one in told.of("database") if one.state is State.FAIL]
        if path == elsewhere:
            found = told.one("space", State.FAIL)
            assert "is not in the project" in found.says
            assert "take TOKENSPACE_DB out of " in found.mend
            assert not told.of("start")
            assert not damaged
        else:
            assert "not an SQLite" in damaged[0].says
            assert "restore-backup" not in damaged[0].mend


@pytest.mark.parametrize("place", ["args", "env", "plain"])
def test_nothing_of_the_environment_is_put_into_what_a_project_brings(
    home: Patient, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """It is shown as it is written, and not started: words can be seen by others."""
    monkeypatch.setenv("GITHUB_PAT", PAT)
    value: dict[str, Any] = {"command": str(GOOD), "args": ["serve"]}
    if place != "env":
        written = "${HOME}/${GITHUB_PAT:-x}.db" if place == "args" else "/srv/$GITHUB_PAT"
        value["args"] += ["--db", written]
    else:
        value["env"] = {"TOKENSPACE_DB": "${GITHUB_PAT}"}
    home.write("claude-code", value, "project")
    told = home.doctor("claude-code")
    assert PAT not in json.dumps([[one.says, one.mend] for one in told.findings])
    assert "takes GITHUB_PAT of your environment" in told.one("program", State.FAIL).says
    assert not told.of("start")
    assert place != "args" or "--db '${HOME}/${GITHUB_PAT:-x}.db'" in told.of("entry")[0].says


def test_one_check_that_cannot_go_on_hides_no_other(home: Patient) -> None:
    """A path that the system refuses to look at; to a program it is still told as JSON."""
    told = home.doctor("zed", "--db", f"/srv/{'x' * 300}")
    assert "cannot be looked at: File name too long" in told.one("database", State.FAIL).says
    assert told.of("search")
    home.write("cursor", {"command": f"/opt/{'x' * 300}/tokenspace", "args": ["serve"]})
    told = home.doctor("cursor")
    assert "cannot be looked at" in told.one("start", State.FAIL).says
    assert told.of("approval")
    assert told.of("database")


def test_a_date_in_a_clients_file_hides_no_check(home: Patient) -> None:
    """TOML and YAML have them; a token beside one is found."""
    text = f'command = "{GONE}"\nenv = {{ A = 2020-01-01T00:00:00Z, B = "ts_{"x" * 40}" }}\n'
    home.write("codex", f"[mcp_servers.tokenspace]\n{text}")
    told = home.doctor("codex")
    assert told.one("token", State.WARN)
    assert not [one for one in told.findings if "cannot be looked at" in one.says]


def test_a_file_that_another_process_holds_is_not_called_damaged(home: Patient) -> None:
    """To bring back a backup then would take away what is being written."""
    path = home.memory("held.db")
    held = Connection(path)
    held.script("PRAGMA locking_mode = EXCLUSIVE; UPDATE meta SET value = value")
    (found,) = of_file(path, "here", places(home.home, home.project))
    held.close()
    assert (found.state, "another process has it" in found.says) == (State.WARN, True), found
    assert "restore" not in found.mend


def test_a_file_that_may_not_be_written_is_of_no_use_at_all(
    home: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server refuses it before it reads."""

    def refuse(*_: object) -> bool:
        return False

    path = home.memory("fixed.db")
    monkeypatch.setattr(os, "access", refuse)  # root may write whatever is read-only
    found = next(of_file(path, "here", places(home.home, home.project)))
    assert "assistants get nothing of it" in found.says


def test_what_is_no_fault_is_no_failure(home: Patient) -> None:
    """An empty file that will be filled; what is left under a key that the client does not read."""
    (home.folder / "empty.db").touch()
    told = home.doctor("zed", "--db", str(home.folder / "empty.db"))
    assert "is empty, and is filled" in told.one("database", State.NOTE).says
    entry = {"command": str(GOOD), "args": ["serve"]}
    both = {"mcpServers": {"tokenspace": entry}, "servers": {"tokenspace": entry}}
    home.write("cursor", json.dumps(both))
    told = home.doctor("cursor")
    assert (told.code, told.one("file", State.NOTE).mend) == (0, "take it out of 'servers'")


def test_a_memory_that_leads_out_of_its_project_is_told_as_a_server_tells_it(home: Patient) -> None:
    """What the one resolver refuses is not looked at here, and nothing is to be brought back."""
    folder = home.project / ".tokenspace"
    folder.mkdir()
    (folder / "memory.db").symlink_to(home.memory("elsewhere.db"))
    told = home.doctor("zed")
    found = told.one("space", State.FAIL)
    assert "memory.db" in found.says
    assert not told.of("database")
    assert "restore" not in found.mend


@pytest.mark.parametrize("what", ["malformed", "unreadable", "variable"])
def test_settings_that_cannot_be_come_first_and_the_rest_after(
    home: Patient, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Nothing is started, for nothing would start; an endpoint is asked all the same."""
    home.write("cursor", {"command": GONE, "args": ["serve"]})
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    if what == "malformed":
        path.write_text("profile = [")
    elif what == "unreadable":
        path.mkdir()
    else:
        monkeypatch.setenv("TOKENSPACE_LOG_LEVEL", "bogus")
    told = home.doctor()
    assert (told.code, told.findings[0].check, told.findings[0].state) == (1, "settings", "fail")
    assert ("TOKENSPACE_LOG_LEVEL" if what == "variable" else str(path)) in told.findings[0].says
    assert any(GONE in one.says for one in told.findings)
    told = home.doctor("http://127.0.0.1:9/p/acme/mcp")
    assert [one.check for one in told.findings] == ["settings", "reach"]


def test_of_many_clients_one_that_is_well_has_one_line(home: Patient) -> None:
    """One that is named has all of them, and so has one that is not well."""
    home.install("cursor")
    home.write("zed", {"command": GONE})
    lines = home.run("doctor").out.decode().splitlines()
    at = lines.index("Cursor")
    assert lines[at + 1].startswith("  ok   all         a project (named by --project)")
    assert "1 note: `tokenspace doctor cursor`" in lines[at + 2]
    assert "Zed" in lines[at + 3 :]
    assert any("is not there" in line for line in lines)
    assert b"handshake" in home.run("doctor", "cursor").out
