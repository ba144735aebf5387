"""Which assistant's program runs the hook, and in which form it reads an answer.

All send one JSON object on standard input; they agree on most of its keys, and on little of what
they read. Codex drops an answer with a key that it does not know, so none can be sent to all.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from .events import Event, event

Host = Literal["claude", "codex", "copilot", "cursor", "gemini", "qwen"]
Given = Mapping[str, Any]

TITLES: dict[Host, str] = {
    "claude": "Claude Code",
    "codex": "Codex",
    "copilot": "Copilot CLI",
    "cursor": "Cursor",
    "gemini": "Gemini CLI",
    "qwen": "Qwen Code",
}
HOSTS: tuple[Host, ...] = tuple(TITLES)
_KEYS: tuple[tuple[str, Host], ...] = (
    ("turn_id", "codex"),
    ("cursor_version", "cursor"),
    ("workspace_roots", "cursor"),
)
_OF_GEMINI = ("BeforeAgent", "AfterAgent", "PreCompress")
_VARIABLES: tuple[tuple[str, Host], ...] = (
    ("CURSOR_VERSION", "cursor"),
    ("QWEN_CODE_CLI", "qwen"),  # a fork of Gemini CLI, so it comes before
    ("GEMINI_CLI", "gemini"),
    ("CLAUDECODE", "claude"),
    ("COPILOT_AGENT_SESSION_ID", "copilot"),
)
_SAID_BEFORE = re.compile(r"\A\s*(?:<hook_context>.*?</hook_context>\s*)+", re.DOTALL)
_OWN_NAMES: dict[Event, str] = {
    "session-start": "SessionStart",
    "prompt": "UserPromptSubmit",
    "pre-compact": "PreCompact",
    "stop": "Stop",
    "session-end": "SessionEnd",
}


def detected(given: Given, environ: Mapping[str, str]) -> Host:
    """Return the host.

    Where its plugin lies and what it sends comes first: a program that was started in another's
    terminal inherits that one's variables. Gemini CLI sets none of its own name for a hook, so
    where its transcripts lie tells it from the others.
    """
    plugin = _parts(environ.get("CLAUDE_PLUGIN_ROOT", ""))
    transcript = _parts(text_of(given, "transcript_path", "transcriptPath"))
    own_event = given.get("hook_event_name") in _OF_GEMINI
    signs: tuple[tuple[bool, Host], ...] = (
        *((f".{host}" in plugin, host) for host in HOSTS),
        *((key in given, host) for key, host in _KEYS),
        (own_event, "gemini"),
        *((f".{host}" in transcript, host) for host in HOSTS),
        *((name in environ, host) for name, host in _VARIABLES),
        ("model" in given, "codex"),  # it says that each time, and sets no variable
    )
    for holds, host in signs:
        if holds:
            return host
    return "copilot"


def answer(host: Host, at: Event, given: Given, text: str) -> str:
    """Return what a host reads as context for its model; nothing for nothing."""
    if not text:
        return ""
    if host == "copilot":
        said: object = {"additionalContext": text}
    elif host == "cursor":
        said = {"additional_context": text}
    else:
        name = given.get("hook_event_name")
        own = name if isinstance(name, str) and event(name) == at else _OWN_NAMES[at]
        said = {"hookSpecificOutput": {"hookEventName": own, "additionalContext": text}}
    return json.dumps(said)


def prompt_of(given: Given) -> str:
    """Return what the person wrote: Gemini CLI puts what hooks said before a first prompt."""
    return _SAID_BEFORE.sub("", text_of(given, "prompt"))


def _parts(path: str) -> list[str]:
    return path.replace("\\", "/").casefold().split("/")


def text_of(given: Given, *keys: str) -> str:
    """Return the first of these keys that holds a text; Copilot's own hooks write `sessionId`."""
    return next((found for key in keys if isinstance(found := given.get(key), str) and found), "")
