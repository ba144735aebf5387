"""What an endpoint writes to stderr: one JSON object a line, and nothing secret in any of them.

Libraries are heard from `WARNING` on, whatever level is asked for: below that, the SDK writes whole
messages and the ids of sessions.
"""

import json
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import cast

from pydantic import ValidationError
from starlette.requests import ClientDisconnect

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered; empty where nothing is."""

_OURS = __name__.partition(".")[0]

TOKEN = re.compile(
    r"\bts_[0-9a-f]{12}_[\w-]+"  # one of ours
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # one of an issuer
    r"|(?<=bearer )[^\s'\"]+",
    re.IGNORECASE,
)
"""What lets somebody in."""
_SESSION = re.compile(
    r"(?<=session id: ).+|(?<=session_id=)[^\s&'\"]+"
    r"|\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b",
    re.IGNORECASE,
)


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the time, what is told, in which request, and of which exception."""
        message = record.getMessage()
        if not _is_ours(record):  # what follows may be the text of an exception
            message = message.strip().partition("\n")[0]
        found = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _clean(message),
        }
        if request := request_id.get():
            found["request"] = request
        if record.exc_info and record.exc_info[1] is not None:
            found["exception"] = _clean(_told(record.exc_info[1]))
        return json.dumps(found, ensure_ascii=False)


def to_stderr(level: str) -> None:
    """Have everything that this process logs written to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or _is_ours(record))
    handler.addFilter(lambda record: not _is_leave(record))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(level)
    logging.captureWarnings(True)


def _is_leave(record: logging.LogRecord) -> bool:
    """Tell whether it is only that a client went before all it had to say was said."""
    return bool(record.exc_info) and isinstance(record.exc_info[1], ClientDisconnect)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == _OURS


def _clean(text: str) -> str:
    """Return a text without what lets somebody in, or into a session."""
    return _SESSION.sub("...", TOKEN.sub("...", text))


def _told(error: BaseException) -> str:
    """Return an exception with its traceback.

    One of validation has what was sent in its message, so then only the places are told, and the
    kinds of exceptions.
    """
    chain = list(_chain(error))
    if not any(isinstance(one, ValidationError) for one in chain):
        return "".join(traceback.format_exception(error))
    return "\n".join(
        "".join([*traceback.format_tb(one.__traceback__), type(one).__qualname__])
        for one in reversed(chain)
    )


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception with all that it came from or holds."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in found:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += cast(BaseExceptionGroup[BaseException], one).exceptions
    return found
