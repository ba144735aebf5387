"""Which tools a profile lists, and which of all tools it answers."""

from . import memory_tool
from .entry import Entry
from .tools import TABLE

FILES = "anthropic"
"""The profile that lists the tool `memory` beside the tools of the small one."""


def offered(profile: str) -> dict[str, Entry]:
    """Return the tools of a profile by name, in their fixed order."""
    found = {entry.name: entry for entry in TABLE if entry.core or profile == "full"}
    if profile == FILES:
        found[memory_tool.ENTRY.name] = memory_tool.ENTRY
    return found


def answered(profile: str) -> dict[str, Entry]:
    """Return the tools that are answered: also `memory`, for programs that know it by name.

    So `tokenspace.client` works with every endpoint, and no model pays for a tool it does not use.
    """
    return {**offered(profile), memory_tool.ENTRY.name: memory_tool.ENTRY}


def unknown(name: str, profile: str) -> str:
    """Say that a profile has no such tool, and what there is instead."""
    entry = next((entry for entry in TABLE if entry.name == name), None)
    if entry is None:
        return f"unknown tool {name[:80]!r}; there are {', '.join(offered(profile))}"
    instead = f", or use {entry.instead}" if entry.instead else ""
    return (
        f"{name} is not offered in the profile {profile}; start the server with --profile full"
        f"{instead}."
    )
