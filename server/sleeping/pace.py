"""When a run is due: who wrote last, and how long ago."""

from datetime import UTC, datetime

from ...memory.model import Change
from ..call import Call


async def newest(call: Call) -> Change:
    """Return the newest change of main."""
    async with call.space() as space:
        (change,) = await space.changes(limit=1)
        return change


def quiet_in(change: Change, idle: int) -> float:
    """Return in how many seconds nobody will have written for `idle` seconds; 0 for now."""
    return max(0.0, idle - (datetime.now(UTC) - change.at).total_seconds())
