"""A space for hooks to look at, what hosts send them, and the real program run as they run it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shell import scrubbed
from support import BY, opened

from tokenspace.memory import Draft
from tokenspace.memory.passages import PassageDraft
from tokenspace.server.hook.events import Event
from tokenspace.server.hook.start import respond

PROJECT = "- Deploys on Mondays at 09:00\n- Prices are in cents\n"
PASSAGE = (
    "Bug notes\nrefresh_token() in token_store.py raises KeyError E4502 when the cache is cold."
)


@dataclass(frozen=True, slots=True)
class Hooked:
    """How a run of the program ended."""

    code: int
    out: str
    err: str
    log: str

    @property
    def silent(self) -> bool:
        """Whether nothing of it can disturb a session."""
        return (self.code, self.out, self.err) == (0, "", "")


async def filled(path: Path) -> Path:
    """Make a space with a block, two empty ones, and a passage."""
    async with opened(path) as space:
        await space.rethink("project", PROJECT, BY)
        draft = PassageDraft(id=None, kind="passage", text=PASSAGE, source="bug notes")
        await space.archive.file(draft, BY)
    return path


async def with_blocks(path: Path, *values: str) -> Path:
    """Make a space with these blocks, called b0, b1 and so on."""
    async with opened(path) as space:
        for number, value in enumerate(values):
            draft = Draft(uid=None, label=f"b{number}", value=value, description="about")
            await space.create(draft, BY)
    return path


def told(
    db: Path, at: Event, given: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> str:
    """Return what the model would get of a hook in Claude Code."""
    said = respond(at, given, {"db": str(db)}, environ or {"CLAUDECODE": "1"})
    return json.loads(said)["hookSpecificOutput"]["additionalContext"] if said else ""


def run(home: Path, *words: str, given: bytes = b"", **environ: str) -> Hooked:
    """Run the program as a host does, with nothing of our environment; return the log as well."""
    done = subprocess.run(
        [sys.executable, "-m", "tokenspace.server", "hook", *words],
        input=given,
        capture_output=True,
        cwd=home,
        env={**scrubbed(home), **environ},
        timeout=60,
        check=False,
    )
    logs = sorted(home.rglob("hook.log"))
    log = logs[0].read_text("utf-8") if logs else ""
    return Hooked(done.returncode, done.stdout.decode(), done.stderr.decode(), log)


def hosts_version(db: Path, label: str) -> str:
    """Return a block's version as a digest shows it; each space has its own."""
    from tokenspace.server.hook.peek import peeking

    with peeking(db) as peek:
        return next(block.version for block in peek.blocks() if block.label == label)
