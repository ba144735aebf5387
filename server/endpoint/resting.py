"""An endpoint at rest: what was kept in memory only to be quick goes back to the system."""

import ctypes
import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from ..surface.room import Room

logger = logging.getLogger(__name__)

REST_S = 10.0
"""After how many seconds without a request a space lets go of its caches."""


async def rest(rooms: Iterable[Room]) -> None:
    """Have spaces that nobody uses now take less memory; one that fails is left as it is."""
    rested = False
    for room in rooms:
        rested = True
        try:
            await room.rest()
        except Exception:  # closed meanwhile, or its disk fails: who asks next is told
            logger.debug("a space does not rest", exc_info=True)
    trim = _trim()
    if rested and trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Return what has glibc give back what was freed, which it else keeps; None elsewhere."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
