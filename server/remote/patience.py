"""How long a bridge tries to reach an endpoint that is away or has too much to do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import anyio

GONE_S = 15.0
"""For how long an endpoint that has answered before may be gone, as when it is started anew."""
ABSENT_S = 2.0
"""The same for one that has not: a client does not wait much longer for its start."""
SLOWED_S = 60.0
"""How long a request waits altogether because the endpoint says so."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0


def pauses(longest_s: float) -> Iterator[float]:
    """Yield how many seconds to wait before each next try: at first hardly, then twice as long."""
    pause_s = FIRST_PAUSE_S
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, longest_s)


class Patience:
    """That of one request."""

    def __init__(self, *, met: bool) -> None:
        self._whole_s = GONE_S if met else ABSENT_S
        self._until: float | None = None
        self._slowed_s = 0.0
        self._pauses = pauses(LONGEST_PAUSE_S)

    async def pause(self, asked_s: float | None) -> bool:
        """Wait before the next try, as long as the endpoint asked for; False: it is enough.

        One that asks for less than a first pause says nothing: it could be asked for ever.
        """
        if asked_s is not None and asked_s >= FIRST_PAUSE_S:
            self._slowed_s += asked_s
            if self._slowed_s > SLOWED_S:
                return False
            await anyio.sleep(asked_s)
            return True
        now = anyio.current_time()
        self._until = self._until or now + self._whole_s
        if now >= self._until:
            return False
        await anyio.sleep(min(next(self._pauses), self._until - now))
        return True


def asked_to_wait(retry_after: str | None) -> float | None:
    """Return how many seconds a `Retry-After` header asks for; None where it says nothing."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
