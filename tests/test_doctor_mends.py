"""What `tokenspace doctor` suggests mends what is wrong, harms nobody who types it, or is left out.

Each of these was suggested once, and lost a memory, sent a token away or mended nothing.
"""

import json
import re
import shlex
import tempfile
from pathlib import Path
from typing import Any

import pytest
from bridges import Answer, scripted

from tokenspace.server.doctor.report import State

from .doctors import GOOD, Patient, Told
from .installs import entry_of

GONE = "/opt/gone/tokenspace"
TOKEN = "ts_0123456789ab_" + "x" * 43


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A person with a project, and no client yet."""
    made = Patient(tmp_path, monkeypatch)
    made.program = GOOD
    return made


def claudes_own(home: Patient, value: dict[str, Any], name: str = "tokenspace") -> None:
    """Give Claude Code an entry for one project, in the person's own file."""
    local = {str(home.project): {"mcpServers": {name: value}}}
    home.write("claude-code", json.dumps({"mcpServers": {}, "projects": local}))


def commands(told: Told) -> list[str]:
    """Return the commands that are suggested."""
    return [one for found in told.findings for one in re.findall("`([^`]*)`", found.mend)]


def test_a_token_in_a_projects_file_is_not_led_to_its_address(home: Patient) -> None:
    """Whoever wrote the file would have the person's own token sent there."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    value = {"url": "https://evil.example/p/x/mcp", "headers": headers}
    home.write("claude-code", value, "project")
    found = home.doctor("claude-code").one("token", State.FAIL)
    assert found.mend.startswith("take the token out of ")
    assert "revoke it" in found.mend
    assert "whose endpoint that is" in found.mend
    assert "evil" not in found.mend
    assert "install" not in found.mend


@pytest.mark.parametrize(
    ("client", "name", "url"),
    [
        ("cursor", "tokenspace", "https://m.example/p/acme/mcp; touch pwned; #/mcp"),
        ("cursor", "tokenspace", "https://m.example/p/acme`touch pwned`/mcp"),
        ("qwen", "tokenspace; touch pwned", "https://m.example/p/acme/mcp"),
        ("claude-code", "tokenspace `touch pwned`", "https://m.example/p/acme/mcp"),
    ],
)
def test_a_command_that_is_suggested_runs_nothing_of_a_projects_file(
    home: Patient, client: str, name: str, url: str
) -> None:
    """An address and a name are whatever somebody wrote there."""
    home.write("zed", {"command": GONE, "args": ["serve", "--remote", "https://m.example"]})
    if client == "claude-code":
        claudes_own(home, {"command": GONE}, "mine-tokenspace")
    key = "httpUrl" if client == "qwen" else "url"
    value = {"mcpServers": {name: {key: url}}}
    home.write(client, json.dumps(value), "project")
    told = home.doctor(client)
    assert told.of("entry")
    assert client != "cursor" or told.one("entry", State.NOTE).mend.count("`") == 2
    for one in commands(told):
        assert "touch" not in shlex.split(one)
        assert ";" not in list(shlex.shlex(one, posix=False, punctuation_chars=True))
    if client == "claude-code":
        found = told.one("duplicates", State.WARN)
        assert found.mend == "take one out: `claude mcp remove --scope local mine-tokenspace`"


def test_an_endpoint_that_refuses_is_no_reason_to_write_the_entry_anew(home: Patient) -> None:
    """All projects would then have this one's space, and the name and the profile would be gone."""
    pins = ["--project", "${workspaceFolder}", "--user", "ada", "--profile", "full"]
    with scripted(lambda _: Answer(401)) as server:
        args = ["serve", "--remote", server.url, *pins]
        path = home.write("cursor", {"command": str(GOOD), "args": args})
        told = home.doctor("cursor")
    found = told.one("start", State.FAIL)
    assert "needs a token" in found.says
    asks = f"`tokenspace doctor {server.url}/p/a-project/mcp` asks the endpoint itself"
    assert found.mend == f'{asks}; the args in {path} take "--token-file", "FILE" for a token'
    assert not [one for one in commands(told) if "install" in one]


@pytest.mark.parametrize("remote", [[], ["--remote", "https://m.example"]])
def test_nothing_is_lost_of_words_that_are_not_known(home: Patient, remote: list[str]) -> None:
    """A program that is gone is named by hand then; the installer refuses as well."""
    args = ["serve", "--user", "ada", *(remote or ["--db", "/srv/notes.db"]), "--verbose"]
    path = home.write("cursor", {"command": "tokenspace", "args": args})
    told = home.doctor("cursor")
    assert f"into {path} by hand" in told.one("program", State.FAIL).mend
    assert not [one for one in commands(told) if "install" in one]
    ran = home.run("install", "cursor", *home.start)
    assert (ran.code, "unknown: --verbose" in ran.err) == (1, True)
    assert entry_of("cursor", path)["args"] == args
    assert home.run("install", "cursor", "--force", *home.start).code == 0


