"""Three hundred lines of memory with questions that they answer, and the space that holds them.

The files are in `tests/data/recall`. In `memory.txt` `# archive` begins lines that are filed as
passages; the other headings are labels of blocks. The others hold a question and its line a row.
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tokenspace.memory import Draft, Space
from tokenspace.memory.embedders import Embedders
from tokenspace.memory.embedding import WorkerEmbedder, find
from tokenspace.memory.finding import Findings
from tokenspace.memory.passages import PassageDraft
from tokenspace.memory.querying import Scope

from .embedding import PATIENCE_S, shared
from .support import BY

DATA = Path(__file__).parent / "data" / "recall"
ARCHIVE = "archive"


class Asked:
    """The space with all lines, on an event loop of its own."""

    def __init__(self, runner: asyncio.Runner, space: Space) -> None:
        self.space = space
        self.run: Callable[[Coroutine[Any, Any, Any]], Any] = runner.run

    def find(self, query: str, scope: Scope | None = None, limit: int = 5) -> Findings:
        """Search."""
        return self.run(self.space.search.find(query, scope or Scope(), limit))

    def texts(self, query: str) -> list[str]:
        """Return the texts of the best five finds."""
        return [found.text for found in self.find(query).finds]

    def missed(self, questions: str) -> list[str]:
        """Return the questions of a file whose line is not among the best five."""
        return [query for query, line in pairs(questions) if line not in self.texts(query)]


def sections() -> dict[str, list[str]]:
    """Return the lines of memory by where they belong."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (DATA / "memory.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            lines = found[line[2:]] = []
        elif line:
            lines.append(line)
    return found


def pairs(name: str) -> list[tuple[str, str]]:
    """Return the questions of a file, each with the line that answers it."""
    rows = (DATA / f"{name}.tsv").read_text("utf-8").splitlines()
    return [(query, line) for query, _, line in (row.partition("\t") for row in rows)]


async def filled(path: Path) -> Space:
    """Make the space."""
    space = await Space.open(path)
    there = {block.label for block in (await space.context()).blocks}
    for label, lines in sections().items():
        text = "".join(line + "\n" for line in lines)
        if label == ARCHIVE:
            drafts = [PassageDraft(id=None, kind="passage", text=line) for line in lines]
            await asyncio.gather(*(space.archive.file(draft, BY) for draft in drafts))
        elif label in there:
            await space.rethink(label, text, BY)
        else:
            await space.create(Draft(uid=None, label=label, value=text), BY)
    return space


async def with_vectors(path: Path) -> Space:
    """Open the space with the default model, and make what vectors are missing."""
    models = Embedders("", lambda spec: WorkerEmbedder(lambda: find(spec), shared().folder))
    space = await Space.open(path, embedders=models)
    async with asyncio.timeout(PATIENCE_S):
        async for _ in space.indexer.drain():
            pass
    return space
