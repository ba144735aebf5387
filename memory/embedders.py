"""The models of one process: the one that is wanted, and one whose vectors still serve."""

from collections.abc import Callable
from typing import Self

from .embedding import OFF, Embedder, WorkerEmbedder, find


class Embedders:
    """Embedders by the setting that names their model; each is made when it is first asked for."""

    def __init__(self, spec: str, make: Callable[[str], Embedder]) -> None:
        self.spec = spec
        """The setting of the model that vectors are made with."""
        self._make = make
        self._made: dict[str, Embedder] = {}

    @classmethod
    def off(cls) -> Self:
        """Return none at all: everything goes by words."""
        return cls(OFF, lambda spec: WorkerEmbedder(lambda: find(spec)))

    @property
    def wanted(self) -> Embedder:
        """The one that vectors are made with."""
        return self.of(self.spec)

    def of(self, spec: str) -> Embedder:
        """Return the one that a setting names."""
        if spec not in self._made:
            self._made[spec] = self._make(spec)
        return self._made[spec]

    def lent(self) -> "Embedders":
        """Return these for one of several who use them; only these themselves let go of workers."""
        return _Lent(self.spec, self.of)

    async def close(self) -> None:
        """Let go of all workers."""
        for embedder in self._made.values():
            await embedder.close()
        self._made.clear()


class _Lent(Embedders):
    """Embedders of somebody else, who lets go of them when nobody uses them any more."""

    async def close(self) -> None:
        self._made.clear()
