"""A space's file, looked at without its service: quick to start, and nothing is disturbed.

The one place outside the store that reads its tables, because the store takes longer to import
than a hook may run. This process opens the file with one copy of SQLite and nothing else does. A
file that has a -wal is opened read-only, one without is read as it lies, and what was read is
dropped if somebody wrote it meanwhile. So no byte of either changes. Where a -wal lies without its
-shm, SQLite makes one and it stays: whoever opens the file next makes it anew.

The file may be somebody else's: it came with a project. What it makes SQLite do ends in `MOST_S`.
"""

import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

APPLICATION_ID = 0x544F4B53
FORMATS = range(3, 6)
"""Formats of the file whose tables are as they are read here."""
NEEDED = (3, 43)
"""The SQLite that knows how the words of a space are kept (FTS5's `contentless_delete`)."""

MOST_S = 1.0
"""After so long a look is given up, also in the midst of a query, where no signal is heard."""

_PATIENCE_S = 0.05
_STEPS = 10_000  # of SQLite's machine between two looks at the clock: about a millisecond
_MOST_BYTES = 1 << 20  # of one text: what is longer was not written by us
COUNTED = 10_000
"""Passages and episodes are counted up to here."""
_SHORT = 8


class UnusableError(Exception):
    """The file is not to be read, or not now; the message says why."""


class Entry(NamedTuple):
    """A block: its label, a short version, its length in characters, and whose text it is."""

    label: str
    version: str
    chars: int
    read_only: bool
    object_id: int | None
    description: str


class Late(NamedTuple):
    """A change: when it was made (microseconds since the epoch), by whom, with what, why."""

    number: int
    at: int
    tool: str
    user: str
    client: str
    reason: str


class Doc(NamedTuple):
    """What search finds: kind 1 is an entry of a block, with its text; 2 a passage, 3 an episode.

    `item` is the block or the passage, `at` microseconds since the epoch.
    """

    kind: int
    item: int
    at: int
    source: str | None
    text: str | None


class _Engine(Protocol):
    """What both copies of SQLite have in common."""

    def execute(self, sql: str, bindings: Sequence[Any] = ..., /) -> Iterable[Any]: ...

    def set_progress_handler(self, handler: Callable[[], bool], steps: int, /) -> object: ...

    def close(self) -> object: ...


