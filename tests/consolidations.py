"""A space that has something to consolidate, for tests of that."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tokenspace.memory import Space
from tokenspace.memory.passages import PassageDraft

from .support import BY, opened, put

NOTES = (
    "- Deploys on Mondays at 09:00\n- Prices are kept in cents\n- Ada reviews billing\n"
    "- Staging listens on port 8080\n- Backups are kept for 30 days\n- Tests run with make\n"
)


async def episode(space: Space, text: str, task: str = "") -> str:
    """Log an episode and return its name."""
    draft = PassageDraft(id=None, kind="episode", text=text, source=task)
    done = await space.archive.file(draft, BY)
    assert done.passage is not None
    return done.passage.name


async def waiting(space: Space) -> int:
    """Return how many episodes were not learned from."""
    order = (await space.consolidation.status()).order
    return order.episodes + order.later


@asynccontextmanager
async def experienced(path: Path) -> AsyncGenerator[Space]:
    """Open a space with a block `notes` and three episodes."""
    async with opened(path) as made:
        await put(made, NOTES)
        for n in range(3):
            await episode(made, f"deploy {n} failed", "deploy")
        yield made
