"""A team's endpoint under load: 32 clients in 20 spaces read and edit at once.

Each client has a connection, a token and a block of its own, which holds about 2 KB; it reads that
block, reads everything, replaces a fact, and puts a fact in while an old one is taken out. What
the SDK's own server does over the same transport, with the same client, open and behind its own
check of a bearer token, is the reference. The budget, 0.7 times its calls a second, is 1.43 times
its time a call; processor time, which other work on the machine changes less, is compared as well.

Two kinds of clients ask, each of servers of their own. One is the SDK's, as assistants have it:
the budget holds for what a team gets. The other is bytes over a socket, so that the server alone is
measured; a server that only commits does not reach the budget then, as the commit shows.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from bare_http import TOKEN
from measure import Options, Row, compared, percentile, run_alone
from member import SPACES, Caller, Member, path_of, space_of
from sdk_client import SdkClient
from web import Site, Wire, bare, ours

from tokenspace.memory import Space
from tokenspace.server.endpoint.resting import REST_S
from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.endpoint.tokens import Tokens
from tokenspace.server.roles import Role

CLIENTS = 32
LOAD_S = 3.0
"""Of the long load, for each round."""
TURN_S = 2.0
"""How long all clients of one contender ask in one turn, each as soon as it has its answer."""
BUDGET = 1 / 0.7

NOOP = "SDK no-op tool"
GUARDED = "the same, with a token"
COMMIT = "that, and one commit"
SDK_NOOP = "SDK no-op tool, SDK client"

Call = Callable[[], Awaitable[float]]
Kind = type[Wire] | type[SdkClient]
Measured = Callable[[AsyncExitStack, Site, Site, "list[Member]", Options], Awaitable[list[Row]]]


def bench(options: Options) -> list[Row]:
    """Time calls, load the endpoint, and count what became of each edit: with either client."""
    return [
        row
        for kind, measured in ((SdkClient, _as_members), (Wire, _as_bytes))
        for row in _served(kind, measured, options)
    ]


def _served(kind: Kind, measured: Measured, options: Options) -> list[Row]:
    """Serve both, and measure with one kind of client."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        data = folder / "data"
        tokens = asyncio.run(_set_up(data))
        with bare(folder) as reference, ours(data, folder) as site:

            async def work() -> list[Row]:
                async with AsyncExitStack() as stack:
                    made = (kind(site.port, path_of(n), token) for n, token in enumerate(tokens))
                    wires = [await stack.enter_async_context(wire) for wire in made]
                    clients = [Member(wire, number) for number, wire in enumerate(wires)]
                    await asyncio.gather(*(client.begin() for client in clients))
                    rows = await measured(stack, reference, site, clients, options)
                return [*rows, *await _afterwards(site, clients, data)]

            return asyncio.run(work())


async def _set_up(data: Path) -> list[str]:
    """Make the spaces, and a token for each client."""
    spaces = Spaces(data)
    for number in range(SPACES):
        await spaces.create(space_of(number))
    made = (
        Tokens(data).create(f"member {number}", space_of(number), Role.WRITER, None)
        for number in range(CLIENTS)
    )
    return [plain for _, plain in made]


async def _as_members(
    stack: AsyncExitStack, reference: Site, site: Site, clients: list[Member], options: Options
) -> list[Row]:
    """Ask as assistants do, with the SDK's client."""
    library = [await stack.enter_async_context(SdkClient(reference.port)) for _ in range(CLIENTS)]
    contenders: dict[str, tuple[Site, list[Call]]] = {
        SDK_NOOP: (reference, [_calls(client, "noop") for client in library]),
        "read": (site, [client.read for client in clients]),
        "mixed": (site, [client.mixed for client in clients]),
    }
    walls, _ = await _turns(contenders, options.rounds)
    return [
        compared("32 SDK clients read 2 KB", walls, "read", SDK_NOOP, budget=BUDGET),
        compared("32 SDK clients read and edit", walls, "mixed", SDK_NOOP, budget=BUDGET),
        *await _load(clients, site, LOAD_S * options.rounds),
    ]


