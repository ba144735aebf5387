"""`tokenspace install` and the files of others: what was there is kept, what cannot be, is said."""

import json
import os
from pathlib import Path

import pytest

from tokenspace.server.call import RefusedError
from tokenspace.server.install.changing import to_add, to_remove
from tokenspace.server.install.clients import BY_NAME
from tokenspace.server.install.entries import Wishes
from tokenspace.server.install.places import places
from tokenspace.server.install.planning import Plan, carry_out, nothing

from .installs import JSON, Home, entry_of

WAS = JSON.replace("KEYS", "mcpServers")
BACKUP = ".tokenspace.bak"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet."""
    return Home(tmp_path, monkeypatch)


def unreadable(path: Path) -> None:
    """Make a link that leads to itself."""
    path.parent.mkdir(parents=True)
    path.symlink_to(path)


def folder(path: Path) -> None:
    """Make a folder in the place of the file."""
    path.mkdir(parents=True)


def no_folder(path: Path) -> None:
    """Make a file in the place of the file's folder."""
    path.parent.touch()


def too_deep(path: Path) -> None:
    """Make a file that cannot be read to its end."""
    path.parent.mkdir(parents=True)
    path.write_text("a = " + "[" * 5000)


@pytest.mark.parametrize("how", [unreadable, folder, no_folder, too_deep])
def test_a_file_that_cannot_be_read_is_the_problem_of_one_client(home: Home, how: object) -> None:
    """The others are listed and offered all the same; nothing is begun for it."""
    assert callable(how)
    home.have("cursor", "{}")
    path = home.file("codex", "user")
    how(path)
    found = {one["client"]: one for one in home.states()}
    assert (found["cursor"]["here"], found["cursor"]["problem"]) == (True, None)
    assert str(path) in found["codex"]["problem"]
    ran = home.run("install", "cursor", "codex", *home.start)
    assert (ran.code, ran.out) == (1, b"")
    assert "Nothing was changed." in ran.err
    assert home.file("cursor", "user").read_text() == "{}"


def test_a_place_that_nobody_can_look_at_is_no_sign_of_a_client(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a name that the file system does not take."""
    monkeypatch.setenv("CODEX_HOME", f"/{'x' * 300}")
    found = {one["client"]: one for one in home.states()}
    assert (found["codex"]["here"], bool(found["codex"]["problem"])) == (False, True)


@pytest.mark.parametrize("flags", [(), ("--uninstall",)])
def test_a_file_that_is_read_only_is_left_so(home: Home, flags: tuple[str, ...]) -> None:
    """Whoever made it so meant it; nothing is begun for other clients."""
    path = home.have("cursor", WAS)
    if flags:
        home.install("cursor", "gemini")
    was = home.files()
    path.chmod(0o444)
    ran = home.run("install", "gemini", "cursor", *flags, *home.start)
    assert (ran.code, f"{path} is read-only" in ran.err) == (1, True)
    assert home.files() == was
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_file_that_is_read_only_may_have_the_entry_already(home: Home) -> None:
    """Where nothing is to be changed, nothing is refused."""
    home.install("cursor")
    home.file("cursor", "user").chmod(0o444)
    assert home.install("cursor")[0]["action"] == "unchanged"


def test_a_failure_midway_is_told_after_what_was_done(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In lines and for programs: here one client's file is in the way of another's folder."""
    first, second = home.file("cursor", "user"), home.file("gemini", "user")
    monkeypatch.setenv("CODEX_HOME", str(first))
    ran = home.run("install", "cursor", "codex", *home.start)
    assert ran.code == 1
    assert b"Cursor: tokenspace added to ~/.cursor/mcp.json" in ran.out
    assert str(first / "config.toml") in ran.err
    assert entry_of("cursor", first)
    monkeypatch.setenv("CODEX_HOME", str(second))
    ran = home.run("install", "gemini", "codex", "--json", *home.start)
    assert (ran.code, [one["client"] for one in json.loads(ran.out)["done"]]) == (1, ["gemini"])


def planned(home: Home, *, remove: bool) -> Plan:
    """Return what would put an entry into Cursor's file, or take it out."""
    plan = nothing(BY_NAME["cursor"], "user", home.file("cursor", "user"), "entry", "tokenspace")
    if remove:
        return to_remove(plan, "", force=False)
    return to_add(plan, Wishes(program=str(home.program)), force=False)


@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("was", ["", WAS])
def test_a_file_that_changes_meanwhile_is_not_overwritten(
    home: Home, was: str, remove: bool
) -> None:
    """Between the plan and the writing; nothing is left lying about."""
    if was:
        home.have("cursor", was)
    if remove:
        home.install("cursor")
    plan = planned(home, remove=remove)
    path = home.have("cursor", "// somebody else's\n")
    with pytest.raises(RefusedError, match="changed by somebody else"):
        carry_out(plan, places(home.home))
    assert path.read_text() == "// somebody else's\n"
    assert {one.name for one in path.parent.iterdir()} <= {path.name, path.name + BACKUP}


ALIASED = """\
mcpServers:
  - name: other
    command: npx
    args: &shared ["serve"]
  - name: tokenspace
    command: /old/tokenspace
    args: *shared
"""


LISTED = """\
[[mcp_servers.tokenspace]]
command = "other"
"""


@pytest.mark.parametrize(
    ("client", "name", "was"),
    [
        ("continue", ".continue/config.yaml", ALIASED),
        ("codex", ".codex/config.toml", LISTED),
    ],
)
def test_an_edit_that_would_do_something_else_is_refused(
    home: Home, client: str, name: str, was: str
) -> None:
    """Every edit is read back: one would take what another server needs, one is in a list."""
    path = home.home / name
    path.parent.mkdir()
    path.write_text(was)
    ran = home.run("install", client, "--profile", "full", *home.start)
    assert (ran.code, "cannot be edited safely" in ran.err) == (1, True)
    assert path.read_text() == was
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_what_is_kept_can_be_read_by_whom_the_file_can(home: Home, mode: int) -> None:
    """And by no one else, since it may hold keys."""
    path = home.have("cursor", WAS)
    path.chmod(mode)
    (done,) = home.install("cursor")
    assert Path(done["backup"]).stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_what_is_kept_is_private_from_its_first_byte(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the file system then refuses the mode that the file has."""
    path = home.have("cursor", WAS)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "no modes here", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(os, "chmod", refuse)
        ran = home.run("install", "cursor", *home.start)
    assert ran.code == 1
    assert path.with_name(path.name + BACKUP).stat().st_mode & 0o077 == 0
    assert path.read_text() == WAS
