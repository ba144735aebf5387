"""A team's endpoint under load: 32 clients in 20 spaces read and edit at once.

Each client has a connection, a token and a block of its own, which holds about 2 KB; it reads that
block, reads everything, replaces a fact, and puts a fact in while an old one is taken out. What
the SDK's own server does over the same transport, with the same client, open and behind its own
check of a bearer token, is the reference. The budget, 0.7 times its calls a second, is 1.43 times
its time a call; processor time, which other work on the machine changes less, is compared as well.

Two kinds of clients ask. One is bytes over a socket, so that the server alone is measured. The
other is the SDK's own, as assistants have it: it takes more processor than either server, and says
what a team has of the difference on a machine of as many cores.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

from bare_http import TOKEN
from calls import FACTS, fact
from measure import Options, Row, compared, percentile, run_alone
from peer import Message
from sdk_client import SdkClient
from web import Site, Wire, bare, ours

from tokenspace.memory import Space
from tokenspace.server.endpoint.resting import REST_S
from tokenspace.server.endpoint.spaces import Spaces
from tokenspace.server.endpoint.tokens import Tokens
from tokenspace.server.roles import Role

CLIENTS = 32
SPACES = 20
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


def bench(options: Options) -> list[Row]:
    """Time calls, then load the endpoint and count what became of each edit."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tokens = asyncio.run(_set_up(folder / "data"))
        with bare(folder) as reference, ours(folder / "data", folder) as site:
            return asyncio.run(_measured(reference, site, tokens, options, folder / "data"))


class Caller(Protocol):
    """A connection that calls tools."""

    async def call(self, tool: str, **arguments: object) -> tuple[float, Message]:
        """Call a tool; return the seconds that took, and its result."""
        ...


class Client:
    """One member of a team: what it did, and what its block has to hold."""

    def __init__(self, wire: Caller, number: int) -> None:
        self.label = f"{type(wire).__name__.lower()}-{number}"
        self.space = _space(number)
        self.changes: list[int] = []
        """The numbers of the changes that it was told it made."""
        self.waits: list[float] = []
        self._wire = wire
        self._steps = count(number)
        self._facts = list(range(FACTS))

    @property
    def text(self) -> str:
        """What its block holds, if nothing is lost."""
        return "".join(fact(number) + "\n" for number in self._facts)

    async def begin(self) -> None:
        """Fill the block."""
        await self._edit("memory_rethink", new_memory=self.text)

    async def read(self) -> float:
        """Read the block."""
        return (await self._wire.call("memory_read", label=self.label))[0]

    async def mixed(self) -> float:
        """Do the next thing: five reads to three edits."""
        step = next(self._steps) % 8
        new = self._facts[-1] + 1
        if step == 0:
            self._facts.append(new)
            return await self._edit("memory_insert", new_string=fact(new))
        if step == 3:
            return await self._replace(fact(self._facts.pop(0)) + "\n", "")
        if step == 5:
            old, self._facts[-1] = self._facts[-1], new
            return await self._replace(fact(old), fact(new))
        if step == 7:
            return (await self._wire.call("memory_read"))[0]
        return await self.read()

    async def _replace(self, old: str, new: str) -> float:
        return await self._edit("memory_replace", old_string=old, new_string=new)

    async def _edit(self, tool: str, **given: object) -> float:
        seconds, result = await self._wire.call(tool, label=self.label, **given)
        self.changes.append(result["_meta"]["tokenspace/change"])
        return seconds


async def _set_up(data: Path) -> list[str]:
    """Make the spaces, and a token for each client."""
    spaces = Spaces(data)
    for number in range(SPACES):
        await spaces.create(_space(number))
    made = (
        Tokens(data).create(f"member {number}", _space(number), Role.WRITER, None)
        for number in range(CLIENTS)
    )
    return [plain for _, plain in made]


