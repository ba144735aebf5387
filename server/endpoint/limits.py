"""How often, and how much at once, anybody may ask of an endpoint; kept in a little memory."""

import ipaddress
import time
from collections import Counter
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from mcp.server.auth.provider import AccessToken, principal_components

from ...memory.errors import LockedError

SESSIONS = 100
"""Sessions that one token may have open."""
STREAMS = 100
"""Streams that one token may have open."""
CALLS = 32
"""Calls of one token that are carried out at once; others wait for their turn."""
WAITING = 128
"""Calls of one token that are not answered yet, before no more are taken."""
GUESSES = 30
"""Requests a minute with a token that is not good, from one address, before all others wait."""
LONG_S = 15
"""After how many seconds it is worth to try again where something has to end by itself."""
KEYS = 10_000
"""How many tokens or addresses are told apart; who asked longest ago is forgotten first."""

Principal = tuple[str, str | None, str | None]
"""Whom a token stands for: the token's or client's id, the issuer, the subject."""


class TooManyError(LockedError):
    """Somebody has as many of something open as they may.

    Attributes:
        what: Of what, in a word.
        retry_s: After how many seconds it may be worth to try again.
    """

    def __init__(self, said: str, what: str, retry_s: int) -> None:
        super().__init__(said)
        self.what = what
        self.retry_s = retry_s


class Buckets:
    """A bucket for each key, from which each request takes one, and which fills up in a minute.

    A full one is the same as none, so what is forgotten is forgiven.
    """

    def __init__(
        self, a_minute: int, most: int = KEYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._full = float(a_minute)
        self._a_second = a_minute / 60
        self._most = most
        self._clock = clock
        self._levels: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable) -> float:
        """Take one and return 0, or return in how many seconds there is one."""
        wait = self.wait(key)
        if not wait:
            level = self._level(key) - 1
            self._levels.pop(key, None)  # the last to come stands last
            self._levels[key] = level, self._clock()
            if len(self._levels) > self._most:
                del self._levels[next(iter(self._levels))]
        return wait

    def wait(self, key: Hashable) -> float:
        """Return in how many seconds there is one to take."""
        level = self._level(key)
        return 0.0 if level >= 1 else (1 - level) / self._a_second

    def __len__(self) -> int:
        """Return how many keys are told apart now."""
        return len(self._levels)

    def _level(self, key: Hashable) -> float:
        level, at = self._levels.get(key, (self._full, 0.0))
        return min(self._full, level + (self._clock() - at) * self._a_second)


class Guesses:
    """Makes guessing slow: after too many bad tokens from an address, it is not heard for a while.

    Whoever came in from there before still does, also with a token that was renewed: one broken
    program does not shut out all others behind its address. Who is new there waits, with a good
    token or not, so nothing is learned.
    """

    def __init__(self, a_minute: int = GUESSES) -> None:
        self._bad = Buckets(a_minute)
        self._known: dict[int, None] = {}

    def wait(self, address: str, principal: Principal | None) -> float:
        """Return for how many seconds a token is not answered; 0: it is.

        Args:
            address: Where it comes from.
            principal: Whom it stands for, None where it is not good.
        """
        place = network(address)
        if principal is None:
            return self._bad.take(place)
        known = hash((place, principal))  # of a random key, so that none can be made to match
        wait = 0.0 if known in self._known else self._bad.wait(place)
        if not wait:
            self._known.pop(known, None)
            self._known[known] = None
            if len(self._known) > KEYS:
                del self._known[next(iter(self._known))]
        return wait


@dataclass(slots=True)
class Held:
    """How many of something each token has at once.

    Attributes:
        most: How many it may have.
        what: What they are, in a word.
        retry_s: After how many seconds there may be less of them.
        total: How many all have.
    """

    most: int
    what: str
    retry_s: int
    total: int = 0
    _counts: dict[Principal, int] = field(default_factory=dict[Principal, int])

    def count(self, principal: Principal) -> int:
        """Return how many a token has."""
        return self._counts.get(principal, 0)

    @contextmanager
    def one(self, principal: Principal | None, others: int = 0) -> Generator[None]:
        """Hold one more; `others` are held elsewhere. Without a token there is no such limit.

        Raises:
            TooManyError: the token has as many as it may.
        """
        if principal is not None:
            count = self.count(principal)
            if count + others >= self.most:
                raise TooManyError(
                    f"your token has {self.most} {self.what} open, and may have no more; wait "
                    "until one has ended, then try again.",
                    self.what,
                    self.retry_s,
                )
            self._counts[principal] = count + 1
        self.total += 1
        try:
            yield
        finally:
            self.total -= 1
            if principal is not None:
                self._counts[principal] -= 1
                if not self._counts[principal]:
                    del self._counts[principal]


@dataclass(slots=True)
class Spread:
    """In how many spaces each token has streams, which keep them open: not in all there may be."""

    most: int
    _counts: dict[Principal, Counter[str]] = field(default_factory=dict[Principal, Counter[str]])

    @contextmanager
    def one(self, principal: Principal | None, space: str) -> Generator[None]:
        """Hold one in a space. Without a token there is no such limit.

        Raises:
            TooManyError: the token has some in as many others as it may.
        """
        if principal is None:
            yield
            return
        counts = self._counts.setdefault(principal, Counter())
        if space not in counts and len(counts) >= self.most:
            raise TooManyError(
                f"your token has streams in {self.most} spaces, and may have none in another; end "
                "those of one, then try again.",
                "spaces",
                LONG_S,
            )
        counts[space] += 1
        try:
            yield
        finally:
            counts[space] -= 1
            if not counts[space]:
                del counts[space]
            if not counts:
                self._counts.pop(principal, None)


def principal_of(access: AccessToken | None) -> Principal | None:
    """Return whom an access token stands for; None where there is none."""
    return principal_components(access) if access is not None else None


@lru_cache(maxsize=KEYS)
def network(address: str) -> str:
    """Return what one person has of addresses: one, or with IPv6 all of a network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped is not None:  # all of IPv4 is one network of these
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
