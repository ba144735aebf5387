"""A memory and its folder as the tests of the mirror have them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tokenspace.memory import Space
from tokenspace.server.mirror import Event, Mirror
from tokenspace.server.mirrored_folder import Folder

from .support import HAND, opened


@dataclass
class Both:
    """A space, a folder, and the mirror between them."""

    space: Space
    root: Path
    mirror: Mirror
    events: list[Event] = field(default_factory=list[Event])

    async def settle(self) -> list[tuple[str, str]]:
        """Have the mirror look until nothing happens; return what it did and with which file."""
        told: list[tuple[str, str]] = []
        for _ in range(10):
            self.events.clear()
            await self.mirror.step()
            told += [(event.did, event.path) for event in self.events]
        assert not self.events, "it never comes to rest"
        return told

    def path(self, label: str) -> Path:
        """Return the file of a block."""
        return self.root / "blocks" / f"{label}.md"

    def body(self, label: str) -> str:
        """Return the text in the file of a block."""
        return self.path(label).read_bytes().decode().split("---\n", 2)[2]

    def edit(self, path: Path, old: str, new: str) -> None:
        """Edit a file as an editor does."""
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new, 1).encode())

    def again(self) -> None:
        """Start the mirror anew, as after a restart."""
        self.mirror = started(self.space, self.root, self.events)


def started(space: Space, root: Path, events: list[Event]) -> Mirror:
    """Return a mirror of a space in a folder."""
    root.mkdir(exist_ok=True)
    return Mirror(space, Folder(root), replace(HAND, tool="mirror"), events.append)


@asynccontextmanager
async def mirrored(folder: Path) -> AsyncGenerator[Both]:
    """Give a new space and its folder, mirrored once."""
    async with opened(folder / "memory.db") as space:
        events: list[Event] = []
        root = folder / "notes"
        both = Both(space, root, started(space, root, events), events)
        await both.settle()
        yield both
