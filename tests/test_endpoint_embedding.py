"""One worker embeds for all spaces of an endpoint, and a large one keeps no small one waiting."""

import sys
import time
from collections.abc import Generator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from embedding import NEEDS_MODEL, PATIENCE_S, POSIX_ONLY
from endpoints import endpoint, is_open, make_spaces
from meaning import COLOURS, HUES, RuntimePlace, file, is_whole, notes, rows, until
from streams import call, opened

from tokenspace.memory import Space
from tokenspace.memory.embedders import Embedders
from tokenspace.server.endpoint.rooms import Bounds
from tokenspace.server.endpoint.spaces import Spaces

NAMES = ("large", "small")
MANY, FEW = 1_000, 5
CHANGES = "memory://changes"
QUERY_S = 1.5
"""What a search waits for its query's vector at most, before it goes by words."""


@pytest.fixture
def place() -> Generator[RuntimePlace]:
    """A place for the worker of one endpoint."""
    made = RuntimePlace()
    yield made
    made.end()


async def test_what_is_lent_to_a_space_outlives_it() -> None:
    """A space that is closed lets go of no worker that others use."""
    lender = Embedders.off()
    one, other = lender.lent(), lender.lent()
    assert one.wanted is other.wanted is lender.wanted
    kept = other.wanted
    await one.close()
    assert lender.wanted is kept


async def filed_into(data: Path, name: str, *texts: str) -> None:
    """Make a space with passages that have no vector yet."""
    await make_spaces(data, name)
    space = await Space.open(Spaces(data).path(name))
    try:
        await file(space, *texts)
    finally:
        await space.close()


def queued(data: Path, name: str) -> int:
    """Return how many docs of a space have no vector yet."""
    return rows(Spaces(data).path(name)).queued


@NEEDS_MODEL
@POSIX_ONLY
@pytest.mark.slow
async def test_a_large_space_keeps_no_small_one_waiting(
    tmp_path: Path, place: RuntimePlace
) -> None:
    """Five passages have their vectors before a tenth of a thousand have; a question has its own.

    Both spaces have the same worker; one that is closed makes no more vectors.
    """
    await filed_into(tmp_path, "large", *notes(MANY))
    await filed_into(tmp_path, "small", COLOURS, *notes(FEW - 1))
    async with (
        endpoint(tmp_path, model="", bounds=Bounds(idle_s=1), runtime=place.runtime) as served,
        httpx2.AsyncClient(timeout=PATIENCE_S) as http,
    ):
        large, small = (f"{served.url}/p/{name}" for name in NAMES)
        async with opened(http, large, "listen", CHANGES), AsyncExitStack() as later:
            await call(http, large, "memory_read", label="human")
            await until(lambda: rows(Spaces(tmp_path).path("large")).vectors > 0)
            before, began = queued(tmp_path, "large"), time.perf_counter()
            await later.enter_async_context(opened(http, small, "listen", CHANGES))
            await call(http, small, "memory_read", label="human")
            await until(lambda: is_whole(Spaces(tmp_path).path("small")))
            took, done = time.perf_counter() - began, before - queued(tmp_path, "large")
            waits = [await asked(http, small) for _ in range(5)]
            left = queued(tmp_path, "large")
            sys.stdout.write(
                f"\nfive after {took:.2f} s, {done} of {MANY} meanwhile; questions within "
                f"{max(waits):.2f} s; {left} left\n"
            )
            assert done < MANY / 10
            assert left > 0
            assert max(waits) < QUERY_S
            assert len(place.pids()) == 1
        await until(lambda: not any(is_open(tmp_path, name) for name in NAMES))
        assert 0 < queued(tmp_path, "large") <= left
        assert rows(Spaces(tmp_path).path("large")).leases == 0


async def asked(http: httpx2.AsyncClient, url: str) -> float:
    """Ask what only the meaning answers, and return the seconds that took."""
    began = time.perf_counter()
    found = await call(http, url, "memory_search", query=HUES)
    assert found["_meta"]["tokenspace/mode"] == "hybrid"
    return time.perf_counter() - began
