"""The nearest vectors: exactly where there are few, by their signs first where there are many.

The truth is a table of int8 rows. sqlite-vec compares all of them in SQL while a space is small;
beyond that, and where its extension does not load, numpy looks at sign bits in memory, and what is
nearest by those is compared exactly. Used on one thread at a time.
"""

import importlib.util
import json
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..finding import Serving
from .bits import CANDIDATES, SignBits, rescored
from .connector import Connection, Value

SMALL = 2_000_000
"""Numbers (vectors times dimensions) up to which all are compared in SQL: about 5 milliseconds.

That is 5,000 vectors of 384. Beyond it numpy is quicker, and worth the memory that it takes.
"""

NEAREST = 200
"""How many of the nearest are returned."""

_AT_ONCE = 20_000  # rows that are read at a time into memory
_FILTERED = 5_000  # so few that pass a filter are compared without looking at signs


_EMBEDDING = "CROSS JOIN embedding e ON e.doc_id = d.id AND e.model_id = ?"
_OF_DOC = "CROSS JOIN embedding e ON e.doc_id = j.value AND e.model_id = ?"
_ROWS_OF_DOCS = f"SELECT e.doc_id, e.i8, e.norm FROM json_each(?) j {_OF_DOC}"
_ROWS = (
    "SELECT e.doc_id, e.i8, e.norm, e.id FROM json_each(?) j "
    "CROSS JOIN embedding e ON e.id = j.value"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What `nearest` is asked for; `also` is a JSON list of docs."""

    serving: Serving
    vector: bytes
    where: str
    values: Sequence[Value]
    also: str


@dataclass(slots=True)
class _Codes:
    """The sign bits of a model's vectors, up to the row `upto`."""

    of: tuple[int, int]  # the model, and what tells this content of the file from another
    bits: SignBits
    upto: int = 0


@dataclass(slots=True)
class Vectors:
    """The vectors of one space, as one process searches them; `small` may be set for tests."""

    small: int = SMALL
    _codes: _Codes | None = None
    _extended: dict[int, bool] = field(default_factory=dict[int, bool])

    def nearest(
        self,
        db: Connection,
        serving: Serving,
        vector: bytes,
        where: str,
        values: Sequence[Value],
        also: Iterable[int],
    ) -> dict[int, float]:
        """Return the scores of the nearest docs that pass a filter, and of those in `also`.

        Args:
            db: The connection, always the same one.
            serving: The model.
            vector: Little-endian float32, of length 1.
            where: Conditions on a doc `d`, empty for none; `values` are their parameters.
            values: See `where`.
            also: Ids of docs.
        """
        asked = _Asked(serving, vector, where, values, json.dumps(list(also)))
        if self._count(db) * serving.dim <= self.small and self._has_extension(db):
            return _in_sql(db, asked)
        return self._in_memory(db, asked)

    def _count(self, db: Connection) -> int:
        """Return about how many vectors there are, rather too many than too few."""
        ends = "(SELECT max(id) FROM embedding) - (SELECT min(id) FROM embedding)"
        return int(db.scalar(f"SELECT {ends} + 1") or 0)

    def _has_extension(self, db: Connection) -> bool:
        key = id(db)
        if key not in self._extended:
            self._extended[key] = _loaded(db)
        return self._extended[key]

    def _in_memory(self, db: Connection, asked: _Asked) -> dict[int, float]:
        bits = self._loaded_codes(db, asked.serving)
        others = db.tuples(_ROWS_OF_DOCS, asked.also, asked.serving.id)
        near = _nearest_by_signs(db, asked, bits, None)
        if asked.where:
            near = _filtered(db, asked, bits, near)
        scored = (
            *rescored(asked.vector, others, len(others)),
            *rescored(asked.vector, near, NEAREST),
        )
        return dict(scored)

    def _loaded_codes(self, db: Connection, serving: Serving) -> SignBits:
        """Return the sign bits of all vectors, by their rows; those that came since are read now.

        A vector that is made anew is another row; the old one is met once more, and dropped.
        """
        of = (serving.id, int(db.scalar("PRAGMA schema_version")))  # a restored backup has another
        codes = self._codes
        if codes is None or codes.of != of:
            codes = self._codes = _Codes(of, SignBits(serving.dim))
        while True:
            rows = db.tuples(
                "SELECT id, i8 FROM embedding WHERE id > ? AND model_id = ? ORDER BY id LIMIT ?",
                codes.upto, serving.id, _AT_ONCE,
            )  # fmt: skip
            if not rows:
                return codes.bits
            codes.bits.append([row_id for row_id, _ in rows], b"".join(data for _, data in rows))
            codes.upto = rows[-1][0]


def _in_sql(db: Connection, asked: _Asked) -> dict[int, float]:
    vector = _int8(asked.vector)
    score = "e.norm * (1 - vec_distance_cosine(vec_int8(e.i8), vec_int8(?)))"
    join = f"JOIN doc d ON d.id = e.doc_id WHERE {asked.where} AND" if asked.where else "WHERE"
    nearest = db.tuples(
        f"SELECT e.doc_id, {score} AS score FROM embedding e {join} e.model_id = ? "
        "ORDER BY score DESC LIMIT ?",
        vector, *asked.values, asked.serving.id, NEAREST,
    )  # fmt: skip
    others = db.tuples(
        f"SELECT e.doc_id, {score} FROM json_each(?) j {_OF_DOC}",
        vector, asked.also, asked.serving.id,
    )  # fmt: skip
    return dict((*nearest, *others))


def _nearest_by_signs(
    db: Connection, asked: _Asked, bits: SignBits, allowed: list[int] | None
) -> list[tuple[Any, ...]]:
    """Return the rows that are nearest by their signs.

    Those that were deleted are met here first; they would stand in others' way.
    """
    while True:
        near = bits.nearest(asked.vector, 2 * CANDIDATES if asked.where else CANDIDATES, allowed)
        rows = db.tuples(_ROWS, json.dumps(sorted(near)))  # sorted: neighbours share pages
        gone = set(near).difference(row_id for *_, row_id in rows)
        if not gone:
            return rows
        bits.drop(gone)


def _filtered(
    db: Connection, asked: _Asked, bits: SignBits, near: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Return those of the nearest that pass a filter; where few do, the nearest of all that do."""
    passing = f"FROM doc d {_EMBEDDING} WHERE {asked.where}"
    some = db.tuples(
        f"SELECT e.id FROM json_each(?) j CROSS JOIN doc d ON d.id = j.value {_EMBEDDING} "
        f"WHERE {asked.where}",
        json.dumps([row[0] for row in near]), asked.serving.id, *asked.values,
    )  # fmt: skip
    kept = {row_id for (row_id,) in some}
    if len(kept) >= NEAREST // 2:
        return [row for row in near if row[3] in kept]
    few = db.tuples(
        f"SELECT e.id {passing} LIMIT ?", asked.serving.id, *asked.values, _FILTERED + 1
    )
    if len(few) > _FILTERED:
        every = db.tuples(f"SELECT e.id {passing}", asked.serving.id, *asked.values)
        return _nearest_by_signs(db, asked, bits, [row_id for (row_id,) in every])
    return db.tuples(_ROWS, json.dumps([row_id for (row_id,) in few]))


def _loaded(db: Connection) -> bool:
    """Load sqlite-vec into a connection; tell whether it is there."""
    if importlib.util.find_spec("sqlite_vec") is None:
        return False
    import sqlite_vec

    try:
        db.load(sqlite_vec.loadable_path())
    except sqlite3.Error:  # built for another system, or loading is not allowed
        return False
    return True


def _int8(vector: bytes) -> bytes:
    """Return a vector as int8, scaled so that its largest part is 127."""
    parts = array("f", vector)
    scale = 127 / max(max(map(abs, parts)), 1e-9)
    return array("b", (round(part * scale) for part in parts)).tobytes()
