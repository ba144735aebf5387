"""What an endpoint keeps of what happens: the audit log, the counts, and the trace.

The SDK makes a span of OpenTelemetry for each message; here it learns which space that was in. A
process that is started with `opentelemetry-instrument` exports them.
"""

from typing import Any

from opentelemetry import trace
from starlette.requests import Request
from starlette.types import Scope

from ..surface.desk import Caller, Done
from .access import access_of, name_of
from .arrivals import Arrival, arrival_of, milliseconds
from .audit import Audit
from .limits import Buckets
from .metrics import Counts
from .tokens import PREFIX

REFUSALS = 60
"""Refused requests a minute that the audit log names; the others are a number in the next entry, so
that nobody can push out what it says by knocking."""

_REASONS = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "absent",
    405: "method",
    406: "accept",
    413: "size",
    421: "host",
    429: "rate",
    500: "failed",
    503: "busy",
}


class Records:
    """Takes note of every request, once."""

    def __init__(self, audit: Audit) -> None:
        self.counts: Counts | None = None
        self._audit = audit
        self._refusals = Buckets(REFUSALS)
        self._unnamed = 0

    def notice(self, request: Request[Any], caller: Caller, space: str, done: Done) -> None:
        """Take note of what became of a request that reached a space."""
        arrival = arrival_of(request.scope)
        arrival.noted = True
        if self.counts is not None:
            self.counts.done(done.what, done.outcome, done.seconds)
        trace.get_current_span().set_attributes(
            {"tokenspace.space": space, "tokenspace.request": arrival.id}
        )
        self._audit.note(
            {
                "who": caller.user,
                **_credential(request.scope),
                "role": caller.role,
                "space": space,
                "what": done.what,
                "outcome": done.outcome,
                "change": done.change,
                "from": arrival.address,
                "request": arrival.id,
                "ms": round(done.seconds * 1_000, 1),
            }
        )

    def answered(self, scope: Scope, arrival: Arrival, status: int) -> None:
        """Take note of a request that was refused before it reached a space."""
        if status < 400 or arrival.noted:
            return
        why = "left" if arrival.left else arrival.why or _REASONS.get(status, "other")
        if self.counts is not None:
            self.counts.refused(why)
        if self._refusals.take("all"):
            self._unnamed += 1
            return
        unnamed, self._unnamed = self._unnamed, 0
        access = access_of(scope)
        self._audit.note(
            {
                "who": name_of(access) if access is not None else None,
                **_credential(scope),
                "space": arrival.space,
                "what": scope["method"],
                "outcome": "denied",
                "why": why,
                "status": status,
                "from": arrival.address,
                "request": arrival.id,
                "ms": milliseconds(arrival),
                **({"unnamed": unnamed} if unnamed else {}),
            }
        )


def is_traced() -> bool:
    """Tell whether anybody takes the spans that are made."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _credential(scope: Scope) -> dict[str, str | None]:
    """Return which token a request came with, or whom its issuer says it is from."""
    access = access_of(scope)
    if access is None:
        return {}
    if access.token.startswith(PREFIX):
        return {"token": access.client_id}
    return {"subject": access.subject, "client": access.client_id}