async def _measured(
    reference: Site, site: Site, tokens: list[str], options: Options, data: Path
) -> list[Row]:
    async with AsyncExitStack() as stack:
        plain, guarded = [
            [
                await stack.enter_async_context(Wire(reference.port, path, token))
                for _ in range(CLIENTS)
            ]
            for path, token in (("/mcp", ""), ("/guarded", TOKEN))
        ]
        library = [
            await stack.enter_async_context(SdkClient(reference.port)) for _ in range(CLIENTS)
        ]
        clients, members = [
            [
                Client(
                    await stack.enter_async_context(
                        kind(site.port, f"/p/{_space(number)}/mcp", token)
                    ),
                    number,
                )
                for number, token in enumerate(tokens)
            ]
            for kind in (Wire, SdkClient)
        ]
        await asyncio.gather(*(client.begin() for client in [*clients, *members]))
        contenders: dict[str, tuple[Site, list[Call]]] = {
            NOOP: (reference, [_calls(wire, "noop") for wire in plain]),
            GUARDED: (reference, [_calls(wire, "noop") for wire in guarded]),
            COMMIT: (reference, [_calls(wire, "commit") for wire in guarded]),
            "read": (site, [client.read for client in clients]),
            "mixed": (site, [client.mixed for client in clients]),
            SDK_NOOP: (reference, [_calls(client, "noop") for client in library]),
            "members read": (site, [client.read for client in members]),
            "members mixed": (site, [client.mixed for client in members]),
        }
        walls, busy = await _turns(contenders, options.rounds)
        before = site.resident_mb()
        done, errors, peak = await _load(clients, site, LOAD_S * options.rounds)
    lost = await _lost([*clients, *members], data)
    after = await _settled(site)
    waits = [seconds for client in clients for seconds in client.waits]
    return [
        compared("32 SDK clients read 2 KB", walls, "members read", SDK_NOOP, budget=BUDGET),
        compared("32 SDK clients read and edit", walls, "members mixed", SDK_NOOP, budget=BUDGET),
        compared("32 clients read a block of 2 KB", walls, "read", NOOP, budget=BUDGET),
        compared("  processor", busy, "read", NOOP, budget=BUDGET),
        compared("32 clients read a block of 2 KB", walls, "read", GUARDED, budget=BUDGET),
        compared("  processor", busy, "read", GUARDED, budget=BUDGET),
        compared("32 clients read and edit", walls, "mixed", NOOP),
        compared("  processor", busy, "mixed", NOOP),
        compared("32 clients read and edit", walls, "mixed", COMMIT, budget=BUDGET),
        compared("  processor", busy, "mixed", COMMIT),
        Row(what=f"load of {LOAD_S * options.rounds:g} s, calls", value=done, unit="a second"),
        Row(what="  p50", value=percentile(waits, 0.5) * 1_000, unit="ms"),
        Row(what="  p99", value=percentile(waits, 0.99) * 1_000, unit="ms"),
        Row(what="  errors", value=errors, unit="calls", budget=0),
        Row(what="  acknowledged and lost", value=lost, unit="edits", budget=0),
        Row(what="  memory before", value=before, unit="MB"),
        Row(what="  memory at most", value=peak, unit="MB"),
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


async def _load(clients: list[Client], site: Site, seconds: float) -> tuple[float, int, float]:
    """Return the calls a second, how many failed, and the most memory that was held."""
    until = time.monotonic() + seconds
    errors, peak = 0, site.resident_mb()

    async def work(client: Client) -> None:
        nonlocal errors, peak
        while time.monotonic() < until:
            try:
                client.waits.append(await client.mixed())
            except RuntimeError:
                errors += 1
            peak = max(peak, site.resident_mb()) if len(client.waits) % 100 == 0 else peak

    await asyncio.gather(*(work(client) for client in clients))
    return sum(len(client.waits) for client in clients) / seconds, errors, peak


async def _lost(clients: list[Client], data: Path) -> int:
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


def _space(client: int) -> str:
    return f"team-{client % SPACES}"


if __name__ == "__main__":
    run_alone(__doc__, bench)
