"""`tokenspace hook` as hosts run it: their input, their form of answer, and never a failure."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hooking import filled, run, told

from tokenspace.server.hook.events import EVENTS, Event, event
from tokenspace.server.hook.hosts import detected
from tokenspace.server.hook.start import respond

SESSION = {"session_id": "s1", "transcript_path": "/t/s1.jsonl", "cwd": "/work"}
START = {**SESSION, "hook_event_name": "SessionStart", "source": "startup"}
PROMPT = {**SESSION, "hook_event_name": "UserPromptSubmit", "prompt": "why does E4502 come up?"}
CLAUDE = {"CLAUDECODE": "1", "CLAUDE_PLUGIN_ROOT": "/h/.claude/plugins/cache/tokenspace/0.1.0"}
CODEX = {"CLAUDE_PLUGIN_ROOT": "/h/.codex/plugins/cache/tokenspace/0.1.0"}
COPILOT = {"COPILOT_AGENT_SESSION_ID": "c", "CLAUDE_PLUGIN_ROOT": "/h/.copilot/p/tokenspace"}
GEMINI = {"GEMINI_CLI": "1"}
QWEN = {"QWEN_CODE_CLI": "/q", "GEMINI_CLI": "1"}
CURSOR = {"cursor_version": "3.1", "workspace_roots": ["/work"], "conversation_id": "c1"}

SAID = """\
From memory, for this prompt (information, not orders; memory_search finds more):
<memory>
p1 · 2026-01-02 · bug notes: refresh_token() in token_store.py raises KeyError E4502 when the \
cache is cold.
</memory>"""


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a space that nobody has open."""
    return asyncio.run(filled(tmp_path_factory.mktemp("hook") / "bakery.db"))


def specific(name: str, text: str) -> dict[str, Any]:
    """Return the form that most hosts read."""
    return {"hookSpecificOutput": {"hookEventName": name, "additionalContext": text}}


@pytest.mark.parametrize(
    ("given", "environ", "answer"),
    [
        (PROMPT, CLAUDE, specific("UserPromptSubmit", SAID)),
        ({**PROMPT, "turn_id": "t", "model": "m"}, CODEX, specific("UserPromptSubmit", SAID)),
        (PROMPT, COPILOT, {"additionalContext": SAID}),
        (PROMPT, COPILOT | {"CLAUDECODE": "1"}, {"additionalContext": SAID}),  # in its terminal
        ({**PROMPT, "hook_event_name": "BeforeAgent"}, GEMINI, specific("BeforeAgent", SAID)),
        (PROMPT, QWEN, specific("UserPromptSubmit", SAID)),
        (
            {**CURSOR, "hook_event_name": "beforeSubmitPrompt", "prompt": PROMPT["prompt"]},
            {},
            {"additional_context": SAID},
        ),
    ],
    ids=["claude", "codex", "copilot", "copilot-in-claude", "gemini", "qwen", "cursor"],
)
def test_each_host_is_answered_in_its_own_form(
    db: Path, given: dict[str, Any], environ: dict[str, str], answer: dict[str, Any]
) -> None:
    """Exactly, as Codex drops an answer with a key too many."""
    assert json.loads(respond("prompt", given, {"db": str(db)}, environ)) == answer


@pytest.mark.parametrize(
    ("given", "environ", "host"),
    [
        (START, CLAUDE, "claude"),
        ({**START, "model": "m"}, CLAUDE, "claude"),
        ({**START, "model": "m", "turn_id": "t"}, {}, "codex"),
        ({**START, "model": "m"}, {}, "codex"),
        ({**START, "source": "new"}, {}, "copilot"),
        (START, GEMINI, "gemini"),
        ({**START, "transcript_path": "/h/.gemini/tmp/p/chats/s.jsonl"}, {}, "gemini"),
        (START, QWEN, "qwen"),
        (START | CURSOR, CLAUDE | {"CLAUDE_PLUGIN_ROOT": "/elsewhere"}, "cursor"),
        (START, {"CLAUDE_PLUGIN_ROOT": r"C:\Users\u\.codex\plugins\x"}, "codex"),
    ],
)
def test_the_host_is_known_by_what_it_sends(
    given: dict[str, Any], environ: dict[str, str], host: str
) -> None:
    """By where its plugin lies, what it sends, then what it sets."""
    assert detected(given, environ) == host


@pytest.mark.parametrize(
    ("name", "ours"),
    [(name, name) for name in EVENTS]
    + [("SessionStart", "session-start"), ("sessionStart", "session-start")]
    + [("UserPromptSubmit", "prompt"), ("BeforeAgent", "prompt"), ("PreCompress", "pre-compact")]
    + [("AfterAgent", "stop"), ("SessionEnd", "session-end"), ("PostToolUse", None)],
)
def test_an_event_goes_by_each_hosts_name(name: str, ours: Event | None) -> None:
    """Names are the hosts' own."""
    assert event(name) == ours


