"""`tokenspace install`: which entries are ours, what they keep, and who can use them besides."""

import io
import json
import sys
from pathlib import Path

import pytest

from tokenspace.server.cli import main

from .installs import Home, entry_of
from .shell import text

URL = "https://memory.example.com/p/acme/mcp"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet."""
    return Home(tmp_path, monkeypatch)


def cursor(home: Home, **entries: object) -> Path:
    """Write the file of Cursor, with these entries and no other."""
    path = home.file("cursor", "user")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"mcpServers": entries}))
    return path


@pytest.mark.parametrize(
    "words",
    [
        "npx -y @modelcontextprotocol/server-filesystem /home/u/src/tokenspace",
        "uvx mcp-server-git --repository /home/u/src/tokenspace",
        "uvx --quiet mcp-server-git --repository /home/u/src/tokenspace",
        "uv run --directory /home/u/src/tokenspace other serve",
        "docker run -i --mount type=bind,src=/home/u/tokenspace mcp/files /p/tokenspace",
        "python3 /opt/lint.py /src/tokenspace/server",
        "python3 -m other tokenspace.server",
    ],
)
def test_a_server_that_is_given_a_folder_of_that_name_is_not_ours(home: Home, words: str) -> None:
    """It is neither listed nor taken for a second one, and goes only if that is forced."""
    command, *args = words.split()
    path = cursor(home, files={"command": command, "args": args})
    was = path.read_bytes()
    (listed,) = [one for one in home.states() if one["client"] == "cursor"]
    assert listed["entries"] == []
    ran = home.run("install", "cursor", "--uninstall", "--name", "files", *home.start)
    assert (ran.code, "starts something else" in ran.err) == (1, True)
    assert path.read_bytes() == was
    assert home.install("cursor")[0]["action"] == "added"
    home.install("cursor", "--uninstall")
    assert path.read_bytes() == was
    (done,) = home.install("cursor", "--uninstall", "--name", "files", "--force")
    assert Path(done["backup"]).read_bytes() == was


@pytest.mark.parametrize(
    "words",
    [
        "uvx --from /home/u/src/tokenspace tokenspace serve",
        "uvx tokenspace[semantic]==0.1.0",
        "uvx --unknown value tokenspace serve",
        "uv tool run tokenspace serve",
        "uv run --directory /src python -m tokenspace.server serve",
        "pipx run --spec /src/tokenspace tokenspace serve",
        "docker run -i --rm -v tokenspace:/data ghcr.io/x/tokenspace:1 serve",
        "env A=b /opt/tokenspace serve",
        "python3 -P -m tokenspace.server serve",
        "python3 /src/tokenspace/server serve",
    ],
)
def test_a_server_that_is_ours_is_known_by_whatever_starts_it(home: Home, words: str) -> None:
    """It is changed and not doubled, and goes without force; its flags are read behind it."""
    command, *args = words.split()
    cursor(home, memory={"command": command, "args": args})
    ran = home.run("install", "cursor", *home.start)
    assert (ran.code, "as 'memory'" in ran.err) == (1, True)
    with_db = args if args[-1] == "serve" else [*args, "serve"]
    cursor(home, memory={"command": command, "args": [*with_db, "--db", "/a.db"]})
    (done,) = home.install("cursor", "--name", "memory")
    assert done["entry"] == {
        "type": "stdio", "command": str(home.program), "args": ["serve", "--db", "/a.db"],
    }  # fmt: skip
    assert home.install("cursor", "--name", "memory", "--uninstall")[0]["action"] == "removed"


def test_anothers_endpoint_is_not_taken_out_without_force(home: Home) -> None:
    """Every server over HTTP may have an address that ends in /mcp."""
    other = {"url": "https://api.example.com/mcp", "headers": {"Authorization": "Bearer x"}}
    cursor(home, github=other, acme={"url": URL})
    ran = home.run("install", "cursor", "--uninstall", "--name", "github", *home.start)
    assert (ran.code, "starts something else" in ran.err) == (1, True)
    assert home.install("cursor", "--uninstall", "--name", "acme")[0]["action"] == "removed"


PINNED: list[tuple[list[str], list[str]]] = [
    (["--db", "/a.db", "--profile", "full", "--user", "ada"], []),
    (["--project", "/p"], ["--profile", "full"]),
    (["--url", "https://memory.example.com", "--bridge", "--no-token"], []),
    (["--url", URL, "--bridge", "--token-file", "/secret"], []),
    (["--url", URL], []),
]


@pytest.mark.parametrize("client", ["cursor", "codex", "opencode", "continue"])
@pytest.mark.parametrize(("first", "then"), PINNED)
def test_another_run_keeps_what_an_entry_is_pinned_to(
    home: Home, client: str, first: list[str], then: list[str]
) -> None:
    """Nothing changes by a run that asks for nothing; one that asks for more changes that alone."""
    home.install(client, *first)
    path = home.file(client, "user")
    was = path.read_bytes()
    (done,) = home.install(client)
    assert (done["action"], path.read_bytes()) == ("unchanged", was)
    assert done["kept"]
    if then:
        was_entry = entry_of(client, path)
        home.install(client, *then)
        key = "command" if client == "opencode" else "args"
        assert entry_of(client, path)[key] == [*was_entry[key], *then]


def test_a_memory_that_is_named_anew_takes_the_place_of_the_old_one(home: Home) -> None:
    """Whichever way it is named; what is kept is said, and --force keeps nothing."""
    home.install("gemini", "--db", "/a.db", "--profile", "full")
    told = text(home.run("install", "gemini", "--user", "ada", *home.start))
    assert "kept of the entry that was there: --db /a.db --profile full" in told

    def args() -> list[str]:
        return entry_of("gemini", home.file("gemini", "user"))["args"]

    assert args() == ["serve", "--db", "/a.db", "--profile", "full", "--user", "ada"]
    home.install("gemini", "--project", "/p", "--user", "eve")
    assert args() == ["serve", "--project", "/p", "--profile", "full", "--user", "eve"]
    home.install("gemini", "--url", URL)
    assert entry_of("gemini", home.file("gemini", "user"))["url"] == URL
    home.install("gemini", "--db", "/b.db")
    assert args() == ["serve", "--db", "/b.db"]
    home.install("gemini", "--force")
    assert args() == ["serve"]


def test_the_words_of_a_project_are_written_anew_where_they_are_this_machines(home: Home) -> None:
    """Junie's entry names the project's folder: that of whoever runs it, not of who wrote it."""
    path = home.file("junie", "project")
    path.parent.mkdir(parents=True)
    was = {"command": "/x/tokenspace", "args": ["serve", "--project", "/elsewhere"]}
    path.write_text(json.dumps({"mcpServers": {"tokenspace": was}}))
    (done,) = home.install("junie", scope="project")
    assert done["entry"]["args"] == ["serve", "--project", str(home.project)]
    assert any("out of the repository" in step for step in done["left"])


def test_a_projects_file_can_be_written_for_others(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said that it holds a path; with the bare name it does not, and that stays."""
    (done,) = home.install("claude-code", scope="project")
    assert any(str(home.program) in step and "--program" in step for step in done["left"])
    missing = home.run("install", "claude-code", "--program", "no-such-program")
    assert (missing.code, "no no-such-program on the PATH" in missing.err) == (1, True)
    home.program.chmod(0o755)
    monkeypatch.setenv("PATH", str(home.folder))
    shared = home.run(
        "install", "claude-code", "--scope", "project", "--program", "tokenspace", "--json"
    )
    (done,) = json.loads(shared.out)["done"]
    assert done["entry"]["command"] == "tokenspace"
    assert any("needs tokenspace on the PATH" in step for step in done["left"])

    def scripts(_: str) -> str:
        return str(home.folder)

    monkeypatch.setattr("sysconfig.get_path", scripts)
    again = home.run("install", "claude-code", "--scope", "project", "--json")
    assert json.loads(again.out)["done"][0]["action"] == "unchanged"
    was = home.file("claude-code", "project").read_bytes()
    assert b"/" not in was
    (done,) = home.install("claude-code", scope="project")  # which names a file
    assert done["entry"]["command"] == str(home.program)


class Terminal(io.StringIO):
    """A stream that says that a person is there."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [("y", True), ("YES", True), ("all", True), ("cursor", True), ("n", False), ("", False)],
)
def test_an_offer_is_taken_in_the_usual_words(
    home: Home, monkeypatch: pytest.MonkeyPatch, typed: str, chosen: bool
) -> None:
    """And turned down in them."""
    home.file("cursor", "user").parent.mkdir()
    for name, stream in (("stdin", Terminal(f"{typed}\n")), ("stderr", Terminal())):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), write_through=True))
    assert main(["install", *home.start]) == 0
    assert home.file("cursor", "user").exists() == chosen
