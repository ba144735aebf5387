"""The points of a session at which a hook runs, by whatever name a host gives them."""

from typing import Literal

Event = Literal["session-start", "prompt", "pre-compact", "stop", "session-end"]

EVENTS: tuple[Event, ...] = ("session-start", "prompt", "pre-compact", "stop", "session-end")
DRAIN = "drain"
"""No event: a person asks that what waits is filed now."""

_NAMES: dict[str, Event] = {
    "sessionstart": "session-start",
    "prompt": "prompt",
    "userpromptsubmit": "prompt",
    "userpromptsubmitted": "prompt",  # Copilot CLI's own
    "beforeagent": "prompt",  # Gemini CLI
    "beforesubmitprompt": "prompt",  # Cursor
    "precompact": "pre-compact",
    "precompress": "pre-compact",  # Gemini CLI
    "stop": "stop",
    "agentstop": "stop",  # Copilot CLI's own
    "afteragent": "stop",  # Gemini CLI
    "sessionend": "session-end",
}


def event(name: str) -> Event | None:
    """Return the event that a host calls so, None where it is none of ours."""
    return _NAMES.get(name.replace("-", "").replace("_", "").casefold())