class Peek:
    """What can be seen of a space now."""

    def __init__(self, db: _Engine) -> None:
        self._db = db

    def check(self) -> None:
        """Refuse a file that is not a space of a format that is known here.

        Raises:
            UnusableError: it is another program's, or too old or new.
        """
        if self._one("PRAGMA application_id") != APPLICATION_ID:
            raise UnusableError("not a space")
        found = self._one("PRAGMA user_version")
        if found not in FORMATS:
            raise UnusableError(f"format {found}")
        if self._one("SELECT name FROM sqlite_master WHERE type = 'view'") is not None:
            raise UnusableError("it has views, and a space has none")

    def head(self) -> int:
        """Return the number of main's newest change."""
        return int(self._one("SELECT head_change FROM branch WHERE id = 1"))

    def blocks(self) -> list[Entry]:
        """Return the blocks of main, oldest first."""
        rows = self._db.execute(
            "SELECT v.label, v.version, coalesce(o.chars, 0), v.read_only, v.object_id, "
            "a.description FROM block_head h JOIN block_version v ON v.block_id = h.block_id "
            "AND v.change = h.change JOIN about a ON a.id = v.about_id "
            "LEFT JOIN object o ON o.id = v.object_id WHERE h.branch_id = 1 ORDER BY h.block_id"
        )
        return [
            Entry(label, bytes(version or b"").hex()[:_SHORT], chars, bool(read_only), *rest)
            for label, version, chars, read_only, *rest in rows
        ]

    def text(self, object_id: int | None) -> str:
        """Return a text; nothing where it was let go."""
        rows = self._db.execute(
            "SELECT o.enc, o.data, b.enc, b.data FROM object o "
            "LEFT JOIN object b ON b.id = o.base_id WHERE o.id = ?",
            (object_id,),
        )
        for enc, data, base_enc, base in rows:
            dictionary = b"" if base is None else _unpacked(base_enc, base)
            return _unpacked(enc, data, dictionary).decode()
        return ""

    def passage(self, number: int) -> str:
        """Return the text of a passage or episode as it is now."""
        return self.text(
            self._one(
                "SELECT v.object_id FROM passage p JOIN passage_version v ON v.passage_id = p.id "
                "AND v.change = p.change WHERE p.id = ?",
                number,
            )
        )

    def archived(self) -> tuple[int, int]:
        """Return how many passages and episodes there are, counted up to `COUNTED`."""
        return self._docs(2), self._docs(3)

    def latest(self, most: int) -> list[Late]:
        """Return the newest changes of main."""
        rows = self._db.execute(
            "SELECT c.number, c.at, c.tool, a.user, a.client, c.reason FROM change c "
            "JOIN author a ON a.id = c.author_id WHERE c.branch_id = 1 "
            "ORDER BY c.number DESC LIMIT ?",
            (most,),
        )
        return [Late(*row) for row in rows]

    def touched(self, change: int) -> list[str]:
        """Return the labels of the blocks that a change touched, at most five."""
        sql = "SELECT label FROM block_version WHERE change = ? ORDER BY position LIMIT 5"
        return [label for (label,) in self._db.execute(sql, (change,))]

    # ------------------------------------------------------------------ by words

    def size(self) -> int:
        """Return about how many docs there are, at least so many."""
        return int(self._one("SELECT max(id) FROM doc") or 0)

    def matching(self, match: str, most: int) -> list[int]:
        """Return the ids of docs whose own text a phrase of FTS5 matches, at most so many.

        Words of their neighbours, which stand in another column, are not theirs.
        """
        sql = "SELECT rowid FROM doc_text WHERE doc_text MATCH ? LIMIT ?"
        return [doc_id for (doc_id,) in self._db.execute(sql, (f"body : {match}", most))]

    def doc(self, doc_id: int) -> Doc | None:
        """Return a doc."""
        sql = "SELECT kind, item_id, at, source, text FROM doc WHERE id = ?"
        return next((Doc(*row) for row in self._db.execute(sql, (doc_id,))), None)

    def label(self, block_id: int) -> str:
        """Return a block's label now."""
        return str(
            self._one(
                "SELECT v.label FROM block_head h JOIN block_version v ON v.block_id = h.block_id "
                "AND v.change = h.change WHERE h.branch_id = 1 AND h.block_id = ?",
                block_id,
            )
        )

    def _docs(self, kind: int) -> int:
        sql = "SELECT count(*) FROM (SELECT 1 FROM doc WHERE kind = ? LIMIT ?)"
        return int(self._one(sql, kind, COUNTED))

    def _one(self, sql: str, *values: int) -> Any:
        return next((row[0] for row in self._db.execute(sql, values)), None)


@contextmanager
def peeking(path: Path, *, by_words: bool = False) -> Generator[Peek]:
    """Look at a space's file; `by_words` where its words are to be searched.

    Raises:
        UnusableError: it is no space of ours, or was written to meanwhile.
        sqlite3.Error, apsw.Error, OSError: it cannot be read, or not within `MOST_S`.
    """
    before = _state(path)
    immutable = before[1] is None
    uri = path.absolute().as_uri() + ("?immutable=1" if immutable else "?mode=ro")
    with closing(_opened(uri, by_words=by_words)) as db:
        peek = Peek(db)
        peek.check()
        yield peek
    if immutable and _state(path) != before:
        raise UnusableError("it was written to while it was read")


def _opened(uri: str, *, by_words: bool) -> _Engine:
    """Open a file with the SQLite of the standard library, if that can read what is asked for.

    Many Pythons come with one that is too old for the index of words. Then it is the one that the
    store uses.
    """
    if by_words and sqlite3.sqlite_version_info < NEEDED:
        import apsw

        opened = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        opened.set_busy_timeout(int(_PATIENCE_S * 1_000))
        db: Any = opened
    else:
        db = sqlite3.connect(uri, uri=True, timeout=_PATIENCE_S, isolation_level=None)
    until = time.monotonic() + MOST_S
    db.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    db.execute("PRAGMA trusted_schema = OFF")
    return db


def _state(path: Path) -> tuple[tuple[int, int, int], tuple[int, int] | None]:
    """Return what tells whether a file was written to: of itself, and of its -wal if it has one."""
    here = path.stat()
    try:
        log = os.stat(f"{path}-wal")  # noqa: PTH116 - no Path is made for it
    except FileNotFoundError:
        return (here.st_ino, here.st_size, here.st_mtime_ns), None
    return (here.st_ino, here.st_size, here.st_mtime_ns), (log.st_size, log.st_mtime_ns)


def _unpacked(enc: int, data: bytes, dictionary: bytes = b"") -> bytes:
    """Return a text as it was before it was packed; see `memory/store/objects.py`."""
    if enc == 0:
        return data
    unpacker = zlib.decompressobj(-15, zdict=dictionary) if dictionary else zlib.decompressobj(-15)
    return unpacker.decompress(data, _MOST_BYTES)
