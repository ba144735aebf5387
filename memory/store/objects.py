"""Texts by content: each kept once, compressed, readable with at most two row fetches.

A text that resembles an earlier version is deflated with that version as its dictionary (zlib's
preset dictionary, raw stream). The base is always a self-contained object, so chains do not grow,
and after `PER_KEYFRAME` texts a new base is chosen. Measured on 2 to 5 KB texts that change a
little at a time: about 530 bytes a version, an old one read in 0.1 ms.
"""

import hashlib
import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Collection

from ..errors import CorruptError
from .connector import Connection, Row

PER_KEYFRAME = 16
_CORRUPT = 11  # SQLITE_CORRUPT
_CACHED_CHARS = 512 * 1024  # of one connection; an endpoint has hundreds
_WORTHWHILE = 0.5  # a text whose delta is larger than this share of it becomes a new base


class Objects:
    """The object table of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._key = bytes(connection.scalar("SELECT value FROM meta WHERE key = 'hash_key'"))
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._cached = 0

    def hash(self, data: str) -> bytes:
        """Return the keyed 16-byte hash of a text."""
        return hashlib.blake2b(data.encode(), digest_size=16, key=self._key).digest()

    def text(self, object_id: int) -> str:
        """Return a text; the most recent ones come from memory (objects never change).

        Raises:
            CorruptError: what the file holds is not the text that was put there.
        """
        cached = self._texts.get(object_id)
        if cached is not None:
            self._texts.move_to_end(object_id)
            return cached
        try:
            row = self._db.one(
                "SELECT hash, enc, base_id, data FROM object WHERE id = ?", object_id
            )
            text = self._unpacked(row) if row else None
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF != _CORRUPT:
                raise
            row = text = None
        except (zlib.error, UnicodeDecodeError):
            row = text = None
        if row is None or text is None or self.hash(text) != bytes(row["hash"]):
            raise CorruptError(
                "a text in this space's file is damaged; it was left as it is. `tokenspace verify` "
                "says what else is, `tokenspace restore-backup` brings a backup back."
            )
        return self._remember(object_id, text)

    def _unpacked(self, row: Row) -> str:
        data = bytes(row["data"])
        if row["enc"] == 2:
            data = _inflate(data, self.text(row["base_id"]).encode())
        elif row["enc"] == 1:
            data = _inflate(data)
        return data.decode()

    def put(self, text: str, near: int | None = None) -> tuple[int, bytes]:
        """Return the id and hash of a text, storing it if it is new.

        `near` is an object that it probably resembles: the version before it.
        """
        digest = self.hash(text)
        known = self._db.scalar("SELECT id FROM object WHERE hash = ?", digest)
        if known is not None:
            return int(known), digest
        data = text.encode()
        base = self._base(near)
        enc, packed = self._packed(data, base)
        row = self._db.one(
            "INSERT INTO object (hash, chars, enc, base_id, data) VALUES (?, ?, ?, ?, ?) "
            "RETURNING id",
            digest, len(text), enc, base if enc == 2 else None, packed,
        )  # fmt: skip
        assert row is not None  # noqa: S101 - RETURNING always gives one
        self._remember(row["id"], text)
        return row["id"], digest

    def drop(self, ids: Collection[int]) -> None:
        """Delete texts that no version has; those that are packed against one are packed anew."""
        leaving = set(ids)
        for base in leaving:
            keyframe: int | None = None
            for row in self._db.all("SELECT id FROM object WHERE base_id = ?", base):
                if row["id"] not in leaving:
                    self._repack(row["id"], keyframe)
                    keyframe = keyframe or row["id"]
        for packed in ("NOT NULL", "NULL"):  # a base goes after what is packed against it
            self._db.many(
                f"DELETE FROM object WHERE id = ? AND base_id IS {packed}",
                ((object_id,) for object_id in leaving),
            )
        self.forget_cache()

    def _repack(self, object_id: int, base: int | None) -> None:
        enc, packed = self._packed(self.text(object_id).encode(), base)
        self._db.execute(
            "UPDATE object SET enc = ?, base_id = ?, data = ? WHERE id = ?",
            (enc, base if enc == 2 else None, packed, object_id),
        )

    def _packed(self, data: bytes, base: int | None) -> tuple[int, bytes]:
        if base is not None and self._readable(base):
            delta = _deflate(data, self.text(base).encode())
            if len(delta) < _WORTHWHILE * len(data):
                return 2, delta
        whole = _deflate(data)
        return (1, whole) if len(whole) < len(data) else (0, data)

    def _readable(self, object_id: int) -> bool:
        try:
            self.text(object_id)
        except CorruptError:
            return False
        return True

    def _base(self, near: int | None) -> int | None:
        """Return the self-contained object that `near` leads to, unless it serves enough."""
        if near is None:
            return None
        ((base, uses),) = self._db.tuples(
            "SELECT coalesce(o.base_id, o.id), (SELECT count(*) FROM object u "
            "WHERE u.base_id = coalesce(o.base_id, o.id)) FROM object o WHERE o.id = ?",
            near,
        )
        return int(base) if uses < PER_KEYFRAME else None

    def forget_cache(self) -> None:
        """Drop the texts in memory: a transaction took them back, or they were erased."""
        self._texts.clear()
        self._cached = 0

    def _remember(self, object_id: int, text: str) -> str:
        self._texts[object_id] = text
        self._cached += len(text)
        while self._cached > _CACHED_CHARS:
            self._cached -= len(self._texts.popitem(last=False)[1])
        return text


def _deflate(data: bytes, dictionary: bytes = b"") -> bytes:
    if dictionary:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, dictionary)
    else:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _inflate(data: bytes, dictionary: bytes = b"") -> bytes:
    unpacker = zlib.decompressobj(-15, zdict=dictionary) if dictionary else zlib.decompressobj(-15)
    return unpacker.decompress(data) + unpacker.flush()
