"""How many rows of a full-text index have a term."""

import time
from collections import OrderedDict

from .connector import Connection

COUNTED = 80_000
"""A term that more rows have says little: it is counted no further."""

_CACHED_TERMS = 20_000
_DEAR_S = 0.0005  # a count that takes longer is worth being kept


class Vocabulary:
    """How many rows have a term: where many do, kept while the index is about as large."""

    def __init__(self) -> None:
        self._known: dict[str, OrderedDict[str, int]] = {}
        self._sizes: dict[str, int] = {}

    def count(self, db: Connection, table: str, match: str, size: int) -> int:
        """Return how many rows of an index match, at most `COUNTED` and one."""
        before = self._sizes.setdefault(table, size)
        if abs(size - before) > max(20, before // 50):
            self._known.pop(table, None)
            self._sizes[table] = size
        known = self._known.setdefault(table, OrderedDict())
        if match in known:
            return known[match]
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH ? LIMIT ?)"
        start = time.perf_counter()
        found = int(db.scalar(sql, match, COUNTED + 1))
        if time.perf_counter() - start > _DEAR_S:
            known[match] = found
            if len(known) > _CACHED_TERMS:
                known.popitem(last=False)
        return found
