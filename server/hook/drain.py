"""From sessions that wait to episodes: one each, which says where the transcript lies.

Nothing here reads a transcript: the assistant that consolidates memory does, if it may.
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from ...config.plain import read_plain
from ...memory import Author, Intent, Space, TokenspaceError
from ...memory.errors import InvalidError
from ...memory.passages import MAX_SOURCE_CHARS, PassageDraft
from ..surface.room import Room
from .hosts import TITLES, Host
from .spool import MOST_BYTES, NotQueuedError, append, away, leftovers, spool_of

logger = logging.getLogger(__name__)

QUIET_S = 3_600.0
"""A session that nobody has ended is taken for ended after so long."""

TAG = "session"
_LEFT_S = 600.0  # what somebody took away so long ago is not being filed any more
_MOST_BYTES = 16 * MOST_BYTES  # of a file: what is longer was not written by us
_ENDINGS = {"session-end": "ended", "pre-compact": "was compacted", "stop": "went quiet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The newest that is known of a session.

    Attributes:
        event: What happened last: a key of `_ENDINGS`.
        at: When, in Unix time.
        size: Length of its transcript then, in bytes.
        line: As it stands in the spool.
    """

    event: str
    at: float
    size: int
    host: str
    session: str
    transcript: str
    cwd: str
    reason: str
    line: bytes

    def is_over(self, now: float) -> bool:
        """Tell whether there is something to file."""
        return self.event != "stop" or now - self.at > QUIET_S

    def draft(self) -> PassageDraft:
        """Return the episode.

        Raises:
            InvalidError: what a host wrote cannot be stored.
        """
        when = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        program = TITLES.get(cast(Host, self.host), "an assistant")
        why = f" ({self.reason})" if self.reason else ""
        where = f" in {self.cwd}" if self.cwd else ""
        text = (
            f"Session {self.session or 'without a name'} of {program}{where} "
            f"{_ENDINGS[self.event]}{why} on {when}. Its transcript, {self.size:,} bytes then: "
            f"{self.transcript}"
        )
        source = f"session {self.session}".strip()[:MAX_SOURCE_CHARS]
        return PassageDraft(id=None, kind="episode", text=text, tags=(TAG,), source=source)

    def key(self) -> str:
        """Return the idempotency key: a session is filed again only if it went on."""
        return f"hook/{self.session}/{self.event}/{self.size}/{self.transcript[-200:]}"


async def drain_when_opened(room: Room, path: Path, author: Author) -> None:
    """File what waits as soon as a server's space is in use; a failure is left for the next."""
    await room.in_use.wait()
    if not _waits(path):
        return
    try:
        await drain(path, await room.space(), author)
    except (TokenspaceError, NotQueuedError, OSError) as error:
        logger.warning("sessions wait to be filed: %s", error)


async def drain(path: Path, space: Space, author: Author, *, every: bool = False) -> list[str]:
    """File the sessions that wait beside the space at `path`; return the episodes' names.

    Those that may go on stay, unless it shall be `every` one.

    Raises:
        TokenspaceError: the space cannot be written; they wait on.
        OSError, NotQueuedError: their file cannot be moved or written.
    """
    filed: list[str] = []
    now = time.time()
    for taken in _take(path, now):
        waiting: list[bytes] = []
        for session in _sessions(taken):
            if every or session.is_over(now):
                filed += await _file(session, space, author)
            else:
                waiting.append(session.line + b"\n")
        if waiting:
            append(spool_of(path), b"".join(waiting))
        taken.unlink(missing_ok=True)
    return filed


async def _file(session: Session, space: Space, author: Author) -> list[str]:
    """File one session; return its name if it is new. What cannot be stored is let go."""
    try:
        intent = Intent(author=author, tool="hook", request_id=session.key())
        shelved = await space.archive.file(session.draft(), intent)
    except InvalidError as error:
        logger.warning("a session is not filed: %s", error)
        return []
    return [] if shelved.same or shelved.passage is None else [shelved.passage.name]


def _waits(path: Path) -> bool:
    return spool_of(path).exists() or any(leftovers(spool_of(path)))


def _take(path: Path, now: float) -> Iterator[Path]:
    """Yield the files that are ours to work off: what waits, and what a crash left."""
    spool = spool_of(path)
    taken = away(spool)
    for left in leftovers(spool):
        with suppress(FileNotFoundError):
            if now - left.stat().st_mtime > _LEFT_S:
                yield left
    with suppress(FileNotFoundError):
        spool.rename(taken)
        os.utime(taken)
        yield taken


def _sessions(spool: Path) -> list[Session]:
    """Return what a file says of each session last, in the order in which they began to wait.

    Raises:
        OSError: it is no file of ours.
    """
    found: dict[tuple[str, str, bool], Session] = {}
    try:
        lines = read_plain(spool, _MOST_BYTES).splitlines()
    except FileNotFoundError:  # it was dropped for what is newer, or another has filed it
        return []
    for line in lines:
        session = _session(line)
        if session is None:
            continue
        name, goes_on = (session.session, session.transcript), session.event == "stop"
        if not goes_on:
            found.pop((*name, True), None)
        found[(*name, goes_on)] = session
    return list(found.values())


def _session(line: bytes) -> Session | None:
    """Return what a line says, None where it says nothing that can be used."""
    try:
        said: Any = json.loads(line)
        texts = {
            key: str(said.get(key, ""))
            for key in ("host", "session", "transcript", "cwd", "reason")
        }
        session = Session(
            event=said["event"], at=float(said["at"]), size=int(said["bytes"]), line=line, **texts
        )
        datetime.fromtimestamp(session.at, UTC)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError):
        return None
    return session if session.event in _ENDINGS and session.transcript else None
