"""What a hook adds to a session: each event, from spawning the process to its end."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from measure import Options, Row, compared, run_alone, taking_turns

from tokenspace.memory import Author, Draft, Intent, Space
from tokenspace.memory.passages import PassageDraft

NOTHING = "python -c pass"
PASSAGES = 2_000
BUDGETS = {"session-start": 4.0, "prompt": 3.5, "pre-compact": 3.5, "stop": 3.5, "session-end": 3.5}
"""An interpreter takes 25 to 35 ms: so a session waits under 150 ms, and then under 100 ms."""
WORDS = ("invoice", "staging", "deploy", "parser", "gateway", "backup", "ledger", "cache", "token")


def bench(options: Options) -> list[Row]:
    """Time each event over a space of 2,000 passages, as the installed program is run."""
    rounds = max(5, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        db = cwd / "memory.db"
        asyncio.run(_fill(db))
        given = json.dumps(
            {
                "session_id": "s1",
                "transcript_path": str(db),
                "cwd": folder,
                "prompt": "why does the staging gateway of invoice 77 lose its cache?",
            }
        ).encode()
        contenders = {at: partial(_run, _hook(at, db), cwd, given) for at in BUDGETS}
        contenders[NOTHING] = partial(_run, [sys.executable, "-c", "pass"], cwd, b"")
        found = taking_turns(contenders, rounds)
    return [compared(f"hook {at}", found, at, NOTHING, budget=BUDGETS[at]) for at in BUDGETS]


def _hook(at: str, db: Path) -> list[str]:
    program = "import sys; from tokenspace.server.cli import main; sys.exit(main())"
    return [sys.executable, "-c", program, "hook", at, "--db", str(db)]


def _run(command: list[str], cwd: Path, given: bytes) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=cwd, input=given, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


async def _fill(db: Path) -> None:
    space = await Space.open(db)
    by = Intent(author=Author(), tool="bench")
    try:
        for number in range(20):
            lines = "".join(f"- fact {n} of block {number}\n" for n in range(40))
            await space.create(Draft(uid=None, label=f"b{number}", value=lines), by)
        for number in range(PASSAGES):
            one, other = WORDS[number % 9], WORDS[number // 9 % 9]
            text = f"Note {number}: the {one} of {number % 97} goes with the {other}."
            draft = PassageDraft(id=None, kind="passage", text=text, source=f"notes {number % 50}")
            await space.archive.file(draft, by)
    finally:
        await space.close()


if __name__ == "__main__":
    run_alone(__doc__, bench)
