"""A process that writes to a space and says on stdout, one line each, what was acknowledged.

`python writer.py open FILE`                      opens the file once
`python writer.py write FILE NAME LABEL COUNT`    makes COUNT edits; 0 edits for ever
`python writer.py fill FILE BYTES`                edits until a file may grow no more, and then on
"""

import asyncio
import os
import sys
from pathlib import Path

from tokenspace.memory import Author, Intent, Space
from tokenspace.memory.errors import TokenspaceError


def say(line: str) -> None:
    """Write a line that is out before the next thing happens."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def edit(space: Space, name: str, label: str, n: int) -> str:
    """Make one edit of a text that may be out of date by then; return what it added.

    Every third edit replaces a line of its own, the others insert one.
    """
    seen, _ = await space.read(label)
    by = Intent(author=Author(client=name), tool="writer")
    old, new = f"{name} {n - 1}\n", f"{name} {n}\n"
    if n % 3 == 2 and old in seen.value:
        await space.replace(label, old, f"{name} {n - 1} and {n}\n", by, seen.version)
    else:
        await space.insert(label, new, -1 if n % 2 else 0, by, seen.version)
    return f"{n}"


async def write(path: Path, name: str, label: str, count: int) -> None:
    """Edit one block, and acknowledge each edit once it is durable."""
    space = await Space.open(path)
    say("ready")
    n = 0
    while n < count or not count:
        try:
            say(f"ok {await edit(space, name, label, n)}")
        except TokenspaceError as error:
            say(f"refused {type(error).__name__}: {error}")
        n += 1
    await space.close()


async def open_once(path: Path) -> None:
    """Open the file, say how many changes it has, and close it."""
    space = await Space.open(path)
    say(f"{await space.head()}")
    await space.close()


async def fill(path: Path, most: int) -> None:
    """Write until files may grow no more; let them grow again, and write once more."""
    import resource  # Windows has no such module

    space = await Space.open(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    by = Intent(author=Author(client="fill"), tool="writer")
    for n in range(10_000):
        try:
            await space.rethink("human", f"{n} {os.urandom(1_500).hex()}", by)
        except TokenspaceError as error:
            say(f"refused {type(error).__name__}: {error}")
            break
        say(f"ok {n}")
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await space.rethink("project", "after", by)
    say("ready")
    await space.close()


if __name__ == "__main__":
    if sys.argv[1] == "open":
        asyncio.run(open_once(Path(sys.argv[2])))
    elif sys.argv[1] == "fill":
        asyncio.run(fill(Path(sys.argv[2]), int(sys.argv[3])))
    else:
        asyncio.run(write(Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])))
