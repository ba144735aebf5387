"""What Claude Desktop starts: the server, from the environment that uv made of the wheel here.

Usage: `start.py [URL]`, the address of a team's endpoint if somebody gave one. What was left empty
comes as the manifest writes it, `${user_config.…}`, and counts as not given.
"""

import os
import runpy
import sys
from pathlib import Path


def words(given: list[str]) -> list[str]:
    """Return what `tokenspace` is told."""
    url = next((word for word in given if word and not word.startswith("${")), "")
    return ["serve", "--remote", url] if url else ["serve"]


if __name__ == "__main__":
    # This folder, where uv has gone, is no project: it is replaced whenever the bundle is updated.
    os.chdir(Path(__file__).resolve().anchor)
    sys.argv[1:] = words(sys.argv[1:])
    runpy.run_module("tokenspace.server", run_name="__main__", alter_sys=True)
