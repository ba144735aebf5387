"""From what went wrong to what a client is told.

A refusal of ours is an answer that a model can act on. Anything else is a bug: its traceback goes
to the log, and the client gets a short reference to it, never internals.
"""

import logging
import re
import secrets

from mcp_types import CallToolResult

from ...memory.errors import CorruptError, LockedError, ReadOnlyError, StorageFullError
from ..roles import Role
from . import answers

logger = logging.getLogger(__name__)

_OF_THE_FILE = (CorruptError, LockedError, ReadOnlyError, StorageFullError)
_FILE = re.compile(r"(?:/|\b[A-Za-z]:[\\/]).*?\.db\b")
_BY_HAND = re.compile(r"only a person can ([a-z ]+), with `tokenspace [^`]*`")


def message(error: Exception, role: Role | None) -> str:
    """Return what may be said of a refusal, to a caller who has a role or needs none.

    Who has a role is not where the space's file is, and can do nothing with our commands.
    """
    said = str(error)
    if role is None:
        return said
    if isinstance(error, ReadOnlyError):
        said = _BY_HAND.sub(rf"only a token with the role {Role.ADMIN} can \1", said)
    if isinstance(error, _OF_THE_FILE):
        said = _FILE.sub("the space's file", said)
    return said


def refused(error: Exception, role: Role | None) -> CallToolResult:
    """Return a refusal as a tool's answer."""
    said = message(error, role)
    if said.partition(" ")[0].isalpha():  # an id or an argument's name stays as it is
        said = said[:1].upper() + said[1:]
    return answers.say(said, error=True)


def bug(error: Exception, where: str) -> str:
    """Log an unexpected error and return what may be said of it."""
    reference = secrets.token_hex(3)
    logger.error("bug %s in %s", reference, where, exc_info=error)
    return (
        f"{where} failed inside the server (reference {reference} in its log); nothing was "
        "changed. Try again, or report it."
    )
