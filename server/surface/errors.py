"""From what went wrong to what a client is told.

A refusal of ours is an answer that a model can act on. Anything else is a bug: its traceback goes
to the log, and the client gets a short reference to it, never internals.
"""

import logging
import secrets

from mcp_types import CallToolResult

from . import answers

logger = logging.getLogger(__name__)


def refused(error: Exception) -> CallToolResult:
    """Return a refusal as a tool's answer."""
    message = str(error)
    if message.partition(" ")[0].isalpha():  # an id or an argument's name stays as it is
        message = message[:1].upper() + message[1:]
    return answers.say(message, error=True)


def bug(error: Exception, where: str) -> str:
    """Log an unexpected error and return what may be said of it."""
    reference = secrets.token_hex(3)
    logger.error("bug %s in %s", reference, where, exc_info=error)
    return (
        f"{where} failed inside the server (reference {reference} in its log); nothing was "
        "changed. Try again, or report it."
    )
