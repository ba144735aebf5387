"""The signs of very many vectors, in memory: which few hundred deserve an exact score.

One bit a dimension says whether a number is above zero. Two vectors that point the same way differ
in few of these bits, and counting differing bits is the cheapest scan there is: 48 bytes a vector
of 384 dimensions. What it finds is a choice of candidates only; `rescored` then gives each the
score that it would have had in a scan of everything.

The signs are taken as they come, not around the vectors' mean. With sentence vectors of 40,000 real
passages a mean gained nothing, and one that was taken from a few of one kind lost a third of the
best hundred: in a space that grows, all codes would have to be made anew, again and again.

numpy is imported with the first use, for an installation without an encoder has none. Nothing here
locks: a store makes one call at a time, on whichever thread.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATES = 400
"""How many are compared exactly. On 40,000 real vectors 400 held 99 in 100 of the best ten, and
nine in ten of the best hundred; 800 held hardly more of the ten."""

_WORD = 64  # bits compared by one instruction
_CHUNK = 16_384  # vectors a round: the scratch columns of a round stay in the processor's cache
_ADDED = 3  # words whose differing bits add up in one byte: 192 of 255
_SAMPLED = 20_000  # distances looked at to guess how near the last candidate lies


class SignBits:
    """The signs of vectors of one size, each under an id."""

    def __init__(self, dim: int) -> None:
        """Make an empty set of vectors of `dim` numbers.

        Raises:
            ModuleNotFoundError: numpy is not installed.
        """
        import numpy

        self._np = numpy
        self._dim = dim
        self._used = 0
        # A column for each 64 signs, not a row for each vector: a column is read in one go.
        self._columns = numpy.empty((-(-dim // _WORD), 0), numpy.uint64)
        self._ids = numpy.empty(0, numpy.int64)

    def __len__(self) -> int:
        """Return how many vectors there are."""
        return self._used

    @property
    def size(self) -> int:
        """The memory that is held, in bytes; up to twice what the vectors need."""
        return self._columns.nbytes + self._ids.nbytes

    def append(self, ids: Sequence[int], rows: bytes) -> None:
        """Add vectors: `rows` are theirs in the order of `ids`, `dim` signed bytes each.

        An id that is there already must be dropped first, or both its vectors are found.

        Raises:
            ValueError: `rows` is not as long as so many vectors are.
        """
        np = self._np
        if len(rows) != len(ids) * self._dim:
            raise ValueError(f"{len(rows)} bytes for {len(ids)} vectors of {self._dim}")
        vectors = np.frombuffer(rows, np.int8).reshape(-1, self._dim)
        end = self._used + len(ids)
        if end > len(self._ids):
            self._grow(max(end, 2 * len(self._ids)))
        self._ids[self._used : end] = ids
        for start in range(0, len(ids), _CHUNK):
            codes = self._codes(vectors[start : start + _CHUNK])
            at = self._used + start
            self._columns[:, at : at + codes.shape[1]] = codes
        self._used = end

    def drop(self, ids: Collection[int]) -> None:
        """Take vectors out; ids that are not there are passed over. Linear in all vectors."""
        np = self._np
        gone = self._among(ids)
        kept = self._used - int(gone.sum())
        holes = np.flatnonzero(gone[:kept])
        movers = kept + np.flatnonzero(~gone[kept:])  # as many: the last ones fill the gaps
        self._ids[holes] = self._ids[movers]
        self._columns[:, holes] = self._columns[:, movers]
        self._used = kept

    def nearest(
        self, query: bytes, count: int, allowed: Collection[int] | None = None
    ) -> list[int]:
        """Return the ids of the `count` vectors that differ in the fewest signs, nearest first.

        `query` is one vector of 32-bit floats. With `allowed`, only these ids are considered;
        where they are few, scoring them all with `rescored` is as quick, and exact. Norms do not
        count here: the more they differ, the more candidates a ranking by score needs.

        Raises:
            ValueError: `query` is not as long as one vector is.
        """
        np = self._np
        code = self._codes(np.frombuffer(query, "<f4").reshape(1, self._dim))[:, 0]
        ids = self._ids[: self._used]
        if allowed is None:
            return ids[self._smallest(self._differing(code), count)].tolist()
        among = np.flatnonzero(self._among(allowed))
        best = self._smallest(self._differing(code)[among], count)
        return ids[among[best]].tolist()

    def _among(self, wanted: Collection[int]) -> "NDArray[np.bool_]":
        """Return for each vector whether its id is one of `wanted`."""
        np = self._np
        return np.isin(self._ids[: self._used], np.fromiter(wanted, np.int64, len(wanted)))

    def _grow(self, room: int) -> None:
        """Make room for so many vectors; doubling keeps what each one costs constant."""
        np = self._np
        columns = np.empty((len(self._columns), room), np.uint64)
        columns[:, : self._used] = self._columns[:, : self._used]
        ids = np.empty(room, np.int64)
        ids[: self._used] = self._ids[: self._used]
        self._columns, self._ids = columns, ids

    def _codes(self, vectors: "NDArray[np.int8] | NDArray[np.float32]") -> "NDArray[np.uint64]":
        """Return the signs of (n, dim) numbers as (words, n); what fills a word up is zero."""
        np = self._np
        packed = np.zeros((len(vectors), len(self._columns) * _WORD // 8), np.uint8)
        packed[:, : -(-self._dim // 8)] = np.packbits(vectors > 0, axis=1)
        return packed.view(np.uint64).T

    def _differing(self, code: "NDArray[np.uint64]") -> "NDArray[np.uint16]":
        """Return in how many signs each vector differs from `code`."""
        np = self._np
        total = np.zeros(self._used, np.uint16)
        words = np.empty(_CHUNK, np.uint64)
        counts = np.empty(_CHUNK, np.uint8)
        sums = np.empty(_CHUNK, np.uint8)
        for start in range(0, self._used, _CHUNK):
            stop = min(start + _CHUNK, self._used)
            word, some, added = (part[: stop - start] for part in (words, counts, sums))
            for at, bits in enumerate(code):
                np.bitwise_xor(self._columns[at, start:stop], bits, out=word)
                if at % _ADDED == 0:
                    np.bitwise_count(word, out=added)
                else:
                    np.bitwise_count(word, out=some)
                    np.add(added, some, out=added)
                if at % _ADDED == _ADDED - 1 or at == len(code) - 1:
                    np.add(total[start:stop], added, out=total[start:stop])
        return total

    def _smallest(self, distances: "NDArray[np.uint16]", count: int) -> "NDArray[np.intp]":
        """Return the places of the `count` smallest, in order; ties by place.

        A sample guesses a limit that a little more than `count` are within, so that only these
        are sorted. Where the guess was too low it is raised.
        """
        np = self._np
        if count >= len(distances):
            return np.argsort(distances, kind="stable")
        step = max(1, len(distances) // _SAMPLED)
        sample = distances[::step]
        rank = min(len(sample) - 1, count * 3 // 2 // step + 8)
        limit = int(np.partition(sample, rank)[rank])
        near = np.flatnonzero(distances <= limit)
        while len(near) < count:
            limit += 4
            near = np.flatnonzero(distances <= limit)
        return near[np.argsort(distances[near], kind="stable")[:count]]


def rescored(
    query: bytes, rows: Sequence[tuple[int, bytes, float]], most: int
) -> list[tuple[int, float]]:
    """Return the `most` best of `rows`, best first, each an id and its score; ties by id.

    A row is an id, a direction in signed bytes, and a norm. The score is the norm times the cosine
    between the direction and `query`, a vector of 32-bit floats; without a direction it is zero.
    """
    import numpy as np

    if not rows:
        return []
    wanted = np.frombuffer(query, "<f4")
    wanted = wanted / max(float(np.linalg.norm(wanted)), 1e-30)
    ids = np.array([row[0] for row in rows], np.int64)
    directions = np.frombuffer(b"".join([row[1] for row in rows]), np.int8)
    directions = directions.reshape(len(rows), -1).astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", directions, directions))
    norms = np.array([row[2] for row in rows], np.float32)
    scores = norms * (directions @ wanted) / np.maximum(lengths, 1)
    best = np.lexsort((ids, -scores))[: max(most, 0)]
    return list(zip(ids[best].tolist(), scores[best].tolist(), strict=True))