async def _as_bytes(
    stack: AsyncExitStack, reference: Site, site: Site, clients: list[Member], options: Options
) -> list[Row]:
    """Ask with next to no work for the client, so that the server alone is measured."""
    plain, guarded = [
        [await stack.enter_async_context(Wire(reference.port, *where)) for _ in range(CLIENTS)]
        for where in (("/mcp", ""), ("/guarded", TOKEN))
    ]
    contenders: dict[str, tuple[Site, list[Call]]] = {
        NOOP: (reference, [_calls(wire, "noop") for wire in plain]),
        GUARDED: (reference, [_calls(wire, "noop") for wire in guarded]),
        COMMIT: (reference, [_calls(wire, "commit") for wire in guarded]),
        "read": (site, [client.read for client in clients]),
        "mixed": (site, [client.mixed for client in clients]),
    }
    walls, busy = await _turns(contenders, options.rounds)
    return [
        compared("32 clients read a block of 2 KB", walls, "read", NOOP),
        compared("  processor", busy, "read", NOOP),
        compared("32 clients read a block of 2 KB", walls, "read", GUARDED),
        compared("32 clients read and edit", walls, "mixed", NOOP),
        compared("  processor", busy, "mixed", NOOP),
        compared("32 clients read and edit", walls, "mixed", COMMIT),
        compared("  processor", busy, "mixed", COMMIT),
        *await _load(clients, site, LOAD_S * options.rounds),
    ]


async def _afterwards(site: Site, clients: list[Member], data: Path) -> list[Row]:
    """Count what was lost, and what is left in memory once the connections are closed."""
    lost, after = await _lost(clients, data), await _settled(site)
    return [
        Row(what="  acknowledged and lost", value=lost, unit="edits", budget=0),
        Row(what="  memory afterwards", value=after, unit="MB"),
    ]


def _calls(wire: Caller, tool: str) -> Call:
    async def call() -> float:
        return (await wire.call(tool))[0]

    return call


async def _turns(
    contenders: Mapping[str, tuple[Site, list[Call]]], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return each contender's seconds a call in each turn: by the clock, and of processor."""
    walls: dict[str, list[float]] = {name: [] for name in contenders}
    busy: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            site, calls = contenders[name]
            gc.collect()
            began, worked = time.perf_counter(), site.busy_s()
            done = sum(await asyncio.gather(*(_often(call, began + TURN_S) for call in calls)))
            walls[name].append((time.perf_counter() - began) / done)
            busy[name].append((site.busy_s() - worked) / done)
    return walls, busy


async def _often(call: Call, until: float) -> int:
    """Call until a time of `time.perf_counter`; return how often."""
    done = 0
    while time.perf_counter() < until:
        await call()
        done += 1
    return done


async def _load(clients: list[Member], site: Site, seconds: float) -> list[Row]:
    """Have all read and edit for so long; return what was done, how quickly, and what failed."""
    until = time.monotonic() + seconds
    before = peak = site.resident_mb()
    errors = 0

    async def work(client: Member) -> None:
        nonlocal errors, peak
        while time.monotonic() < until:
            try:
                client.waits.append(await client.mixed())
            except RuntimeError:
                errors += 1
            peak = max(peak, site.resident_mb()) if len(client.waits) % 100 == 0 else peak

    await asyncio.gather(*(work(client) for client in clients))
    waits = [wait for client in clients for wait in client.waits]
    return [
        Row(what=f"load of {seconds:g} s, calls", value=len(waits) / seconds, unit="a second"),
        Row(what="  p50", value=percentile(waits, 0.5) * 1_000, unit="ms"),
        Row(what="  p99", value=percentile(waits, 0.99) * 1_000, unit="ms"),
        Row(what="  errors", value=errors, unit="calls", budget=0),
        Row(what="  memory before", value=before, unit="MB"),
        Row(what="  memory at most", value=peak, unit="MB"),
    ]


async def _lost(clients: list[Member], data: Path) -> int:
    """Return how many acknowledged changes are not in the files, or are there and undone."""
    lost = 0
    for name in sorted({client.space for client in clients}):
        space = await Space.open(Spaces(data).path(name))
        try:
            head = await space.head()
            for client in clients:
                if client.space == name:
                    block, _ = await space.read(client.label)
                    held, meant = set(block.value.splitlines()), set(client.text.splitlines())
                    lost += len(held ^ meant) + sum(number > head for number in client.changes)
        finally:
            await space.close()
    return lost


async def _settled(site: Site) -> float:
    """Return the memory once the connections are closed, and the spaces are at rest."""
    await asyncio.sleep(REST_S + 2)
    return site.resident_mb()


if __name__ == "__main__":
    run_alone(__doc__, bench)
