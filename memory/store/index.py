"""What search looks through, kept in step with every write, in its transaction.

All of it is derived: `reindexing.py` makes it anew from blocks and passages.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..errors import CorruptError
from ..lines import changed_lines, split_lines
from ..model import Kind
from ..terms import entity, entries, heading, indexed
from .connector import Connection
from .objects import Objects

ENTRY, PASSAGE, EPISODE = 1, 2, 3
KINDS: dict[Kind, int] = {"passage": PASSAGE, "episode": EPISODE}

NEIGHBOUR_CHARS = 500
"""How much of each neighbour stands in a passage's context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What the index needs to know of a passage; times in microseconds since the epoch."""

    id: int
    kind: Kind
    text: str
    source: str
    tags: tuple[str, ...]
    at: int


def beside(db: Connection, doc_id: int) -> list[int]:
    """Return the ids of the docs before and after one of the same kind and source."""
    found: list[int] = []
    for less, order in (("<", "DESC"), (">", "ASC")):
        row = db.one(
            "SELECT n.id FROM doc d CROSS JOIN doc n ON n.kind = d.kind AND n.source = d.source "
            f"AND n.id {less} d.id WHERE d.id = ? ORDER BY n.id {order} LIMIT 1",
            doc_id,
        )
        if row is not None:
            found.append(row["id"])
    return found


def stands(db: Connection, block_id: int, text: str) -> bool:
    """Tell whether a block of main has an entry now."""
    sql = "SELECT 1 FROM doc WHERE kind = 1 AND item_id = ? AND text = ? LIMIT 1"
    return db.scalar(sql, block_id, text) is not None


