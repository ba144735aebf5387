"""What an endpoint counts, for Prometheus. No name of a space, a person or a block is in it."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Protocol


class Counts(Protocol):
    """What counts requests and refusals."""

    def done(self, what: str, outcome: str, seconds: float) -> None:
        """Count a request that was carried out, or was not to be."""
        ...

    def refused(self, why: str) -> None:
        """Count a request that did not come that far."""
        ...


class Metrics:
    """The counts of one endpoint. Needs prometheus_client, which the extra `http` brings."""

    def __init__(self, now: dict[str, Callable[[], float]]) -> None:
        """`now` has the numbers that are asked for when somebody looks, by name."""
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Gauge,
            GCCollector,
            Histogram,
            PlatformCollector,
            ProcessCollector,
        )

        self._registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self._requests = Counter(
            "tokenspace_requests",
            "Requests by tool or method, and what became of them.",
            ("what", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "tokenspace_request_seconds",
            "How long requests took.",
            ("what",),
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=registry,
        )
        self._refusals = Counter(
            "tokenspace_refusals",
            "Requests that were refused before they reached a space, by reason.",
            ("reason",),
            registry=registry,
        )
        self._counter = cache(self._requests.labels)  # the library takes a lock to find each
        self._histogram = cache(self._seconds.labels)
        for name, ask in now.items():
            gauge = Gauge(f"tokenspace_{name}", f"{name} now".replace("_", " "), registry=registry)
            gauge.set_function(ask)

    def done(self, what: str, outcome: str, seconds: float) -> None:
        """Count a request that was carried out, or was not to be."""
        self._counter(what, outcome).inc()
        self._histogram(what).observe(seconds)

    def refused(self, why: str) -> None:
        """Count a request that did not come that far."""
        self._refusals.labels(why).inc()

    def text(self) -> tuple[bytes, str]:
        """Return all of it as Prometheus reads it, and the type of that."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._registry), CONTENT_TYPE_LATEST


def available() -> bool:
    """Tell whether there is anything to count with."""
    return find_spec("prometheus_client") is not None
