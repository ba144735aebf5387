"""How long a bridge tries to reach an endpoint that is away or has too much to do."""

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


class Patience:
    """That of one request."""

    def __init__(self, *, met: bool) -> None:
        self._whole_s = GONE_S if met else ABSENT_S
        self._until: float | None = None
        self._slowed_s = 0.0
        self._pause_s = FIRST_PAUSE_S

    async def pause(self, asked_s: float | None) -> bool:
        """Wait before the next try, as long as the endpoint asked for; False: it is enough."""
        if asked_s is not None:
            self._slowed_s += asked_s
            if self._slowed_s > SLOWED_S:
                return False
            await anyio.sleep(asked_s)
            return True
        now = anyio.current_time()
        self._until = self._until or now + self._whole_s
        if now >= self._until:
            return False
        await anyio.sleep(min(self._pause_s, self._until - now))
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
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
