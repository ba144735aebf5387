"""`tokenspace sleep` before it asks anybody: what it needs, and what it says without that."""

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from shell import Shell

from tokenspace.config.settings import inherited, load, secrets
from tokenspace.server.sleeping.options import duration

NEEDS_THE_EXTRA = pytest.mark.skipif(
    find_spec("pydantic_ai") is None, reason="the extra `sleep` is not installed"
)
MODEL = ("--model", "openai-chat:scripted")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line on a memory with one block."""
    made = Shell(tmp_path, monkeypatch)
    made.put("human", "- Likes tea.\n")
    return made


def test_without_a_model_it_says_how_one_is_named(shell: Shell) -> None:
    """The flag, the setting, and where that stands."""
    ran = shell("sleep")
    assert ran.code == 2
    assert "--model openai:gpt-5-mini" in ran.err
    assert 'sleep_model = "openai:gpt-5-mini"' in ran.err
    assert "config.toml" in ran.err


def test_the_model_can_stand_in_the_environment() -> None:
    """`TOKENSPACE_SLEEP_MODEL`, as with every setting."""
    settings = load({}, {"TOKENSPACE_SLEEP_MODEL": "openai:gpt-5-mini"})
    assert settings.sleep_model == "openai:gpt-5-mini"


def test_without_the_extra_it_says_how_to_install_it(shell: Shell) -> None:
    """One sentence with the command; nothing else of the program needs those libraries."""
    without = (
        "import sys; sys.modules['pydantic_ai'] = None\n"
        "from tokenspace.server.cli import main; raise SystemExit(main())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", without, "sleep", *MODEL, "--db", str(shell.db)],
        capture_output=True,
        env=shell.environ,
        timeout=60,
        check=False,
    )
    said = ran.stderr.decode()
    assert ran.returncode == 1
    assert said.startswith("tokenspace: the libraries that ask a model are not installed")
    assert "[sleep]" in said
    assert len(said.splitlines()) == 1


@NEEDS_THE_EXTRA
@pytest.mark.parametrize(
    ("model", "code", "said"),
    [
        ("openai-chat:gpt-5-mini", 1, "needs a key: put it into the environment as OPENAI_API_KEY"),
        ("nobody:gpt-5-mini", 2, "--model nobody:gpt-5-mini: Unknown model"),
        ("gpt-5-mini", 2, "--model gpt-5-mini: Unknown model"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_before_anything_starts(
    shell: Shell, model: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing key by the name of its variable; a provider that nobody knows."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    ran = shell("sleep", "--model", model)
    assert ran.code == code
    assert said in ran.err
    assert "working on" not in ran.err


def test_memory_that_does_not_exist_is_not_made(shell: Shell) -> None:
    """There is nothing to consolidate, and no file is left behind."""
    other = shell.folder / "other.db"
    ran = shell.run("sleep", *MODEL, "--db", str(other))
    assert ran.code == 1
    assert "there is no memory yet" in ran.err
    assert not other.exists()


def test_a_dry_run_is_not_repeated(shell: Shell) -> None:
    """It would cost each time, and change nothing."""
    ran = shell("sleep", *MODEL, "--dry-run", "--every", "1h")
    assert ran.code == 2
    assert "leave --every out" in ran.err


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1_800), ("6h", 21_600), ("1D", 86_400)]
)
def test_durations_are_a_number_and_a_unit(text: str, seconds: int) -> None:
    """Seconds, minutes, hours, days."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "0s", "-1h", "1w", "1.5h", "h", "٣h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A number alone could be of anything."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not a duration"):
        duration(text)


def test_the_server_gets_nobodys_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started with the environment but for them; TOKENSPACE_… has `TOKEN` only in front."""
    keys = {"SOME_API_KEY": "sk-0123456789", "HF_TOKEN": "hf-01234", "DB_PASSWORD": "tiny"}
    for name, value in {**keys, "TOKENSPACE_USER": "ada"}.items():
        monkeypatch.setenv(name, value)
    passed = inherited()
    assert not keys.keys() & passed.keys()
    assert passed["TOKENSPACE_USER"] == "ada"
    hidden = secrets()
    assert hidden.index("sk-0123456789") < hidden.index("hf-01234")
    assert "tiny" not in hidden, "a short word would be blotted out everywhere"
    assert "ada" not in hidden
    assert sys.executable not in hidden
