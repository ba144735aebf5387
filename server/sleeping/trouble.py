"""What a provider, or the library that speaks to it, complains of: a sentence without secrets."""

import re

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelRateLimitError,
    UserError,
)

from ...config.settings import secrets
from ..terminal import one_line

_MOST = 200  # characters of what somebody else wrote
_VARIABLE = re.compile(r"`([A-Z][A-Z0-9_]{2,})`")


def missing(error: UserError) -> str:
    """Return the name of the variable that a key is missing from; empty if it is not that."""
    found = _VARIABLE.search(error.message)
    return found[1] if found and error.message.startswith("Set the") else ""


def told(error: Exception) -> str:
    """Return what went wrong, as a part of a sentence."""
    if isinstance(error, ModelAuthenticationError):
        return "the provider refuses the key"
    if isinstance(error, ModelRateLimitError):
        return "the provider has had too many requests (429); try again later"
    if isinstance(error, ModelHTTPError):
        said = _message(error.body)
        return f"the provider answered {error.status_code}{f': {said}' if said else ''}"
    if isinstance(error, ModelConnectionError):
        return f"the provider cannot be reached: {shortened(error.message)}"
    if isinstance(error, ModelAPIError):
        return f"the provider failed: {shortened(error.message)}"
    return shortened(str(error))


def shortened(text: str) -> str:
    """Return what others wrote on one line, not too long, and without our keys."""
    text = one_line(text)
    for secret in secrets():
        text = text.replace(secret, "…")
    return text[:_MOST].rstrip(".")


def _message(body: object) -> str:
    """Return the message in the body of an answer, which some providers put one level down."""
    for _ in range(2):
        if not isinstance(body, dict):
            break
        found: dict[str, object] = {str(key): value for key, value in body.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        body = found.get("error") or found.get("message")
    return shortened(body) if isinstance(body, str) else ""
