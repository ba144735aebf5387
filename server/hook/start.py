"""One run of a hook: from what the host sends to what it reads. It never fails a session.

Whatever goes wrong, the exit code is 0 and nothing is said; a line in the log says what it was.
Exit code 2 would stop the session of some hosts.
"""

import _thread  # `threading` takes a millisecond more
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .events import Event, event
from .hosts import TITLES, Given, Host, answer, detected, prompt_of, text_of
from .journal import note
from .plugin import PLUGIN, say_where

if TYPE_CHECKING:
    from ...config.locate import Place

PATIENCE_S = 2.0
"""After so long this process ends, whatever it waits for: for the end of its input, as a rule."""

_FLAGS = ("db", "project", "host")
_MOST_BYTES = 16 << 20
_STDIN, _STDOUT = 0, 1


def run(words: Sequence[str]) -> int:
    """Run the hook that `words` name (`session-start`, …; flags as of any command); returns 0.

    A person's `plugin` is no hook, and may fail.
    """
    if words[:1] == [PLUGIN]:
        return say_where()
    named = "hook"
    try:
        _limit()
        names, flags = _read_words(words)
        named = names[0] if names else "hook"
        given = _input()
        at = event(named) if names else event(text_of(given, "hook_event_name", "hookEventName"))
        from ...config.settings import host  # here, so that no failing import is heard of

        if at is None:
            note(named, "there is no such event")
            return 0
        said = respond(at, given, flags, host())
        if said:
            _write(said.encode() + b"\n")
    except KeyboardInterrupt:
        pass
    except Exception as error:  # a session must not end for any of these
        note(named, error)
    return 0


def respond(
    at: Event, given: Given, flags: Mapping[str, str | None], environ: Mapping[str, str]
) -> str:
    """Return what the host is answered at an event, nothing where there is nothing to say.

    Raises:
        Exception: of whatever kind; the caller writes it to the log.
    """
    from ...config.locate import locate
    from ...config.settings import load

    settings = load({key: flags.get(key) for key in ("db", "project")})
    place = locate(settings, cwd=_folder(given))
    if not place.path.is_file():  # no memory yet: one is made when it is first used
        return ""
    asked = flags.get("host")
    program = asked if asked in TITLES else detected(given, environ)
    if at in ("session-start", "prompt"):
        plugin = "CLAUDE_PLUGIN_ROOT" in environ
        if place.is_tracked:
            said = _withheld(at, place)
        else:
            said = _told(at, given, place, program, as_plugin=plugin)
        return answer(program, at, given, said)
    if not place.is_tracked:  # nobody files it there, and the next commit would take it along
        _queue(at, given, place, program)
    return ""


def _withheld(at: Event, place: "Place") -> str:
    """Return why nothing is said of a memory that its repository brings along, once a session."""
    if at != "session-start":
        return ""
    from .digest import withheld

    note(at, f"the memory of {place} is not shown: others may have written it")
    return withheld()


def _told(at: Event, given: Given, place: "Place", program: Host, *, as_plugin: bool) -> str:
    from .peek import peeking

    if at == "session-start":
        from .digest import digest

        with peeking(place.path) as peek:
            return digest(peek, place.name, program, as_plugin=as_plugin)
    from .recall import recall

    prompt = prompt_of(given)
    if not prompt:
        return ""
    with peeking(place.path, by_words=True) as peek:
        return recall(peek, prompt)


def _queue(at: Event, given: Given, place: "Place", program: Host) -> None:
    """Note where the session's transcript lies; without one there is nothing to learn from."""
    from .spool import queue

    transcript = text_of(given, "transcript_path", "transcriptPath")
    if not transcript:
        return
    said = {
        "host": program,
        "session": text_of(given, "session_id", "sessionId", "conversation_id"),
        "transcript": transcript,
        "cwd": text_of(given, "cwd"),
        "reason": text_of(given, "reason", "trigger"),
    }
    queue(place.path, at, time.time(), said)


def _folder(given: Given) -> Path | None:
    """Return the folder that the host says it works in, None where it says none that exists."""
    named = text_of(given, "cwd")
    roots = given.get("workspace_roots")
    if not named and isinstance(roots, list) and roots:
        named = str(cast(list[object], roots)[0])
    folder = Path(named) if named else None
    try:
        return folder if folder and folder.is_absolute() and folder.is_dir() else None
    except (OSError, ValueError):
        return None


def _input() -> Given:
    """Return the object on standard input; an empty one where a person started this."""
    if os.isatty(_STDIN):
        return {}
    parts: list[bytes] = []
    size = 0
    while size < _MOST_BYTES and (part := os.read(_STDIN, 1 << 16)):
        parts.append(part)
        size += len(part)
    text = b"".join(parts).decode("utf-8-sig", "replace")
    found: Any = json.loads(text) if text.strip() else {}
    return cast(Given, found) if isinstance(found, dict) else {}


def _read_words(words: Sequence[str]) -> tuple[list[str], dict[str, str | None]]:
    """Return names and flags; what is unknown is passed over, as a refusal would be an error."""
    names: list[str] = []
    flags: dict[str, str | None] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("-"):
            names.append(word)
        elif name in _FLAGS:
            flags[name] = value if equals else next(rest, None)
    return names, flags


def _limit() -> None:
    """End this process if it takes too long, in whatever call it waits; a signal may go unheard."""
    _thread.start_new_thread(_give_up, ())


def _give_up() -> None:
    time.sleep(PATIENCE_S)
    os._exit(0)


def _write(said: bytes) -> None:
    while said:
        said = said[os.write(_STDOUT, said) :]