class Index:
    """The search tables of one connection, inside somebody's transaction."""

    def __init__(self, db: Connection, objects: Objects) -> None:
        self._db = db
        self._objects = objects

    # ------------------------------------------------------------------ blocks

    def block(
        self,
        block_id: int,
        label: str,
        tags: Sequence[str],
        value: str | None,
        change: int,
        at: int,
        *,
        edited: int | None = None,
    ) -> None:
        """Make the docs of a block what its entries are now; what they no longer are is past.

        `edited` is the text that it was, where nothing but that is changed: then only the place
        is looked at, as a block may be long.
        """
        keys = sorted({tag.casefold() for tag in tags})
        now = value or ""
        if edited is None or not self._edited(block_id, label, keys, edited, now, change, at):
            self._anew(block_id, label, now, change, at)
            self._tag_block(block_id, keys)

    def _anew(self, block_id: int, label: str, value: str, change: int, at: int) -> None:
        """Compare all docs of a block with all its entries."""
        rows = self._db.all(
            "SELECT id, text, context FROM doc WHERE kind = 1 AND item_id = ?", block_id
        )
        now = Counter(entries(label, split_lines(value)))
        standing = Counter(text for text, _ in now.elements())
        for row in rows:
            entry = (row["text"], row["context"])
            if now[entry] > 0:
                now[entry] -= 1
                standing[row["text"]] -= 1
                continue
            self._drop(row["id"])
            if standing[row["text"]] > 0:  # it only moved under another label or heading
                standing[row["text"]] -= 1
            else:
                self._past(block_id, row["text"], change)
        self._add(block_id, now, at)

    def _edited(
        self,
        block_id: int,
        label: str,
        keys: Sequence[str],
        edited: int,
        new: str,
        change: int,
        at: int,
    ) -> bool:
        """Compare what stood at the place that was edited with what stands there now.

        Tell whether that was possible. It is not where a heading is touched, which is the context
        of all that follows, nor where the docs are not what the old text says.
        """
        try:
            old = self._objects.text(edited)
        except CorruptError:
            return False
        before, after = split_lines(old), split_lines(new)
        start, end = changed_lines(old, new)
        gone, come = before[start : len(before) - len(after) + end], after[start:end]
        if any(heading(line) is not None for line in (*gone, *come)):
            return False
        above = (heading(line) for line in reversed(before[:start]) if "#" in line)
        under = next((title for title in above if title is not None), "")
        had, have = (Counter(entries(label, lines, under)) for lines in (gone, come))
        sql = "SELECT id FROM doc WHERE kind = 1 AND item_id = ? AND text = ? AND context = ?"
        leaving: list[tuple[int, str]] = []
        for (text, context), times in (had - have).items():
            ids = [row["id"] for row in self._db.all(sql, block_id, text, context)]
            if len(ids) < times:
                return False
            leaving += [(doc_id, text) for doc_id in ids[-times:]]
        for doc_id, _ in leaving:
            self._drop(doc_id)
        self._add(block_id, have - had, at, keys)
        for _, text in leaving:
            if not stands(self._db, block_id, text):
                self._past(block_id, text, change)
        return True

    def _add(
        self,
        block_id: int,
        every: Counter[tuple[str, str]],
        at: int,
        keys: Sequence[str] = (),
    ) -> None:
        for text, context in every.elements():
            doc_id = self._doc(ENTRY, block_id, at, None, entity(text, context), context, text)
            self._write(doc_id, text, context, "INSERT")
            if keys:
                self._tag(doc_id, keys)

    def _tag_block(self, block_id: int, keys: Sequence[str]) -> None:
        had = self._db.scalar(
            "SELECT 1 FROM doc_tag WHERE doc_id IN "
            "(SELECT id FROM doc WHERE kind = 1 AND item_id = ?) LIMIT 1",
            block_id,
        )
        if not keys and not had:
            return
        for row in self._db.all("SELECT id FROM doc WHERE kind = 1 AND item_id = ?", block_id):
            self._tag(row["id"], keys)

    def _past(self, block_id: int, text: str, change: int) -> None:
        row_id = self._db.scalar(
            "INSERT INTO past (block_id, until, text) VALUES (?, ?, ?) RETURNING id",
            block_id, change, text,
        )  # fmt: skip
        self._db.run("INSERT INTO past_text (rowid, body) VALUES (?, ?)", row_id, indexed(text))

    # ------------------------------------------------------------------ passages

    def passage(self, filing: Filing) -> None:
        """Make the doc of a passage what the passage is now, and tell its neighbours."""
        kind = KINDS[filing.kind]
        source = filing.source or None
        known = self._db.one(
            "SELECT id, source FROM doc WHERE kind = ? AND item_id = ?", kind, filing.id
        )
        who = entity(filing.text, *filing.tags)
        if known is not None and known["source"] == source:
            doc_id = known["id"]
            self._db.run("UPDATE doc SET at = ?, entity = ? WHERE id = ?", filing.at, who, doc_id)
        else:
            if known is not None:
                self._leave(known["id"])
            doc_id = self._doc(kind, filing.id, filing.at, source, who, "", None)
        self._tag(doc_id, sorted({tag.casefold() for tag in filing.tags}))
        self._refresh([doc_id, *beside(self._db, doc_id)])

    def no_passage(self, kind: Kind, passage_id: int) -> None:
        """Take the doc of a passage out: it is deleted."""
        doc_id = self._db.scalar(
            "SELECT id FROM doc WHERE kind = ? AND item_id = ?", KINDS[kind], passage_id
        )
        if doc_id is not None:
            self._leave(doc_id)

    def _leave(self, doc_id: int) -> None:
        neighbours = beside(self._db, doc_id)
        self._drop(doc_id)
        self._refresh(neighbours)

    def _refresh(self, doc_ids: Iterable[int]) -> None:
        """Write passages' words anew, with those of their neighbours; not where it is damaged."""
        for doc_id in doc_ids:
            with suppress(CorruptError):
                body, around = self.texts(doc_id)
                self._write(doc_id, body, around)

    def texts(self, doc_id: int) -> tuple[str, str]:
        """Return what a doc says, and what stands around it: source, tags, neighbours."""
        row = self._db.one("SELECT kind, source, context, text FROM doc WHERE id = ?", doc_id)
        assert row is not None  # noqa: S101 - the caller has its id from the table
        if row["kind"] == ENTRY:
            return row["text"], row["context"]
        tags = self._db.all("SELECT tag FROM doc_tag WHERE doc_id = ?", doc_id)
        around = [row["source"] or "", *(tag["tag"] for tag in tags)]
        around += map(self._beginning, beside(self._db, doc_id))
        return self._passage_text(doc_id), "\n".join(filter(None, around))

    def window(self, doc_id: int) -> tuple[str, str]:
        """Return the two texts whose vectors make a doc's: its own, and that with its context.

        The second is empty where nothing stands around it.
        """
        row = self._db.one("SELECT kind, context, text FROM doc WHERE id = ?", doc_id)
        assert row is not None  # noqa: S101 - the caller has its id from the table
        if row["kind"] == ENTRY:
            return row["text"], f"{row['context']}: {row['text']}"
        own = self._passage_text(doc_id)
        near = sorted([*beside(self._db, doc_id), doc_id])
        rows = [own if n == doc_id else self._beginning(n) for n in near]
        return own, "\n".join(rows) if len(rows) > 1 else ""

    def _beginning(self, doc_id: int) -> str:
        """Return what a neighbour says, as far as it is looked at; nothing if it is damaged."""
        try:
            return self._passage_text(doc_id)[:NEIGHBOUR_CHARS]
        except CorruptError:
            return ""

    def _passage_text(self, doc_id: int) -> str:
        object_id = self._db.scalar(
            "SELECT v.object_id FROM doc d JOIN passage p ON p.id = d.item_id "
            "JOIN passage_version v ON v.passage_id = p.id AND v.change = p.change WHERE d.id = ?",
            doc_id,
        )
        return self._objects.text(object_id)

    # ------------------------------------------------------------------ docs

    def _doc(
        self,
        kind: int,
        item_id: int,
        at: int,
        source: str | None,
        who: str,
        context: str,
        text: str | None,
    ) -> int:
        found = self._db.scalar(
            "INSERT INTO doc (kind, item_id, at, source, entity, context, text) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            kind, item_id, at, source, who, context, text,
        )  # fmt: skip
        return int(found)

    def _write(self, doc_id: int, body: str, context: str, how: str = "INSERT OR REPLACE") -> None:
        """Write a doc's words, and queue it for its vector; a new one is only to be inserted."""
        self._db.run(
            f"{how} INTO doc_text (rowid, body, context) VALUES (?, ?, ?)",
            doc_id, indexed(body), indexed(context),
        )  # fmt: skip
        self._db.run(f"{how} INTO embed_queue (doc_id) VALUES (?)", doc_id)

    def _tag(self, doc_id: int, keys: Sequence[str]) -> None:
        self._db.run("DELETE FROM doc_tag WHERE doc_id = ?", doc_id)
        self._db.many(
            "INSERT INTO doc_tag (tag, doc_id) VALUES (?, ?)", ((key, doc_id) for key in keys)
        )

    def _drop(self, doc_id: int) -> None:
        self._db.run("DELETE FROM doc_text WHERE rowid = ?", doc_id)
        self._db.run("DELETE FROM doc WHERE id = ?", doc_id)
