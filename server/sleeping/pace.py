"""When a run is due: who wrote last, and how long ago."""

from datetime import UTC, datetime

from ...memory.model import Change
from ..call import Call

_LOOKED_AT = 100  # newest changes among which another's is looked for


async def newest(call: Call) -> Change:
    """Return the newest change of main."""
    async with call.space() as space:
        (change,) = await space.changes(limit=1)
        return change


async def wrote_since(call: Call, number: int, name: str) -> bool:
    """Tell whether another client than `name` has changed main after change `number`."""
    async with call.space() as space:
        found = await space.changes(limit=_LOOKED_AT)
    return any(one.number > number and one.author.client != name for one in found)


def quiet_in(change: Change, idle: int) -> float:
    """Return in how many seconds nobody will have written for `idle` seconds; 0 for now."""
    return max(0.0, idle - (datetime.now(UTC) - change.at).total_seconds())
