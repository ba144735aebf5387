"""What every test shares: the event loop, and how hard the property tests try."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tokenspace.memory import Space

from .embedding import shared
from .support import opened

os.environ.setdefault("TOKENSPACE_MODEL", "none")  # of processes; tests of search name one

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


shared()  # before a run is shared out: its processes load one model, not one each


@pytest.fixture
def anyio_backend() -> str:
    """Only asyncio: aiosqlite knows no other loop."""
    return "asyncio"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    return tmp_path / "memory.db"


@pytest.fixture
async def space(db: Path) -> AsyncGenerator[Space]:
    """A new space."""
    async with opened(db) as made:
        yield made
