"""What ships: the wheel, the sdist and the bundle, and all of it at work."""

import asyncio
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
from bridges import Answer, scripted
from bundles import Host, mcpb, uv
from checkouts import copied, environment, talked
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import TextContent

pytestmark = pytest.mark.slow

FOLDERS = ("client", "config", "memory", "prompts", "server")


@dataclass(frozen=True, slots=True)
class Built:
    """A source tree and what was built from it."""

    tree: Path
    sdist: Path
    bundle: Path
    wheel_of_sdist: Path
    wheel_of_tree: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Make a release by its one command, and a wheel from the tree."""
    folder = tmp_path_factory.mktemp("built")
    tree = copied(folder / "tree")
    builder = sys.executable
    if any(importlib.util.find_spec(name) is None for name in ("build", "setuptools")):
        builder = str(environment(folder / "builder") / "python")
        needed = ("build", "setuptools>=77")
        subprocess.run([builder, "-m", "pip", "install", "--quiet", *needed], check=True)
    release = [builder, str(tree / "config" / "release")]
    said = subprocess.run(release, check=True, stdout=subprocess.PIPE, text=True).stdout
    sdist, wheel, bundle = (Path(line) for line in said.splitlines())
    direct = [builder, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*direct, str(tree)], check=True)
    return Built(tree, sdist, bundle, wheel, folder / wheel.name)


@pytest.fixture(scope="module")
def host(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A desktop program that has unpacked the bundle."""
    folder = tmp_path_factory.mktemp("host")
    return Host(unpacked(built.bundle, folder / "bundle"), folder, uv())


@pytest.fixture(scope="module")
def installed(host: Host) -> Path:
    """Install the released wheel, which the bundle holds; return the folder of its programs."""
    return host.fetch()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A user's project with folders called like ours, all of which raise when imported."""
    for name in ("server/__init__.py", "memory/__init__.py", "prompts/__init__.py", "config.py"):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"raise RuntimeError('the user own {name} was imported')\n", "utf-8")
    return tmp_path / "project"


def unpacked(bundle: Path, to: Path) -> Path:
    """Unpack a bundle, which has no folders, and return where."""
    to.mkdir()
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            (to / name).write_bytes(archive.read(name))
    return to


def contents(bundle: Path) -> dict[str, bytes]:
    """Return what a bundle holds, by name."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def remembered(starts: StdioServerParameters) -> str:
    """Start something, have it remember a line, and return its answer."""
    async with Client(stdio_client(starts)) as client:
        new = {"label": "human", "new_string": "Name: Ada"}
        (said,) = (await client.call_tool("memory_insert", new)).content
    assert isinstance(said, TextContent)
    return said.text


def shipped(wheel: Path) -> set[str]:
    """Return the names in a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_every_file_of_the_folders_and_nothing_else(built: Built) -> None:
    """A data file or a new subpackage that the wheel lacks is found here, not by a user.

    What makes a release stays where it is made.
    """
    ours = {
        f"tokenspace/{path.relative_to(built.tree).as_posix()}"
        for folder in FOLDERS
        for path in (built.tree / folder).rglob("*")
        if path.is_file() and not path.is_relative_to(built.tree / "config" / "release")
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


def test_the_official_tool_takes_the_bundle_and_packs_the_same(
    built: Built, host: Host, tmp_path: Path
) -> None:
    """`mcpb validate` and `mcpb pack`: to make a bundle, Python alone is enough."""
    assert "validation passes" in mcpb("validate", str(host.folder / "manifest.json"))
    plain = unpacked(built.bundle, tmp_path / "plain")
    mcpb("pack", str(plain), str(tmp_path / "theirs.mcpb"))
    held = contents(built.bundle)
    assert contents(tmp_path / "theirs.mcpb") == held
    assert held[built.wheel_of_sdist.name] == built.wheel_of_sdist.read_bytes()


@pytest.mark.parametrize("is_chosen", [False, True], ids=["nothing filled in", "a project"])
def test_what_a_desktop_starts_remembers_outside_the_bundle(
    is_chosen: bool, host: Host, installed: Path, tmp_path: Path
) -> None:
    """For the person, or in the project that they chose: an update replaces the bundle's folder."""
    assert installed.is_dir()
    project = tmp_path / "bakery"
    project.mkdir()
    chosen = {"project": str(project)} if is_chosen else {}
    said = asyncio.run(remembered(host.starts(tmp_path, **chosen)))
    memories = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.db")]
    if is_chosen:
        assert said.endswith("space bakery (named by TOKENSPACE_PROJECT)")
        assert memories == ["bakery/.tokenspace/memory.db"]
    else:
        assert "\nspace personal (" in said
        (memory,) = memories
        assert memory.endswith("/spaces/personal.db")
    assert not [*host.folder.glob("**/.tokenspace"), *host.folder.rglob("*.db")]


def test_what_a_desktop_starts_goes_to_the_team_that_was_filled_in(
    host: Host, installed: Path, tmp_path: Path
) -> None:
    """With the token, which only the environment carries."""
    assert installed.is_dir()
    with scripted(lambda _: Answer(status=401)) as server:
        team = {"team_url": f"{server.url}/p/acme/mcp", "team_token": "ts_secret"}
        starts = host.starts(tmp_path, **team)
        assert not [word for word in starts.args if "ts_secret" in word]
        talked([starts.command, *starts.args], tmp_path, starts.env or {})
    first = server.asked[0]
    assert (first.path, first.headers["authorization"]) == ("/p/acme/mcp", "Bearer ts_secret")
