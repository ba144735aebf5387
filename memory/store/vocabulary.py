"""How many rows of a full-text index have a term."""

from collections import OrderedDict

from .connector import Connection

_CACHED_TERMS = 20_000
_DEAR = 1_000  # rows; a count of more is worth being kept


class Vocabulary:
    """How many rows have a term: where many do, kept while the index is about as large."""

    def __init__(self) -> None:
        self._known: dict[str, OrderedDict[tuple[str, int], int]] = {}
        self._sizes: dict[str, int] = {}

    def count(self, db: Connection, index: str, match: str, size: int, most: int) -> int:
        """Return how many of an index's `size` rows match.

        Where more than `most` do, that is a guess, above `most`: as if the rest were like the rows
        that were counted. What is so common is worth little, whatever its number.
        """
        before = self._sizes.setdefault(index, size)
        if abs(size - before) > max(20, before // 50):
            self._known.pop(index, None)
            self._sizes[index] = size
        known = self._known.setdefault(index, OrderedDict())
        if (match, most) not in known:
            found = _counted(db, index, match, size, most)
            if found < _DEAR:
                return found
            known[match, most] = found
            if len(known) > _CACHED_TERMS:
                known.popitem(last=False)
        return known[match, most]


def _counted(db: Connection, index: str, match: str, size: int, most: int) -> int:
    some = f"SELECT rowid AS id FROM {index} WHERE {index} MATCH ? ORDER BY rowid LIMIT ?"
    ((found, upto),) = db.tuples(f"SELECT count(*), max(id) FROM ({some})", match, most + 1)
    if found <= most:
        return found
    ends = f"(SELECT min(id) FROM {index}_docsize), (SELECT max(id) FROM {index}_docsize)"
    ((first, last),) = db.tuples(f"SELECT {ends}")
    return max(found, min(size, found * (last - first + 1) // (upto - first + 1)))
