"""The vectors of docs: the queue of those that have none, who works on it, and what it makes."""

from collections.abc import Sequence
from datetime import datetime

from ..finding import Made, Serving
from .filing import FilingView
from .reindexing import reindex
from .rows import stamp

_AT_ONCE = 5_000  # vectors of an older model that one transaction deletes


class QueueView(FilingView):
    """A view that can write vectors."""

    def take_lease(self, name: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take or keep a work for `holder` until then; tell whether nobody else has it.

        One that runs out after `until` was taken before the clock was put back: it binds nobody.
        """
        self._db.execute(
            "INSERT INTO lease (name, holder, until) VALUES (?1, ?2, ?3) "
            "ON CONFLICT (name) DO UPDATE SET holder = ?2, until = ?3 "
            "WHERE holder = ?2 OR until <= ?4 OR until > ?3",
            (name, holder, stamp(until), stamp(now)),
        )
        return self._db.scalar("SELECT holder FROM lease WHERE name = ?", name) == holder

    def drop_lease(self, name: str, holder: str) -> None:
        """Let others have a work at once."""
        self._db.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))

    def use_model(self, spec: str, name: str, digest: str, dim: int) -> Serving:
        """Return the model that vectors are made with from now on.

        The first one serves at once. One that follows another serves when all its vectors are made
        (`promote`): every doc is queued for it, and what an earlier one of that kind made goes.
        """
        model_id = self._db.scalar("SELECT id FROM model WHERE hash = ?", digest)
        if model_id is None:
            first = self._db.scalar("SELECT 1 FROM model WHERE serving = 1") is None
            model_id = self._db.scalar(
                "INSERT INTO model (spec, name, hash, dim, serving) VALUES (?, ?, ?, ?, ?) "
                "RETURNING id",
                spec, name, digest, dim, int(first),
            )  # fmt: skip
            self._db.execute(
                "INSERT OR IGNORE INTO embed_queue (doc_id) SELECT id FROM doc ORDER BY id DESC"
            )
        self._db.execute("UPDATE model SET spec = ? WHERE id = ?", (spec, model_id))
        others = self._db.all("SELECT id FROM model WHERE serving = 0 AND id <> ?", model_id)
        for row in others:
            self._db.execute("DELETE FROM embedding WHERE model_id = ?", (row["id"],))
            self._db.execute("DELETE FROM model WHERE id = ?", (row["id"],))
        if others:  # what was written meanwhile has its vector of that one only
            self._db.execute("INSERT OR IGNORE INTO embed_queue (doc_id) SELECT id FROM doc")
        return Serving(int(model_id), spec, name, digest, dim)

    def keep_vectors(self, model_id: int, made: Sequence[Made]) -> int:
        """Keep vectors of docs that are still as they were; return how many those are."""
        kept = 0
        for vector in made:
            row = self._db.one("SELECT doc_id FROM embed_queue WHERE seq = ?", vector.seq)
            if row is None:  # deleted or written again since
                continue
            self._db.execute(
                "INSERT OR REPLACE INTO embedding (model_id, doc_id, i8, norm) VALUES (?, ?, ?, ?)",
                (model_id, row["doc_id"], vector.data, vector.norm),
            )
            self._db.execute("DELETE FROM embed_queue WHERE seq = ?", (vector.seq,))
            kept += 1
        return kept

    def unqueue(self, seqs: Sequence[int]) -> None:
        """Let docs wait no longer: no vector can be made of them."""
        self._db.many("DELETE FROM embed_queue WHERE seq = ?", ((seq,) for seq in seqs))

    def put_back(self, seqs: Sequence[int]) -> None:
        """Let docs wait behind all others."""
        for seq in seqs:
            self._db.execute(
                "INSERT OR REPLACE INTO embed_queue (doc_id) "
                "SELECT doc_id FROM embed_queue WHERE seq = ?",
                (seq,),
            )

    def reindex(self) -> None:
        """Make anew all that search looks through; vectors are queued to be made again."""
        reindex(self._db, self._objects)

    def promote(self, model_id: int) -> bool:
        """Let a model serve whose vectors are all made; tell whether the others' are gone.

        Call it again until it is so: a part of them goes each time.
        """
        if self._db.scalar("SELECT 1 FROM embed_queue LIMIT 1"):
            return True
        # Looked at after each write: what follows reads every vector's row.
        if not self._db.scalar("SELECT 1 FROM model WHERE id <> ? OR serving = 0", model_id):
            return True
        self._db.execute("UPDATE model SET serving = (id = ?)", (model_id,))
        self._db.execute(
            "DELETE FROM embedding WHERE id IN "
            "(SELECT id FROM embedding WHERE model_id <> ? LIMIT ?)",
            (model_id, _AT_ONCE),
        )
        if self._db.scalar("SELECT 1 FROM embedding WHERE model_id <> ? LIMIT 1", model_id):
            return False
        self._db.execute("DELETE FROM model WHERE id <> ?", (model_id,))
        return True
