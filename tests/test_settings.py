"""Settings: defaults < file < environment < flags, and nothing that is not understood."""

from pathlib import Path

import pytest

from tokenspace.config import settings
from tokenspace.config.settings import Settings, SettingsError, editor, load


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own settings: a file that does not exist yet."""
    path = tmp_path / "config" / "config.toml"
    path.parent.mkdir()
    monkeypatch.setattr(settings, "config_file", lambda: path)
    return path


@pytest.mark.usefixtures("file")
def test_there_are_defaults() -> None:
    """A start with nothing given works; the author's person is the login name."""
    found = load({}, {})
    assert (found.db, found.project, found.profile, found.log_level) == ("", "", "core", "WARNING")
    assert found.user
    assert dict(found.origin) == {}
    assert found.data_dir.is_absolute()


def test_the_nearer_source_wins(file: Path) -> None:
    """A flag over the environment, that over the file, that over the default; each is named."""
    file.write_text('user = "from file"\nprofile = "full"\nlog_level = "INFO"\n')
    environ = {"TOKENSPACE_USER": "from environment", "TOKENSPACE_LOG_LEVEL": "ERROR"}
    found = load({"user": "from flag", "profile": None, "log_level": ""}, environ)
    assert (found.user, found.log_level, found.profile) == ("from flag", "ERROR", "full")
    assert found.origin == {
        "user": "--user",
        "log_level": "TOKENSPACE_LOG_LEVEL",
        "profile": str(file),
    }


def test_which_space_is_one_question(file: Path, tmp_path: Path) -> None:
    """`--project` is obeyed although TOKENSPACE_DB is set; the other way round as well."""
    file.write_text('db = "/file.db"\n')
    near = load({"project": str(tmp_path)}, {"TOKENSPACE_DB": "/environment.db"})
    assert (near.db, near.project) == ("", str(tmp_path))
    assert near.origin == {"project": "--project"}
    far = load({}, {"TOKENSPACE_PROJECT": str(tmp_path)})
    assert (far.db, far.project) == ("", str(tmp_path))
    both = load({"db": str(tmp_path / "x"), "project": str(tmp_path)}, {})
    assert (both.db, both.project) == (str(tmp_path / "x"), str(tmp_path))


@pytest.mark.usefixtures("file")
def test_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to the working directory; `~` and variables are understood."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("WHERE", "there")
    assert load({"db": "x.db"}, {}).db == str(tmp_path / "x.db")
    assert load({"db": "~/x.db"}, {}).db == str(tmp_path / "x.db")
    assert load({"db": "$WHERE/x.db"}, {}).db == str(tmp_path / "there" / "x.db")


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("left", ["${workspaceFolder}", "${CLAUDE_PROJECT_DIR}/x", "a${}"])
def test_what_a_client_left_unexpanded_is_absent(left: str) -> None:
    """A client that does not know a variable hands it on as it is written."""
    found = load({"project": left}, {"TOKENSPACE_DB": left, "CLAUDE_PROJECT_DIR": "/a/project"})
    assert (found.db, found.project, dict(found.origin)) == ("", "", {})
    assert found.client_project == "/a/project"


@pytest.mark.usefixtures("file")
def test_a_home_that_is_none_is_told() -> None:
    """`~nobody` names a person that this machine does not know."""
    with pytest.raises(SettingsError, match=r"--db: cannot tell where ~no-such-user-x/y\.db is"):
        load({"db": "~no-such-user-x/y.db"}, {})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('profil = "full"', "'profil' is unknown; settings are db, project, profile, user, model"),
        ("user = 7", "user must be a text in quotes, not 7"),
        ("[user]", "user must be a text in quotes"),
        ("user = ", "cannot read .*config.toml"),
        ('profile = "all"', "config.toml: 'all' is not a profile; choose core, full"),
    ],
)
def test_a_file_that_is_not_understood_stops_the_start(
    file: Path, text: str, complaint: str
) -> None:
    """A setting that is silently ignored is worse than a start that fails."""
    file.write_text(text)
    with pytest.raises(SettingsError, match=complaint):
        load({}, {})


def test_a_file_in_another_encoding_is_told(file: Path) -> None:
    """TOML is UTF-8."""
    file.write_bytes(b'user = "\xe9"')
    with pytest.raises(SettingsError, match="cannot read"):
        load({}, {})


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize(
    ("flags", "environ", "complaint"),
    [
        ({"profile": "all"}, {}, "--profile: 'all' is not a profile; choose core, full"),
        ({}, {"TOKENSPACE_PROFILE": "x"}, "TOKENSPACE_PROFILE: 'x' is not a profile"),
        ({"log_level": "loud"}, {}, "--log-level: 'loud' is not a log_level; choose DEBUG"),
    ],
)
def test_a_bad_choice_names_where_it_came_from(
    flags: dict[str, str | None], environ: dict[str, str], complaint: str
) -> None:
    """The person has to know which of three places to mend."""
    with pytest.raises(SettingsError, match=complaint):
        load(flags, environ)


def test_the_persons_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    """$VISUAL before $EDITOR, and something that is everywhere where neither is set."""
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    assert editor() in ("vi", "notepad")
    monkeypatch.setenv("EDITOR", "nano")
    assert editor() == "nano"
    monkeypatch.setenv("VISUAL", "code --wait")
    assert editor() == "code --wait"


def test_every_setting_is_in_the_default_file() -> None:
    """`default.toml` documents every setting there is."""
    text = (Path(settings.__file__).parent / "default.toml").read_text("utf-8")
    for name in ("db", "project", "profile", "user", "log_level"):
        assert f"\n{name} = " in text
        assert name in Settings.__dataclass_fields__