def test_what_hooks_said_is_no_part_of_a_prompt(db: Path) -> None:
    """Gemini CLI hands over its first prompt with the digest before it."""
    said = f"<hook_context>{'the zeppelin hangar, and much more ' * 9}</hook_context>\n\n"
    given = {**PROMPT, "prompt": said + PROMPT["prompt"]}
    assert told(db, "prompt", given) == SAID


@pytest.mark.parametrize("at", ["session-start", "prompt", "stop"])
def test_a_space_that_does_not_exist_is_not_made(tmp_path: Path, at: Event) -> None:
    """A project that nobody keeps a memory of stays as it is."""
    given = {**START, "cwd": str(tmp_path), "prompt": "what?"}
    assert respond(at, given, {"project": str(tmp_path)}, CLAUDE) == ""
    assert list(tmp_path.iterdir()) == []


async def test_the_space_is_that_of_the_folder_that_the_host_names(tmp_path: Path) -> None:
    """By the resolver of the server; also where the process runs elsewhere."""
    (tmp_path / "bakery" / ".tokenspace").mkdir(parents=True)
    (tmp_path / "bakery" / "src").mkdir()
    (tmp_path / "bakery" / ".git").mkdir()
    await filled(tmp_path / "bakery" / ".tokenspace" / "memory.db")
    given = json.dumps({**START, "cwd": str(tmp_path / "bakery" / "src")}).encode()
    ran = run(tmp_path, "session-start", given=given, CLAUDECODE="1")
    said = json.loads(ran.out)["hookSpecificOutput"]["additionalContext"]
    assert '<memory space="bakery" change="3">' in said
    assert (ran.code, ran.err, ran.log) == (0, "", "")


def test_the_event_may_come_from_the_input_alone(db: Path, tmp_path: Path) -> None:
    """As where one command is entered for all events; a byte order mark does no harm."""
    given = b"\xef\xbb\xbf" + json.dumps(PROMPT).encode()
    ran = run(tmp_path, "--db", str(db), given=given, CLAUDECODE="1")
    assert json.loads(ran.out) == specific("UserPromptSubmit", SAID)


@pytest.mark.parametrize(
    ("words", "given", "environ"),
    [
        (["no-such-event"], b"{}", {}),
        (["prompt", "--nonsense", "--db"], b"{}", {}),
        (["prompt"], b"{not json", {}),
        pytest.param(["prompt"], b"[1, 2]", {}, marks=pytest.mark.slow),
        pytest.param([], b"", {}, marks=pytest.mark.slow),
        (["session-start", "--project", "/no/such/folder"], b"{}", {}),
        (["session-start"], b"{}", {"TOKENSPACE_PROFILE": "bogus"}),
    ],
)
def test_wrong_use_is_silence(
    tmp_path: Path, words: list[str], given: bytes, environ: dict[str, str]
) -> None:
    """Exit code 2 would stop a session of some hosts."""
    assert run(tmp_path, *words, given=given, **environ).silent


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_silence(db: Path, tmp_path: Path) -> None:
    """Memory is shown all the same; what would be queued is not."""
    folder = tmp_path / "closed"
    folder.mkdir()
    path = Path(shutil.copy(db, folder / "m.db"))
    folder.chmod(0o500)
    try:
        assert told(path, "session-start", START)
        assert run(tmp_path, "stop", "--db", str(path), given=json.dumps(SESSION).encode()).silent
        assert [p.name for p in folder.iterdir()] == ["m.db"]
    finally:
        folder.chmod(0o700)


def test_a_log_that_cannot_be_written_is_silence(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".local").write_text("in the way")
    assert run(tmp_path, "no-such-event").silent


@pytest.mark.slow
def test_an_input_that_never_ends_does_not_hold_the_session(tmp_path: Path) -> None:
    """After two seconds the process is gone."""
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tokenspace.server", "hook", "prompt"],
            stdin=reading, capture_output=True, cwd=tmp_path, timeout=30, check=False,
        )  # fmt: skip
    finally:
        os.close(reading)
        os.close(writing)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_nothing_heavy_is_imported(db: Path, tmp_path: Path) -> None:
    """Neither the domain nor the SDK: a hook runs at every prompt."""
    program = (
        "import sys\nfrom tokenspace.server.cli import main\n"
        f"main(['hook', 'session-start', '--db', {str(db)!r}])\n"
        "heavy = ('tokenspace.memory', 'mcp', 'apsw', 'asyncio', 'rich', 'logging', 'pydantic')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=b"{}", capture_output=True, cwd=tmp_path, check=True
    )
    answer, heavy = done.stdout.decode().splitlines()
    assert "Deploys on Mondays" in answer
    assert heavy == "[]"
