"""A memory and its folder as the tests of the mirror have them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tokenspace.memory import Space
from tokenspace.memory.model import MAIN
from tokenspace.server.mirror import Mirror
from tokenspace.server.mirror_intake import Event
from tokenspace.server.mirror_missing import CALM_S
from tokenspace.server.mirrored_folder import Folder

from .support import HAND, opened


@dataclass
class Both:
    """A space, a folder, and the mirror between them."""

    space: Space
    root: Path
    mirror: Mirror = field(init=False)
    events: list[Event] = field(default_factory=list[Event])
    now: float = 0.0

    async def settle(self) -> list[tuple[str, str]]:
        """Have the mirror look until nothing happens; return what it did and with which file."""
        told: list[tuple[str, str]] = []
        for _ in range(10):
            told += await self.look(CALM_S / 2)
        assert not self.events, "it never comes to rest"
        return told

    async def look(self, seconds: float = 0.5) -> list[tuple[str, str]]:
        """Have the mirror look once, so long after the last time; return what it did."""
        self.now += seconds
        self.events.clear()
        await self.mirror.step()
        return [(event.did, event.path) for event in self.events]

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
        self.mirror = self.started()

    def started(self, *, deletes: bool = False, ended: bool = False, branch: str = MAIN) -> Mirror:
        """Return a mirror of the space in the folder."""
        self.root.mkdir(exist_ok=True)
        return Mirror(
            self.space,
            Folder(self.root),
            replace(HAND, tool="mirror", branch=branch),
            self.events.append,
            clock=lambda: self.now,
            ended=lambda: ended,
            deletes=deletes,
        )


@asynccontextmanager
async def mirrored(folder: Path) -> AsyncGenerator[Both]:
    """Give a new space and its folder, mirrored once."""
    async with opened(folder / "memory.db") as space:
        both = Both(space, folder / "notes")
        both.again()
        await both.settle()
        yield both
