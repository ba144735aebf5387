"""What search asks of the file: by words, by vector, and what then is known of each find."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..cores import spread_out
from ..errors import CorruptError
from ..finding import Find, Serving
from ..querying import Query, Scope
from ..ranking import Candidate
from .connector import Connection, Value
from .index import ENTRY, stands
from .objects import Objects
from .progress import ProgressView
from .rows import moment, stamp
from .vectors import Vectors
from .vocabulary import Vocabulary

ROWS = 3_000
"""Most rows that one search by words looks at, about 1 microsecond each: the rarest words first."""

NARROW_ROWS = 80_000
"""The same where a filter lets few through: most rows are only passed over."""

_LEAST = 0.5  # of what a word is worth, that a text gets which has it
_KIND = {"blocks": 1, "archive": 2, "episodes": 3}


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or phrase of a question: what to match, how many rows do, and what it is worth.

    `theirs` is the idf that FTS5 multiplies by; `idf` the one that counts, always above zero.
    """

    match: str
    rows: int
    idf: float
    theirs: float


class SearchView(ProgressView):
    """A view that can be searched (`Searcher` of the contract)."""

    def __init__(
        self, db: Connection, objects: Objects, vocabulary: Vocabulary, vectors: Vectors
    ) -> None:
        super().__init__(db, objects)
        self._vocabulary = vocabulary
        self._vectors = vectors

    # ------------------------------------------------------------------ by words

    @spread_out()
    def by_words(self, query: Query, scope: Scope) -> dict[int, float]:
        """Return how much of a question each doc covers that has words of it."""
        where, values = _where(scope)
        join = f"CROSS JOIN doc d ON d.id = doc_text.rowid WHERE {where} AND" if where else "WHERE"
        sql = (
            f"SELECT doc_text.rowid, doc_text.rank FROM doc_text {join} doc_text MATCH ? "
            "AND rank MATCH 'bm25(1.0, 0.3)'"
        )
        budget = NARROW_ROWS if where else ROWS
        return self._covered(self._terms("doc_text", query, budget), sql, values, budget)

    @spread_out()
    def past_by_words(self, query: Query, scope: Scope) -> dict[int, float]:
        """Return the same of entries that blocks no longer have, by their ids in the past."""
        times = ((">=", scope.since), ("<=", scope.until))
        limits = [(f"c.at {sign} ?", stamp(at)) for sign, at in times if at is not None]
        where = "".join(f"{condition} AND " for condition, _ in limits)
        join = (
            "CROSS JOIN past p ON p.id = past_text.rowid CROSS JOIN change c ON c.number = p.until "
            if limits
            else ""
        )
        sql = (
            f"SELECT past_text.rowid, past_text.rank FROM past_text {join}"
            f"WHERE {where}past_text MATCH ?"
        )
        terms = self._terms("past_text", query, ROWS)
        return self._covered(terms, sql, [value for _, value in limits], ROWS)

    def _terms(self, index: str, query: Query, budget: int) -> list[_Term]:
        """Return what a question asks of an index, the rarest term first."""
        size = self._size(index)
        found: list[_Term] = []
        for words in query.terms:
            match = '"' + " ".join(words) + '"'
            body = rows = self._vocabulary.count(self._db, index, match, size, budget)
            if rows <= budget:  # what is more common tells hardly more by itself
                body = self._vocabulary.count(self._db, index, f"{{body}}: {match}", size, budget)
            found.append(
                _Term(
                    match=match,
                    rows=rows,
                    idf=math.log1p((size - body + 0.5) / (body + 0.5)),
                    theirs=max(1e-6, math.log(max(size - rows + 0.5, 1e-9) / (rows + 0.5))),
                )
            )
        return sorted(found, key=lambda term: term.rows)

    def _covered(
        self, terms: list[_Term], sql: str, values: Sequence[Value], budget: int
    ) -> dict[int, float]:
        """Return the coverage of what has one of these terms.

        FTS5's own idf is nothing for a word that half of the rows have, as in a small space many
        words are: so each term is asked for by itself, and its idf is put right. Terms that would
        go over the budget of rows are left out; if all would, those rows are looked at that have
        the three rarest, or the newest of them. However long a text is, a word that it has counts
        half of what it is worth: BM25 alone lets the words of long texts vanish.
        """
        ideal = sum(term.idf for term in terms)
        there = [term for term in terms if term.rows]
        found: dict[int, float] = defaultdict(float)
        rows = 0
        for term in there:
            rows += term.rows
            if rows > budget:
                break
            weight = term.idf / term.theirs / ideal
            least = _LEAST * term.idf / ideal
            for doc_id, score in self._db.tuples(sql, *values, term.match):
                share = -score * weight
                found[doc_id] += share if share > least else least
        if there and not found and there[0].rows > budget:
            match = " AND ".join(term.match for term in there[:3])
            newest = f"{sql} ORDER BY 1 DESC LIMIT ?"
            for doc_id, score in self._db.tuples(newest, *values, match, ROWS):
                found[doc_id] = -score / ideal
        return found

    def _size(self, index: str) -> int:
        """Return how many rows an index has: the first number of what FTS5 keeps of itself.

        It is what `bm25` goes by, and there without counting (`fts5_index.c`, averages record).
        """
        record = self._db.scalar(f"SELECT block FROM {index}_data WHERE id = 1") or b""
        size = 0
        for byte in record[:8]:
            size = size << 7 | byte & 0x7F
            if byte < 0x80:
                break
        return size

    # ------------------------------------------------------------------ by vector

    def serving(self) -> Serving | None:
        """Return the model whose vectors are searched, None while there are none."""
        return self.models()[0]

    @spread_out()
    def by_vector(
        self, serving: Serving, vector: bytes, scope: Scope, also: Iterable[int]
    ) -> dict[int, float]:
        """Return the cosines of the docs nearest to a question, and of those in `also`.

        `vector` is the question's, `dim` little-endian float32 of length 1.
        """
        where, values = _where(scope)
        return self._vectors.nearest(self._db, serving, vector, where, values, also)

    # ------------------------------------------------------------------ what is found

    def candidates(self, doc_ids: Sequence[int]) -> list[Candidate]:
        """Return what ranking needs to know of docs."""
        rows = self._db.tuples(
            "SELECT d.id, d.kind, d.item_id, d.at, d.source, d.entity "
            "FROM json_each(?) j CROSS JOIN doc d ON d.id = j.value",
            json.dumps(doc_ids),
        )
        return [
            Candidate(
                id=doc_id,
                at=moment(at),
                group=_group(kind, item_id, source),
                entity=frozenset(entity.split()),
            )
            for doc_id, kind, item_id, at, source, entity in rows
        ]

    def newest_docs(self, scope: Scope, most: int) -> list[int]:
        """Return the ids of docs without a question: the newest first."""
        where, values = _where(scope)
        rows = self._db.all(
            f"SELECT d.id FROM doc d {f'WHERE {where} ' if where else ''}"
            "ORDER BY d.at DESC, d.id DESC LIMIT ?",
            *values, most,
        )  # fmt: skip
        return [row["id"] for row in rows]

    def finds(self, doc_ids: Sequence[int]) -> list[Find]:
        """Return docs as they are shown, in the order given; not those whose text is damaged."""
        found: list[Find] = []
        for doc_id in doc_ids:
            with suppress(CorruptError):
                found += filter(None, [self._find(doc_id)])
        return found

    def _find(self, doc_id: int) -> Find | None:
        row = self._db.one("SELECT * FROM doc WHERE id = ?", doc_id)
        if row is None:
            return None
        at = moment(row["at"])
        if row["kind"] == ENTRY:
            label = self._db.scalar(
                "SELECT v.label FROM block_head h JOIN block_version v ON v.block_id = h.block_id "
                "AND v.change = h.change WHERE h.branch_id = 1 AND h.block_id = ?",
                row["item_id"],
            )
            return Find(place="blocks", name=label, text=row["text"], at=at)
        passage = self.passage(row["item_id"])
        if passage is None:
            return None
        return Find(
            place="archive" if passage.kind == "passage" else "episodes",
            name=passage.name,
            text=passage.text,
            at=at,
            tags=passage.tags,
            source=passage.source,
            until=passage.valid_until,
        )

    def past_finds(self, ids: Sequence[int]) -> list[Find]:
        """Return entries of the past as they are shown, in the order given; not those back now."""
        found: list[Find] = []
        for past_id in ids:
            row = self._db.one(
                "SELECT p.text, p.until, p.block_id, c.at, (SELECT v.label FROM block_version v "
                "WHERE v.block_id = p.block_id AND v.change <= p.until ORDER BY v.change DESC "
                "LIMIT 1) AS label FROM past p JOIN change c ON c.number = p.until WHERE p.id = ?",
                past_id,
            )
            if row is None or stands(self._db, row["block_id"], row["text"]):
                continue
            at = moment(row["at"])
            found.append(
                Find(place="history", name=row["label"], text=row["text"], at=at, gone=row["until"])
            )
        return found


def _where(scope: Scope) -> tuple[str, list[Value]]:
    """Return the conditions on a doc `d` that a scope sets; empty where it sets none."""
    conditions: list[str] = []
    values: list[Value] = []
    kinds = sorted(_KIND[place] for place in scope.places if place in _KIND)
    if len(kinds) < len(_KIND):
        conditions.append(f"d.kind IN ({', '.join(map(str, kinds))})")
    for condition, value in (
        ("d.source = ?", scope.source),
        ("d.at >= ?", scope.since and stamp(scope.since)),
        ("d.at <= ?", scope.until and stamp(scope.until)),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    tags = sorted({tag.casefold() for tag in scope.tags})
    tagged = "EXISTS (SELECT 1 FROM doc_tag g WHERE g.doc_id = d.id AND g.tag IN ({}))"
    for group in [[tag] for tag in tags] if scope.every else [tags] if tags else []:
        conditions.append(tagged.format(", ".join("?" * len(group))))
        values += group
    return " AND ".join(conditions), values


def _group(kind: int, item_id: int, source: str | None) -> tuple[int, str] | None:
    if kind == ENTRY:
        return kind, str(item_id)
    return None if source is None else (kind, source)