def test_a_server_that_answers_and_then_fails_is_broken(home: Patient) -> None:
    """By a flag that cannot be, and whatever else ends it."""
    home.write("cursor", {"command": str(GOOD), "args": ["serve", "--profile", "nope"]})
    told = home.doctor("cursor")
    found = told.one("space", State.FAIL)
    assert "'nope' is not a profile" in found.says
    assert found.mend == "put that right in ~/.cursor/mcp.json"
    wrapper = home.script("wrapper", f"{GOOD} \"$@\"\necho 'no more' >&2\nexit 2")
    home.write("cursor", {"command": str(wrapper), "args": ["serve"]})
    found = home.doctor("cursor").one("start", State.FAIL)
    assert found.says == "it answers the handshake, and ends with exit code 2: no more"


def test_what_the_installer_does_not_write_is_left_to_the_person(home: Patient) -> None:
    """Claude Code's entry for one project, a plugin's, and a name that no client takes."""
    claudes_own(home, {"command": GONE})
    (found,) = home.doctor("claude-code").of("program", "claude-code")
    assert found.mend.startswith("write the absolute path of an installed tokenspace into ")
    broken = home.script("broken", "exit 3")
    claudes_own(home, {"command": str(broken)})
    found = home.doctor("claude-code").one("start", State.FAIL)
    assert found.mend.endswith("take it out: `claude mcp remove --scope local tokenspace`")
    home.write("gemini", json.dumps({"mcpServers": {"my tokenspace": {"command": GONE}}}))
    told = home.doctor("gemini")
    assert told.one("name", State.WARN).mend == "call it tokenspace there"
    assert not commands(told)


def test_a_pin_in_the_environment_is_taken_out_where_it_stands(home: Patient) -> None:
    """The installer leaves an entry's variables to the person."""
    other = home.folder / "other"
    other.mkdir()
    env = {"TOKENSPACE_PROJECT": str(other)}
    home.write("claude-code", {"command": str(GOOD), "args": ["serve"], "env": env})
    found = home.doctor("claude-code").one("space", State.WARN)
    assert found.mend.endswith(": take TOKENSPACE_PROJECT out of ~/.claude.json")


def test_an_entry_of_two_keys_becomes_the_one_list_that_opencode_reads(home: Patient) -> None:
    """What was suggested left the words of it beside the list, where they counted again."""
    home.write("opencode", {"command": str(GOOD), "args": ["serve", "--user", "ada"]})
    found = next(one for one in home.doctor("opencode").of("keys"))
    words = shlex.split(found.mend.strip("`"))
    home.install(*words[2:])
    told = home.doctor("opencode")
    assert (told.code, told.of("keys")) == (0, [])
    entry = entry_of("opencode", home.file("opencode", "user"))
    assert entry["command"] == [str(GOOD), "serve", "--user", "ada"]


def test_each_reason_why_a_program_does_not_start_has_its_own_mend(home: Patient) -> None:
    """One that may not be run, a first line that leads nowhere, words that cannot be given."""
    program = home.script("my dir", "exit 0")
    program.chmod(0o644)
    home.write("zed", {"command": str(program)})
    assert home.doctor("zed").one("program", State.FAIL).mend == f"`chmod +x '{program}'`"
    program.write_text("#!/opt/gone/python\n")
    program.chmod(0o755)
    assert "Python that is gone" in home.doctor("zed").one("program", State.FAIL).mend
    home.write("zed", {"command": str(GOOD), "env": {"A": "b\0"}})
    assert "put its words and" in home.doctor("zed").one("program", State.FAIL).mend


def test_a_token_goes_where_the_client_hands_it_on(home: Patient) -> None:
    """Cline keeps the variable to itself; a file has to be named."""
    env = {"TOKENSPACE_TOKEN": TOKEN}
    value = {"command": GONE, "args": ["serve", "--remote", "https://m.example"], "env": env}
    home.write("cline", value)
    found = home.doctor("cline").one("token", State.WARN)
    assert '"--token-file", "FILE"' in found.mend
    home.write("qwen", value)
    assert home.doctor("qwen").one("token", State.WARN).mend.endswith("into TOKENSPACE_TOKEN")


def test_where_doctor_itself_will_not_stay_that_comes_first(
    home: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The installer refuses to name such a program."""
    home.write("zed", {"command": GONE})
    monkeypatch.setattr(tempfile, "tempdir", str(GOOD.parent))
    (found,) = home.doctor("zed").of("program", "zed")
    assert re.match(r"`uv tool install .*, then `tokenspace install zed` writes its", found.mend)


@pytest.mark.parametrize("runner", ["docker", "env"])
def test_what_is_told_to_a_wrapper_is_not_thrown_away(home: Patient, runner: str) -> None:
    """A folder of a container, or a variable, may be what says which memory it is."""
    args = ["run", "-v", "/srv:/srv", "tokenspace"] if runner == "docker" else ["tokenspace"]
    home.write("zed", {"command": runner, "args": [*args, "serve"]})
    (found,) = home.doctor("zed").of("program", "zed")
    assert (found.state, "install" in found.mend) == (State.WARN, False)
