"""`tokenspace install` beyond one entry: duplicates, rules, platforms, the offer."""

import re
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.server.call import RefusedError
from tokenspace.server.install import rules
from tokenspace.server.install.clients import BY_NAME, CLIENTS
from tokenspace.server.install.formats import FORMATS
from tokenspace.server.install.places import places, project_of
from tokenspace.server.install.program import is_fleeting, program

from .installs import HOME_FILES, Home, entry_of
from .shell import parsed, text


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A person whose clients have no files yet."""
    return Home(tmp_path, monkeypatch)


def test_what_is_plugged_in_under_another_name_is_named_and_not_doubled(home: Home) -> None:
    """Also where it is started by uvx or from a checkout; the same scope and the other one."""
    path = home.file("cursor", "user")
    path.parent.mkdir()
    for start in (
        '"command": "uvx", "args": ["tokenspace", "serve"]',
        '"command": "python3", "args": ["/src/tokenspace/server"]',
        '"command": "python3", "args": ["-m", "tokenspace.server"]',
        '"command": "C:\\\\Tools\\\\tokenspace.exe"',
    ):
        path.write_text(f'{{"mcpServers": {{"memory": {{{start}}}}}}}')
        ran = home.run("install", "cursor", *home.start)
        assert (ran.code, ran.out) == (1, b"")
        assert "as 'memory': --name memory changes that entry" in ran.err
    (done,) = home.install("cursor", "--name", "memory")
    assert (done["action"], done["name"]) == ("changed", "memory")
    (done,) = home.install("cursor")
    assert (done["action"], done["name"]) == ("unchanged", "memory")
    (done,) = home.install("cursor", scope="project")
    assert done["twins"] == ["memory in ~/.cursor/mcp.json"]
    (done,) = home.install("cursor", "--profile", "full", "--force")
    assert (done["action"], done["name"]) == ("added", "tokenspace")


def test_an_entry_that_is_not_ours_is_left_alone(home: Home) -> None:
    """Neither replaced nor taken out, unless that is forced."""
    path = home.file("cursor", "user")
    path.parent.mkdir()
    path.write_text('{"mcpServers": {"tokenspace": {"command": "other"}}}')
    for words in ((), ("--uninstall",)):
        ran = home.run("install", "cursor", *words, *home.start)
        assert (ran.code, "starts something else" in ran.err) == (1, True)
    assert home.install("cursor", "--force")[0]["action"] == "changed"


def test_a_link_to_a_file_stays_a_link(home: Home) -> None:
    """People keep such files in a repository of their own."""
    path, real = home.file("claude-code", "user"), home.folder / "dotfiles" / "claude.json"
    real.parent.mkdir()
    real.write_text("{}\n")
    path.symlink_to(real)
    home.install("claude-code")
    assert path.is_symlink()
    assert "tokenspace" in real.read_text()
    home.install("claude-code", "--uninstall")
    assert (path.is_symlink(), real.read_text()) == (True, "{}\n")


@pytest.mark.parametrize(
    ("client", "scope", "name"),
    [
        ("claude-code", "user", ".claude/CLAUDE.md"),
        ("claude-code", "project", "CLAUDE.md"),
        ("gemini", "project", "GEMINI.md"),
        ("codex", "user", ".codex/AGENTS.md"),
        ("cursor", "project", "AGENTS.md"),
    ],
)
def test_rules_are_ten_lines_in_the_file_that_the_client_reads(
    home: Home, client: str, scope: str, name: str
) -> None:
    """They come once, and go with --uninstall --rules alone."""
    path = (home.home if scope == "user" else home.project) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("# Mine\n\nUse tabs.")
    assert [one["action"] for one in home.install(client, "--rules", scope=scope)] == ["added"] * 2
    told = path.read_text()
    assert told.startswith("# Mine\n\nUse tabs.\n\n<!-- tokenspace: begin")
    assert len(told.splitlines()) == 4 + 10
    again = home.install(client, "--rules", scope=scope)
    assert ([one["action"] for one in again], path.read_text()) == (["unchanged"] * 2, told)
    said = text(home.run("install", client, "--rules", "--scope", scope, *home.start))
    assert "the rules are in " in said
    home.install(client, "--uninstall", scope=scope)
    assert path.read_text() == told
    assert home.install(client, "--uninstall", "--rules", scope=scope)[1]["action"] == "removed"
    assert path.read_text() == "# Mine\n\nUse tabs."


def test_a_client_without_a_file_of_rules_says_so(home: Home) -> None:
    """And nothing is begun."""
    ran = home.run("install", "cursor", "--rules", *home.start)
    assert (ran.code, "--scope project" in ran.err) == (2, True)
    assert home.files() == {}


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["a", " ", "\n", "\r\n", "<!--", "-->"])).map("".join))
def test_taking_the_rules_out_brings_back_any_text(written: str) -> None:
    """To the byte, wherever its last line ends."""
    told = rules.put(written)
    assert rules.put(told) == told
    assert rules.take(told) == written


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@settings(max_examples=50)
@given(
    st.dictionaries(st.text(max_size=3), _JSON, max_size=3),
    st.sampled_from([None, 2, 4, "\t"]),
    st.sampled_from(["", "/* one */", "// two\n"]),
)
def test_any_json_comes_back_to_the_byte(
    value: object, indent: int | str | None, note: str
) -> None:
    """An entry goes in, and out again; what is there besides is read as before."""
    import json

    document = {"mcpServers": {"other": value}, "more": value}
    written = json.dumps(document, indent=indent).replace('"more"', f'{note}"more"', 1)
    form, keys = FORMATS["json"], ("mcpServers",)
    told = form.put(written, keys, "tokenspace", {"command": "x", "args": ["y"]}, ())
    now = form.read(told)
    assert now["mcpServers"].pop("tokenspace") == {"command": "x", "args": ["y"]}
    assert now == document
    assert form.take(told, keys, "tokenspace", drop=False) == written


@pytest.mark.parametrize(
    ("platform", "moved", "client", "path"),
    [
        ("linux", {}, "claude-desktop", "/h/.config/Claude/claude_desktop_config.json"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "vscode", "/x/Code/User/mcp.json"),
        (
            *("darwin", {}, "claude-desktop"),
            "/h/Library/Application Support/Claude/claude_desktop_config.json",
        ),
        ("darwin", {}, "zed", "/h/.config/zed/settings.json"),
        ("win32", {"APPDATA": "/h/Roam"}, "vscode", "/h/Roam/Code/User/mcp.json"),
        ("win32", {}, "zed", "/h/AppData/Roaming/Zed/settings.json"),
        ("win32", {}, "cursor", "/h/.cursor/mcp.json"),
        ("linux", {"CODEX_HOME": "/c"}, "codex", "/c/config.toml"),
        ("linux", {"CLAUDE_CONFIG_DIR": "/c"}, "claude-code", "/c/.claude.json"),
    ],
)
def test_each_platform_has_its_folders(
    platform: str, moved: dict[str, str], client: str, path: str
) -> None:
    """And variables move them."""
    found = places(Path("/h"), None, platform, moved)
    assert found.file(BY_NAME[client], "user") == Path(path)


def test_the_project_is_the_git_root_and_never_the_home(home: Home) -> None:
    """A project's file goes where the client looks for it."""
    below = home.project / "src" / "deep"
    below.mkdir(parents=True)
    assert project_of(below, home.home) == home.project
    assert project_of(home.home, home.home) is None
    assert project_of(Path("/"), home.home) is None
    plain = home.home / "notes"
    plain.mkdir()
    assert project_of(plain, home.home) == plain


