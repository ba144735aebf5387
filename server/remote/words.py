"""What went wrong between a bridge and its endpoint, in sentences that somebody can act on."""

import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any, cast

import httpx2

from .target import Target

_MOST = 300  # characters of what an endpoint says
_TOKEN = "TOKENSPACE_TOKEN, or the file that --token-file names"  # noqa: S105 - where it stands


def of_trouble(error: httpx2.TransportError, target: Target) -> str:
    """Return why a request got no answer."""
    host = target.host
    causes = list(_causes(error))
    untrusted = next((e for e in causes if isinstance(e, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        why = untrusted.verify_message or untrusted.reason
        return (
            f"the certificate of {host} is not to be trusted ({why}), so nothing was sent. If your "
            "team made it itself, name the file of its authority in SSL_CERT_FILE."
        )
    if any(isinstance(e, ssl.SSLError) for e in causes):
        return f"no encrypted connection to {host}; is it served over https?"
    if any(isinstance(e, socket.gaierror) for e in causes):
        return f"there is no host {host}, or its name cannot be looked up right now."
    if any(isinstance(e, ConnectionRefusedError) for e in causes):
        return f"nothing listens at {host}: the endpoint is not running, or is just starting."
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return f"{host} cannot be reached."
    if isinstance(error, httpx2.TimeoutException):
        return f"{host} did not answer in time."
    return f"the connection to {host} was cut off."


def hopeless(error: httpx2.TransportError) -> bool:
    """Tell whether the same request would fail again in the same way, or has waited enough."""
    unreadable = isinstance(error, httpx2.ReadTimeout | httpx2.SSEError)
    return unreadable or any(isinstance(cause, ssl.SSLError) for cause in _causes(error))


def of_refusal(response: httpx2.Response, target: Target, *, with_token: bool) -> str:
    """Return why an endpoint refused a request; its body has been read."""
    status, told = response.status_code, _told(response)
    chosen = f"The space is {target}"
    if status == 401 and not with_token:
        return f"{target.host} needs a token: put yours into {_TOKEN}."
    if status == 401:
        return (
            f"{target.host} does not accept the token: it is mistyped, has expired, or was revoked."
            f" Ask who runs the endpoint for another, and put it into {_TOKEN}. {chosen}."
        )
    if status in (403, 404):
        said = told or "there is nothing at this address."
        return f"{target.host} refuses: {said} {chosen}; --space NAME chooses another."
    if status == 413:
        return f"this is larger than {target.host} takes; send less at a time."
    if status == 429:
        return f"{target.host} is asked too often: {told or 'wait a moment, then try again.'}"
    if response.has_redirect_location:
        return f"{target.host} sends elsewhere, to {_onward(response)}; give that to --remote."
    return f"{target.host} answers {status}: {told or response.reason_phrase or 'no reason given'}"


def _told(response: httpx2.Response) -> str:
    """Return what an endpoint says of a refusal: its sentence, or the beginning of a plain text."""
    try:
        body: Any = json.loads(response.content)
    except (ValueError, RecursionError):
        plain = response.headers.get("content-type", "").startswith("text/plain")
        body = response.text if plain else ""
    if isinstance(body, dict):
        found = cast(dict[str, Any], body)
        body = found.get("error_description") or found.get("error")
        if isinstance(body, dict):
            body = cast(dict[str, Any], body).get("message")
    said = re.sub(r"\s+", " ", body).strip() if isinstance(body, str) else ""
    said = said if len(said) <= _MOST else f"{said[:_MOST]}…"
    return said if not said or said.endswith((".", "…", "!")) else f"{said}."


def _onward(response: httpx2.Response) -> str:
    """Return where a response leads, without what may be secret in it."""
    try:
        url = response.url.join(response.headers["location"])
    except httpx2.InvalidURL:
        return "an address that cannot be read"
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [e for e in (found.__cause__, found.__context__) if e is not None]
        if isinstance(found, BaseExceptionGroup):
            waiting += cast(BaseExceptionGroup[BaseException], found).exceptions
