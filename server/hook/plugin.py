"""`tokenspace hook plugin`: where the plugin lies, for the command of a host that installs it."""

import sys
from pathlib import Path

PLUGIN = "plugin"
"""No event: a person, or the shell of one, asks for the folder."""

FOLDER = Path(__file__).resolve().parents[2] / "config" / "plugin"
"""A marketplace with one plugin, in the format that Claude Code, Codex and Copilot CLI read."""


def say_where() -> int:
    """Write the folder's path to standard output; return the exit code."""
    if not FOLDER.is_dir():
        sys.stderr.write(f"tokenspace: {FOLDER} is missing; install tokenspace anew.\n")
        return 1
    sys.stdout.write(f"{FOLDER}\n")
    return 0