@pytest.mark.parametrize(
    "place",
    [
        "/home/ada/.cache/uv/archive-v0/Yq1/bin/tokenspace",
        "/home/ada/.cache/pipx/abc/bin/tokenspace",
        r"/Users/ada/Library/Caches/uv/archive-v0/x/bin/tokenspace",
        "/data/uv/environments-v2/x/bin/tokenspace",
    ],
)
def test_a_program_in_a_cache_is_refused(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As uvx and pipx run leave it; it is told what to do instead."""
    assert is_fleeting(Path(place))
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "tokenspace").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def scripts(_: str) -> str:
        return str(folder)

    monkeypatch.setattr("sysconfig.get_path", scripts)
    with pytest.raises(RefusedError, match=r"uv tool install .+pipx install"):
        program(None)


def test_alone_it_lists_the_clients_that_are_here(home: Home) -> None:
    """With what would plug them in; into a pipe nothing is asked."""
    for name in (".codex", ".cursor"):
        (home.home / name).mkdir()
    home.install("codex")
    told = text(home.run("install", *home.start)).splitlines()
    assert re.split(r"  +", told[1])[:3] == ["cursor", "yes", "no"]
    assert re.split(r"  +", told[2])[:3] == ["codex", "yes", "tokenspace"]
    assert told[-1] == "To plug it in: tokenspace install cursor"
    listed = parsed(home.run("install", "--json"))["clients"]
    assert [one["client"] for one in listed] == list(HOME_FILES) == [one.name for one in CLIENTS]
    assert [one["client"] for one in listed if one["here"]] == ["cursor", "codex"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo terminal")
def test_on_a_terminal_the_clients_are_offered(home: Home) -> None:
    """Those that are named, and no others, get an entry."""
    for name in (".codex", ".cursor"):
        (home.home / name).mkdir()
    shown = home.on_terminal("install", *home.start, typed=["codex"])
    assert b"Plug tokenspace into 2 clients: cursor, codex?" in shown
    assert entry_of("codex", home.file("codex", "user"))
    assert not home.file("cursor", "user").exists()
