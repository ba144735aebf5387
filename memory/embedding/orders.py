"""What a worker is started with, as one argument of its command line."""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .frames import PROTOCOL
from .models import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a worker runs, and when it ends by itself.

    Attributes:
        source: The model.
        device: Where it runs, as torch names it (`cpu`, `cuda`, `mps`), or `auto`.
        idle_s: Seconds without a request after which it ends.
        memory_bytes: Resident memory above which it ends, once what was asked is answered.
    """

    source: Source
    device: str = "cpu"
    idle_s: float = 600.0
    memory_bytes: int = 2 * 1024**3

    def argument(self) -> str:
        """Return the orders as text."""
        return json.dumps(asdict(self), default=str)

    @staticmethod
    def parse(argument: str) -> "Orders":
        """Return the orders that `argument()` wrote."""
        values: dict[str, Any] = json.loads(argument)
        source = values.pop("source")
        folder = source.pop("folder")
        return Orders(source=Source(folder=Path(folder) if folder else None, **source), **values)

    def key(self) -> str:
        """Return a short name for all workers that give the same answers as this one.

        When a worker ends is not part of it: who comes later takes what is there.
        """
        said = json.dumps([PROTOCOL, _version(), asdict(self.source), self.device], default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def _version() -> str:
    try:
        return version("tokenspace")
    except PackageNotFoundError:  # a checkout that was never installed
        return ""
