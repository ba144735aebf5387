"""What must hold in the search tables: that they are of what there is now."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from ..errors import CorruptError
from ..lines import split_lines
from ..terms import entries
from .checks import listed, many
from .connector import Row
from .index import ENTRY, KINDS
from .view import View

_MEND = "`tokenspace index --rebuild` makes it anew."

_Item: TypeAlias = tuple[int, int]
"""A block or passage, as docs name it: kind and id."""

_Doc: TypeAlias = tuple[str | None, str, str | None, frozenset[str]]
"""What a doc must be: text, context, source, tags."""

_BLOCKS = """
    SELECT h.block_id AS id, v.label AS name, v.object_id, t.tags
    FROM block_head h JOIN block_version v ON v.block_id = h.block_id AND v.change = h.change
    JOIN about t ON t.id = v.about_id WHERE h.branch_id = 1
"""
_PASSAGES = """
    SELECT p.id, p.kind, t.tags, t.metadata
    FROM passage p JOIN passage_version v ON v.passage_id = p.id AND v.change = p.change
    JOIN about t ON t.id = v.about_id WHERE v.version IS NOT NULL
"""
_DOCS = """
    SELECT d.kind, d.item_id, d.text, d.context, d.source,
           (SELECT json_group_array(tag) FROM doc_tag g WHERE g.doc_id = d.id) AS tags
    FROM doc d
"""
_WORDS = """
    SELECT (SELECT count(*) FROM {rows} WHERE id NOT IN (SELECT id FROM {words}_docsize))
         + (SELECT count(*) FROM {words}_docsize WHERE id NOT IN (SELECT id FROM {rows}))
"""


class IndexChecks(View):
    """A view that checks what search sees against what there is."""

    def docs(self) -> Iterator[str]:
        """Check that every passage and every entry of main's blocks has its doc, and nothing else.

        Blocks whose text is damaged are left out: they are named for that.
        """
        expected: dict[_Item, Counter[_Doc]] = {}
        for row in self._db.all(_BLOCKS):
            expected[ENTRY, row["id"]] = self._entries(row)
        for row in self._db.all(_PASSAGES):
            source = json.loads(row["metadata"]).get("source") or None
            doc = (None, "", source, _tags(row))
            expected[KINDS[row["kind"]], row["id"]] = Counter([doc])
        found: dict[_Item, Counter[_Doc]] = {}
        for row in self._db.all(_DOCS):
            doc = (row["text"], row["context"], row["source"], _tags(row))
            found.setdefault((row["kind"], row["item_id"]), Counter())[doc] += 1
        empty: Counter[_Doc] = Counter()
        damaged: Counter[_Doc] = Counter({_DAMAGED: 1})
        wrong = [
            self._named_item(*item)
            for item in sorted({*expected, *found})
            if expected.get(item, empty) not in (found.get(item, empty), damaged)
        ]
        if wrong:
            yield (f"search does not look through what is there: {listed(wrong, 'place')}. {_MEND}")

    def words(self) -> Iterator[str]:
        """Check that all of it, and nothing else, has its words in the full-text tables."""
        for rows, words in (("doc", "doc_text"), ("past", "past_text")):
            wrong = self._db.scalar(_WORDS.format(rows=rows, words=words))
            if wrong:
                yield f"without a counterpart in {rows} or {words}: {many(wrong, 'row')}. {_MEND}"

    def vectors(self) -> Iterator[str]:
        """Check that every vector is of something, and as long as its model makes them."""
        wrong = self._db.scalar(
            "SELECT count(*) FROM embedding e LEFT JOIN doc d ON d.id = e.doc_id "
            "LEFT JOIN model m ON m.id = e.model_id "
            "WHERE d.id IS NULL OR length(e.i8) IS NOT m.dim"
        )
        if wrong:
            yield f"of nothing, or not as long as their model makes them: {many(wrong, 'vector')}."

    def _named_item(self, kind: int, item_id: int) -> str:
        """Return what a block or passage is or was called."""
        if kind != ENTRY:
            return self.passage_name(item_id) or f"passage {item_id}"
        label = self._db.scalar(
            "SELECT label FROM block_version WHERE block_id = ? ORDER BY change DESC LIMIT 1",
            item_id,
        )
        return label or f"block {item_id}"

    def _entries(self, row: Row) -> Counter[_Doc]:
        try:
            text = self._objects.text(row["object_id"])
        except CorruptError:
            return Counter({_DAMAGED: 1})
        tags = _tags(row)
        every = entries(row["name"], split_lines(text))
        return Counter((entry, context, None, tags) for entry, context in every)


_DAMAGED: _Doc = (None, "damaged", None, frozenset())


def _tags(row: Row) -> frozenset[str]:
    return frozenset(tag.casefold() for tag in json.loads(row["tags"]))
