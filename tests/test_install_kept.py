"""`tokenspace install`: what is kept of a file beside it, and that nothing kept is ever lost."""

from pathlib import Path

import pytest

from .installs import JSON, TOML, YAML_TEXT, Home
from .shell import text

WAS = JSON.replace("KEYS", "mcpServers")
BACKUP = ".tokenspace.bak"
OTHERS = {
    # client -> a file that has another server under our name
    "cursor": '{"mcpServers":{"tokenspace":{"command":"evil","args":["precious-config"]}}}\n',
    "codex": TOML.replace("mcp_servers.other", "mcp_servers.tokenspace"),
    "continue": YAML_TEXT.replace("name: other", "name: tokenspace"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet."""
    return Home(tmp_path, monkeypatch)


@pytest.mark.parametrize("was", ['{"theme": "dark"}\n', "{}\n", WAS])
@pytest.mark.parametrize("order", [("tokenspace", "second"), ("second", "tokenspace")])
def test_with_the_last_of_two_entries_a_file_is_what_it_was(
    home: Home, was: str, order: tuple[str, str]
) -> None:
    """What is kept is from before the first of them, and goes with the last."""
    path = home.have("cursor", was)
    home.install("cursor")
    home.install("cursor", "--name", "second", "--force")
    kept = path.with_name(path.name + BACKUP)
    assert kept.read_text() == was
    for name in order:
        assert kept.read_text() == was
        home.install("cursor", "--uninstall", "--name", name)
    assert path.read_text() == was
    assert not kept.exists()


def test_a_file_of_ours_goes_also_after_it_was_changed(home: Home) -> None:
    """Nothing of it stays, as nothing in it was the person's."""
    before = home.files()
    home.install("cursor")
    home.install("cursor", "--profile", "full")
    home.install("cursor", "--name", "second", "--force")
    for name in ("tokenspace", "second"):
        home.install("cursor", "--uninstall", "--name", name)
    assert home.files() == before


def test_what_was_kept_stays_when_the_last_entry_goes_from_a_changed_file(home: Home) -> None:
    """As the file does not get it back; it is not written over when ours comes again."""
    path = home.have("cursor", WAS)
    home.install("cursor")
    changed = WAS.replace("dark", "light")
    path.write_text(path.read_text().replace("dark", "light"))
    (done,) = home.install("cursor", "--uninstall")
    kept = path.with_name(path.name + BACKUP)
    assert (path.read_text(), done["backup"], done["remains"]) == (changed, None, str(kept))
    before = home.files()
    home.install("cursor")
    home.install("cursor", "--uninstall")
    assert home.files() == before
    assert kept.read_text() == WAS


def test_an_entry_that_ours_takes_the_place_of_is_kept(home: Home) -> None:
    """Also where an older text is kept, which does not have it: that stays."""
    path = home.have("cursor", WAS)
    home.install("cursor")
    both = path.read_text().replace('"other"', '"files"')
    path.write_text(both)
    (done,) = home.install("cursor", "--name", "files", "--force")
    assert (done["action"], Path(done["backup"]).read_text()) == ("changed", both)
    assert path.with_name(path.name + BACKUP).read_text() == WAS
    home.install("cursor", "--uninstall", "--name", "files")
    assert (path.read_text(), Path(done["backup"]).exists()) == (both, False)


@pytest.mark.parametrize("was", ["{}\n", WAS])
def test_a_file_comes_back_and_what_a_person_added_to_our_entry_is_kept(
    home: Home, was: str
) -> None:
    """What was kept of before is in the file again; the addition lies beside it."""
    path = home.have("cursor", was)
    home.install("cursor")
    changed = path.read_text().replace('"stdio",', '"stdio",\n      "env": {"A": "b"},')
    path.write_text(changed)
    (done,) = home.install("cursor", "--uninstall")
    assert (path.read_text(), Path(done["backup"]).read_text()) == (was, changed)
    assert not path.with_name(path.name + BACKUP).exists()


def test_what_a_person_added_to_our_entry_is_kept_when_that_goes(home: Home) -> None:
    """Beside the file, or beside where it was."""
    was = '{"mcpServers": {"tokenspace": {"command": "tokenspace", "env": {"A": "b"}}}}'
    path = home.have("cursor", was)
    (done,) = home.install("cursor", "--uninstall")
    assert (done["action"], path.exists()) == ("removed", False)
    assert Path(done["backup"]).read_text() == was


@pytest.mark.parametrize("client", OTHERS)
@pytest.mark.parametrize("between", [(), ("--profile", "full")])
def test_an_entry_that_was_replaced_comes_back_to_the_byte(
    home: Home, client: str, between: tuple[str, ...]
) -> None:
    """By taking ours out, also after ours was changed: nothing else has the only copy."""
    home.have(client, OTHERS[client])
    before = home.files()
    home.install(client, "--force")
    if between:
        home.install(client, *between)
    (done,) = home.install(client, "--uninstall")
    assert (done["action"], done["backup"]) == ("removed", None)
    assert home.files() == before


def test_what_was_replaced_stays_kept_where_the_file_has_changed_since(home: Home) -> None:
    """It cannot go back in its place; where it lies is said, also for lines."""
    path = home.have("cursor", OTHERS["cursor"])
    home.install("cursor", "--force")
    changed = path.read_text().replace('"args"', '"env": {"A": "b"}, "args"')
    path.write_text(changed)
    told = text(home.run("install", "cursor", "--uninstall", *home.start))
    kept, newer = path.with_name(path.name + BACKUP), path.with_name("mcp.json.tokenspace.2.bak")
    assert kept.read_text() == OTHERS["cursor"]
    assert newer.read_text() == changed
    assert f"what was there before: ~/.cursor/{newer.name}" in told
    assert f"from before tokenspace came: ~/.cursor/{kept.name}" in told


@pytest.mark.parametrize("was", [None, "{}\n", WAS])
@pytest.mark.parametrize("own", ["mine", WAS.replace("dark", "mine"), OTHERS["cursor"]])
def test_a_file_of_the_persons_is_not_written_over(home: Home, was: str | None, own: str) -> None:
    """One that is called as ours would be: another name is taken, and that alone goes again."""
    path = home.file("cursor", "user")
    home.have("cursor", "").unlink()
    path.with_name(path.name + BACKUP).write_text(own)
    if was is not None:
        path.write_text(was)
    before = home.files()
    (done,) = home.install("cursor")
    if was is not None:
        assert Path(done["backup"]).read_text() == was
    assert path.with_name(path.name + BACKUP).read_text() == own
    home.install("cursor", "--uninstall")
    assert home.files() == before
