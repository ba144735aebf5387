"""What ships: the wheel, the sdist, and both at work in an environment of their own."""

import importlib.util
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkouts import copied, environment, pip_for, talked

pytestmark = pytest.mark.slow

FOLDERS = ("client", "config", "memory", "prompts", "server")


@dataclass(frozen=True, slots=True)
class Built:
    """A source tree and what was built from it."""

    tree: Path
    sdist: Path
    wheel_of_sdist: Path
    wheel_of_tree: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the sdist and a wheel from it, as a release does, and a wheel from the tree."""
    folder = tmp_path_factory.mktemp("built")
    tree = copied(folder / "tree")
    builder = sys.executable
    if importlib.util.find_spec("build") is None:
        scripts = environment(folder / "builder")
        builder = str(scripts / "python")
        subprocess.run([builder, "-m", "pip", "install", "--quiet", "build"], check=True)
    build = [builder, "-m", "build", "--outdir"]
    subprocess.run([*build, str(folder / "release"), str(tree)], check=True)
    subprocess.run([*build, str(folder / "direct"), "--wheel", str(tree)], check=True)
    (sdist,) = (folder / "release").glob("*.tar.gz")
    (wheel_of_sdist,) = (folder / "release").glob("*.whl")
    (wheel_of_tree,) = (folder / "direct").glob("*.whl")
    return Built(tree, sdist, wheel_of_sdist, wheel_of_tree)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the released wheel with its dependencies; return the folder of its programs."""
    scripts = environment(tmp_path_factory.mktemp("installed") / "venv", with_pip=False)
    install = pip_for(str(scripts / "python"), "install", "--quiet", str(built.wheel_of_sdist))
    subprocess.run(install, check=True)
    return scripts


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A user's project with folders called like ours, all of which raise when imported."""
    for name in ("server/__init__.py", "memory/__init__.py", "prompts/__init__.py", "config.py"):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"raise RuntimeError('the user own {name} was imported')\n", "utf-8")
    return tmp_path / "project"


def shipped(wheel: Path) -> set[str]:
    """Return the names in a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_every_file_of_the_folders_and_nothing_else(built: Built) -> None:
    """A data file or a new subpackage that the wheel lacks is found here, not by a user."""
    ours = {
        f"tokenspace/{path.relative_to(built.tree).as_posix()}"
        for folder in FOLDERS
        for path in (built.tree / folder).rglob("*")
        if path.is_file()
    }
    assert shipped(built.wheel_of_sdist) == ours
    kinds = {"handshake.json", "0001_init.sql", "instructions.md", "default.toml", "py.typed"}
    kinds |= {"constraints.txt", "worker.py"}
    assert kinds <= {Path(name).name for name in ours}


def test_a_wheel_made_from_the_sdist_is_the_wheel_made_from_the_tree(built: Built) -> None:
    """The sdist lacks nothing that the wheel needs."""
    assert shipped(built.wheel_of_sdist) == shipped(built.wheel_of_tree)
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names


def test_the_wheel_states_its_license_and_version(built: Built) -> None:
    """What an index shows comes from the metadata."""
    with zipfile.ZipFile(built.wheel_of_sdist) as archive:
        (metadata,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        fields = archive.read(metadata).decode().splitlines()
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert "License-Expression: MIT" in fields
    assert "Requires-Python: >=3.11" in fields
    needed = [field for field in fields if field.startswith("Requires-Dist") and ";" not in field]
    assert not [field for field in needed if "torch" in field or "transformers" in field]
    assert "Provides-Extra: semantic" in fields


def test_the_hostile_project_is_hostile(installed: Path, hostile: Path) -> None:
    """The control: in that folder a plain `import server` does run the user's code."""
    found = subprocess.run(
        [str(installed / "python"), "-c", "import server"],
        cwd=hostile, env={**os.environ, "PYTHONPATH": "."}, capture_output=True, check=False,
    )  # fmt: skip
    assert b"the user own server/__init__.py was imported" in found.stderr


def test_the_program_tells_its_version_in_a_hostile_project(
    built: Built, installed: Path, hostile: Path
) -> None:
    """The console script imports nothing of the folder it is started in."""
    project = tomllib.loads((built.tree / "pyproject.toml").read_text("utf-8"))["project"]
    found = subprocess.run(
        [str(installed / "tokenspace"), "--version"],
        cwd=hostile, env={**os.environ, "PYTHONPATH": "."}, capture_output=True, check=True,
    )  # fmt: skip
    assert found.stdout.decode().split() == ["tokenspace", project["version"]]
    assert found.stderr == b""


@pytest.mark.parametrize("program", [["python", "-m", "tokenspace.server"], ["tokenspace"]])
def test_the_server_works_in_a_hostile_project(
    program: list[str], installed: Path, hostile: Path, tmp_path: Path
) -> None:
    """A user's own `server/`, `memory/` and `config.py` on `PYTHONPATH` never shadow ours."""
    command = [str(installed / program[0]), *program[1:], "--db", str(tmp_path / "memory.db")]
    said = talked(command, hostile, {**os.environ, "PYTHONPATH": "."})
    assert said.lines[0]["result"]["serverInfo"]["name"] == "tokenspace"
    assert "persona" in said.memory
    assert (said.stderr, said.code, len(said.lines)) == ("", 0, 2)
