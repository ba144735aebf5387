"""A process that merges `draft` into main, and says on stdout what was acknowledged.

`python merger.py edit FILE COUNT`    makes COUNT edits of the block `log`, on both branches in turn
`python merger.py merge FILE`         merges for ever
`python merger.py both FILE NAME`     edits the branch and merges it, for ever
"""

import asyncio
import sys
from pathlib import Path

from tokenspace.memory import Author, Intent, Space
from tokenspace.memory.model import MAIN


def say(line: str) -> None:
    """Write a line that is out before the next thing happens."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def on(branch: str) -> Intent:
    """Return the intent of a write to a branch."""
    return Intent(author=Author(client="merger"), tool="merger", branch=branch)


async def edit(space: Space, branch: str, line: str) -> None:
    """Add a line to the log; it is acknowledged once it is durable."""
    await space.insert("log", line, -1, on(branch))
    say(f"ok {branch} {line}")


async def merge(space: Space) -> None:
    """Merge what is new on the branch; what it brought is acknowledged once it is durable."""
    done = await space.history.merge(on(MAIN), "draft")
    if done.change is not None:
        say(f"merged {done.change.number} {done.checkpoint}")


async def run(what: str, path: Path, argument: str) -> None:
    """Do one of the things above."""
    space = await Space.open(path)
    say("ready")
    if what == "edit":
        for n in range(int(argument)):
            branch = "draft" if n % 2 else MAIN
            await edit(space, branch, f"{branch}-{n}")
    n = 0
    while what != "edit":
        if what == "both":
            await edit(space, "draft", f"{argument}-{n}")
        await merge(space)
        n += 1
    await space.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), "".join(sys.argv[3:])))
