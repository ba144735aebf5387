"""Keeping a space's vectors up to date while a server runs."""

import logging

import anyio

from ...memory.errors import TokenspaceError
from .room import Room

logger = logging.getLogger(__name__)

RETRY_S = 5.0


async def make_vectors(room: Room) -> None:
    """Make the vectors that are missing until cancelled; a space nobody uses is not opened."""
    await room.in_use.wait()
    while True:
        try:
            space = await room.space()
            await space.indexer.run()
            continue  # another file is at its place
        except TokenspaceError as error:
            logger.warning("no vectors are made: %s", error)
        except Exception:
            logger.exception("no vectors are made")
        await anyio.sleep(RETRY_S)
